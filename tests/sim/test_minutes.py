"""Minutes: what all have entered is final; nothing slips under it, and a difference shows as a dispute.

docs/spec/02-order.md §7; attack 10 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.dialogue.kinds import MINUTE
from detente.dialogue.minutes import complete_minutes, final_sizes, newest_of
from detente.protocols.hotline import entries as hotline
from detente.record.minute import Minute, MinuteLine
from detente.record.verdict import void
from detente.terms.ids import Lane
from detente.testing.adversary import copy_node, force, turn_to
from detente.testing.checks import check_world, total_order, verdicts
from detente.testing.world import World


def true_minute(world: World) -> Minute:
    """Return the minute that the first party's node would begin now."""
    copy = copy_node(world, world.nodes[0], shameless=False)
    assert copy.upkeep.make_minute()
    minute = newest_of(copy.book.state, 0)
    assert minute is not None
    return minute


@pytest.mark.parametrize("count", [2, 3, 4])
def test_what_all_have_minuted_is_final(count: int) -> None:
    """02-order.md §7: the minutes of every party name the same sizes, roots and digest."""
    world = World(count, "final")
    for index in range(count):
        world.say(index)
    world.sync()
    assert final_sizes(world.nodes[0].book.state) == {}
    sizes = {log: head.size for log, head in world.nodes[0].book.heads.items()}
    world.minute(2)
    for node in world.nodes:
        assert final_sizes(node.book.state) == sizes
    check_world(world)


def test_a_minute_is_not_complete_before_the_last_party_entered_it() -> None:
    """02-order.md §7: finality needs everybody."""
    world = World(3, "partial")
    world.say(0)
    world.sync()
    first, second, third = world.nodes
    assert first.upkeep.make_minute()
    world.sync()
    assert second.upkeep.make_minute()
    world.sync()
    assert all(complete_minutes(node.book.state) == [] for node in world.nodes)
    assert third.upkeep.make_minute()
    world.sync()
    assert all(len(complete_minutes(node.book.state)) == 1 for node in world.nodes)


def test_a_late_entry_with_a_low_clock_sorts_after_what_is_minuted() -> None:
    """Attack 10: the line's clock stays low while the table's rises, and slips nothing under a minute."""
    world = World(2, "slip")
    world.sync()
    liar, other = world.nodes
    said = [world.say(1, f"act {number}") for number in range(4)]
    world.sync()
    world.minute(2)
    head = liar.book.heads[liar.log(Lane.LINE)]
    body = hotline.Message(
        hotline.Status.ACTUAL, hotline.Precedence.FLASH, "", "I said this before.", "en", 60, 60
    )
    late = force(
        liar,
        "hotline.message",
        body,
        key=liar.people["head"].key,
        refs=(),
        clock=head.clock + 1,
        time=1,
    )
    world.sync()
    entry = other.store.entry(said[0].log, said[0].seq)
    assert entry is not None
    assert head.clock + 1 < entry.header.clock
    order = total_order(other)
    assert all(order.index(one.id) < order.index(late.id) for one in said)
    check_world(world)


def test_a_history_kept_in_reserve_does_not_slip_under_a_minute() -> None:
    """Attack 10: a branch written before the minute and shown after it is a fork, and left out."""
    world = World(3, "reserve")
    world.sync()
    liar = world.nodes[0]
    reserve = copy_node(world, liar)
    reserve.say("this was always here")
    world.sync()
    liar.say("the true history")
    world.sync()
    world.minute(3)
    final = final_sizes(world.nodes[1].book.state)
    turn_to(world, liar, reserve, world.nodes[1])
    turn_to(world, liar, reserve, world.nodes[2])
    world.cut()
    world.sync()
    for node in world.nodes[1:]:
        assert final_sizes(node.book.state) == final
        texts = [said.body.text for said in node.book.state.statements.said.values()]
        assert "this was always here" not in texts
    check_world(world, world.nodes[1:])


def test_minutes_that_differ_show_as_a_dispute_and_make_nothing_final() -> None:
    """02-order.md §7: a node that computes another digest says so; it does not give way."""
    world = World(2, "dispute")
    world.say(0)
    world.sync()
    first, second = world.nodes
    minute = true_minute(world)
    force(first, MINUTE, minute._replace(fold=bytes(32)))
    world.sync()
    assert not second.upkeep.make_minute()
    disputed = second.upkeep.dispute()
    assert disputed is not None
    assert disputed.fold == bytes(32)
    assert final_sizes(second.book.state) == {}
    assert first.upkeep.dispute() is None


def false_minutes(world: World) -> dict[str, Minute]:
    """Return minutes that no rule allows, by the code that each should earn."""
    true = true_minute(world)
    line = true.lines[0]
    unknown = MinuteLine(world.nodes[0].log(), 10**9, bytes(32))
    return {
        "minutes.unseen": true._replace(lines=(line._replace(size=line.size + 1), *true.lines[1:])),
        "minutes.unseen ": true._replace(lines=(unknown,)),
        "record.minute": true._replace(lines=true.lines[::-1]),
        "record.minute ": true._replace(fold=b""),
        "record.minute  ": true._replace(ordinal=0),
        "record.minute   ": true._replace(ordinal=2**64 - 1),
        "minutes.ordinal": true._replace(ordinal=10**6),
        "minutes.shrinks": true._replace(ordinal=1, lines=()),
    }


def test_a_false_minute_is_void_and_stops_no_other() -> None:
    """02-order.md §7: numbers of 10^19, logs nobody knows and shrinking sizes lead nowhere."""
    world = World(2, "false")
    world.say(0)
    world.sync()
    world.minute(2)
    world.say(1)
    world.sync()
    liar = world.nodes[1]
    for code, minute in false_minutes(world).items():
        ref = force(liar, MINUTE, minute)
        assert verdicts(liar)[ref.log, ref.seq].reason == code.strip(), code
    world.sync()
    before = len(complete_minutes(world.nodes[0].book.state))
    world.minute(3)
    assert len(complete_minutes(world.nodes[0].book.state)) > before
    check_world(world)


def test_a_minute_signed_as_a_person_is_void() -> None:
    """06-dialogue.md §2: nodes make minutes; a person's name under one is a forgery of the node."""
    world = World(2, "signed")
    world.say(0)
    world.sync()
    node = world.nodes[0]
    minute = true_minute(world)
    ref = force(node, MINUTE, minute, key=node.people["head"].key)
    world.sync()
    assert {verdicts(one)[ref.log, ref.seq] for one in world.nodes} == {void("charter.machine")}
