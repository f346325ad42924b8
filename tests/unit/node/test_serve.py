"""What links ask about peers."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from detente.node.serve import KnownPeers, Service
from tests.unit.courier.ends import side
from tests.unit.node.houses import Meeting


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


def test_a_dialogue_whose_duties_fail_does_not_keep_the_others_from_theirs(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first adversary speaks in one dialogue; what it breaks there stays there."""
    done: list[str] = []

    def close_expired() -> int:
        done.append("closed")
        return 0

    def fail() -> int:
        done.append("failed")
        raise ValueError

    def room(duty: Any) -> Any:
        return SimpleNamespace(
            writer=SimpleNamespace(closed_because=None), upkeep=SimpleNamespace(close_expired=duty)
        )

    async def tick(service: Service) -> None:
        await service._tick()
        await service._tick()

    with meeting.house(meeting.a) as house, monkeypatch.context() as patch:
        service = Service(house)
        patch.setattr(house, "rooms", {b"1": room(fail), b"2": room(close_expired)})
        asyncio.run(tick(service))
    assert done == ["failed", "closed"] * 2
