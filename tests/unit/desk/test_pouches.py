"""Pouches at the desk: whole nodes that know each other by carried files alone."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest

from detente.node.client import Client
from detente.node.record_api import RecordVerbs
from detente.terms.errors import Fault, Refused, Rejected
from tests.doors.node.pairs import carry, founded
from tests.unit.node.houses import Meeting, meeting

__all__ = ["founded", "meeting"]


def say(client: Client, text: str) -> str:
    body = {"text": text, "lang": "en"}
    mark: str = client.act("statements.statement", body, actor="head")["mark"]
    return mark


def texts(client: Client) -> list[str]:
    rows = client.call("log", limit=1000)["rows"]
    return [row["line"] for row in rows if row["kind"] == "statements.statement"]


def stands(client: Client) -> Any:
    return client.call("status")["dialogues"][0]


def seal(client: Client, place: Path, **how: Any) -> Path:
    return Path(client.call("pouch.write", path=str(place), **how)["path"])


def test_a_talk_by_pouches_alone_is_received_on_both_sides(meeting: Meeting) -> None:
    """10-pouch.md: words one way, receipts the other, until nothing is outstanding."""
    with meeting.clients() as (a, b):
        for number in range(3):
            say(a, f"a {number}")
            taken = carry(a, b, meeting.place)
            assert (taken["from"], taken["whole"], taken["fault"]) == ("A", True, None)
            assert taken["new"] >= 1
            say(b, f"b {number}")
            carry(b, a, meeting.place)
        carry(a, b, meeting.place)
        assert texts(a) == texts(b)
        assert len(texts(a)) == 6
        for _ in range(2):  # a minute goes with them, and its receipt comes back
            carry(b, a, meeting.place)
            carry(a, b, meeting.place)
        for client in (a, b):
            assert [row["entries"] for row in stands(client)["not_received"]] == [0]


def test_a_pouch_taken_twice_changes_nothing_and_is_said_to_be_repeated(meeting: Meeting) -> None:
    """Idempotent import."""
    with meeting.clients() as (a, b):
        say(a, "once")
        path = seal(a, meeting.place)
        first = b.call("pouch.read", path=str(path))
        before = stands(b)
        second = b.call("pouch.read", path=str(path))
        assert (first["repeated"], second["repeated"]) == (False, True)
        assert (second["new"], second["receipts"]) == (0, 0)
        assert stands(b) == before


def test_pouches_may_come_in_any_order_and_what_lacks_is_named(meeting: Meeting) -> None:
    """Each carries all that was not receipted: the last suffices, and the others are missed by number."""
    with meeting.clients() as (a, b):
        paths = []
        for number in range(4):
            say(a, f"words {number}")
            paths.append(seal(a, meeting.place))
        last = b.call("pouch.read", path=str(paths[3]))
        assert texts(b) == [f"words {number}" for number in range(4)]
        assert last["missing"]
        missing = [last["missing"]]
        for path in (paths[1], paths[0], paths[2]):
            taken = b.call("pouch.read", path=str(path))
            assert (taken["new"], taken["repeated"]) == (0, False)
            missing.append(taken["missing"])
        assert missing[-1] == ""
        assert len(set(missing)) == 4
        assert len(texts(b)) == 4


def test_every_order_of_three_pouches_leads_to_the_same(meeting: Meeting) -> None:
    """Delay and reordering on the road are nothing special."""
    with meeting.clients() as (a, _):
        paths = []
        for number in range(3):
            say(a, f"words {number}")
            paths.append(str(seal(a, meeting.place)))
    b = meeting.b
    ends = []
    for turn, order in enumerate(itertools.permutations(paths)):
        b.folder = meeting.place / f"copy {turn}"
        shutil.copytree(meeting.place / b.name, b.folder)
        with meeting.house(b) as house:
            verbs = RecordVerbs(house, lambda _: None)
            assert [verbs.read_pouch(path)["fault"] for path in order] == [None] * 3
            ends.append(sorted(head.head for head in house.room().book.heads.values()))
    assert all(end == ends[0] for end in ends)


def test_a_torn_pouch_gives_what_it_proves_and_can_be_read_again_whole(meeting: Meeting) -> None:
    """Cut anywhere: nothing wrong enters, and the whole file brings the rest."""
    with meeting.clients() as (a, b):
        for number in range(5):
            say(a, f"{number} " + "word " * 7900)
        path = seal(a, meeting.place)
        whole = path.read_bytes()
        assert len(whole) > 3 * 65536
        torn = meeting.place / "torn.age"
        held = 0
        for size in (0, 10, 300, 2000, 65536, 140_000, len(whole) - 65536, len(whole) - 1):
            torn.write_bytes(whole[:size])
            try:
                taken = b.call("pouch.read", path=str(torn))
            except (Refused, Rejected):
                continue
            assert taken["whole"] is False
            assert taken["fault"]["code"]
            assert len(texts(b)) >= held
            held = len(texts(b))
        taken = b.call("pouch.read", path=str(path))
        assert (taken["whole"], taken["repeated"], taken["missing"]) == (True, False, "")
        assert len(texts(b)) == 5


def test_a_pouch_for_somebody_else_stays_closed(meeting: Meeting) -> None:
    """Ours cannot be read by us, nor theirs by a node that is no party."""
    with meeting.clients() as (a, b):
        say(a, "for b")
        path = seal(a, meeting.place)
        with pytest.raises(Fault) as fault:
            a.call("pouch.read", path=str(path))
        assert fault.value.code.startswith(("seals.age", "pouch."))
        before = stands(a)
        assert b.call("pouch.read", path=str(path))["new"] >= 1
        assert stands(a) == before


@pytest.mark.parametrize("at", [0, 40, 400, 1500, -20_000, -100, -1])
def test_an_altered_pouch_brings_nothing_false(meeting: Meeting, at: int) -> None:
    """One bit anywhere: header, manifest, entries, the end."""
    with meeting.clients() as (a, b):
        say(a, "true words " * 2000)
        path = seal(a, meeting.place)
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)
        try:
            taken = b.call("pouch.read", path=str(path))
        except (Refused, Rejected):
            taken = None
        assert taken is None or taken["whole"] is False
        assert texts(b) in ([], ["true words " * 2000])


def test_a_pouch_goes_to_one_other_party_by_letter(meeting: Meeting) -> None:
    """Not to ourselves, and to nobody that is not there."""
    with meeting.clients() as (a, _):
        for letter in ("A", "C", "x", "BB", "7"):
            with pytest.raises(Refused):
                seal(a, meeting.place, to=letter)
        assert seal(a, meeting.place, to="b").exists()


def test_a_number_is_not_used_up_by_a_file_that_could_not_be_written(meeting: Meeting) -> None:
    """Otherwise the other side would look for a pouch that never was."""
    taken = meeting.place / "taken.age"
    taken.write_text("mine")
    with meeting.clients() as (a, b):
        carry(a, b, meeting.place)
        for bad in (str(taken), str(meeting.place / "no folder" / "p.age")):
            with pytest.raises(Fault):
                a.call("pouch.write", path=bad)
        assert carry(a, b, meeting.place)["missing"] == ""
        assert taken.read_text() == "mine"


def test_nothing_but_a_file_is_read_as_a_pouch(meeting: Meeting) -> None:
    """A folder, a missing file, a text, an empty file."""
    text = meeting.place / "text"
    text.write_text("age-encryption.org/v1\n")
    empty = meeting.place / "empty"
    empty.touch()
    with meeting.clients() as (_, b):
        for path in (meeting.place, meeting.place / "none", text, empty):
            with pytest.raises((Refused, Rejected)):
                b.call("pouch.read", path=str(path))
