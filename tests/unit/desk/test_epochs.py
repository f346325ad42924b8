"""New epochs: opened when a log cannot be continued, and taken by the other side."""

from __future__ import annotations

import pytest

from detente.desk.epochs import open_epoch
from detente.desk.read import Reader
from detente.terms.errors import Refused
from detente.terms.ids import Lane
from detente.testing.rotation import rotate
from detente.testing.world import World


def texts(world: World, index: int) -> list[str]:
    rows = Reader(world.nodes[index].book).log(1000)["rows"]
    return [row["line"] for row in rows if row["kind"] == "statements.statement"]


def test_the_peer_takes_a_new_epoch_and_both_go_on() -> None:
    """02-order.md §8.3: new logs on both lanes, naming the last own entries known."""
    world = World(2, "epochs")
    world.say(0, "in the first epoch")
    world.sync()
    node, peer = world.nodes
    before = {lane: node.log(lane) for lane in Lane}
    sizes = {log: node.size(log) for log in before.values()}
    refs = open_epoch(node.book, node.writer, node.counter, "restored")
    assert {node.log(lane) for lane in Lane} == {ref.log for ref in refs}
    assert not set(before.values()) & {ref.log for ref in refs}
    world.say(0, "in the second epoch")
    world.sync()
    world.say(1, "heard")
    world.sync()
    assert texts(world, 0) == texts(world, 1) == [
        "in the first epoch", "in the second epoch", "heard",
    ]  # fmt: skip
    assert {log: peer.size(log) for log in before.values()} == sizes
    assert peer.book.state == node.book.state
    world.minute()
    assert peer.upkeep.dispute() is None


def test_what_only_the_peer_holds_of_the_old_epoch_comes_back() -> None:
    """The backup lacked it; it stays in the record and in its place."""
    world = World(2, "epochs and backups")
    world.sync()
    backup = world.nodes[0].backup()
    world.say(0, "after the backup")
    world.sync()
    world.cut()
    node = world.nodes[0]
    node.restore(backup)
    open_epoch(node.book, node.writer, node.counter, "restored")
    world.say(0, "alone")
    world.sync()
    assert sorted(texts(world, 0)) == sorted(texts(world, 1)) == ["after the backup", "alone"]
    assert node.book.state == world.nodes[1].book.state
    assert not node.book.stands


def test_epochs_are_opened_for_a_reason_and_not_on_empty_logs() -> None:
    """Twice in a row would say nothing."""
    world = World(2, "epochs", is_open=False)
    node = world.nodes[0]
    for reason in ("", "bored", "RESTORED"):
        with pytest.raises(Refused) as refusal:
            open_epoch(node.book, node.writer, node.counter, reason)
        assert refusal.value.code == "epoch.reason"
    with pytest.raises(Refused) as empty:
        open_epoch(node.book, node.writer, node.counter, "restored")
    assert empty.value.code == "epoch.empty"


def test_many_epochs_in_a_row_are_taken_in_order() -> None:
    """Somebody restores again and again; everybody keeps up."""
    world = World(2, "many epochs")
    node = world.nodes[0]
    for number in range(4):
        open_epoch(node.book, node.writer, node.counter, "restored")
        world.say(0, f"epoch {number + 1}")
        if number % 2:
            world.sync()
    world.sync()
    assert texts(world, 1) == [f"epoch {number + 1}" for number in range(4)]
    assert world.nodes[1].book.state == node.book.state


def test_an_epoch_survives_a_restart() -> None:
    """The logs in use are those of the newest epoch, also after a start from the store."""
    world = World(2, "epochs and restarts")
    node = world.nodes[0]
    open_epoch(node.book, node.writer, node.counter, "forked")
    world.say(0, "before")
    logs = {node.log(lane) for lane in Lane}
    node.die()
    node.restart()
    assert {node.log(lane) for lane in Lane} == logs
    world.say(0, "after")
    world.sync()
    assert texts(world, 1) == ["before", "after"]


def test_our_own_epochs_stay_within_what_others_take() -> None:
    """06-dialogue.md §3.4: 32 epochs under one key between two parties; a new key has room of its own."""
    world = World(2, "all epochs")
    world.sync()
    world.cut()
    node, peer = world.nodes
    for _ in range(31):
        open_epoch(node.book, node.writer, node.counter, "restored")
    with pytest.raises(Refused) as refusal:
        open_epoch(node.book, node.writer, node.counter, "restored")
    assert refusal.value.code == "epoch.room"
    rotate(node, "more room")
    world.say(0, "in the last epoch of all")
    world.sync()
    assert texts(world, 1) == ["in the last epoch of all"]
    assert not world.rejections
    assert len(peer.book.heads) == len(node.book.heads)


def test_a_second_restore_from_one_backup_takes_another_epoch_than_the_first() -> None:
    """02-order.md §8.3: what a mark outside the folder knows is taken, and the dice decide the rest."""
    world = World(2, "twice restored")
    world.sync()
    world.cut()
    node = world.nodes[0]
    backup = node.backup()
    open_epoch(node.book, node.writer, node.counter, "restored")
    first = set(node.book.heads)
    taken = []
    for gap in range(3):
        node.restore(backup)
        open_epoch(node.book, node.writer, node.counter, "restored", gap=gap, known=first)
        taken.append(node.book.state.logs[node.log()].epoch)
        assert node.log() not in first
    assert taken == [2, 3, 4]
    world.say(0, "in the last of them")
    world.sync()
    assert texts(world, 1) == ["in the last of them"]
    assert not world.rejections


def test_gaps_do_not_use_up_the_last_epochs() -> None:
    """02-order.md §8.3: who is restored often loses no more than the numbers it can spare."""
    world = World(8, "few epochs")
    node = world.nodes[0]
    epochs = []
    for _ in range(7):
        open_epoch(node.book, node.writer, node.counter, "restored", gap=2)
        epochs.append(node.book.state.logs[node.log()].epoch)
    assert epochs == [3, 6, 9, 12, 13, 14, 15]
