"""Messages of pairing and their bytes, the same in a frame and in a file.

Carries out docs/spec/04-pairing.md §1.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from detente.charter.document import RootSignature, SignedDocument
from detente.record.genesis import Quotas
from detente.record.shapes import Chars, exact_digest, from_bytes, to_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.limits import ADDRESSES, DOCUMENT_BYTES, MIB, NAME_CHARS

_CODE = "pairing.form"


class FoundingTerms(NamedTuple):
    """What the inviting side proposes to fix in the genesis."""

    languages: Annotated[tuple[Annotated[str, Chars(2, 35)], ...], Chars(1, 16)]
    terms: Annotated[str, Chars(1, 32)]
    quotas: Quotas
    time: int


class Card(NamedTuple):
    """A key card: everything a party says about itself, signed by its own root."""

    chain: Annotated[tuple[SignedDocument, ...], Chars(1, 64)]


class Invitation(NamedTuple):
    """First message: a commitment, and how to reach the inviting side."""

    form: int
    commitment: Annotated[bytes, exact_digest]
    token: Annotated[bytes, Chars(16, 16)]
    certificate: Annotated[bytes, exact_digest]
    addresses: Annotated[tuple[Annotated[str, Chars(1, 255)], ...], Chars(0, ADDRESSES)]
    claimed_name: Annotated[str, Chars(1, NAME_CHARS)]
    expires: int


class Answer(NamedTuple):
    """Second message: the joining side's card and nonce."""

    token: Annotated[bytes, Chars(16, 16)]
    card: Card
    nonce: Annotated[bytes, exact_digest]


class Reveal(NamedTuple):
    """Third message: what the invitation committed to."""

    token: Annotated[bytes, Chars(16, 16)]
    card: Card
    nonce: Annotated[bytes, exact_digest]
    terms: FoundingTerms


class Approval(NamedTuple):
    """Fourth and fifth message: root signatures over the genesis, once the numbers agreed."""

    token: Annotated[bytes, Chars(16, 16)]
    signatures: Annotated[tuple[RootSignature, ...], Chars(1, 16)]


Message = Invitation | Answer | Reveal | Approval
_TAGS: dict[str, type[Message]] = {
    "invitation": Invitation,
    "answer": Answer,
    "reveal": Reveal,
    "approval": Approval,
}


class _Envelope(NamedTuple):
    product: str
    tag: str
    body: bytes


def encode_message(message: Message) -> bytes:
    """Return the bytes of any pairing message; the same in a frame and in a file."""
    tag = next(name for name, kind in _TAGS.items() if isinstance(message, kind))
    return to_bytes(_Envelope("detente pairing 1", tag, to_bytes(message)))


def decode_message(data: bytes) -> Message:
    """Return the pairing message of `data`. Raises `Rejected` ``pairing.form``."""
    envelope = from_bytes(_Envelope, data, MIB, _CODE)
    kind = _TAGS.get(envelope.tag)
    if envelope.product != "detente pairing 1" or kind is None:
        raise bad_message()
    message: Message = from_bytes(kind, envelope.body, 16 * DOCUMENT_BYTES, _CODE)
    if isinstance(message, Invitation) and message.form != 1:
        raise bad_message()
    return message


def bad_message() -> Rejected:
    """Return the fault of bytes that are no pairing message."""
    return Rejected(
        _CODE, N_("This is not a pairing message."), N_("Check that it is the whole file.")
    )
