"""Invented parties with several root keys, their documents, and the founding of a dialogue.

Keys follow from their names, so that the same calls make the same bytes, signatures apart.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256, sha512
from typing import Any, NamedTuple

from detente.charter.document import (
    Document,
    Name,
    SignedDocument,
    document_digest,
    encode_document,
    key_bytes,
    party_id,
    sign_with_root,
)
from detente.charter.founding import (
    Founding,
    FoundingPapers,
    SeatPapers,
    encode_founding,
    read_founding,
)
from detente.record.genesis import (
    RULES,
    SUITE,
    Genesis,
    Quotas,
    Seat,
    encode_genesis,
    order_seats,
)
from detente.seals import labels
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.ids import PartyId

START_MS = 1_790_000_000_000


@cache
def key(name: str, algorithm: Algorithm = Algorithm.EVERYDAY) -> PrivateKey:
    """Return the key that belongs to `name`."""
    return PrivateKey(algorithm, sha512(name.encode()).digest())


def root(name: str) -> PrivateKey:
    return key(name, Algorithm.ROOT)


class Party(NamedTuple):
    """A party with its private keys and its documents so far."""

    name: str
    roots: tuple[PrivateKey, ...]
    node: PrivateKey
    chain: tuple[SignedDocument, ...]
    documents: tuple[Document, ...]

    @property
    def id(self) -> PartyId:
        return party_id(self.chain[0].document)

    @property
    def last(self) -> tuple[bytes, Document]:
        """Return bytes and content of the newest document."""
        return self.chain[-1].document, self.documents[-1]

    def next(self, **changes: Any) -> Document:
        """Return the unsigned version that follows on the newest."""
        raw, before = self.last
        return before._replace(
            version=before.version + 1,
            party=self.id,
            previous=document_digest(raw),
            **changes,
        )

    def renewed(self, *signers: PrivateKey, **changes: Any) -> Party:
        """Return the party with one more version, signed by `signers` (by its roots without any)."""
        document = self.next(**changes)
        signed = sign(document, *(signers or self.roots))
        return self._replace(chain=(*self.chain, signed), documents=(*self.documents, document))


def sign(document: Document, *roots: PrivateKey) -> SignedDocument:
    raw = encode_document(document)
    return SignedDocument(
        raw, tuple(sign_with_root(one, labels.SIGN_DOCUMENT, raw) for one in roots)
    )


def first_document(name: str, roots: tuple[PrivateKey, ...], threshold: int = 1) -> Document:
    return Document(
        1, 1, b"", b"", (Name("en", name), Name("fr", f"{name} (fr)")),
        tuple(key_bytes(one.public) for one in roots), threshold, key_bytes(key(f"{name} node").public),
        sha256(name.encode()).digest(), f"age1{name.lower()}", ("host.example:4200",), START_MS,
    )  # fmt: skip


@cache
def make_party(name: str, roots: int = 1, threshold: int = 1) -> Party:
    keys = tuple(root(f"{name} root {at}") for at in range(roots))
    document = first_document(name, keys, threshold)
    return Party(name, keys, key(f"{name} node"), (sign(document, *keys),), (document,))


def seat_of(party: Party) -> Seat:
    return Seat(party.id, party.documents[-1].version, document_digest(party.chain[-1].document))


def make_genesis(*parties: Party, nonce: bytes = bytes(32)) -> bytes:
    seats = order_seats(nonce, [seat_of(party) for party in parties])
    return encode_genesis(
        Genesis(SUITE, RULES, nonce, seats, Quotas(), ("en", "fr"), "states", START_MS)
    )


def papers_of(genesis: bytes, *seated: Party) -> FoundingPapers:
    """Return founding papers that all roots signed, with the parties in the order given."""
    return FoundingPapers(
        genesis,
        tuple(
            SeatPapers(
                party.chain,
                tuple(sign_with_root(one, labels.SIGN_GENESIS, genesis) for one in party.roots),
            )
            for party in seated
        ),
    )


def in_order(*parties: Party, nonce: bytes = bytes(32)) -> tuple[Party, ...]:
    """Return the parties in the order in which a genesis with this nonce seats them."""
    seats = order_seats(nonce, [seat_of(party) for party in parties])
    return tuple(next(one for one in parties if one.id == seat.party) for seat in seats)


def found(*parties: Party, nonce: bytes = bytes(32)) -> tuple[Founding, tuple[Party, ...]]:
    """Return a founding of these parties, checked, and the parties in the agreed order."""
    seated = in_order(*parties, nonce=nonce)
    papers = papers_of(make_genesis(*parties, nonce=nonce), *seated)
    return read_founding(encode_founding(papers)), seated
