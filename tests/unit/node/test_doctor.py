"""The doctor: one row per check, one of three words, and a next step for whatever is not good."""

from __future__ import annotations

import os
import shutil
import sqlite3
from typing import Any

import pytest

from detente.node.doctor import BAD, GOOD, LOOK, examine, note_backup
from detente.node.house import House
from detente.terms.errors import Refused
from detente.terms.times import DAY
from tests.doors.node.pairs import meet
from tests.unit.node.houses import Meeting


def rows(house: House, links: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Return the checks by name; every one has words that can be filled."""
    found = examine(house, links or {})
    for row in found:
        assert row["state"] in (GOOD, LOOK, BAD)
        assert row["words"].format(**row["values"])
        assert (
            row["next_step"].format(**row["values"])
            or row["state"] != BAD
            or "frozen" in row["words"]
        )
    return {row["name"]: row for row in found}


def test_a_fresh_node_is_well_and_hears_what_to_think_of(meeting: Meeting) -> None:
    """The root key beside the others, no backup yet, nobody serves: a look, and nothing bad."""
    with meeting.house(meeting.a) as house:
        found = rows(house)
    assert {name: row["state"] for name, row in found.items() if row["state"] != GOOD} == {
        "keys": LOOK,
        "link B": LOOK,
        "backup": LOOK,
    }
    assert found["record"]["values"]["entries"] > 0


def test_keys_that_others_can_read_are_bad(meeting: Meeting) -> None:
    """With their names; and a root key that was taken away is good."""
    keys = meeting.a.folder / "keys"
    (keys / "delegates" / "head.key").chmod(0o640)
    with meeting.house(meeting.a) as house:
        found = rows(house)["keys"]
        assert (found["state"], found["values"]) == (BAD, {"files": "head.key"})
        (keys / "delegates" / "head.key").chmod(0o600)
        (keys / "root.key").rename(meeting.place / "root.key")
        assert rows(house)["keys"]["state"] == GOOD


def test_a_full_disk_is_bad(meeting: Meeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before nothing more can be recorded."""
    usage = shutil.disk_usage(meeting.place)
    with meeting.house(meeting.a) as house:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
        assert rows(house)["disk"]["state"] == BAD


def test_a_damaged_record_is_bad_and_says_where(meeting: Meeting) -> None:
    """A planted fault: one byte of one stored entry, changed beside the program."""
    with meeting.house(meeting.a) as house:
        assert rows(house)["record"]["state"] == GOOD
        record = sqlite3.connect(meeting.a.folder / "record.sqlite")
        (row,) = record.execute("select n, payload from entry order by n limit 1").fetchall()
        changed = row[1][:-1] + bytes((row[1][-1] ^ 1,))
        record.execute("update entry set payload=? where n=?", (changed, row[0]))
        record.commit()
        record.close()
        found = rows(house)["record"]
        assert found["state"] == BAD
        assert "position 0" in found["values"]["what"]


@pytest.mark.parametrize(
    ("age", "state"), [(None, LOOK), (0, GOOD), (7 * DAY - 1000, GOOD), (8 * DAY, LOOK)]
)
def test_a_backup_grows_old(meeting: Meeting, age: int | None, state: str) -> None:
    """Within a week it is good."""
    with meeting.house(meeting.a) as house:
        if age is not None:
            note_backup(house)
            then = house.clock.now() - age
            house.drawer.put("upkeep", "backup", str(then).encode())
        assert rows(house)["backup"]["state"] == state


def test_a_link_that_is_down_says_why(meeting: Meeting) -> None:
    """With the sentence of the fault and its values."""
    with meeting.house(meeting.a) as house:
        (peer,) = house.peers()
        party = peer.party.hex()
        assert rows(house, {party: {"link": "up", "last_error": None}})["link B"]["state"] == GOOD
        down = {"link": "down", "last_error": None}
        assert rows(house, {party: down})["link B"]["state"] == LOOK
        fault = {
            "sentence": "{address} cannot be reached.",
            "next_step": "See.",
            "details": {"address": "a.example:1"},
        }
        told = rows(house, {party: {"link": "down", "last_error": fault}})["link B"]
        assert told["words"].format(**told["values"]) == "a.example:1 cannot be reached."


def test_a_node_that_may_not_write_and_one_with_two_dialogues_say_so(meeting: Meeting) -> None:
    """One row at least for each dialogue, also after a bad one."""
    with meeting.clients() as (a, b):
        meet(a, b)
    with meeting.house(meeting.a) as house:
        talks = [name for name in rows(house) if name.startswith("dialogue")]
        assert len(talks) == 2
        why = Refused("desk.restored", "No mark at {path}.", "Bring {path}.", path="/m")
        next(iter(house.rooms.values())).close_until_shown(why)
        states = sorted(row["state"] for name, row in rows(house).items() if name in talks)
        assert states == [BAD, GOOD]


def test_what_was_taken_back_is_not_forgotten(meeting: Meeting) -> None:
    """Entries set aside after a restore wait for a person."""
    with meeting.house(meeting.a) as house:
        for number in range(2):
            house.drawer.put("set-aside", str(number), os.urandom(8))
        found = rows(house)["set aside"]
        assert (found["state"], found["values"]["count"]) == (LOOK, 2)


def test_a_missing_life_mark_is_told_with_its_place(meeting: Meeting) -> None:
    """Whoever runs the node as another user reads where it was looked for, not only of an older copy."""
    shutil.rmtree(meeting.place / "state")
    with meeting.house(meeting.a) as house:
        told = next(row for name, row in rows(house).items() if name.startswith("dialogue"))
        words = told["words"].format(**told["values"])
        assert str(meeting.place / "state" / "detente") in words
        assert "missing or another copy's" in words
        assert "life_mark" in told["next_step"]
        (room,) = house.rooms.values()
        assert not room.may_write()


def test_an_older_copy_is_told_from_a_node_without_its_mark(meeting: Meeting) -> None:
    """The mark knows more of our own logs than the store: that is an older copy, and no mere doubt."""
    shutil.copytree(meeting.a.folder, meeting.place / "before")
    with meeting.clients() as (a, _b):
        a.act("statements.statement", {"text": "Later.", "lang": "en"}, actor="head")
    shutil.rmtree(meeting.a.folder)
    shutil.move(meeting.place / "before", meeting.a.folder)
    with meeting.house(meeting.a) as house:
        told = next(row for name, row in rows(house).items() if name.startswith("dialogue"))
        assert told["words"].startswith("This node is an older copy")
