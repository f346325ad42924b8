"""Order and validity come from what entries name, never from a clock or from the way they travelled.

docs/spec/02-order.md §3 to §5; attacks 8, 9, 10 and 11 of docs/threat-model.md.
"""

from __future__ import annotations

import itertools

import pytest

from detente.charter.document import key_bytes
from detente.charter.entries import SCOPES, Grant
from detente.desk.marks import mark_of
from detente.desk.read import Reader
from detente.dialogue.state import encode_state
from detente.protocols.agenda.entries import Agreement, Item, Withdrawal
from detente.protocols.agenda.state import Status, status
from detente.protocols.statements.entries import Statement
from detente.record.verdict import void
from detente.terms.errors import Refused, Rejected
from detente.terms.ids import EntryId, Lane, LogId, Ref
from detente.terms.times import DAY
from detente.testing.adversary import copy_node, force, next_header
from detente.testing.checks import check_world, total_order, verdicts
from detente.testing.keys import person_named
from detente.testing.node import Node
from detente.testing.weather import pack, unpack
from detente.testing.world import World

YEAR = 365 * DAY


def words(text: str = "Now.") -> Statement:
    return Statement(text, "en", None, None)


def test_doubled_and_reordered_parcels_give_one_state() -> None:
    """Attack 8: every order of arrival, with everything handed in twice, ends in the same bytes."""
    world = World(3, "permuted")
    for index in (0, 1, 2, 0):
        world.say(index)
        world.sync()
    world.cut()
    for index in (0, 1, 2):
        world.say(index, "not yet told")
    parcels = [parcel for node in world.nodes for parcel in pack(node)]
    states = set()
    for turn in range(4):
        node = copy_node(world, world.nodes[2], shameless=False)
        for _ in range(4):
            unpack(node, parcels[turn * 7 :] + parcels[: turn * 7])
            unpack(node, parcels[::-1])
        assert not node.book.held
        states.add(encode_state(node.book.state))
    assert len(states) == 1


def test_a_false_time_changes_neither_order_nor_verdict() -> None:
    """Attack 9: backdating moves nothing; the order is by what an entry names."""
    world = World(2, "backdated")
    first = world.say(0, "first")
    world.sync()
    node = world.nodes[1]
    second = force(
        node, "statements.statement", words("I was first"), key=node.people["head"].key, time=1
    )
    world.sync()
    third = world.say(0, "third")
    world.sync()
    order = total_order(node)
    assert order.index(first.id) < order.index(second.id) < order.index(third.id)
    assert set(verdicts(node).values()) == set(verdicts(world.nodes[0]).values())
    for one in world.nodes:
        shown = {row["mark"]: row["misdated"] for row in Reader(one.book).log(100)["rows"]}
        assert {mark for mark, how in shown.items() if how} == {mark_of(one.book, second)}
        assert Reader(one.book).show(mark_of(one.book, second))["misdated"] == "earlier"
    check_world(world)


def test_an_entry_cannot_name_a_place_in_the_order_for_itself() -> None:
    """Attack 10: the clock follows from what an entry names; any other breaks its author's log there."""
    world = World(2, "clock")
    world.say(0)
    world.sync()
    node = world.nodes[1]
    true = next_header(node, Lane.TABLE, 80, node.people["head"].print).clock
    for false in (true - 1, true + 1, true + 1000):
        liar = copy_node(world, node)
        ref = force(liar, "statements.statement", words(), key=node.people["head"].key, clock=false)
        after = force(liar, "statements.statement", words(), key=node.people["head"].key)
        found = verdicts(liar)
        assert found[ref.log, ref.seq] == void("record.clock")
        assert found[after.log, after.seq] == void("record.broken")


def test_nobody_uses_clocks_up_through_a_log_that_is_broken() -> None:
    """Attack 10: what a broken log says of its clocks is not looked at, so nobody may build on it."""
    world = World(2, "used up")
    world.sync()
    honest, liar = world.nodes
    jump = force(liar, 4711, b"", lane=Lane.LINE, clock=2**64 - 2)
    named = force(liar, 4711, b"", lane=Lane.TABLE, refs=(jump,), clock=2**64 - 1)
    world.sync()
    for node in world.nodes:
        assert verdicts(node)[jump.log, jump.seq] == void("record.clock")
        assert verdicts(node)[named.log, named.seq] == void("record.refs")
    assert honest.say("goes on").seq
    assert honest.upkeep.make_minute()
    world.sync()
    check_world(world)
    with pytest.raises(Refused) as refusal:
        liar.say("its own node knows that nothing would count")
    assert refusal.value.code == "desk.broken"


def test_a_clock_that_does_not_rise_never_enters() -> None:
    """Attack 10: within one log clocks rise, or the entry is rejected by everybody."""
    world = World(2, "still")
    node = world.nodes[1]
    head = node.book.heads[node.log()]
    with pytest.raises(Rejected) as fault:
        force(
            node,
            "statements.statement",
            words(),
            key=node.people["head"].key,
            refs=(),
            clock=head.clock,
        )
    assert fault.value.code == "record.chain.clock"


def agree_and_withdraw(seed: str, order: tuple[str, ...]) -> Status:
    """Have two parties agree and withdraw without having seen each other; return how the item stands."""
    world = World(2, seed)
    proposer, other = world.nodes
    item = proposer.act("agenda.item", Item("Relief", "Convoys.", "en"))
    world.sync()
    world.cut()
    other.act("agenda.agreement", Agreement(item))
    proposer.act("agenda.withdrawal", Withdrawal(item, ""))
    for name in order:
        node = world.nodes[name == "other"]
        parcels = pack(node)
        unpack(world.nodes[name != "other"], parcels)
    world.sync()
    check_world(world)
    (tabled,) = world.nodes[0].book.state.agenda.items.values()
    return status(tabled, 2)


def test_an_agreement_that_crossed_a_withdrawal_is_contested_in_every_order() -> None:
    """Attack 10: over all schedules nobody picks a winner between two acts that bind."""
    found = {
        agree_and_withdraw(f"crossed {order}", order)
        for order in itertools.permutations(("proposer", "other"))
    }
    assert found == {Status.CONTESTED}


@pytest.mark.parametrize("skew", [-40 * YEAR, -3 * DAY, 12 * YEAR, 9_000 * YEAR])
def test_a_wrong_clock_changes_no_verdict(skew: int) -> None:
    """Attack 11: a node in the past, in 2038 and beyond, or beyond every calendar, is understood alike."""
    world = World(2, f"skew {skew}")
    world.nodes[0].clock.skew_ms = skew
    for index in (0, 1, 0, 1):
        world.say(index)
        world.sync()
    assert world.nodes[1].book.state.void == 0
    check_world(world)


def test_a_clock_that_goes_back_stops_nothing() -> None:
    """Attack 11: time in entries may fall; positions and clocks rise."""
    world = World(2, "back")
    node = world.nodes[0]
    for skew in (0, -10 * DAY, -YEAR, DAY):
        node.clock.skew_ms = skew
        node.say("at some time")
        world.sync()
    times = [entry.header.time for entry in node.store.entries(node.log(), 0, 100)]
    assert times != sorted(times)
    check_world(world)


def test_a_line_entry_never_waits_for_the_table() -> None:
    """Decision 1 of the record: what is said on the line is judged though the table is not here yet."""
    world = World(2, "lanes")
    world.sync()
    world.cut()
    node, other = world.nodes
    for number in range(5):
        node.say(f"backlog {number}")
    urgent = node.act("charter.grant", _grant(node))
    line = [parcel for parcel in pack(node) if getattr(parcel, "log", None) == node.log(Lane.LINE)]
    unpack(other, line)
    assert other.book.state.logs[urgent.log].admitted == urgent.seq + 1
    assert not other.book.held


def _grant(node: Node) -> Grant:
    person = person_named(f"{node.name} third", "aide")
    return Grant(key_bytes(person.key.public), person.name, person.role, SCOPES, 0, 0)


def test_a_line_entry_that_names_the_table_is_void() -> None:
    """Decision 1 of the record: nobody can make the line wait by naming the table on it."""
    world = World(2, "lane-ref")
    world.sync()
    node = world.nodes[0]
    table = node.book.state.logs[node.log()]
    ref = Ref(LogId(node.log()), table.admitted - 1, EntryId(table.head))
    head = node.book.heads[node.log(Lane.LINE)]
    clock = 1 + max(head.clock, table.clock)
    bad = force(node, 4711, b"", lane=Lane.LINE, refs=(ref,), clock=clock)
    world.sync()
    assert {verdicts(one)[bad.log, bad.seq] for one in world.nodes} == {void("record.refs")}
