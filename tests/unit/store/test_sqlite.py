"""What is particular to the store in a file: processes, threads, erasing, restarts, rates of growth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from detente.ports import Judgement
from detente.store import database
from detente.store import scrub as scrubbing
from detente.store.audit import LogRow, check_log
from detente.store.lock import WriterLock
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Bug, Refused, Unavailable
from tests.contract.sample_logs import both_lanes, dialogue, digest, empty, grow, info, signed
from tests.contract.store_picture import picture
from tests.locations import ROOT

OURS = info("A")
TALK = dialogue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path)
    with made.unit() as unit:
        unit.found(TALK, b"founding", both_lanes("A"))
    yield made
    made.close()


def child(path: Path, program: str) -> subprocess.Popen[str]:
    """Start another process with a store at hand; it says a word when it is ready."""
    lines = (
        "import sys, pathlib",
        "from detente.store.sqlite import SqliteStore",
        "from tests.contract.sample_logs import *",
        "path = pathlib.Path(sys.argv[1])",
        program,
    )
    return subprocess.Popen(
        [sys.executable, "-c", "\n".join(lines), str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_processes_never_write_one_store(path: Path) -> None:
    """Two writers would sign two entries for one position; the second learns who the first is."""
    other = child(path, "store = SqliteStore(path); print('open', flush=True); input()")
    assert other.stdout
    assert other.stdout.readline() == "open\n"
    try:
        with pytest.raises(Unavailable) as raised:
            SqliteStore(path)
        assert raised.value.code == "store.locked"
        assert str(other.pid) in str(raised.value)
        SqliteStore(path, readonly=True).close()  # looking is allowed
    finally:
        other.kill()
        other.communicate()
    SqliteStore(path).close()  # the lock ended with its process


def test_one_process_opens_a_store_for_writing_once(path: Path, store: SqliteStore) -> None:
    """A slip in the wiring of the node must not make two writers of one."""
    with pytest.raises(Unavailable) as raised:
        SqliteStore(path)
    assert raised.value.code == "store.locked"
    assert str(os.getpid()) in str(raised.value)


def test_a_killed_writer_leaves_what_was_acknowledged(path: Path) -> None:
    """``kill -9`` in the middle of work: every size that was printed is there."""
    work = (
        "store = SqliteStore(path); head = empty(info('A'))",
        "with store.unit() as unit: unit.found(dialogue(), b'', both_lanes('A'))",
        "while True:",
        "    grown = grow(head, 3, payload_bytes=2000); head = grown.head",
        "    with store.unit() as unit: unit.append(grown)",
        "    print(head.size, flush=True)",
    )
    other = child(path, "\n".join(work))
    assert other.stdout
    said = [int(other.stdout.readline()) for _ in range(30)]
    other.send_signal(signal.SIGKILL)
    rest, _ = other.communicate()
    said += [int(line) for line in rest.split("\n") if line.isdigit()]
    store = SqliteStore(path)
    size = next(log.head.size for log in store.logs(TALK) if log.info == OURS)
    assert size in (said[-1], said[-1] + 3)
    assert store.scrub().damage == ()
    store.close()


def test_readers_in_other_threads_see_whole_units(store: SqliteStore) -> None:
    """Head and entries are read while another thread writes; a size never runs ahead of entries."""
    head, done, faults = empty(OURS), threading.Event(), list[str]()

    def read() -> None:
        while not done.is_set():
            size = next(log.head.size for log in store.logs(TALK) if log.info == OURS)
            if len(store.entries(OURS.log, 0, size)) != size or size % 5:
                faults.append(f"size {size}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(60):
        grown = grow(head, 5)
        with store.unit() as unit:
            unit.append(grown)
        head = grown.head
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_units_of_several_threads_take_turns(store: SqliteStore) -> None:
    """One writer at a time; nobody's unit is refused for another's sake."""
    faults: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(20):
                with store.unit() as unit:
                    unit.keep_evidence(TALK, name, bytes((number,)))
        except BaseException as fault:  # noqa: BLE001
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(store.evidence(TALK)) == 60


def test_an_erased_payload_is_gone_from_the_files(path: Path, store: SqliteStore) -> None:
    """Erasure by joint act is not a hidden row: neither file nor write-ahead log holds the bytes."""
    small, large = grow(empty(OURS), 30, 900), grow(grow(empty(OURS), 30, 900).head, 2, 100_000)
    for grown in (small, large):
        with store.unit() as unit:
            unit.append(grown)
    gone = [small.entries[3], small.entries[17], large.entries[0]]
    for entry in gone:
        with store.unit() as unit:
            unit.drop_payload(OURS.log, entry.header.seq)
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for entry in gone:
        assert entry.payload is not None
        assert entry.salt is not None
        assert entry.payload[:4000] not in files
        assert entry.payload[-4000:] not in files
        assert entry.salt not in files
    kept = small.entries[4].payload
    assert kept is not None
    assert kept in files
    assert store.scrub().damage == ()


def test_a_store_opened_for_reading_refuses_to_write(path: Path, store: SqliteStore) -> None:
    """It follows what the writer commits, and lends itself to nothing else."""
    looking = SqliteStore(path, readonly=True)
    with pytest.raises(Refused) as raised, looking.unit():
        pass
    assert raised.value.code == "store.readonly"
    with store.unit() as unit:
        unit.append(grow(empty(OURS), 3))
        unit.found(dialogue("second"), b"", [info("A", talk="second")])
    assert picture(looking) == picture(store)
    looking.close()


def test_a_closed_store_answers_nothing(path: Path, store: SqliteStore) -> None:
    """A late question from another thread gets a fault of ours and not of the library."""
    store.close()
    store.close()
    for ask in (store.dialogues, lambda: store.unit().__enter__(), store.run):
        with pytest.raises(Unavailable) as raised:
            ask()
        assert raised.value.code == "store.closed"


def test_a_start_reads_the_end_of_a_log_and_not_all_of_it(
    path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any signed size, too, a start stays quick; the full check reads all."""
    whole = grow(empty(OURS), 1000)
    with store.unit() as unit:
        unit.append(whole)
    read: list[int] = []

    def counting(
        connection: apsw.Connection, log: LogRow, start: int, progress: Callable[[int], None]
    ) -> None:
        read.append(start)
        check_log(connection, log, start, progress=progress)

    monkeypatch.setattr(scrubbing, "check_log", counting)
    monkeypatch.setattr(scrubbing, "TAIL_ENTRIES", 300)
    store.close()
    store = SqliteStore(path)
    assert read == [0, 700]
    with store.unit() as unit:
        unit.keep_checkpoint(signed(OURS.log, 1000, whole.head.root()))
    store.close()
    SqliteStore(path).close()
    assert read == [0, 700, 0, 999]


def test_progress_of_a_full_check_ends_at_the_number_of_entries(store: SqliteStore) -> None:
    """The person sees how far it is; the check itself ends with all of them."""
    with store.unit() as unit:
        unit.append(grow(empty(OURS), 4500))
        unit.judge(Judgement(OURS.log, 4500, {}, {}))
    told: list[tuple[int, int]] = []
    report = store.scrub(lambda done, total: told.append((done, total)))
    assert report == (4500, ())
    assert told == [(2000, 4500), (4000, 4500), (4500, 4500)]


def test_a_unit_may_not_wait_for_itself(store: SqliteStore) -> None:
    """A nested unit in one thread would wait for ever; it is told at once."""
    with store.unit(), pytest.raises(Bug):
        store.begin_run()
    store.begin_run()


def test_a_store_held_by_other_software_is_busy_and_then_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell left open on the file stops the node with a sentence, and spoils nothing."""
    monkeypatch.setattr(database, "_BUSY_MS", 10)
    path = tmp_path / "record.db"
    with closing(SqliteStore(path)) as store, closing(apsw.Connection(str(path))) as shell:
        shell.execute("begin immediate")
        with pytest.raises(Unavailable) as raised, store.unit():
            pass
        assert raised.value.code == "store.busy"
        assert raised.value.next_step
        shell.execute("rollback")
        with store.unit() as unit:
            unit.found(TALK, b"founding", both_lanes("A"))
        assert store.dialogues() == [TALK]


def test_the_lock_holds_on_and_is_let_go(tmp_path: Path) -> None:
    """Letting go twice is harmless, and the file stays for the next one."""
    lock = WriterLock(tmp_path / "x")
    lock.release()
    lock.release()
    again = WriterLock(tmp_path / "x")
    assert (tmp_path / "x.lock").read_text() == f"{os.getpid()}\n"
    again.release()


def test_an_evidence_body_is_told_from_others_by_its_whole_content(store: SqliteStore) -> None:
    """Long proofs share their beginning."""
    bodies = [digest("proof") * 200 + bytes((n,)) for n in range(3)]
    with store.unit() as unit:
        for body in (*bodies, *bodies):
            unit.keep_evidence(TALK, "fork", body)
    assert store.evidence(TALK) == [("fork", body) for body in bodies]
