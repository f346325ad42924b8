"""A full or failing disk, at every single step of a unit: nothing half, nothing lost, and on again.

Spec 01 §9; threat: an operator whose disk runs full must lose nothing that was acknowledged, and
must be able to read, to make room and to go on without help.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from detente.ports import Judgement, Snapshot, Unit
from detente.record.verdict import WITHHELD
from detente.store import writer
from detente.store.drawer import SqliteDrawer
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Unavailable
from tests.contract.sample_logs import both_lanes, dialogue, empty, grow, info, signed
from tests.contract.store_picture import TalkPicture, picture
from tests.unit.store.failing_disk import FailingDisk

OURS = info("A")
TALK = dialogue()
FIRST = grow(empty(OURS), 20, payload_bytes=1024)
SECOND = grow(FIRST.head, 40, payload_bytes=1024)
#: SQLite itself passes over an error while a file is closed; the test's disk cannot but report it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
ERRORS = [(apsw.FullError, "store.full"), (apsw.IOError, "store.io")]


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    made = FailingDisk("failing")
    yield made
    made.unregister()


@pytest.fixture(autouse=True)
def _small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy to place after every few units, so that these steps fail too."""
    monkeypatch.setattr(writer, "COPY_PAGES", 10)


def save_second(unit: Unit) -> None:
    unit.append(SECOND)
    unit.judge(Judgement(OURS.log, 60, {3: WITHHELD}, {5: {OURS.log: 6}}))
    unit.keep_checkpoint(signed(OURS.log, 60, SECOND.head.root()))
    unit.keep_snapshot(TALK, Snapshot({OURS.log: 60}, bytes(20_000)))


def check(fault: Unavailable, code: str) -> None:
    assert fault.code == code
    assert fault.next_step


def begin(path: Path, disk: FailingDisk) -> SqliteStore:
    store = SqliteStore(path, vfs=disk.name)
    with store.unit() as unit:
        unit.found(TALK, b"founding", both_lanes("A"))
        unit.append(FIRST)
    return store


def pictures(tmp_path: Path, disk: FailingDisk) -> tuple[list[TalkPicture], list[TalkPicture]]:
    """Return what is stored before and after the second unit on a sound disk."""
    store = begin(tmp_path / "sound.db", disk)
    before = picture(store)
    with store.unit() as unit:
        save_second(unit)
    after = picture(store)
    store.close()
    return before, after


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_a_unit_that_meets_a_full_disk_is_undone_and_can_be_repeated(
    tmp_path: Path, disk: FailingDisk, error: type[apsw.Error], code: str
) -> None:
    """The disk fails at the first step, the second, … until the unit needs no more."""
    before, after = pictures(tmp_path, disk)
    store = begin(tmp_path / "record.db", disk)
    store.close()
    steps, is_over = 0, False
    while not is_over:
        for path in tmp_path.glob("record.db*"):
            shutil.copy(path, tmp_path / path.name.replace("record", "try"))
        store = SqliteStore(tmp_path / "try.db", vfs=disk.name)
        disk.fail_after(steps, error)
        try:
            with store.unit() as unit:
                save_second(unit)
        except Unavailable as fault:
            check(fault, code)
            assert picture(store) == before  # on the disk that is still full
            with pytest.raises(Unavailable), store.unit() as unit:
                save_second(unit)
            assert picture(store) == before
        else:
            assert picture(store) == after
        is_over = disk.failed == 0
        disk.recover()
        if picture(store) == before:
            with store.unit() as unit:
                save_second(unit)
        assert picture(store) == after
        assert store.scrub().damage == ()
        store.close()
        store = SqliteStore(tmp_path / "try.db", vfs=disk.name)
        assert picture(store) == after
        store.close()
        steps += 1
    assert steps > 20, "the disk was never asked for anything"


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_a_store_that_cannot_be_made_yet_is_made_later(
    tmp_path: Path, disk: FailingDisk, error: type[apsw.Error], code: str
) -> None:
    """Whatever the first attempt left behind, the next one finds an empty store."""
    steps, is_over = 0, False
    while not is_over:
        path = tmp_path / f"{steps}.db"
        disk.fail_after(steps, error)
        try:
            SqliteStore(path, vfs=disk.name).close()
        except Unavailable as fault:
            check(fault, code)
        is_over = disk.failed == 0
        disk.recover()
        store = SqliteStore(path, vfs=disk.name)
        assert store.dialogues() == []
        store.close()
        steps += 1
    assert steps > 5


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_closing_on_a_full_disk_loses_nothing(
    tmp_path: Path, disk: FailingDisk, error: type[apsw.Error], code: str
) -> None:
    """Copying to place fails as the store closes; the write-ahead log still holds everything."""
    _, after = pictures(tmp_path, disk)
    for steps in range(60):
        store = begin(tmp_path / f"{steps}.db", disk)
        with store.unit() as unit:
            save_second(unit)
        disk.fail_after(steps, error)
        store.close()
        disk.recover()
        store = SqliteStore(tmp_path / f"{steps}.db", vfs=disk.name)
        assert picture(store) == after, code
        store.close()


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_an_erased_payload_stays_erased_on_a_full_disk(
    tmp_path: Path, disk: FailingDisk, error: type[apsw.Error], code: str
) -> None:
    """The unit stands or falls as one; emptying the write-ahead log is tried again."""
    payload = FIRST.entries[3].payload
    assert payload
    for steps in range(30):
        path = tmp_path / f"{steps}.db"
        store = begin(path, disk)
        disk.fail_after(steps, error)
        try:
            with store.unit() as unit:
                unit.drop_payload(OURS.log, 3)
        except Unavailable as fault:
            check(fault, code)
            disk.recover()
            with store.unit() as unit:
                unit.drop_payload(OURS.log, 3)
        disk.recover()
        with store.unit():
            pass
        entry = store.entry(OURS.log, 3)
        assert entry
        assert entry.payload is None
        assert not [file for file in tmp_path.glob(f"{steps}.db*") if payload in file.read_bytes()]
        store.close()


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_a_note_is_put_whole_or_not_at_all(
    tmp_path: Path, disk: FailingDisk, error: type[apsw.Error], code: str
) -> None:
    """The drawer keeps the same promise as the record."""
    drawer = SqliteDrawer(tmp_path / "drawer.db", vfs=disk.name)
    kept = b""
    for steps in range(40):
        disk.fail_after(steps % 20, error)
        new = bytes((steps,)) * 30_000
        try:
            drawer.put("drafts", "a", new)
            kept = new
        except Unavailable as fault:
            check(fault, code)
        assert drawer.get("drafts", "a") == (kept or None)
        disk.recover()
    assert kept
    drawer.close()
    drawer = SqliteDrawer(tmp_path / "drawer.db", vfs=disk.name)
    assert drawer.get("drafts", "a") == kept
    drawer.close()
