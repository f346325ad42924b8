"""Invented parties with real keys, the same for the same seed, and the founding of their dialogue.

For tests and simulations only: the seeds are public, so these keys protect nothing.
"""

from __future__ import annotations

from hashlib import sha256, sha512
from typing import NamedTuple

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
from detente.record.genesis import RULES, SUITE, Genesis, Quotas, Seat, encode_genesis, order_seats
from detente.seals import labels
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.ids import KeyPrint, PartyId

START_MS = 1_790_000_000_000
"""21 September 2026: when invented dialogues are founded."""


class Person(NamedTuple):
    """A delegate with its own key."""

    key: PrivateKey
    name: str
    role: str

    @property
    def print(self) -> KeyPrint:
        """Return the print by which entries name this person."""
        return self.key.public.print


class Party(NamedTuple):
    """A party with all its private keys, and its documents so far."""

    id: PartyId
    name: str
    root: PrivateKey
    node: PrivateKey
    chain: tuple[SignedDocument, ...]
    documents: tuple[Document, ...]

    @property
    def root_print(self) -> KeyPrint:
        """Return the print of the root key, as the actor of a root act."""
        return self.root.public.print


def make_key(name: str, algorithm: Algorithm = Algorithm.EVERYDAY) -> PrivateKey:
    """Return the key that belongs to `name`; the same each time."""
    return PrivateKey(algorithm, sha512(f"detente testing {name}".encode()).digest())


def make_person(name: str, role: str, seed: str = "") -> Person:
    """Return a delegate; the same each time."""
    return Person(make_key(f"{seed}/person/{name}"), name, role)


def make_party(name: str, seed: str = "") -> Party:
    """Return a party with one root key and version 1 of its document."""
    own = f"{seed}/{name}/"
    root, node = make_key(own + "root", Algorithm.ROOT), make_key(own + "node")
    document = Document(
        1, 1, b"", b"", (Name("en", name),), (key_bytes(root.public),), 1, key_bytes(node.public),
        sha256(name.encode()).digest(), f"age1{name.lower()}", (), START_MS,
    )  # fmt: skip
    raw = encode_document(document)
    signed = SignedDocument(raw, (sign_with_root(root, labels.SIGN_DOCUMENT, raw),))
    return Party(party_id(raw), name, root, node, (signed,), (document,))


def renew_party(party: Party, node: PrivateKey) -> Party:
    """Return the party with a next document that names another node key."""
    before = party.documents[-1]
    document = before._replace(
        version=before.version + 1,
        party=party.id,
        previous=document_digest(party.chain[-1].document),
        node=key_bytes(node.public),
    )
    raw = encode_document(document)
    signed = SignedDocument(raw, (sign_with_root(party.root, labels.SIGN_DOCUMENT, raw),))
    return party._replace(
        node=node, chain=(*party.chain, signed), documents=(*party.documents, document)
    )


def found(
    parties: list[Party], nonce: bytes = bytes(32), quotas: Quotas | None = None
) -> tuple[Founding, tuple[Party, ...]]:
    """Return a founding that all parties signed, and the parties in the agreed order."""
    seats = order_seats(
        nonce,
        [
            Seat(party.id, len(party.chain), document_digest(party.chain[-1].document))
            for party in parties
        ],
    )
    genesis = encode_genesis(
        Genesis(SUITE, RULES, nonce, seats, quotas or Quotas(), ("en", "fr"), "states", START_MS)
    )
    seated = tuple(next(party for party in parties if party.id == seat.party) for seat in seats)
    papers = FoundingPapers(
        genesis,
        tuple(
            SeatPapers(party.chain, (sign_with_root(party.root, labels.SIGN_GENESIS, genesis),))
            for party in seated
        ),
    )
    return read_founding(encode_founding(papers)), seated
