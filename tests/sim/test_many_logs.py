"""A party that opens more logs than anybody has room for.

docs/spec/06-dialogue.md §3.3 and §3.4; attack 22 of docs/threat-model.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from detente.charter import entries as charter
from detente.desk.pouches import PouchDesk
from detente.dialogue.past import Held
from detente.exchange.frames import decode_frame, encode_frame
from detente.exchange.pouch_manifest import decode_manifest, encode_manifest
from detente.exchange.session import REPEATS
from detente.node.record_api import BookSource
from detente.record.bundle import write_bundle
from detente.record.genesis import epochs_of
from detente.seals.age import HybridIdentity
from detente.seals.secrets import Secret
from detente.seals.signing import PrivateKey
from detente.terms.ids import EntryId, Lane, LogId, Ref
from detente.terms.limits import LINES, LOGS
from detente.testing.adversary import copy_node, force, open_log, write_in
from detente.testing.checks import check_world
from detente.testing.node import Node
from detente.testing.parties import make_key, renew_party
from detente.testing.rotation import replace_key
from detente.testing.world import World
from detente.verify.bundle import verify_bundle
from detente.verify.report import Outcome


def announced(node: Node, count: int) -> list[PrivateKey]:
    """Return node keys of a party, each named by a version of its document."""
    keys = [make_key(f"one of many {number}") for number in range(count)]
    for key in keys:
        node.party = renew_party(node.party, key)
        force(node, charter.DOCUMENT, charter.NewDocument(node.party.chain[-1]), lane=Lane.LINE)
    return keys


def opened(node: Node, keys: Sequence[PrivateKey]) -> list[LogId]:
    """Open every log that these keys can open."""
    epochs = epochs_of(node.book.state.parties)[1:]
    return [open_log(node, key, epoch, lane) for key in keys for epoch in epochs for lane in Lane]


def world_cut_after(announcing: int, name: str) -> tuple[World, list[PrivateKey]]:
    """Return three nodes, cut off from one another once they know these many keys of the first."""
    world = World(3, name)
    world.sync()
    keys = announced(world.nodes[0], announcing)
    world.sync()
    world.cut()
    return world, keys


def bring(source: Node, logs: Sequence[LogId], victim: Node) -> None:
    """Carry logs to a node, as a pouch would."""
    for log in logs:
        batch = source.counter.batch(log, 0, 10**6)
        assert batch is not None
        victim.counter.take_batch(batch)


def test_who_opens_many_logs_parts_no_others() -> None:
    """Attack 22: two honest nodes that were given different logs, more than a frame lists, still talk."""
    world, keys = world_cut_after(4, "many logs")
    liar, one, other = world.nodes
    logs = opened(liar, keys)
    assert len(logs) > LINES
    bring(liar, logs, one)
    bring(liar, logs[::-1], other)
    share = LINES // 3
    assert len(one.book.heads) == len(other.book.heads) == share + 4
    wire = world.wire(one, other)
    for number in range(4):
        for node in (one, other) * 3:
            node.say(f"{node.name} {number}")  # each names sixteen more
        wire.connect()
        world.run()
        assert wire.is_up
    assert not world.rejections
    check_world(world, [one, other])
    assert share + 4 < len(one.book.heads) <= LOGS
    assert one.book.state.logs[other.log()].admitted == other.size(other.log())


def test_a_log_is_taken_beyond_its_partys_share_once_an_entry_of_another_party_waits_for_it() -> (
    None
):
    """06-dialogue.md §3.4: what an honest party was given first does not decide whom it can hear."""
    world, keys = world_cut_after(3, "beyond the share")
    liar, one, other = world.nodes
    logs = opened(liar, keys)
    bring(liar, logs, one)
    late = logs[-1]
    assert late not in one.book.heads
    bring(liar, [late], other)
    named = other.say("I was given this log.")
    bring(other, [other.log()], one)
    assert one.book.held[named.log].missing.log == late
    bring(other, [late], one)
    assert not one.book.held
    assert one.book.state.logs[named.log].admitted == named.seq + 1


def test_what_is_not_taken_for_want_of_room_ends_no_link() -> None:
    """Attack 22: a log beyond the share comes, in many batches, from a node that had room for it."""
    world, keys = world_cut_after(3, "no room")
    liar, one, other = world.nodes
    logs = opened(liar, keys)
    bring(liar, logs, one)
    long = logs[-2]
    assert long not in one.book.heads
    for _ in range(12):
        write_in(liar, long, keys[-1], 4711, bytes(32_000))
    bring(liar, [long], other)
    assert other.size(long) == 13
    world.wire(one, other).connect()
    world.run()
    assert world.wire(one, other).is_up
    assert not world.rejections


def test_a_stolen_node_key_leaves_room_for_the_next() -> None:
    """Attack 12: who has the node key can fill half of its party's share, and no more."""
    world = World(2, "stolen room")
    world.sync()
    node, peer = world.nodes
    thief = copy_node(world, node)
    bring(thief, opened(thief, [node.party.node]), peer)
    assert len(peer.book.heads) == LINES // 4 + 2
    replace_key(node, "next")
    said = node.say("under the new key")
    world.sync()
    assert not world.rejections
    assert peer.book.state.logs[said.log].admitted == said.seq + 1


def test_heads_that_follow_news_of_a_third_party_are_no_flood() -> None:
    """Attack 22: each new log of one party is shown on to the other, as often as there is one."""
    world = World(3, "news")
    world.sync()
    liar, one, other = world.nodes
    keys = announced(liar, 2)
    world.sync()
    world.cut_off(liar)
    logs = opened(liar, keys)
    for log in logs[:40] + logs[-40:]:
        bring(liar, [log], one)
        world.run()
    assert world.wire(one, other).is_up
    assert not world.rejections
    assert len(other.book.heads) == 6 + 80 > 6 + REPEATS


def test_an_honest_nodes_lists_and_exports_are_in_form_whoever_opened_logs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attack 22: lists have no more lines than others accept, and no bundle more logs than it can list."""
    world, keys = world_cut_after(4, "lists")
    liar, one, other = world.nodes
    monkeypatch.setattr("detente.desk.introduce.LOGS", LINES + 200)
    for log in opened(liar, keys):
        # As if an entry of a third party rested on each of them.
        held = Held(1, Ref(log, 0, EntryId(log)), contradicts=False)
        other.book.held = {one.log(): held}
        bring(liar, [log], other)
    other.book.held = {}
    assert len(other.book.heads) == 4 + LINES // 3 + 200 > LINES
    assert decode_frame(encode_frame(other.counter.sizes()))
    assert {one.log(lane) for lane in Lane} <= {line.log for line in other.counter.sizes().lines}
    recipient = HybridIdentity(Secret(bytes(32))).recipient()
    monkeypatch.setattr("detente.desk.pouches.pouch_recipient", lambda _: recipient)
    desk = PouchDesk(
        other.book, other.writer, other.counter, other.keys, other.drawer, other.clock,
        other.dice.bytes,
    )  # fmt: skip
    sealing = desk.seal(one.book.own, whole=True)
    assert decode_manifest(encode_manifest(sealing.manifest)) == sealing.manifest
    report = verify_bundle([b"".join(write_bundle(BookSource(other.book)))])
    assert report.outcome is Outcome.INTACT, report.damage
