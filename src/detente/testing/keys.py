"""Invented parties, made once and kept: their documents, delegates, cards and keyrings.

Making hybrid keys and signing documents costs some milliseconds a party; hundreds of simulated
worlds share them. The seeds are public, so these keys protect nothing.
"""

from __future__ import annotations

from functools import cache

from detente.charter.founding import Founding
from detente.charter.pairing import Card
from detente.record.genesis import Quotas
from detente.seals.hashing import leaf_hash
from detente.seals.signing import PrivateKey
from detente.testing.parties import Party, Person, found, make_party, make_person

NAMES = (
    "Arla",
    "Borduria",
    "Cadia",
    "Doria",
    "Elbonia",
    "Fenwick",
    "Grand Fenwick",
    "Herzoslovakia",
)
"""Names of invented parties, as many as a dialogue seats."""

_SEED = "world"


class MemoryKeys:
    """The keyring of one simulated node (`ports.Keyring`)."""

    def __init__(self, node: PrivateKey) -> None:
        self._node = node

    def node(self) -> PrivateKey:
        """Return the node key."""
        return self._node

    def link_seed(self) -> bytes:
        """Return the seed of the link certificate's key."""
        return leaf_hash(self._node.public.ed25519)

    def pouch_identity(self) -> str:
        """Return nothing usable: simulated pouches are not sealed."""
        return ""


@cache
def party_named(name: str) -> Party:
    """Return an invented party; the same each time."""
    return make_party(name, _SEED)


@cache
def person_named(name: str, role: str) -> Person:
    """Return an invented delegate; the same each time."""
    return make_person(name, role, _SEED)


def card_of(party: Party) -> Card:
    """Return a party's key card."""
    return Card(party.chain)


@cache
def founded(count: int, quotas: Quotas | None = None) -> tuple[Founding, tuple[Party, ...]]:
    """Return a founding among `count` invented parties, and the parties in the agreed order."""
    return found([party_named(name) for name in NAMES[:count]], bytes(32), quotas)
