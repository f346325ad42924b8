"""What a node does by itself: minutes when both hold the same, ends of mandates when their time comes."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries as charter
from detente.charter.document import key_bytes
from detente.dialogue.minutes import complete_minutes, final_sizes
from detente.terms.errors import Refused
from detente.terms.ids import EntryId, LogId, Ref
from detente.terms.times import MINUTE
from detente.testing.keys import person_named
from detente.testing.world import World


def grant(world: World, index: int, expires: int, name: str = "Envoy") -> Any:
    """Let a further delegate speak until a time."""
    person = person_named(f"{name} {index}", "envoy")
    body = charter.Grant(
        key_bytes(person.key.public), person.name, person.role, charter.SCOPES, expires, 0
    )
    world.nodes[index].act("charter.grant", body, world.parties[index].root)
    return person


def test_a_minute_makes_everything_before_it_final_on_both_sides() -> None:
    """02-order.md §7: the first party begins, the other finds the same and confirms."""
    world = World(2, "minutes")
    world.say(0)
    world.say(1)
    world.sync()
    assert final_sizes(world.nodes[0].book.state) == {}
    assert not world.nodes[1].upkeep.make_minute()
    assert world.nodes[0].upkeep.make_minute()
    world.sync()
    assert world.nodes[1].upkeep.make_minute()
    world.sync()
    final = [final_sizes(node.book.state) for node in world.nodes]
    assert final[0] == final[1]
    assert len(final[0]) == 4
    assert all(len(complete_minutes(node.book.state)) == 1 for node in world.nodes)


def test_minutes_about_minutes_are_not_made() -> None:
    """Two quiet nodes are quiet; otherwise they would talk about their own talk for ever."""
    world = World(2, "quiet")
    world.say(0)
    world.minute(6)
    size = sum(head.size for head in world.nodes[0].book.heads.values())
    world.minute(6)
    assert sum(head.size for head in world.nodes[0].book.heads.values()) == size
    world.say(1)
    world.minute(6)
    assert len(complete_minutes(world.nodes[0].book.state)) == 2


def test_a_second_minute_waits_for_the_first() -> None:
    """Nobody uses up the numbers while the other side is away."""
    world = World(2, "away")
    node = world.nodes[0]
    world.say(0)
    assert node.upkeep.make_minute()
    for _ in range(5):
        world.say(0)
        assert not node.upkeep.make_minute()


def test_a_mandate_ends_when_its_time_comes_by_the_clock_of_its_own_side() -> None:
    """D11: a closing is entered once; from then on the delegate may not act, on either node."""
    world = World(2, "expiry")
    node = world.nodes[0]
    envoy = grant(world, 0, world.clock.now_ms + MINUTE)
    node.say("In time.", envoy)
    assert node.upkeep.close_expired() == 0
    world.clock.advance(MINUTE)
    assert node.upkeep.close_expired() == 1
    assert node.upkeep.close_expired() == 0
    with pytest.raises(Refused) as refusal:
        node.say("Too late.", envoy)
    assert refusal.value.code == "charter.expired"
    world.sync()
    assert world.nodes[1].book.state == node.book.state
    assert world.nodes[1].book.state.void == 0


def test_what_was_said_after_the_hour_and_before_the_closing_holds() -> None:
    """Validity hangs on the record and never on a clock that others cannot read."""
    world = World(2, "late closing")
    node = world.nodes[0]
    envoy = grant(world, 0, world.clock.now_ms + MINUTE)
    world.clock.advance(10 * MINUTE)
    node.say("Late by the clock.", envoy)
    node.upkeep.close_expired()
    world.sync()
    assert world.nodes[1].book.state.void == 0


def test_mandates_of_the_other_side_are_not_ours_to_end() -> None:
    """Nor those without an end, nor those that were revoked already."""
    world = World(2, "not ours")
    node = world.nodes[0]
    grant(world, 1, world.clock.now_ms + 1)
    grant(world, 0, 0, "Forever")
    person = grant(world, 0, world.clock.now_ms + 1, "Revoked")
    granted = node.book.state.charter.grants[person.print][-1]
    where = Ref(LogId(granted.where.log), granted.where.seq, EntryId(granted.id))
    node.act("charter.revocation", charter.Revocation(where, ""), world.parties[0].root)
    world.sync()
    world.clock.advance(MINUTE)
    assert node.upkeep.close_expired() == 0


def test_several_mandates_end_at_once_and_a_restart_between_ends_none_twice() -> None:
    """The closing itself is what is remembered."""
    world = World(2, "several")
    node = world.nodes[0]
    for name in ("One", "Two", "Three"):
        grant(world, 0, world.clock.now_ms + MINUTE, name)
    world.clock.advance(MINUTE)
    assert node.upkeep.close_expired() == 3
    node.die()
    node.restart()
    assert node.upkeep.close_expired() == 0
