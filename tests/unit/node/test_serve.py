"""What links ask about peers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from detente.node.serve import KnownPeers
from tests.unit.courier.ends import side


def test_every_party_that_names_a_certificate_is_asked_about_its_greeting() -> None:
    """09-exchange.md §2.3: who names another's print first must not stand in its place."""
    a, c = side("a").outside, side("c").outside
    liar = a._replace(certificate=c.certificate)
    house: Any = SimpleNamespace(
        peers=lambda: [liar, c], former_peers=lambda: [a],
        dialogues_with=lambda _: [], has_invitation=lambda: False,
    )  # fmt: skip
    peers = KnownPeers(house)
    assert peers.by_certificate(c.certificate) == [liar, c]
    assert peers.by_certificate(a.certificate) == [a]
    assert peers.by_certificate(bytes(32)) == []
