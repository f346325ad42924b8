"""Sealed files in the age v1 format: what a pouch is wrapped in.

Carries out docs/spec/10-pouch.md §2 to §5. Source: C2SP age.md, checked against all of its
published vectors that apply. The binary form only: pouches are files, never pasted text, so there
is no armour; and no SSH keys. Any tool that knows the format opens a pouch with the exported key.

A sealed file says nothing about who sealed it: a pouch carries a signature inside that names its
recipients. Sizes show; padding is the pouch's business.

Invariants: nothing is released before its own tag held; memory follows the size of the caller's
chunks, never that of the file; every failure that the other side's bytes can cause is `Rejected`,
with one code for each of the four ways that the format tells apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from detente.seals.age_header import (
    FILE_KEY_BYTES,
    STANZAS,
    Source,
    check_mac,
    encode_header,
    header_fault,
    read_header,
)
from detente.seals.age_passphrase import PassphraseIdentity, PassphraseRecipient, check_alone
from detente.seals.age_recipients import (
    HybridIdentity,
    HybridRecipient,
    X25519Identity,
    X25519Recipient,
)
from detente.seals.age_stream import NONCE_BYTES, open_payload, seal_payload
from detente.seals.age_text import (
    decode_identity,
    decode_recipient,
    encode_recipient,
    reveal_identity,
)
from detente.seals.secrets import Random, draw
from detente.terms.errors import N_, Refused, Rejected

__all__ = [
    "RECIPIENTS",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "PassphraseIdentity",
    "PassphraseRecipient",
    "Recipient",
    "X25519Identity",
    "X25519Recipient",
    "decode_identity",
    "decode_recipient",
    "encode_recipient",
    "open_sealed",
    "reveal_identity",
    "seal",
]

Recipient = HybridRecipient | X25519Recipient | PassphraseRecipient
Identity = HybridIdentity | X25519Identity | PassphraseIdentity

RECIPIENTS: Final = STANZAS
"""Most recipients of one file: as many as `open_sealed` reads."""


def seal(
    chunks: Iterable[bytes], recipients: Sequence[Recipient], random: Random
) -> Iterator[bytes]:
    """Yield the sealed file of `chunks`, which any one of `recipients` can open.

    Args:
        chunks: plain bytes cut anywhere; taken only as the result is consumed.
        recipients: 1 to `RECIPIENTS` keys, either all hybrid or all X25519, or one passphrase.
            The header shows their number and kind, not who they are.
        random: fixes file key, nonce, X25519 shares and scrypt salts. The encapsulation for a
            hybrid key is drawn inside the library and cannot be fixed.

    Returns:
        The header with the nonce, then one item per 64 KiB. The keys are wrapped before this
        function returns, so that a refusal comes at once.

    Raises:
        Refused: ``seals.age.nobody`` without a recipient; ``seals.age.too-many``;
            ``seals.age.mixed`` when a weaker recipient would undo a stronger one.
        Unavailable: ``seals.age.memory`` from a passphrase.
    """
    _check_recipients(recipients)
    file_key = draw(random, FILE_KEY_BYTES)
    stanzas = [recipient.wrap(file_key, random) for recipient in recipients]
    nonce = draw(random, NONCE_BYTES)
    head = encode_header(stanzas, file_key) + nonce
    return chain((head,), seal_payload(file_key, nonce, chunks))


def open_sealed(chunks: Iterable[bytes], identities: Iterable[Identity]) -> Iterator[bytes]:
    """Yield the plain bytes of a sealed file.

    The header is read and checked before this function returns. What is yielded then is genuine
    piece by piece, but that the file is whole is known only when the iteration ends without a
    fault: write it aside, and act on it afterwards.

    Args:
        chunks: the file, cut anywhere; unverified.
        identities: tried in this order.

    Raises:
        Rejected: ``seals.age.header`` for a header that does not follow the format or asks for too
            much; ``seals.age.no-match`` when no identity opens it; ``seals.age.mac`` for an altered
            header; and, while iterating, ``seals.age.payload`` for an altered or incomplete file.
        Unavailable: ``seals.age.memory`` from a passphrase.
    """
    source = Source(chunks)
    header = read_header(source)
    check_alone(header.stanzas)
    unwrapped = (identity.unwrap(header.stanzas) for identity in identities)
    file_key = next((found for found in unwrapped if found is not None), None)
    if file_key is None:
        raise Rejected(
            "seals.age.no-match",
            N_("No key or passphrase at hand opens this sealed file."),
            N_("Ask the sender for whom it was sealed."),
        )
    check_mac(header, file_key)
    nonce = source.take(NONCE_BYTES)
    if len(nonce) < NONCE_BYTES:
        raise header_fault(N_("The sealed file ends after its header."))
    return open_payload(file_key, nonce, source.rest())


def _check_recipients(recipients: Sequence[Recipient]) -> None:
    if not recipients:
        raise Refused("seals.age.nobody", N_("A file cannot be sealed for nobody."))
    if len(recipients) > RECIPIENTS:
        raise Refused(
            "seals.age.too-many",
            N_("One file is sealed for at most {most} recipients."),
            N_("Seal it again for the others."),
            most=RECIPIENTS,
        )
    kinds = {type(recipient) for recipient in recipients}
    if len(kinds) > 1 or (PassphraseRecipient in kinds and len(recipients) > 1):
        raise Refused(
            "seals.age.mixed",
            N_("Post-quantum keys, older keys and passphrases do not share one sealed file."),
            N_("Seal it once for each kind."),
        )
