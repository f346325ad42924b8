"""Two histories of one log: proved by signatures, frozen alike everywhere, and never alleged falsely.

docs/spec/02-order.md §6; attacks 1, 2 and 3 of docs/threat-model.md.
"""

from __future__ import annotations

import random

import pytest

from detente.charter.document import key_bytes
from detente.charter.entries import SCOPES, ForkProof, Grant
from detente.dialogue.minutes import complete_minutes, final_sizes
from detente.exchange.frames import Heads, encode_frame
from detente.record.checkpoint import encode_checkpoint, sign_checkpoint
from detente.record.entry import decode_payload
from detente.record.fork import Fork, Leaves, Roots, decode_fork, encode_fork, verify_fork
from detente.record.shapes import from_bytes
from detente.record.tree import consistency_path
from detente.terms.errors import Fault, Rejected
from detente.terms.ids import Lane, LogId
from detente.testing.adversary import copy_node, force, mutants, turn_to, withhold
from detente.testing.checks import check_acts, check_fold, check_same, check_world
from detente.testing.node import Node
from detente.testing.world import World


def proofs_in(node: Node) -> list[bytes]:
    """Return the fork proofs that count in a node's record."""
    found = []
    for known in node.book.state.forks.values():
        for frozen in known:
            entry = node.store.entry(LogId(frozen.by.log), frozen.by.seq)
            assert entry is not None
            assert entry.payload is not None
            body = decode_payload(entry.payload).body
            found.append(from_bytes(ForkProof, body, 2**20, "test").proof)
    return found


def two_faced(count: int, seed: str, before: int = 2, after: int = 1) -> tuple[World, Node, int]:
    """Return a world in which the first party has shown two versions of its table; and where they part.

    The last party was shown the one, all others the other, and then all talk to all.
    """
    world = World(count, seed)
    world.sync()
    liar, victim = world.nodes[0], world.nodes[-1]
    for _ in range(before):
        liar.say("the same to all")
    world.run()
    at = liar.size(liar.log())
    twin = copy_node(world, liar)
    turn_to(world, liar, twin, victim)
    world.cut_off(victim)
    for number in range(after):
        liar.say(f"to you {number}")
        twin.say(f"to them {number}")
    for wire in world.wires:
        if victim not in wire.ends or twin in wire.ends:
            wire.connect()
    world.run()
    world.sync()
    return world, liar, at


def test_three_parties_freeze_a_forked_log_at_the_same_place() -> None:
    """Attack 1: B and C were shown different entries; what one hears from the other proves it."""
    world, liar, at = two_faced(3, "fork-3")
    honest = world.nodes[1:]
    for node in honest:
        assert node.book.stands == {liar.log(): at}
        assert len(proofs_in(node)) == 2, "each honest party enters the proof in its own line"
    check_world(world, honest)
    for node in honest:
        for proof in proofs_in(node):
            assert len(proof) < 10 * 1024
            assert verify_fork(liar.keys.node().public, decode_fork(proof)) == at


def test_both_branches_are_kept_as_evidence() -> None:
    """Attack 1: freezing a log loses nothing of what its node has signed."""
    world, liar, at = two_faced(3, "fork-evidence")
    kept = {node.store.entries(liar.log(), at, 1)[0].id for node in world.nodes[1:]}
    assert len(kept) == 2


def test_four_parties_agree_after_a_fork_in_the_midst_of_talk() -> None:
    """Attack 1: what others said meanwhile, with reference to either branch, stands on every node."""
    world, liar, at = two_faced(4, "fork-4", before=1, after=3)
    for index in (1, 2, 3):
        world.say(index, "after the proof")
    world.sync()
    honest = world.nodes[1:]
    assert all(node.book.stands == {liar.log(): at} for node in honest)
    assert all(node.book.state.void == 0 for node in honest)
    check_world(world, honest)


def test_two_parties_prove_a_fork_from_two_histories_shown_to_one() -> None:
    """Attack 1: with nobody else to hear from, the two versions themselves are the proof."""
    world = World(2, "fork-2")
    world.sync()
    liar, victim = world.nodes
    at = liar.size(liar.log())
    twin = copy_node(world, liar)
    liar.say("first version")
    twin.say("second version")
    world.sync()
    turn_to(world, liar, twin, victim)
    world.sync()
    assert victim.book.stands == {liar.log(): at}
    assert len(proofs_in(victim)) == 1
    check_fold(victim)
    check_acts(victim, world.ledger)


def test_a_proof_brings_together_three_histories() -> None:
    """Attack 1: of several proofs the lowest place counts, on every node, in whatever order they come."""
    world = World(4, "fork-three")
    world.sync()
    liar = world.nodes[0]
    at = liar.size(liar.log())
    second = copy_node(world, liar)
    turn_to(world, liar, second, world.nodes[2])
    world.cut()
    world.wire(liar, 1).connect()
    world.wire(second, 2).connect()
    liar.say("one")
    liar.say("one more")
    third = copy_node(world, liar)
    turn_to(world, liar, third, world.nodes[3])
    second.say("two")
    second.say("two more")
    liar.say("one, end")
    third.say("three, end")
    world.sync()
    for node in world.nodes[1:]:
        assert node.book.stands == {liar.log(): at}
    check_world(world, world.nodes[1:])


def test_a_proof_does_not_fall_with_the_log_of_who_found_it() -> None:
    """Attack 1: a liar that exposes another, and then forks the log in which it did, saves nobody."""
    world = World(4, "two-liars")
    world.sync()
    first, second, third, fourth = world.nodes
    at = first.size(first.log())
    line_twin = copy_node(world, second)
    twin = copy_node(world, first)
    turn_to(world, first, twin, second)
    first.say("to the honest")
    twin.say("to the other liar")
    world.cut()
    world.wire(twin, second).connect()
    world.wire(first, third).connect()
    world.run()
    world.cut_off(twin)
    # The second liar shows the proof that it has entered, and nothing else of what it proves.
    world.wire(second, third).tap(second, withhold(first.log(), at))
    world.wire(second, third).connect()
    world.run()
    assert third.book.stands == {first.log(): at}
    grant = Grant(key_bytes(second.people["head"].key.public), "x", "x", SCOPES, 0, 0)
    line_twin.act("charter.grant", grant, second.party.root)
    turn_to(world, second, line_twin, fourth)
    world.wire(line_twin, fourth).connect()
    world.run()
    world.sync()
    for node in (third, fourth):
        assert set(node.book.stands) == {first.log(), second.log(Lane.LINE)}
        assert node.book.stands[first.log()] == at
    check_world(world, (third, fourth))


def test_a_fork_does_not_touch_what_a_complete_minute_covers() -> None:
    """02-order.md §6: nobody unsays by contradicting itself what all have minuted."""
    world = World(3, "fork-minute")
    liar = world.nodes[0]
    early = copy_node(world, liar)
    world.sync()
    for _ in range(3):
        liar.say("minuted")
    world.run()
    world.minute()
    covered = final_sizes(world.nodes[1].book.state)
    assert covered[liar.log()] > early.size(liar.log())
    turn_to(world, liar, early, world.nodes[2])
    early.say("never said the rest")
    world.cut()
    world.sync()
    for node in world.nodes[1:]:
        assert node.book.stands == {liar.log(): covered[liar.log()]}
        assert final_sizes(node.book.state) == covered
    check_world(world, world.nodes[1:])


def test_minutes_go_on_without_the_party_that_forked() -> None:
    """02-order.md §7: a party of which two histories are proven can hold up nothing."""
    world, _, __ = two_faced(3, "fork-on")
    for wire in world.wires:
        if not set(wire.ends) <= set(world.nodes[1:]):
            wire.cut()
            wire.stalled = [True, True]
    world.say(1)
    world.say(2)
    for _ in range(4):
        for node in world.nodes[1:]:
            node.upkeep.make_minute()
        world.wire(1, 2).connect()
        world.run()
    assert complete_minutes(world.nodes[1].book.state)
    check_world(world, world.nodes[1:])


def test_a_second_signed_root_for_one_size_is_kept_as_proof() -> None:
    """Attack 2: two checkpoints of one size and different roots contradict each other without entries."""
    world = World(2, "two-roots")
    world.sync()
    liar, victim = world.nodes
    log = liar.log()
    false = sign_checkpoint(liar.keys.node(), world.founding.dialogue, log, 2, bytes(32), 1)
    world.wire(0, 1).send(liar, encode_frame(Heads(liar.dialogue, (encode_checkpoint(false),))))
    world.run()
    kinds = [kind for kind, _ in victim.store.evidence(victim.dialogue)]
    assert kinds == ["fork"]
    fork = decode_fork(victim.store.evidence(victim.dialogue)[0][1])
    verify_fork(liar.keys.node().public, fork)
    assert victim.book.stands == {}, "a proof by roots alone says not what part is false"


def test_a_fork_deep_in_a_long_log_is_found_and_shown() -> None:
    """Attack 1: the place is found however many entries and checkpoints lie below it."""
    world, liar, at = two_faced(3, "fork-deep", before=40)
    assert all(node.book.stands == {liar.log(): at} for node in world.nodes[1:])
    check_world(world, world.nodes[1:])


def false_proofs(seed: str) -> list[tuple[str, bytes]]:
    """Return what somebody might pass off as a proof, each with what is wrong."""
    world, _, __ = two_faced(3, seed)
    true = decode_fork(proofs_in(world.nodes[1])[0])
    shown = true.shown
    assert isinstance(shown, Leaves)
    other = World(3, f"{seed} elsewhere").nodes[1]
    log = other.log()
    one, two = list(other.store.checkpoints(log))[:2]
    entry = other.store.entries(log, 0, 1)[0]
    rng = random.Random(seed)
    bare = true.larger.signature._replace(mldsa=b"")
    root = Roots(true.smaller.root, ())
    smaller = true.smaller._replace(size=0)
    found = [
        ("one half of a signature is missing", true._replace(larger=true.larger._replace(signature=bare))),
        ("the same entry twice", true._replace(shown=shown._replace(larger_header=shown.smaller_header,
                                                                    larger_path=shown.smaller_path))),
        ("two honest checkpoints", Fork(one, two, Leaves(0, entry.raw, (), entry.raw, ()))),
        ("roots that agree", Fork(one, two, Roots(one.root, ()))),
        ("a root without a proof", Fork(one, two, root)),
        ("an empty log", true._replace(smaller=smaller)),
    ]  # fmt: skip
    whole = encode_fork(true)
    damaged = [("damaged", data) for data in mutants(rng, whole, 60) if data != whole]
    return [(what, encode_fork(fork)) for what, fork in found] + damaged


def test_false_accusations_are_void_and_change_nothing() -> None:
    """Attack 3: a proof that does not hold freezes no log, whoever enters it, on every node alike."""
    world = World(3, "false")
    world.sync()
    accuser = world.nodes[0]
    rejected = 0
    for _, proof in false_proofs("false"):
        with pytest.raises(Fault):
            accuser.writer.enter(Lane.LINE, 8, ForkProof(proof))
        force(accuser, "charter.fork", ForkProof(proof))
        rejected += 1
    world.sync()
    for node in world.nodes:
        assert node.book.stands == {}
        assert node.book.state.void == rejected
        assert node.book.state.forks == world.nodes[0].book.state.forks
    check_world(world)


def test_a_proof_that_hides_the_place_does_not_count() -> None:
    """02-order.md §6: a party cannot unsay its whole past by proving against itself that it lied."""
    world, liar, at = two_faced(3, "inexact", before=5)
    honest = world.nodes[1]
    log = liar.log()
    fork = decode_fork(proofs_in(honest)[0])
    held = honest.store.checkpoint(log, at + 1)
    assert held is not None
    twin = next(
        end
        for wire in world.wires
        for end in wire.ends
        if end.party is liar.party and end is not liar
    )
    theirs = twin.store.checkpoint(log, at + 1)
    assert theirs is not None
    path = consistency_path(
        theirs.size, held.size, lambda level, i: honest.store.node_hash(log, level, i)
    )
    by_roots = fork._replace(
        smaller=theirs, larger=held, shown=Roots(honest.root(log, theirs.size), tuple(path))
    )
    verify_fork(liar.keys.node().public, by_roots)
    force(liar, "charter.fork", ForkProof(encode_fork(by_roots)))
    world.sync()
    assert all(node.book.stands == {log: at} for node in world.nodes[1:])
    check_same(world.nodes[1:])


def test_headers_that_lead_nowhere_are_refused() -> None:
    """Attack 3: nobody is made to believe in a fork by headers that no checkpoint covers."""
    world = World(2, "headers")
    world.sync()
    liar, victim = world.nodes
    log = liar.log()
    shown = liar.counter.headers(log, 0)
    assert shown is not None
    assert len(shown.headers) > 1
    forged = shown._replace(headers=(*shown.headers[:-1], shown.headers[0]))
    with pytest.raises(Rejected) as fault:
        victim.receiver.take_headers(forged)
    assert fault.value.code == "exchange.headers"
    assert victim.book.stands == {}
