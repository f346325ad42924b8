"""Bytes that come again, here or elsewhere, add nothing.

docs/spec/01-record.md §6; attacks 6 and 7 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.dialogue.state import encode_state
from detente.exchange.frames import Batch, encode_frame
from detente.record.entry import decode_payload
from detente.record.genesis import Quotas
from detente.terms.errors import Rejected
from detente.terms.limits import KIB, MIB
from detente.testing.adversary import force, offer
from detente.testing.checks import check_world, verdicts
from detente.testing.node import Node
from detente.testing.world import World

ELSEWHERE = Quotas(payload_bytes=200 * KIB)
"""Other founding terms make another dialogue of the same parties."""


def batch_of(node: Node) -> Batch:
    batch = node.counter.batch(node.log(), 0, MIB)
    assert batch is not None
    return batch


def test_entries_of_one_dialogue_are_refused_in_another() -> None:
    """Attack 6: the same parties with the same keys; what one dialogue holds means nothing in the next."""
    one, other = World(2, "one"), World(2, "other", ELSEWHERE)
    assert one.founding.dialogue != other.founding.dialogue
    one.say(0, "meant for the first dialogue")
    other.sync()
    victim = other.nodes[1]
    before = encode_state(victim.book.state)
    batch = batch_of(one.nodes[0])
    number = other.wire(0, 1).number
    assert offer(victim, number, encode_frame(batch)) == "exchange.turn"
    moved = batch._replace(dialogue=victim.dialogue, log=other.nodes[0].log())
    with pytest.raises(Rejected) as fault:
        victim.counter.take_batch(moved)
    assert fault.value.code == "exchange.log"
    renamed = moved._replace(
        checkpoint=moved.checkpoint._replace(dialogue=victim.dialogue, log=other.nodes[0].log())
    )
    with pytest.raises(Rejected) as fault:
        victim.counter.take_batch(renamed)
    assert fault.value.code == "seals.signature"
    assert encode_state(victim.book.state) == before


def test_an_unknown_log_that_is_another_dialogues_is_refused() -> None:
    """Attack 6: a log's name follows from its dialogue, so it cannot be opened anywhere else."""
    one, other = World(2, "source"), World(2, "target", ELSEWHERE)
    other.sync()
    victim = other.nodes[1]
    logs = set(victim.book.heads)
    with pytest.raises(Rejected) as fault:
        victim.counter.take_batch(batch_of(one.nodes[0])._replace(dialogue=victim.dialogue))
    assert fault.value.code == "exchange.log"
    assert set(victim.book.heads) == logs


def test_a_receipt_of_another_dialogue_is_no_receipt() -> None:
    """Attack 6: receipts name dialogue and log as checkpoints do."""
    one, other = World(2, "source"), World(2, "target", ELSEWHERE)
    other.sync()
    node = other.nodes[0]
    before = list(node.store.all_receipts(node.log()))
    for receipt in one.nodes[1].counter.newest_receipts():
        assert node.receiver.take_receipt(receipt) is None
    assert list(node.store.all_receipts(node.log())) == before


def test_the_same_entries_a_thousand_times_change_nothing() -> None:
    """Attack 7: one log, one position, one identifier: idempotent, and costs no new signature."""
    world = World(2, "thousand")
    world.say(0)
    world.sync()
    node, victim = world.nodes
    state, commits = encode_state(victim.book.state), victim.store.commits
    receipts: set[bytes] = set()
    for number in range(1000):
        batch = node.counter.batch(node.log(), number % node.size(node.log()), 1)
        assert batch is not None
        receipts.update(victim.counter.take_batch(batch).receipts)
    assert encode_state(victim.book.state) == state
    assert victim.store.commits == commits, "nothing new, so nothing written"
    assert len(receipts) == 1, "the receipt that was given is given again"
    check_world(world)


def test_the_same_receipt_again_is_not_passed_on() -> None:
    """Attack 7: three nodes do not send one receipt round in circles."""
    world = World(3, "circle")
    world.say(0)
    world.sync()
    sent = 0

    def count(stream: int, message: bytes) -> list[tuple[int, bytes]]:
        nonlocal sent
        sent += 1
        return [(stream, message)]

    for wire in world.wires:
        wire.taps = [count, count]
    receipt = next(iter(world.nodes[1].counter.newest_receipts()))
    for node in world.nodes:
        node.receiver.take_receipt(receipt)
    world.run()
    assert sent == 0


def test_an_act_cannot_be_moved_to_another_place() -> None:
    """Attack 7: a delegate's signature names the place, so an operator cannot enter an act twice."""
    world = World(2, "moved")
    node = world.nodes[0]
    said = node.say("once")
    entry = node.store.entry(said.log, said.seq)
    assert entry is not None
    assert entry.payload is not None
    payload = decode_payload(entry.payload)
    again = force(
        node, entry.header.kind, payload.body, actor=entry.header.actor,
        signatures=payload.signatures,
    )  # fmt: skip
    world.sync()
    for one in world.nodes:
        assert verdicts(one)[again.log, again.seq].reason == "seals.signature"
        assert len(one.book.state.statements.said) == 1
    check_world(world)
