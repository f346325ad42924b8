"""Copies of a node that are older than it: a backup brought back, a folder put back, two at once.

The restore rule (02-order.md §8): what may be an older copy reads, and writes nothing until another
node has shown it how far it had come, however often it is started meanwhile.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from detente.terms.errors import Refused
from tests.doors.node.pairs import Pair, agreed_export, carry
from tests.doors.node.sides import Side, settle, start, until


def expect_closed(side: Side) -> None:
    """The node reads and says why it does not write."""
    assert side.status()["closed"]["code"] == "desk.restored"
    assert side.status()["closed"]["next_step"]
    with pytest.raises(Refused) as refusal:
        side.say_quickly("Too early.")
    assert refusal.value.code == "desk.restored"


def expect_open(side: Side) -> None:
    """The node writes again."""
    until(lambda: side.status()["closed"] is None, what="the restored node to write again")


def write_apart(pair: Pair, words: str) -> None:
    """Have side a say something that the other side receives."""
    pair.a.say_quickly(words)
    settle(*pair.sides)


def test_a_backup_brought_back_is_read_only_until_the_peer_is_heard_then_complete(
    pair: Pair,
) -> None:
    """Steps as a person takes them: backup, loss, rehearsal, restore, start twice, connect."""
    pair.connect()
    write_apart(pair, "before the backup")
    file = pair.place / "a.backup"
    assert pair.a.ask("backup", str(file))["verified"] is True
    copy = copy_while_it_lives(pair, file)
    write_apart(pair, "after the backup")
    expect_closed(copy)
    copy.kill()
    pair.a.kill()
    shutil.rmtree(pair.a.folder)

    assert pair.a.ask("restore", str(file), "--rehearse")["rehearsal"] is True
    assert not pair.a.folder.exists()
    done = pair.a.ask("restore", str(file))
    assert done["keys"] == ["head"]
    assert pair.a.refused("restore", str(file))["code"] == "restore.exists"
    pair.b.stop()
    for _ in range(2):
        pair.a.start()
        assert pair.a.texts() == ["before the backup"]
        expect_closed(pair.a)
        pair.a.kill()

    start(*pair.sides)
    expect_open(pair.a)
    settle(*pair.sides)
    assert pair.a.texts() == ["before the backup", "after the backup"]
    pair.b.stop()
    pair.a.stop()
    pair.a.start()
    pair.a.say_quickly("alone again, and no copy any more")
    pair.b.start()
    settle(*pair.sides)
    assert agreed_export(*pair.sides).misconduct == ()


def copy_while_it_lives(pair: Pair, file: Path) -> Side:
    """Start a second machine from a backup while the first one lives."""
    copy = Side(pair.place / "elsewhere", pair.a.name)
    copy.secrets = pair.a.secrets
    copy.say("restore", str(file))
    return copy.start()


def test_a_folder_put_back_is_recognised_however_often_it_is_started(pair: Pair) -> None:
    """A file system set back to a snapshot looks perfectly whole; the mark outside it does not."""
    pair.connect()
    write_apart(pair, "in the snapshot")
    pair.a.stop()
    shutil.copytree(pair.a.folder, pair.place / "snapshot")
    pair.a.start()
    pair.linked()
    write_apart(pair, "after the snapshot")
    pair.a.stop()
    pair.b.stop()
    shutil.rmtree(pair.a.folder)
    shutil.move(pair.place / "snapshot", pair.a.folder)

    for _ in range(2):
        pair.a.start()
        expect_closed(pair.a)
        pair.a.stop()
    assert pair.a.refused("say", "By a command alone.")["code"] == "desk.restored"
    # No mark proves nothing, and a missing proof is not a proof.
    shutil.rmtree(pair.place / "state")
    start(*pair.sides)
    for side in pair.sides:
        expect_open(side)
    settle(*pair.sides)
    assert pair.a.texts() == ["in the snapshot", "after the snapshot"]
    agreed_export(*pair.sides)


def test_a_new_epoch_goes_on_when_nobody_can_be_reached(pair: Pair) -> None:
    """02-order.md §8.3: asked for by a person; the other side takes the new logs when it comes."""
    pair.connect()
    write_apart(pair, "in the first epoch")
    # A healthy node is not branded for a slip: its logs would say "restored" for ever.
    assert pair.a.refused("restore", "--new-epoch", "--yes")["code"] == "epoch.needless"
    assert pair.a.status()["closed"] is None
    file = pair.place / "a.backup"
    pair.a.say("backup", str(file))
    pair.a.kill()
    pair.b.stop()
    shutil.rmtree(pair.a.folder)
    pair.a.say("restore", str(file))
    assert pair.a.refused("restore", "--new-epoch", code=64)["code"] == "cli.unattended"
    pair.a.say("restore", "--new-epoch", "--yes")
    assert re.match(r"A\.[123]-", pair.a.act("say", "In the second epoch."))
    start(*pair.sides)
    pair.linked()
    settle(*pair.sides)
    assert pair.b.texts() == ["in the first epoch", "In the second epoch."]
    pair.b.say_quickly("Heard.")
    settle(*pair.sides)
    agreed_export(*pair.sides)


def test_a_pouch_of_the_peer_opens_a_restored_node_without_any_link(pair: Pair) -> None:
    """02-order.md §8.1 by pouches alone: a pouch shows us our own head, a whole one brings it back."""
    a, b = pair.a, pair.b
    a.say_quickly("before the backup")
    file = pair.place / "a.backup"
    list(a.client.back_up(file))
    a.say_quickly("after the backup")
    carry(a.client, b.client, pair.place)
    a.hang_up()
    shutil.rmtree(a.folder)
    a.say("restore", str(file))
    expect_closed(a)
    a.hang_up()
    assert a.refused("pouch", "write", str(pair.place))["code"] == "desk.restored"
    carry(b.client, a.client, pair.place)
    assert a.status()["closed"]["code"] == "desk.behind"
    carry(b.client, a.client, pair.place, whole=True)
    assert a.status()["closed"] is None
    assert a.texts() == ["before the backup", "after the backup"]
    a.say_quickly("and on")
    carry(a.client, b.client, pair.place)
    assert b.texts() == a.texts()


@pytest.fixture(autouse=True)
def _marks(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nodes that are opened in this process keep their marks where the others do."""
    monkeypatch.setenv("XDG_STATE_HOME", str(pair.place / "state"))
    assert Path(pair.place / "state").is_dir()
