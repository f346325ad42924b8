"""What one side keeps back is missed by name, and silence has no consequence of its own.

docs/spec/02-order.md §3; attacks 4 and 5 of docs/threat-model.md.
"""

from __future__ import annotations

from detente.exchange.frames import Batch, Receipt, encode_frame
from detente.record.checkpoint import encode_checkpoint
from detente.terms.ids import Lane
from detente.terms.limits import MIB
from detente.testing.adversary import silence, withhold
from detente.testing.checks import check_world
from detente.testing.crash import Ending
from detente.testing.parties import make_key, renew_party
from detente.testing.rotation import announce, begin_epoch
from detente.testing.world import World
from tests.sim.test_admission import delegate, grant


def test_a_withheld_entry_is_named_by_who_had_it() -> None:
    """Attack 4: B answered what A keeps from C; C holds B's answer back and knows what it lacks."""
    world = World(3, "withheld")
    world.sync()
    liar, fair, victim = world.nodes
    world.wire(fair, victim).cut()
    size = liar.size(liar.log())
    world.wire(liar, victim).tap(liar, withhold(liar.log(), size))
    missing = liar.say("not for you")
    world.run()
    answer = fair.say("we have heard this")
    world.run()
    assert fair.size(liar.log()) == size + 1
    assert victim.size(liar.log()) == size
    # The answer comes by way of the liar, who did not think of keeping that back as well.
    held = victim.book.held[answer.log]
    assert held.missing.log == missing.log
    assert (held.missing.seq, held.missing.id) == (missing.seq, missing.id)
    assert not held.contradicts
    assert victim.book.state.logs[answer.log].admitted < victim.size(answer.log)


def test_a_third_party_supplies_what_one_keeps_back() -> None:
    """Attack 4: with three parties, nobody can keep from one what another holds."""
    world = World(3, "third")
    world.sync()
    liar, _, victim = world.nodes
    world.wire(liar, victim).tap(liar, withhold(liar.log(), liar.size(liar.log())))
    said = liar.say("not for you")
    world.say(1, "we have heard this")
    world.sync()
    assert victim.store.entry(said.log, said.seq) is not None
    check_world(world)


def test_a_withheld_beginning_leaves_a_gap_that_is_refused() -> None:
    """Attack 4: entries do not enter with a hole before them; the log is never silently shorter inside."""
    world = World(2, "gap")
    world.sync()
    world.cut()
    liar, victim = world.nodes
    for number in range(3):
        liar.say(f"entry {number}")
    first = victim.size(liar.log())
    batch = liar.counter.batch(liar.log(), first + 1, 10**6)
    assert batch is not None
    world.wire(0, 1).connect()
    world.wire(0, 1).tap(liar, silence(Batch))
    world.run()
    world.wire(0, 1).taps = [None, None]
    world.wire(0, 1).send(liar, encode_frame(batch), 2)
    world.run()
    assert (victim.name, liar.name, "exchange.gap") in world.rejections
    assert victim.size(liar.log()) == first


def test_silence_leaves_entries_sent_and_unreceipted() -> None:
    """Attack 5: who gives no receipts is seen to give none; nothing else follows by itself."""
    world = World(2, "silent")
    world.sync()
    node, silent = world.nodes
    log = node.log()
    before = max(receipt.size for receipt in node.store.receipts(log))
    world.wire(0, 1).tap(silent, silence(Receipt))
    for _ in range(3):
        node.say("can you hear us?")
        world.sync()
    assert silent.size(log) == node.size(log) == before + 3
    assert max(receipt.size for receipt in node.store.receipts(log)) == before
    node.say("we go on")
    assert node.book.state.void == 0
    assert node.writer.closed_because is None


def test_a_receipt_is_signed_only_for_what_is_kept() -> None:
    """Attack 5 turned round: a node that dies before its commit has given no receipt for it."""
    world = World(2, "kept")
    world.sync()
    node, other = world.nodes
    said = node.say("remember this")
    other.store.plan(Ending.BEFORE)
    world.run()
    assert not other.is_running
    assert all(receipt.size <= said.seq for receipt in node.store.receipts(said.log))
    other.restart()
    assert other.size(said.log) == said.seq
    world.sync()
    assert any(receipt.size == said.seq + 1 for receipt in node.store.receipts(said.log))
    check_world(world)


def test_a_node_that_dies_after_its_commit_gives_its_receipt_later() -> None:
    """Attack 5 turned round: saved and not sent is saved; the receipt comes with the next link."""
    world = World(2, "later")
    world.sync()
    node, other = world.nodes
    said = node.say("remember this")
    other.store.plan(Ending.AFTER)
    world.run()
    assert not other.is_running
    other.restart()
    assert other.size(said.log) == said.seq + 1
    world.sync()
    assert any(receipt.size == said.seq + 1 for receipt in node.store.receipts(said.log))
    check_world(world)


def test_withheld_line_entries_are_missed_too() -> None:
    """Attack 4: a grant kept back shows as soon as anything refers to it."""
    world = World(3, "line")
    world.sync()
    liar, fair, victim = world.nodes
    world.wire(fair, victim).cut()
    log = liar.log(Lane.LINE)
    world.wire(liar, victim).tap(liar, withhold(log, liar.size(log)))
    granted = grant(liar, delegate(world))
    world.run()
    fair.say("noted")
    world.run()
    assert any(held.missing.id == granted.id for held in victim.book.held.values())


def test_a_receipt_under_a_key_that_has_just_been_renewed_ends_no_link() -> None:
    """09-exchange.md §5.6: it comes before the log that shows the key, and its signer is not at fault."""
    world = World(2, "renewed")
    world.sync()
    node, other = world.nodes
    key = make_key("renewed")
    announce(node, renew_party(node.party, key))
    world.sync()
    world.cut()
    begin_epoch(node, "rotated", key)
    other.say("by pouch")
    batch = other.counter.batch(other.log(), node.size(other.log()), 10**6)
    assert batch is not None
    node.counter.take_batch(batch)
    world.sync()
    assert world.rejections == []
    assert all(wire.is_up for wire in world.wires)
    check_world(world)


def test_an_invented_receipt_does_not_stand_in_the_way_of_a_true_one() -> None:
    """09-exchange.md §5.6: what is kept until its entries come was made by the node it names."""
    world = World(3, "invented receipts")
    world.sync()
    author, reader, late = world.nodes
    world.cut_off(late)
    said = author.say("said while one was away")
    world.run()
    size = said.seq + 1
    (true,) = (
        one
        for one in author.store.receipts(said.log, size)
        if one.signer == reader.keys.node().public.print and one.size == size
    )
    for number in range(1, 4):
        invented = true._replace(size=size + number, root=bytes(32))
        late.counter.take_receipt(Receipt(late.dialogue, encode_checkpoint(invented)))
    late.counter.take_receipt(Receipt(late.dialogue, encode_checkpoint(true)))
    for number in range(1, 4):
        invented = true._replace(size=size + number, time=true.time + 1)
        late.counter.take_receipt(Receipt(late.dialogue, encode_checkpoint(invented)))
    batch = author.counter.batch(said.log, late.size(said.log), MIB)
    assert batch is not None
    late.counter.take_batch(batch)
    assert true in late.store.receipts(said.log, size)
