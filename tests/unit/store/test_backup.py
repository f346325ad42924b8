"""Copies made while the node works: one state, checked whole, and known as copies for ever after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from detente.store.backup import copy_database, copy_drawer, install_copy
from detente.store.drawer import SqliteDrawer
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Fault, Refused, Unavailable
from tests.contract.sample_logs import both_lanes, dialogue, empty, grow, info, signed
from tests.contract.store_picture import picture

OURS = info("A")
TALK = dialogue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "node").mkdir()
    (tmp_path / "backup").mkdir()
    return tmp_path / "node" / "record.db"


@pytest.fixture
def target(tmp_path: Path, path: Path) -> Path:
    return tmp_path / "backup" / "copy.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path)
    with made.unit() as unit:
        unit.found(TALK, b"founding", both_lanes("A"))
        grown = grow(empty(OURS), 400)
        unit.append(grown)
        unit.keep_checkpoint(signed(OURS.log, 400, grown.head.root()))
    yield made
    made.close()


def test_a_copy_is_one_file_that_answers_as_the_store_did(
    path: Path, target: Path, store: SqliteStore
) -> None:
    """It can be carried and read where nothing can be written beside it."""
    told: list[tuple[int, int]] = []
    report = copy_database(path, target, lambda done, total: told.append((done, total)))
    assert report == (400, ())
    assert told[-1] == (400, 400)
    assert [file.name for file in target.parent.iterdir()] == ["copy.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(SqliteStore(target, readonly=True)) as copy:
        assert picture(copy) == picture(store)


def test_a_copy_shows_one_state_while_units_go_on(
    path: Path, target: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that never pauses neither spoils a copy nor makes it begin anew for ever."""
    monkeypatch.setattr("detente.store.backup._PAGES", 3)
    before = picture(store)
    head = store.logs(TALK)[1].head
    done, begun = threading.Event(), threading.Event()

    def work() -> None:
        now = head
        while not done.is_set():
            grown = grow(now, 20, payload_bytes=900)
            with store.unit() as unit:
                unit.append(grown)
            now = grown.head
            begun.set()

    def wait(_: int, __: int) -> None:
        begun.clear()
        begun.wait(10)

    writer = threading.Thread(target=work)
    writer.start()
    begun.wait(10)
    try:
        copy_database(path, target, wait)
    finally:
        done.set()
        writer.join()
    with closing(SqliteStore(target, readonly=True)) as copy:
        copied, now = picture(copy)[0].logs[1], picture(store)[0].logs[1]
        size = copied.head.size
        assert before[0].logs[1].head.size < size < now.head.size
        assert copied.entries == now.entries[:size]
        assert copy.scrub().damage == ()


def test_a_copy_knows_that_it_is_one_until_it_is_marked_live(
    path: Path, target: Path, store: SqliteStore, tmp_path: Path
) -> None:
    """Spec 02 §8: a restored node asks others for its own head before it writes."""
    store.begin_run()
    copy_database(path, target)
    assert not store.restored()
    home = tmp_path / "node" / "again.db"
    install_copy(target, home)
    for _ in range(2):
        with closing(SqliteStore(home)) as live:
            assert live.restored()
            assert live.run() == store.run()
    with closing(SqliteStore(home)) as live:
        live.mark_live()
        assert not live.restored()
    with closing(SqliteStore(home)) as live:
        assert not live.restored()


def test_a_damaged_store_gives_no_backup(path: Path, target: Path, store: SqliteStore) -> None:
    """A copy that cannot be restored is worse than none, because one relies on it."""
    store.close()
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("update entry set payload=zeroblob(40) where n & 1023 = 77")
    with pytest.raises(Unavailable) as raised:
        copy_database(path, target)
    assert raised.value.code == "store.damaged"
    assert raised.value.details["seq"] == 77
    assert list(target.parent.iterdir()) == []


def test_nothing_is_written_over(path: Path, target: Path, store: SqliteStore) -> None:
    """Neither an older backup nor a store that is there."""
    copy_database(path, target)
    before = target.read_bytes()
    for attempt in (
        lambda: copy_database(path, target),
        lambda: copy_drawer(path, target),
        lambda: install_copy(target, path),
    ):
        with pytest.raises(Fault) as raised:
            attempt()
        assert raised.value.code in {"store.exists", "store.locked"}
    assert target.read_bytes() == before
    store.close()
    with pytest.raises(Refused) as refused:
        install_copy(target, path)
    assert refused.value.code == "store.exists"


def test_an_old_write_ahead_log_is_not_replayed_into_a_restored_copy(
    path: Path, target: Path, store: SqliteStore
) -> None:
    """A store that died leaves its log beside; SQLite would play it into whatever lies there."""
    copy_database(path, target)
    expected = picture(store)
    with store.unit() as unit:
        unit.append(grow(store.logs(TALK)[1].head, 30))
    beside = {file: file.read_bytes() for file in path.parent.glob("record.db-*")}
    store.close()
    path.unlink()
    for file, data in beside.items():
        file.write_bytes(data)
    install_copy(target, path)
    with closing(SqliteStore(path)) as live:
        assert picture(live) == expected
        assert live.scrub().damage == ()


def test_what_is_not_there_or_not_a_store_is_not_copied(path: Path, target: Path) -> None:
    """No empty file is left that could be taken for a backup."""
    with pytest.raises(Unavailable) as raised:
        copy_database(path, target)
    assert raised.value.code == "store.open"
    SqliteDrawer(path).close()
    with pytest.raises(Refused) as refused:
        copy_database(path, target)
    assert refused.value.code == "store.foreign"
    with pytest.raises(Unavailable) as raised:
        copy_database(path, target.parent / "missing" / "copy.db")
    assert raised.value.code == "store.open"
    assert list(target.parent.iterdir()) == []


def test_a_drawer_is_copied_while_it_is_used_and_checked(path: Path, target: Path) -> None:
    """Private notes are as hard to replace as the record."""
    with closing(SqliteDrawer(path)) as drawer:
        for number in range(50):
            drawer.put("drafts", f"{number}", bytes((number,)) * 3000)
        copy_drawer(path, target)
        with closing(SqliteDrawer(target)) as copy:
            assert [copy.get("drafts", f"{n}") for n in range(50)] == [
                bytes((n,)) * 3000 for n in range(50)
            ]
    target.unlink()
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("update note set value=x'00' where key='7'")
    with pytest.raises(Unavailable) as raised:
        copy_drawer(path, target)
    assert raised.value.code == "store.damaged"
    assert not target.exists()
    with closing(SqliteDrawer(path)) as drawer:
        with pytest.raises(Unavailable):
            drawer.get("drafts", "7")
        assert drawer.get("drafts", "8") == bytes((8,)) * 3000


def test_a_removed_note_is_gone_from_the_files(path: Path) -> None:
    """A secret of a comparison must not outlive its use."""
    secret = bytes(range(1, 251)) * 80
    with closing(SqliteDrawer(path)) as drawer:
        drawer.put("secrets", "a", secret)
        drawer.put("secrets", "b", b"kept")
        drawer.remove("secrets", "a")
        files = b"".join(file.read_bytes() for file in path.parent.iterdir())
        assert secret[:250] not in files
        assert b"kept" in files
