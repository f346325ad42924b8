"""The greeting: each side proves by its node key, on this very channel, who it is.

Carries out docs/spec/09-exchange.md §3. The channel's certificate is classical (Ed25519), so the
first message of each side is a hybrid signature over keying material exported from the channel
(RFC 8446 §7.5, used as a channel binding in the manner of RFC 9266), the side's role, both names
and the dialogues it offers. Nothing of the signed statement is taken from the message but the list
of dialogues: the reader builds the rest from what it knows, so there is nothing to confuse.

A stranger who was invited sends pairing messages instead; a fixed tag tells the two apart.

Invariants: a greeting holds on one channel, in one role and for one reader only; no clock, no
randomness here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from detente.record.encoding import decode, encode
from detente.seals import labels
from detente.seals.signing import PublicKey, Signature, parse_signature, verify
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, DialogueId, KeyPrint, PartyId
from detente.terms.limits import KIB

Sign = Callable[[bytes, bytes], Signature]
"""Signs (label, message) with the node key, as `PrivateKey.sign` does."""

EXPORTER_LABEL: Final = b"EXPORTER-detente-link-v1"
EXPORTER_BYTES: Final = 32

GREETING_BYTES: Final = 40 * KIB
"""A hybrid signature has 3.4 KiB; the rest is room for `DIALOGUES` identifiers."""
DIALOGUES: Final = 1024

_FORMAT: Final = 1
_NAME: Final = "detente link"
_PAIRING_TAG: Final = b"detente-pairing-v1\n"


class Role(StrEnum):
    """Which end of the connection a side is."""

    DIALER = "dialer"
    LISTENER = "listener"


def write_greeting(
    sign: Sign,
    role: Role,
    exported: bytes,
    author: PartyId,
    node: KeyPrint,
    reader: PartyId,
    dialogues: Sequence[DialogueId],
) -> bytes:
    """Return the author's first message on a channel.

    Args:
        role: the author's.
        exported: the channel's keying material, `EXPORTER_BYTES` long.
        node: print of the key that `sign` signs with.
        dialogues: those that author and reader share, at most `DIALOGUES`; no others, since the
            reader learns them.
    """
    offered = sorted(dialogues)
    statement = _statement(role, exported, author, node, reader, offered)
    signature = sign(labels.SIGN_LINK, statement)
    return encode([_FORMAT, _NAME, offered, list(signature)])


def read_greeting(
    data: bytes, role: Role, exported: bytes, author: PartyId, node: PublicKey, reader: PartyId
) -> tuple[DialogueId, ...]:
    """Return the dialogues that a proven author offers.

    Args:
        data: the first message of the other side; may be hostile.
        role: the author's: the opposite of our own.
        exported: our own end's keying material of this channel.
        author: the party whose certificate the channel showed.
        node: the node key that we hold for it.
        reader: our own party.

    Raises:
        Rejected: ``link.greeting`` when the bytes are no greeting; ``link.authentication`` when
            the signature is not by `node`, or was made for another channel, role or reader.
    """
    fields = decode(data, GREETING_BYTES, "link.greeting")
    if not isinstance(fields, list) or len(fields) != 4 or fields[:2] != [_FORMAT, _NAME]:
        raise _bad_form()
    offered = fields[2]
    if (
        not isinstance(offered, list)
        or len(offered) > DIALOGUES
        or not all(isinstance(item, bytes) and len(item) == DIGEST_BYTES for item in offered)
        or offered != sorted(set(offered))
    ):
        raise _bad_form()
    statement = _statement(role, exported, author, node.print, reader, offered)
    try:
        verify(node, labels.SIGN_LINK, statement, parse_signature(fields[3]))
    except Rejected:
        raise Rejected(
            "link.authentication",
            N_("The other side did not prove on this connection that it holds the key we know."),
            N_("Nothing was sent. If this repeats, compare the number by another channel."),
        ) from None
    return tuple(DialogueId(item) for item in offered)


def is_pairing(message: bytes) -> bool:
    """Return whether a first message asks for pairing rather than greets."""
    return message.startswith(_PAIRING_TAG)


def tag_pairing(body: bytes) -> bytes:
    """Return the message that carries `body` between two sides that are not yet paired."""
    return _PAIRING_TAG + body


def untag_pairing(message: bytes) -> bytes:
    """Return the body of a pairing message.

    Raises:
        Rejected: ``link.pairing`` for any other message.
    """
    if not is_pairing(message):
        raise Rejected(
            "link.pairing", N_("A side that is not paired sent something other than pairing.")
        )
    return message[len(_PAIRING_TAG) :]


def _statement(
    role: Role,
    exported: bytes,
    author: PartyId,
    node: KeyPrint,
    reader: PartyId,
    offered: Sequence[bytes],
) -> bytes:
    return encode([role.value, exported, author, node, reader, list(offered)])


def _bad_form() -> Rejected:
    return Rejected("link.greeting", N_("The other side's greeting does not have its form."))
