"""The founding of a dialogue: the genesis, the parties' documents, and all root signatures.

Carries out docs/spec/03-charter.md §2. These bytes are what a verifier needs to trust everything
else: from them follow the dialogue's identifier, the parties, and the keys of the first logs.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from detente.charter.document import (
    Document,
    RootSignature,
    SignedDocument,
    document_digest,
    read_chain,
    verify_roots,
)
from detente.record.genesis import Genesis, decode_genesis, dialogue_id
from detente.record.shapes import Chars, from_bytes, to_bytes
from detente.seals import labels
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DialogueId
from detente.terms.limits import MIB, PARTIES


class SeatPapers(NamedTuple):
    """What one party brought to the founding."""

    chain: Annotated[tuple[SignedDocument, ...], Chars(1, 64)]
    """Its documents from version 1 to the one named in the genesis."""
    signatures: Annotated[tuple[RootSignature, ...], Chars(1, 16)]
    """Its root signatures over the genesis."""


class FoundingPapers(NamedTuple):
    """The founding as it is stored and exported."""

    genesis: bytes
    seats: Annotated[tuple[SeatPapers, ...], Chars(2, PARTIES)]
    """In the agreed order."""


class Founding(NamedTuple):
    """A founding that was checked."""

    dialogue: DialogueId
    genesis: Genesis
    papers: FoundingPapers
    documents: tuple[tuple[Document, ...], ...]
    """Per seat, versions 1 to n."""

    def current(self, index: int) -> Document:
        """Return the document of a seat that was current at the founding."""
        return self.documents[index][-1]


def encode_founding(papers: FoundingPapers) -> bytes:
    """Return the canonical bytes of a founding."""
    return to_bytes(papers)


def read_founding(data: bytes) -> Founding:
    """Return the founding of `data`, every signature and digest checked.

    Raises:
        Rejected: ``charter.founding`` when it does not fit together; ``record.genesis*``,
            ``charter.document``, ``charter.roots`` or ``seals.*`` for its parts.
    """
    papers = from_bytes(FoundingPapers, data, 4 * MIB, "charter.founding")
    genesis = decode_genesis(papers.genesis)
    if len(papers.seats) != len(genesis.seats):
        raise _bad()
    all_documents: list[tuple[Document, ...]] = []
    for seat, brought in zip(genesis.seats, papers.seats, strict=True):
        party, documents = read_chain(brought.chain)
        last = brought.chain[-1].document
        if (
            party != seat.party
            or documents[-1].version != seat.version
            or document_digest(last) != seat.document
        ):
            raise _bad()
        verify_roots(documents[-1], labels.SIGN_GENESIS, papers.genesis, brought.signatures)
        all_documents.append(documents)
    return Founding(dialogue_id(papers.genesis), genesis, papers, tuple(all_documents))


def _bad() -> Rejected:
    return Rejected(
        "charter.founding", N_("The founding papers of a dialogue do not fit together.")
    )
