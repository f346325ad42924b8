"""Restored backups, copied disks and two copies at work: a node never enters two entries at one place.

docs/spec/02-order.md §8; attacks 19 and 20 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.desk.epochs import open_epoch
from detente.exchange.frames import Batch, Frame, Heads, SizeLine, Sizes, encode_frame
from detente.record.checkpoint import decode_checkpoint, encode_checkpoint
from detente.store.memory_unit import State
from detente.terms.errors import Refused
from detente.terms.ids import Lane
from detente.testing.adversary import copy_node, rewrite, turn_to
from detente.testing.checks import check_fold, check_world
from detente.testing.node import Node
from detente.testing.rotation import begin_epoch
from detente.testing.weather import pack, unpack
from detente.testing.world import World
from tests.sim.test_admission import delegate, grant
from tests.sim.test_replay import ELSEWHERE


def lived_on(seed: str, count: int = 2) -> tuple[World, Node, State]:
    """Return a world in which the first node wrote on after its backup was taken; all are apart."""
    world = World(count, seed)
    world.say(0, "before the backup")
    world.sync()
    node = world.nodes[0]
    backup = node.backup()
    for number in range(3):
        world.say(0, f"after the backup {number}")
        world.say(1, f"answer {number}")
        world.sync()
    world.cut()
    return world, node, backup


def code_of_refusal(node: Node) -> str:
    with pytest.raises(Refused) as fault:
        node.say("may we?")
    return fault.value.code


def test_a_restored_node_writes_nothing_until_it_has_caught_up() -> None:
    """Attack 19: it learns its own head from another node, fetches what it lacks, and goes on."""
    world, node, backup = lived_on("restored")
    size = node.size(node.log())
    node.restore(backup)
    assert node.size(node.log()) < size
    assert code_of_refusal(node) == "desk.restored"
    world.sync()
    assert node.size(node.log()) == size
    said = node.say("caught up")
    assert said.seq == size
    world.sync()
    check_world(world)


def test_a_restored_node_shows_nothing_of_its_own_before_it_is_confirmed() -> None:
    """Attack 19: no head, no entry and no receipt leaves that could contradict what left before."""
    _, node, backup = lived_on("quiet")
    node.restore(backup)
    assert node.counter.heads().checkpoints
    own = {node.log(lane) for lane in Lane}
    assert all(decode_checkpoint(one).log not in own for one in node.counter.heads().checkpoints)
    assert all(node.counter.can_give(log) == 0 for log in own)


def test_what_a_copied_disk_wrote_alone_is_set_aside() -> None:
    """Attack 19: a copy that did not know it was one takes its unsent entries back, and loses nothing."""
    world, node, backup = lived_on("copied")
    node.restore(backup._replace(is_copy=False))
    alone = [node.say(f"written alone {number}") for number in range(2)]
    payloads = [entry.payload for entry in node.store.entries(node.log(), alone[0].seq, 2)]
    world.sync()
    ((log, taken),) = node.set_aside
    assert log == node.log()
    assert [entry.payload for entry in taken] == payloads
    texts = [said.body.text for said in world.nodes[1].book.state.statements.said.values()]
    assert not any(text.startswith("written alone") for text in texts)
    assert node.say("signed again").seq == node.size(node.log()) - 1
    world.sync()
    assert all(not one.book.state.forks for one in world.nodes)
    check_world(world)


def test_a_copied_disk_takes_back_what_it_wrote_on_the_line_too() -> None:
    """Attack 19: both logs of a party follow the one rule."""
    world = World(2, "line-copy")
    node = world.nodes[0]
    world.sync()
    backup = node.backup()
    grant(node, delegate(world))
    world.sync()
    world.cut()
    node.restore(backup._replace(is_copy=False))
    grant(node, delegate(world), most=1)
    world.sync()
    assert [log for log, _ in node.set_aside] == [node.log(Lane.LINE)]
    check_world(world)


def test_a_restored_node_without_any_peer_begins_a_new_epoch() -> None:
    """Attack 19: with nobody to ask, new logs; what the old ones lack is fetched when somebody comes."""
    world, node, backup = lived_on("epoch")
    old = node.log()
    size = node.size(old)
    node.restore(backup)
    open_epoch(node.book, node.writer, node.counter, "restored")
    said = node.say("from a new epoch")
    assert said.log != old
    world.sync()
    assert node.size(old) == size
    assert all(not one.book.state.forks for one in world.nodes)
    check_world(world)


def test_a_node_restored_to_before_its_new_epoch_finds_it_again() -> None:
    """Attack 19: a log of our own that the copy never knew is ours as well, and is fetched first."""
    world = World(2, "forgotten")
    world.sync()
    node = world.nodes[0]
    backup = node.backup()
    open_epoch(node.book, node.writer, node.counter, "forked")
    for number in range(3):
        node.say(f"in the new epoch {number}")
    world.sync()
    log, size = node.log(), node.size(node.log())
    world.cut()
    node.restore(backup)
    world.sync()
    assert (node.log(), node.size(log)) == (log, size)
    assert node.say("on").seq == size
    world.sync()
    check_world(world)


def test_one_party_among_several_is_not_enough_to_confirm_a_restored_node() -> None:
    """Attack 19: who was away cannot vouch for our head; all others must have shown what they hold."""
    world = World(3, "several")
    world.sync()
    node, informed, away = world.nodes
    backup = node.backup()
    world.cut_off(away)
    node.say("the party away has not heard this")
    world.run()
    size = node.size(node.log())
    world.cut()
    node.restore(backup)
    world.wire(node, away).connect()
    world.run()
    assert code_of_refusal(node) == "desk.restored"
    world.wire(node, informed).connect()
    world.run()
    assert node.say("now").seq == size
    world.sync()
    check_world(world)


def test_false_claims_about_our_size_stop_nobody() -> None:
    """Attack 19: only our own signature tells us our head; an unsigned claim is forgotten again."""
    world = World(2, "claims")
    world.sync()
    world.cut()
    node, liar = world.nodes

    def claim(frame: Frame) -> Frame:
        if isinstance(frame, Sizes):
            lines = tuple(SizeLine(line.log, 10**9, bytes(32)) for line in frame.lines)
            return frame._replace(lines=lines)
        return frame

    world.wire(0, 1).tap(liar, rewrite(claim))
    node.say("nothing is wrong with us")
    world.sync()
    node.say("nor now")
    world.run()
    assert liar.size(node.log()) == node.size(node.log())
    assert node.writer.closed_because is None


def test_a_head_that_we_did_not_sign_does_not_close_us() -> None:
    """Attack 19: a forged head of ours ends the link of whoever shows it."""
    world = World(2, "forged")
    world.sync()
    node, liar = world.nodes
    true = node.store.checkpoint(node.log())
    assert true is not None
    forged = encode_checkpoint(true._replace(size=true.size + 5))
    world.wire(0, 1).send(liar, encode_frame(Heads(liar.dialogue, (forged,))))
    world.run()
    assert (node.name, liar.name, "seals.signature") in world.rejections
    assert node.writer.closed_because is None
    assert node.say("still here")


def test_our_signature_from_another_dialogue_does_not_close_us() -> None:
    """Attacks 6 and 19: what we signed elsewhere says nothing about our logs here."""
    world, other = World(2, "here"), World(2, "there", ELSEWHERE)
    world.sync()
    node, liar = world.nodes
    shown = other.nodes[0].store.checkpoint(other.nodes[0].log())
    assert shown is not None
    assert shown.signer == node.keys.node().public.print
    frame = Heads(liar.dialogue, (encode_checkpoint(shown),))
    world.wire(0, 1).send(liar, encode_frame(frame))
    world.run()
    assert node.writer.closed_because is None
    assert node.say("still here")


def test_a_second_copy_at_work_stops_the_first() -> None:
    """Attack 20: a node that sees its own log grow by another hand stops, and stays so."""
    world = World(2, "second")
    world.sync()
    node, other = world.nodes
    copy = copy_node(world, node, shameless=False)
    node.say("from the first copy")
    world.run()
    world.add_wire(copy, other)
    world.sync()
    copy.say("from the second copy, which has caught up")
    world.run()
    assert code_of_refusal(node) == "desk.second-copy"
    assert node.size(node.log()) == copy.size(copy.log())
    world.cut()
    world.sync()
    assert code_of_refusal(node) == "desk.second-copy"
    assert all(not one.book.state.forks for one in (node, copy, other))
    check_world(world)
    node.restart()
    world.cut()
    world.sync()
    assert node.writer.closed_because is None, "started again, it may go on where the other stopped"


def test_two_copies_that_both_wrote_and_sent_are_stopped_and_found_out() -> None:
    """Attack 20: when both histories have left, neither is taken back; a new epoch goes on after them."""
    world = World(3, "both")
    world.sync()
    node, second, third = world.nodes
    copy = copy_node(world, node, shameless=False)
    turn_to(world, node, copy, third)
    world.wire(second, third).cut()
    at = node.size(node.log())
    node.say("from the first copy")
    copy.say("from the second copy")
    for wire in world.wires:
        if {second, third} != set(wire.ends):
            wire.connect()
    world.run()
    world.sync()
    for one in (second, third):
        assert one.book.stands == {node.log(): at}
    copy.die()
    world.cut_off(copy)
    world.add_wire(node, third)
    world.sync()
    assert code_of_refusal(node) in {"desk.frozen", "desk.second-copy", "desk.behind"}
    open_epoch(node.book, node.writer, node.counter, "forked")
    world.cut()
    world.sync()
    node.say("after the accident")
    world.sync()
    for one in (second, third):
        texts = [said.body.text for said in one.book.state.statements.said.values()]
        assert texts == ["after the accident"]
    check_world(world)


def test_a_pouch_brings_a_restored_node_its_own_entries() -> None:
    """Attack 19: without any link, the newest pouch of the other side tells us our head."""
    world, node, backup = lived_on("pouch")
    size = node.size(node.log())
    node.restore(backup)
    unpack(node, pack(world.nodes[1]))
    assert node.size(node.log()) == size
    assert node.say("on").seq == size
    check_fold(node)


def test_a_position_that_our_own_entries_name_is_not_filled_again() -> None:
    """Attack 19: others hold an entry of ours that names one which is lost; we begin a new epoch."""
    world = World(2, "lost")
    world.sync()
    world.cut()
    node, other = world.nodes
    backup = node.backup()
    grant(node, delegate(world))
    node.say("this names the grant")
    for parcel in pack(node):
        if getattr(parcel, "log", None) == node.log():
            unpack(other, [parcel])
    line, table = node.log(Lane.LINE), node.log()
    lost = node.size(line) - 1
    node.restore(backup)
    world.sync()
    assert node.size(table) == other.size(table)
    assert node.size(line) == lost
    assert code_of_refusal(node) == "desk.waiting"
    with pytest.raises(Refused) as fault:
        grant(node, delegate(world))
    assert fault.value.code == "desk.waiting"
    open_epoch(node.book, node.writer, node.counter, "restored")
    world.sync()
    node.say("we go on")
    world.say(1, "so do we")
    world.sync()
    texts = [said.body.text for said in other.book.state.statements.said.values()]
    assert sorted(texts) == ["so do we", "we go on"]
    assert node.size(line) == other.size(line) == lost


def test_our_own_receipt_is_not_taken_for_our_own_head() -> None:
    """02-order.md §8.2: of a log that the copy does not know, our signature says that we held it once."""
    world = World(2, "own receipt")
    world.sync()
    liar, node = world.nodes
    backup = node.backup()
    begin_epoch(liar, "forked")
    world.sync()
    line = liar.log(Lane.LINE)
    ours = node.keys.node().public.print
    (receipt,) = (one for one in liar.store.receipts(line) if one.signer == ours)
    hidden = {liar.log(lane) for lane in Lane}

    def lie(frame: Frame) -> Frame | None:
        if isinstance(frame, Batch) and frame.log in hidden:
            return None
        if isinstance(frame, Heads):
            kept = [one for one in frame.checkpoints if decode_checkpoint(one).log not in hidden]
            return frame._replace(checkpoints=(*kept, encode_checkpoint(receipt)))
        if isinstance(frame, Sizes):
            return frame._replace(lines=tuple(one for one in frame.lines if one.log not in hidden))
        return frame

    world.cut()
    node.restore(backup)
    world.wire(0, 1).tap(liar, rewrite(lie))
    world.sync()
    assert node.writer.closed_because is None
    node.say("goes on")
