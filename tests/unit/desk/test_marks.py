"""Marks: names of entries that people can say on the telephone, the same on every node."""

from __future__ import annotations

import pytest

from detente.desk.epochs import open_epoch
from detente.desk.marks import mark_of, parse_mark, ref_of
from detente.terms.errors import Refused
from detente.terms.ids import EntryId, Lane, LogId, Ref
from detente.testing.rotation import rotate
from detente.testing.world import World


def test_every_entry_has_one_mark_and_every_mark_one_entry() -> None:
    """There and back, on both nodes alike, in lower case and with spaces around."""
    world = World(2, "marks")
    world.say(0)
    world.sync()
    seen: dict[str, EntryId] = {}
    for node in world.nodes:
        for log, head in node.book.heads.items():
            for seq in range(head.size):
                entry = node.book.store.entry(log, seq)
                assert entry is not None
                mark = mark_of(node.book, (log, seq))
                for written in (mark, mark.lower(), f" {mark} "):
                    assert ref_of(node.book, written) == Ref(log, seq, entry.id)
                assert seen.setdefault(mark, entry.id) == entry.id
    assert len(set(seen.values())) == len(seen)
    assert {"A-0", "A-L0", "B-0", "B-L0"} <= set(seen)


def test_marks_of_another_epoch_name_it() -> None:
    """A.1-0 is not A-0."""
    world = World(2, "marks of epochs")
    node = world.nodes[0]
    old = node.log(Lane.TABLE)
    (first, _) = open_epoch(node.book, node.writer, node.counter, "restored")
    assert mark_of(node.book, (first.log, 0)) in ("A.1-0", "A.1-L0")
    assert parse_mark(node.book, "A-0")[0] == old
    assert parse_mark(node.book, "A.1-0")[0] == node.log(Lane.TABLE) != old
    assert parse_mark(node.book, "A.0-0")[0] == old


def test_a_log_that_is_not_known_has_no_mark() -> None:
    """Shown as a question, not as an error: a held entry may name it."""
    world = World(2, "marks unknown")
    assert mark_of(world.nodes[0].book, (LogId(bytes(32)), 3)) == "?"


@pytest.mark.parametrize(
    "text",
    ["", "A", "-1", "A-", "A--1", "A-1-1", "A-L", "I-1", "A-1x", "A -1", "À-1", "A-1\x00",
     "A.-1", "A.12345-1", "A-" + "9" * 13, "AL-1", "A-l-1"],
)  # fmt: skip
def test_what_is_no_mark_is_refused_as_such(text: str) -> None:
    """With what marks look like."""
    with pytest.raises(Refused) as refusal:
        parse_mark(World(2, "marks").nodes[0].book, text)
    assert refusal.value.code == "mark.form"
    assert "A-12" in refusal.value.next_step


@pytest.mark.parametrize("text", ["C-0", "A-99", "A-L99", "A.1-0", "H-0", "A-999999999999"])
def test_a_mark_of_nothing_here_is_refused_as_such(text: str) -> None:
    """Well formed, and not in this record."""
    with pytest.raises(Refused) as refusal:
        parse_mark(World(2, "marks").nodes[0].book, text)
    assert refusal.value.code == "mark.unknown"


def test_two_logs_of_one_epoch_are_told_apart_and_a_mark_that_could_mean_both_is_refused() -> None:
    """00-terms.md §3.3: under two node keys a party has two epochs 1; nobody answers the wrong one."""
    world = World(2, "marks of twins")
    world.sync()
    rotate(world.nodes[0], "new")
    world.sync()
    book = world.nodes[1].book
    log = book.state.log_of(0, Lane.TABLE)
    assert mark_of(book, (log, 0)) == "A.1-0"
    twin = LogId(b"\x01" * 32)
    standing = book.state.logs[log]
    book.state = book.state._replace(logs=book.state.logs.set(twin, standing))
    with pytest.raises(Refused) as refusal:
        parse_mark(book, "A.1-0")
    assert refusal.value.code == "mark.ambiguous"
    tag = log.hex()[:6]
    assert mark_of(book, (log, 0)) == f"A.1~{tag}-0"
    assert mark_of(book, (twin, 7)) == "A.1~010101-7"
    for written in (f"A.1~{tag}-0", f"a.1~{tag.upper()}-0"):
        assert parse_mark(book, written)[0] == log
    assert parse_mark(book, "A-0")[0] != log
