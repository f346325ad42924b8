"""Proofs of two histories: whose they may be, how many are heeded, and that they count alike.

docs/spec/02-order.md §6; attacks 1, 3 and 22 of docs/threat-model.md.
"""

from __future__ import annotations

from detente.charter.entries import ForkProof
from detente.dialogue.minutes import PLACES, final_sizes
from detente.exchange.frames import Headers
from detente.node.record_api import BookSource
from detente.record.bundle import write_bundle
from detente.record.chain import Piece
from detente.record.checkpoint import encode_checkpoint, sign_checkpoint
from detente.record.entry import encode_header, make_entry
from detente.record.fork import Fork, encode_fork
from detente.record.tree import EMPTY, extend
from detente.record.verdict import void
from detente.seals.hashing import leaf_hash
from detente.terms.ids import Lane, LogId
from detente.testing.adversary import force, make_shameless
from detente.testing.checks import check_fold, check_world, verdicts
from detente.testing.node import Node
from detente.testing.rotation import begin_epoch
from detente.testing.world import World
from detente.testing.written import WrittenLog, prove_fork
from tests.bundles import verified
from tests.sim.test_forks import proofs_in


def test_who_signs_one_history_after_the_other_does_not_have_all_judged_again_for_ever() -> None:
    """02-order.md §6.5: a log that parts at four places stands as far as it is minuted, for good."""
    world = World(2, "many forks")
    liar, other = world.nodes
    world.sync()
    world.minute()
    final = final_sizes(other.book.state)[liar.log()]
    for _ in range(8):
        liar.say("the same to all")
        world.sync()
    sizes = range(liar.size(liar.log()) - 1, final, -1)
    for at in sizes:
        other.receiver.take_headers(false_history(liar, at))
        assert other.book.stands[liar.log()] in {at, final}
    assert len(proofs_in(other)) == PLACES
    assert other.book.stands == {liar.log(): final}
    check_fold(other)


def false_history(liar: Node, at: int) -> Headers:
    """Return what shows that a node has signed another entry than the one at a place."""
    log = liar.log()
    entry = liar.store.entry(log, at)
    assert entry is not None
    raws = [one.raw for one in liar.store.entries(log, 0, at)]
    raws.append(encode_header(entry.header._replace(time=1)))
    tree = extend(EMPTY, [leaf_hash(raw) for raw in raws])[0]
    signed = sign_checkpoint(liar.keys.node(), liar.dialogue, log, at + 1, tree.root(), 1)
    return Headers(liar.dialogue, log, 0, tuple(raws), encode_checkpoint(signed))


def test_a_party_does_not_prove_its_own_two_histories() -> None:
    """02-order.md §6.4: the proof could stand in what it freezes, and would take itself back."""
    world = World(2, "own proof")
    liar, other = world.nodes
    liar.say("the same to all")
    world.sync()
    at = liar.size(liar.log()) - 1
    other.receiver.take_headers(false_history(liar, at))
    (proof,) = proofs_in(other)
    own = force(liar, "charter.fork", ForkProof(proof))
    world.sync()
    assert verdicts(other)[own.log, own.seq] == void("record.fork.own")
    check_world(world, [other])


def test_a_proof_counts_alike_whether_its_log_is_here_or_not() -> None:
    """02-order.md §3.3: whose log it is follows from documents that the accuser had seen."""
    world = World(3, "proof first")
    liar, accuser, other = world.nodes
    world.sync()
    begin_epoch(liar, "forked")
    liar.say("in a new epoch")
    world.cut()
    world.wire(0, 1).connect()
    world.run()
    log = liar.log()
    assert log in accuser.book.heads
    assert log not in other.book.heads
    accuser.receiver.take_headers(false_history(liar, liar.size(log) - 1))
    assert len(proofs_in(accuser)) == 1
    line = accuser.log(Lane.LINE)
    for start in (liar.log(Lane.LINE), line):
        held = other.size(start)
        batch = accuser.counter.batch(start, held, 10**6)
        assert batch is not None
        other.counter.take_batch(batch)
    assert log not in other.book.heads
    assert [known[0].party for known in other.book.state.forks.values()] == [0]
    assert other.book.stands[log] == accuser.book.stands[log]
    for wire in world.wires:
        wire.connect()
    world.sync()
    check_world(world, [accuser, other])


def test_a_proof_at_the_first_entry_of_a_log_that_is_not_here_holds_up_nobody() -> None:
    """02-order.md §2.4: what names such a log names nothing of it; links and honest logs go on."""
    world = World(4, "first entry")
    world.sync()
    honest, late, liar, accuser = world.nodes
    world.cut()
    begin_epoch(liar, "forked")
    line = liar.log(Lane.LINE)
    proof = _other_opening(liar, line)
    force(accuser, "charter.fork", ForkProof(encode_fork(proof)))
    world.wire(late, accuser).connect()
    world.run()
    world.cut()
    assert late.book.stands[line] == 0
    assert line not in late.book.heads
    make_shameless(liar)
    world.wire(honest, liar).connect()
    world.run()
    world.cut()
    assert line in honest.book.heads
    said = honest.say("after what the liar said")
    world.wire(honest, late).connect()
    world.run()
    assert world.wire(honest, late).is_up
    assert late.book.state.logs[said.log].admitted == said.seq + 1
    report = verified(b"".join(write_bundle(BookSource(late.book))))
    assert any(one.code == "verify.fork" for one in report.misconduct)
    world.wire(honest, accuser).connect()
    world.run()
    check_world(world, [honest, late, accuser])


def _other_opening(liar: Node, line: LogId) -> Fork:
    """Return a proof that a node has signed two openings of a log."""
    first = liar.store.entry(line, 0)
    assert first is not None
    assert first.payload is not None
    assert first.salt is not None
    histories = []
    for header in (first.header, first.header._replace(time=1)):
        entry = make_entry(header, first.salt, first.payload)
        whose = (2, liar.party.id)
        log = WrittenLog(liar.dialogue, whose, liar.keys.node(), 1, Lane.LINE)
        log.extend([Piece(entry.raw, entry.salt, entry.payload)])
        histories.append(log)
    return prove_fork(histories[0], histories[1], 1_790_000_000)
