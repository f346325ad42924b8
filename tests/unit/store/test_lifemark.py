"""The life mark: a store that was set back is noticed before it writes (spec 02 §8)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from detente.ports import Store
from detente.store.lifemark import Continuity, LifeMark, LiveStore
from detente.store.memory import MemoryStore
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Unavailable
from tests.contract.sample_logs import both_lanes, dialogue, grow, info

OURS = info("A")
TALK = dialogue()


class HandClock:
    def __init__(self) -> None:
        self.at = 1_700_000_000_000

    def now(self) -> int:
        return self.at


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "mark"


@pytest.fixture
def mark(where: Path, clock: HandClock) -> LifeMark:
    return LifeMark(where, clock)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveStore]:
    made: LiveStore = (
        MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "record.db")
    )
    found(made)
    yield made
    made.close()


def found(store: Store) -> None:
    with store.unit() as unit:
        unit.found(TALK, b"founding", both_lanes("A"))


def size_of(store: Store) -> int:
    return next(log.head.size for log in store.logs(TALK) if log.info == OURS)


def act(store: Store, count: int = 1) -> int:
    head = next(log.head for log in store.logs(TALK) if log.info == OURS)
    with store.unit() as unit:
        unit.append(grow(head, count))
    return head.size + count


def test_a_run_that_follows_on_the_last_one_is_proven(store: LiveStore, mark: LifeMark) -> None:
    """Ended in order or not: a mark that lags behind the store proves as much."""
    assert mark.compare(store) is Continuity.UNKNOWN  # the very first start
    for _ in range(3):
        mark.start(store, {OURS.log: size_of(store)})
        mark.note(OURS.log, act(store))
        assert mark.compare(store) is Continuity.PROVEN
        act(store, 2)  # not noted: the process died first
        assert mark.compare(store) is Continuity.PROVEN


def test_the_mark_names_our_logs_whatever_became_of_the_store(
    store: LiveStore, mark: LifeMark, where: Path
) -> None:
    """A copy that begins a new epoch sees which ones were begun here before."""
    assert mark.logs() == frozenset()
    mark.start(store, {OURS.log: 1})
    assert mark.logs() == {OURS.log}
    where.write_text("torn")
    assert mark.logs() == frozenset()


def test_a_store_that_lacks_noted_entries_is_behind(store: LiveStore, mark: LifeMark) -> None:
    """An older copy put in place of the store, however it came there."""
    mark.start(store, {OURS.log: act(store, 5)})
    older = MemoryStore()
    found(older)
    act(older, 4)
    assert mark.compare(older) is Continuity.BEHIND
    assert mark.compare(MemoryStore()) is Continuity.BEHIND
    assert mark.compare(store) is Continuity.PROVEN


def test_a_copy_of_another_run_is_unknown_though_nothing_seems_to_lack(
    tmp_path: Path, mark: LifeMark
) -> None:
    """Entries of the last second before a crash are in no mark: then only a new run tells."""
    path, copy = tmp_path / "record.db", tmp_path / "copy.db"
    with closing(SqliteStore(path)) as store:
        found(store)
        mark.start(store, {OURS.log: act(store, 2)})
    shutil.copy(path, copy)
    with closing(SqliteStore(path)) as store:
        mark.start(store, {OURS.log: 2})
        act(store, 3)  # never noted
    with closing(SqliteStore(copy)) as older:
        assert mark.compare(older) is Continuity.UNKNOWN
    with closing(SqliteStore(path)) as store:
        assert mark.compare(store) is Continuity.PROVEN


def test_of_two_clones_that_ran_in_turn_neither_is_taken_for_the_other(
    tmp_path: Path, mark: LifeMark
) -> None:
    """Whoever started last left the mark; the other must ask."""
    one, two = tmp_path / "one.db", tmp_path / "two.db"
    with closing(SqliteStore(one)) as store:
        found(store)
        mark.start(store, {})
    shutil.copy(one, two)
    with closing(SqliteStore(two)) as clone:
        mark.start(clone, {})
    with closing(SqliteStore(one)) as store:
        assert mark.compare(store) is Continuity.UNKNOWN


def test_a_lost_write_ahead_log_is_noticed(tmp_path: Path, mark: LifeMark) -> None:
    """SQLite takes a damaged or missing log for the end of history and says nothing."""
    path, after = tmp_path / "record.db", tmp_path / "after.db"
    with closing(SqliteStore(path)) as store:
        found(store)
    with closing(SqliteStore(path)) as store:
        mark.start(store, {})
        mark.note(OURS.log, act(store, 2))
        mark.close()
        shutil.copy(path, after)  # the process dies, and only the main file survives
    with closing(SqliteStore(after)) as store:
        assert size_of(store) == 0
        assert mark.compare(store) is Continuity.BEHIND


def test_the_mark_is_written_once_a_second_and_at_the_end(
    store: LiveStore, mark: LifeMark, where: Path, clock: HandClock
) -> None:
    """A mark for every entry would cost a sync each; one a second costs nothing."""
    mark.start(store, {OURS.log: 0})

    def written() -> int:
        return int(where.read_text().split(f"log {OURS.log.hex()} ")[1].split("\n")[0])

    seen = []
    for pause in (300, 300, 399, 1, 0, 999, 1, -5000, 10):
        clock.at += pause
        mark.note(OURS.log, act(store))
        seen.append(written())
    assert seen == [0, 0, 0, 4, 4, 4, 7, 8, 8]
    mark.close()
    assert written() == 9
    before = where.stat().st_mtime_ns
    mark.close()
    assert where.stat().st_mtime_ns == before
    assert where.stat().st_mode & 0o077 == 0


def test_a_mark_that_is_not_as_it_was_written_proves_nothing(
    store: LiveStore, mark: LifeMark, where: Path
) -> None:
    """Every single changed, missing or added byte makes it as good as absent."""
    mark.start(store, {OURS.log: act(store, 3)})
    whole = where.read_bytes()
    broken = [whole[:at] for at in range(len(whole))]
    broken += [whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :] for at in range(len(whole))]
    broken += [whole + b"\n", b"\n" + whole, whole + whole, b"\xff" * 100]
    for text in broken:
        where.write_bytes(text)
        assert mark.compare(store) is Continuity.UNKNOWN
    where.write_bytes(whole)
    assert mark.compare(store) is Continuity.PROVEN
    where.unlink()
    where.mkdir()
    assert mark.compare(store) is Continuity.UNKNOWN


def test_a_mark_that_cannot_be_written_is_told_and_entries_are_safe(
    store: LiveStore, where: Path, clock: HandClock
) -> None:
    """The person must know that a copy could now go unnoticed."""
    where.parent.write_text("a file where the folder should be")
    mark = LifeMark(where, clock)
    with pytest.raises(Unavailable) as raised:
        mark.start(store, {})
    assert raised.value.code == "store.mark"
    assert "written" in raised.value.next_step
    where.parent.unlink()
    mark.note(OURS.log, act(store))
    mark.close()
    assert mark.compare(store) is Continuity.PROVEN


def test_a_copy_in_memory_behaves_as_a_restored_backup(mark: LifeMark) -> None:
    """Simulated worlds restore old copies; they must meet the same marks as real ones."""
    store = MemoryStore()
    found(store)
    mark.start(store, {OURS.log: act(store)})
    copy = store.copy()
    assert copy.restored()
    assert not store.restored()
    mark.note(OURS.log, act(store))
    mark.close()
    assert mark.compare(copy) is Continuity.BEHIND
    act(copy)
    assert size_of(store) == size_of(copy) == 2
    copy.mark_live()
    assert not copy.restored()
