"""What one side may make the other store, compute and wait for.

docs/spec/09-exchange.md §5 and §6; attacks 22 and 23 of docs/threat-model.md.
"""

from __future__ import annotations

import random
import time

import pytest

from detente.desk.epochs import open_epoch
from detente.dialogue.kinds import MINUTE
from detente.dialogue.minutes import awaiting
from detente.exchange.frames import (
    AskHeaders,
    Batch,
    Frame,
    Headers,
    Heads,
    More,
    Receipt,
    SizeLine,
    Sizes,
    Want,
    encode_frame,
)
from detente.exchange.session import WINDOW_TABLE
from detente.protocols.hotline import entries as hotline
from detente.protocols.questions import entries as questions
from detente.record.chain import Piece
from detente.record.checkpoint import encode_checkpoint, sign_checkpoint
from detente.record.encoding import encode
from detente.record.genesis import LEAST_PAYLOAD, LEAST_PER_HOUR, Quotas
from detente.record.minute import Minute, MinuteLine
from detente.terms.errors import Refused
from detente.terms.ids import Lane
from detente.terms.limits import KIB, MIB, TEXT_CHARS
from detente.terms.times import HOUR
from detente.terms.times import MINUTE as MINUTE_MS
from detente.testing.adversary import copy_node, force, mutants, offer, rewrite, turn_to
from detente.testing.checks import check_world
from detente.testing.node import Node
from detente.testing.parties import make_key, renew_party
from detente.testing.rotation import announce
from detente.testing.world import World

TIGHT = Quotas(bytes_per_hour=600 * KIB, line_bytes_per_hour=600 * KIB)
_BULK = 4711
"""A kind that nobody knows: stored and relayed, so it can be made large and cheap."""


def fill(node: Node, kib: int) -> None:
    """Write about `kib` KiB of table entries."""
    for _ in range(kib // 32):
        force(node, _BULK, bytes(32 * KIB))


def test_a_quota_delays_and_loses_nothing() -> None:
    """Attack 22: what exceeds the hourly quota is fetched as the hours pass, and then is all there."""
    world = World(2, "quota", TIGHT)
    world.sync()
    flooder, victim = world.nodes
    start = victim.size(flooder.log())
    fill(flooder, 1920)
    world.run()
    taken = [victim.size(flooder.log()) - start]
    for _ in range(4):
        world.clock.advance(HOUR)
        world.run()
        taken.append(victim.size(flooder.log()) - start)
    assert 18 <= taken[0] <= 20, "about 600 KiB at once"
    assert taken[1] - taken[0] <= 20
    assert taken[-1] == 60
    check_world(world)


def test_a_new_link_brings_no_new_quota() -> None:
    """Attack 22: dialling again and again gives a flooder nothing more."""
    world = World(2, "redial", TIGHT)
    world.sync()
    flooder, victim = world.nodes
    start = victim.size(flooder.log())
    fill(flooder, 1920)
    for _ in range(12):
        world.cut()
        world.sync()
    assert victim.size(flooder.log()) - start <= 20


def test_the_line_is_not_delayed_by_a_flood_on_the_table() -> None:
    """Attack 22: a flash message passes although the table's quota is used up and its window full."""
    world = World(2, "line", TIGHT)
    world.sync()
    flooder, victim = world.nodes
    fill(flooder, 1920)
    world.run()
    world.cut()
    world.sync()
    assert victim.size(flooder.log()) < flooder.size(flooder.log())
    body = hotline.Message(hotline.Status.TEST, hotline.Precedence.FLASH, "", "Now.", "en", 60, 60)
    message = flooder.act("hotline.message", body)
    world.run()
    assert victim.book.state.logs[message.log].admitted == message.seq + 1
    assert victim.size(flooder.log()) < flooder.size(flooder.log())


def test_the_line_goes_before_the_table_in_what_is_sent() -> None:
    """Attack 22: with both waiting, the line's entries are the first to leave."""
    world = World(2, "first")
    world.sync()
    node = world.nodes[0]
    sent: list[int] = []

    def watch(frame: Frame) -> Frame:
        if isinstance(frame, Batch):
            sent.append(world.nodes[1].counter.lane(frame.log))
        return frame

    order = rewrite(watch)
    world.wire(0, 1).tap(node, order)
    fill(node, 64)
    node.act("hotline.message", hotline.Message(
        hotline.Status.TEST, hotline.Precedence.FLASH, "", "Now.", "en", 60, 60))  # fmt: skip
    world.run()
    assert sent[0] == Lane.LINE


def test_more_than_the_credit_ends_the_link() -> None:
    """Attack 22: a side that sends what nobody asked for is cut off, and its entries are not stored."""
    world = World(2, "credit", TIGHT)
    world.sync()
    flooder, victim = world.nodes
    fill(flooder, 1280)
    world.run()
    start = victim.size(flooder.log())
    batch = flooder.counter.batch(flooder.log(), start, 10 * MIB)
    assert batch is not None
    world.wire(0, 1).send(flooder, encode_frame(batch), 2)
    world.run()
    assert (victim.name, flooder.name, "exchange.credit") in world.rejections
    assert victim.size(flooder.log()) == start


def test_an_entry_larger_than_the_founding_terms_allow_never_enters() -> None:
    """Attack 23: the limit of the genesis is every node's, whoever wrote the entry."""
    world = World(2, "large", Quotas(payload_bytes=200 * KIB))
    world.sync()
    liar, victim = world.nodes
    start = victim.size(liar.log())
    with pytest.raises(Refused) as fault:
        liar.act("questions.request", questions.Request(("x" * 35_000,) * 6, "en", None))
    assert fault.value.code == "desk.size"
    force(liar, _BULK, bytes(201 * KIB))
    world.sync()
    assert {code for _, __, code in world.rejections} == {"exchange.size"}
    assert victim.size(liar.log()) == start


def test_under_the_least_terms_the_longest_text_a_document_and_a_proof_still_fit() -> None:
    """Attacks 1 and 23: who proposes the terms cannot make them such that no proof can be entered."""
    world = World(2, "least", Quotas(LEAST_PAYLOAD, LEAST_PER_HOUR, LEAST_PER_HOUR))
    world.sync()
    liar, victim = world.nodes
    long = victim.say("\U0001f54a" * TEXT_CHARS)
    announce(victim, renew_party(victim.party, make_key("next")))
    world.sync()
    assert liar.book.state.logs[long.log].admitted == long.seq + 1
    copy = copy_node(world, liar)
    liar.say("one history")
    world.sync()
    copy.say("another history")
    turn_to(world, liar, copy, victim)
    world.sync()
    assert liar.log() in victim.book.state.forks


def huge_frames(node: Node) -> list[bytes]:
    """Return frames whose sizes, positions and counts are far out of range."""
    dialogue, log = node.dialogue, node.log()
    much = 2**64 - 1
    checkpoint = node.store.checkpoint(log)
    assert checkpoint is not None
    signed = encode_checkpoint(checkpoint)
    batch = node.counter.batch(log, 0, MIB)
    assert batch is not None
    lines = tuple(SizeLine(bytes((n,)) * 32, much, bytes(32)) for n in range(200))
    return [
        encode_frame(Sizes(dialogue, lines)),
        encode_frame(Want(dialogue, log, much, much)),
        encode_frame(Want(dialogue, bytes(32), much, much)),
        encode_frame(More(dialogue, log, much)),
        encode_frame(AskHeaders(dialogue, log, much)),
        encode_frame(Headers(dialogue, log, much, (b"x",) * 2000, signed)),
        encode_frame(Receipt(dialogue, encode_checkpoint(checkpoint._replace(size=much)))),
        encode_frame(Heads(dialogue, (encode_checkpoint(checkpoint._replace(size=much)),) * 100)),
        encode_frame(batch._replace(start=much)),
        encode_frame(batch._replace(checkpoint=checkpoint._replace(size=much))),
        encode_frame(batch._replace(pieces=(Piece(b"\x9b" + b"\xff" * 8, None, None),) * 100)),
        encode_frame(batch._replace(path=(bytes(32),) * 100)),
        encode([[[[[[[[0]]]]]]]]),
        b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff",
        b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x9f" * 100_000,
        b"\x81" * 100_000,
    ]


def test_huge_sizes_and_lengths_cost_nothing() -> None:
    """Attack 23: 10^18 entries, bytes and levels are refused or ignored, at once and without memory."""
    world = World(2, "huge")
    world.say(0)
    world.sync()
    liar, victim = world.nodes
    before = {log: head.size for log, head in victim.book.heads.items()}
    for frame in huge_frames(liar):
        world.cut()
        world.sync()
        begun = time.process_time()
        offer(victim, world.wire(0, 1).number, frame)
        assert time.process_time() - begun < 0.5
    assert {log: head.size for log, head in victim.book.heads.items()} == before
    world.cut()
    world.sync()
    check_world(world)


def test_damaged_frames_end_the_link_and_nothing_else() -> None:
    """Attack 23: any frame bent in any place is refused with a code, and the record stays as it was."""
    world = World(2, "mutants")
    world.sync()
    world.cut()
    liar, victim = world.nodes
    liar.say("one")
    liar.say("two")
    batch = liar.counter.batch(liar.log(), victim.size(liar.log()), MIB)
    receipt = next(iter(victim.counter.newest_receipts()))
    assert batch is not None
    greeting = [encode_frame(liar.counter.sizes()), encode_frame(liar.counter.heads())]
    frames = [*greeting, encode_frame(batch), encode_frame(Receipt(liar.dialogue, receipt))]
    before = {log: head.size for log, head in victim.book.heads.items()}
    rng = random.Random(23)
    codes = set()
    for place, frame in enumerate(frames):
        for mutant in mutants(rng, frame, 60):
            if mutant == frame:
                continue
            victim.begin(99)
            for message in greeting[:place]:
                offer(victim, 99, message)
            codes.add(offer(victim, 99, mutant))
    victim.end(99)
    assert {"exchange.frame", "seals.signature", "exchange.turn"} <= codes
    assert {log: head.size for log, head in victim.book.heads.items()} == before
    world.sync()
    check_world(world)


def test_frames_out_of_turn_end_the_link() -> None:
    """Attack 22: who begins in the middle, or speaks of another dialogue, is not listened to."""
    world = World(2, "turn")
    world.sync()
    liar, victim = world.nodes
    batch = liar.counter.batch(liar.log(), 0, MIB)
    assert batch is not None
    head = liar.counter.heads().checkpoints[0]
    early: list[Frame] = [
        Heads(liar.dialogue, ()),
        Want(liar.dialogue, liar.log(), 0, 1),
        More(liar.dialogue, liar.log(), 1),
        Receipt(liar.dialogue, head),
        AskHeaders(liar.dialogue, liar.log(), 0),
        Headers(liar.dialogue, liar.log(), 0, (), head),
        Sizes(bytes(32), ()),
    ]
    for frame in early:
        victim.begin(99)
        assert offer(victim, 99, encode_frame(frame)) == "exchange.turn"
    victim.begin(99)
    assert offer(victim, 99, encode_frame(liar.counter.sizes())) == ""
    assert offer(victim, 99, encode_frame(liar.counter.sizes())) == "exchange.turn"
    victim.end(99)


def test_asking_the_same_again_and_again_ends_the_link() -> None:
    """Attack 22: a few hundred bytes cannot make the other side send its whole record over and over."""
    world = World(2, "repeat")
    world.say(0)
    world.sync()
    liar, victim = world.nodes
    number = world.wire(0, 1).number
    want = encode_frame(Want(liar.dialogue, victim.log(), 0, WINDOW_TABLE))
    codes = [offer(victim, number, want) for _ in range(20)]
    assert codes[-1] == "exchange.flood"
    assert codes.count("") < 10


def test_many_epochs_do_not_stop_others_from_writing() -> None:
    """Attack 22: entries name a bounded number of logs; who opens many crowds nobody out."""
    world = World(3, "epochs")
    world.sync()
    liar = world.nodes[0]
    for _ in range(12):
        world.clock.advance(MINUTE_MS)
        open_epoch(liar.book, liar.writer, liar.counter, "forked")
        liar.say("in yet another log")
    world.sync()
    for index in (1, 2):
        world.say(index, "we still write")
    world.sync()
    check_world(world)


def test_contradictions_that_are_never_shown_whole_are_kept_once() -> None:
    """Attack 22: evidence counts against no quota, so one piece a log must do."""
    world = World(2, "evidence")
    world.sync()
    liar, node = world.nodes
    log = liar.log()
    wire = world.wire(0, 1)
    for turn in range(3):
        false = tuple(
            encode_checkpoint(
                sign_checkpoint(
                    liar.keys.node(), liar.dialogue, log, liar.size(log), bytes((turn, at)) * 16, 1
                )
            )
            for at in range(20)
        )
        wire.send(liar, encode_frame(Heads(liar.dialogue, false)))
        world.run()
    assert len(node.store.evidence(node.dialogue)) == 1


def test_false_minutes_are_not_compared_one_by_one() -> None:
    """Attack 22: to compare a minute takes as long as what it covers; the newest of a party is enough."""
    world = World(2, "false minutes")
    world.sync()
    node, liar = world.nodes
    line = [MinuteLine(liar.log(), 1, bytes(32))]
    for ordinal in range(1, 40):
        force(liar, MINUTE, Minute(ordinal, tuple(line), bytes((ordinal,)) * 32))
    world.sync()
    (newest,) = awaiting(node.book.state, 0)
    assert newest.ordinal == 39
