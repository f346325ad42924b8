"""The record in one SQLite file: a `ports.Store` whose units are on the disk when they end.

Carries out docs/spec/01-record.md §9. One connection writes, another reads and sees only what is
committed; both may be used from any thread, and units take turns.

Invariants: entries are only added at the end of their log, but for `cut_unsent`; a store open for
writing has passed `scrub.check_tail`; a log found damaged is not written to; no error of the
database library passes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import apsw

from detente.ports import Unit
from detente.store import meta
from detente.store.audit import Broken, check_log
from detente.store.database import RECORD, close, open_reader
from detente.store.faults import ANSWERING, damaged_at
from detente.store.reading import RecordReader
from detente.store.scrub import Progress, Report, check_tail, find_log, scrub
from detente.store.unit import SqliteUnit
from detente.store.writer import Writer
from detente.terms.errors import N_, Fault, Refused
from detente.terms.ids import LogId


class SqliteStore(RecordReader):
    """A `ports.Store` in a file.

    Args:
        path: of the database; its folder exists. Files with the endings -wal, -shm and .lock lie
            beside it and belong to it.
        vfs: name of a registered SQLite VFS, for tests of the disk.
        readonly: open beside a running node, or to look at a damaged store; nothing is checked or
            brought up to date, and `unit` is refused.

    Raises:
        Unavailable: ``store.locked`` when a process has it open for writing; ``store.damaged``
            naming log and position; ``store.open``, ``store.full``, ``store.io``.
        Refused: ``store.newer``, ``store.foreign``; with `readonly` also ``store.older``.
    """

    def __init__(self, path: Path, vfs: str | None = None, readonly: bool = False) -> None:
        self._path, self._vfs = path, vfs
        self._damaged: dict[LogId, Fault] = {}
        with contextlib.ExitStack() as undo:
            self._writer: Writer | None = None
            if not readonly:
                self._writer = Writer(path, RECORD, vfs)
                undo.callback(self._writer.close)
                for found in check_tail(self._writer.connection):
                    raise found.fault()
            super().__init__(path, vfs)
            undo.pop_all()

    def close(self) -> None:
        """Release everything."""
        super().close()
        if self._writer is not None:
            self._writer.close()  # last: it copies the write-ahead log to its place

    @contextlib.contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open a transaction: committed and durable when the block ends, undone when it raises.

        Raises:
            Refused: ``store.readonly``.
            Unavailable: ``store.full``, ``store.io``, ``store.busy``, ``store.damaged``: nothing of
                the unit was saved, and the store can be read; a later unit may succeed.
            Bug: for a unit inside a unit.
        """
        writer = self._only_writer()
        with writer.transaction() as connection:
            unit = SqliteUnit(connection, self._damaged)
            try:
                yield unit
                unit.finish()
            finally:
                unit.end()
        if unit.is_cutting:
            with self._turn:
                self._subtrees.forget()
        if unit.is_erasing:
            writer.erase()

    def restored(self) -> bool:
        """Tell whether this is a backup's copy, which may lack entries that others hold of us."""
        with ANSWERING, self._turn:
            return meta.is_copy(self._reader)

    def mark_live(self) -> None:
        """Say that the restore rule (docs/spec/02-order.md §8) has been satisfied."""
        with self._only_writer().transaction() as connection, ANSWERING:
            meta.mark_live(connection)

    def run(self) -> bytes:
        """Return the id of the run that wrote last; empty before the first."""
        with ANSWERING, self._turn:
            return meta.run_of(self._reader)

    def begin_run(self) -> bytes:
        """Give this run an id of its own, durable on return."""
        with self._only_writer().transaction() as connection, ANSWERING:
            return meta.begin_run(connection)

    def verify(self, log: LogId, start: int, count: int) -> None:
        """Check headers, chain, payloads, tree and signed roots of entries [start, start + count).

        Raises:
            Unavailable: ``store.damaged`` naming the first bad position.
        """
        self._number(log)
        with self._one_state() as connection, ANSWERING:
            row = find_log(connection, log)
            if row is None:
                raise damaged_at(log, 0, N_("the log's head is not as it was written"))
            try:
                check_log(connection, row, start, count)
            except Broken as broken:
                raise damaged_at(log, broken.seq, broken.what) from None

    def scrub(self, progress: Progress = lambda _, __: None) -> Report:
        """Check everything, while units go on; a log found damaged is not written to any more.

        Args:
            progress: called with entries checked and entries in all.
        """
        with self._one_state() as connection:
            report = scrub(connection, progress)
        for found in report.damage:
            if found.log is not None:
                self._damaged.setdefault(found.log, found.fault())
        return report

    @contextlib.contextmanager
    def _one_state(self) -> Iterator[apsw.Connection]:
        """Lend a connection of its own that sees one committed state throughout."""
        connection = open_reader(self._path, RECORD, self._vfs)
        try:
            with ANSWERING:
                connection.execute("begin; select 1 from sqlite_schema").fetchall()
            yield connection
        finally:
            close(connection)

    def _only_writer(self) -> Writer:
        if self._writer is None:
            raise Refused("store.readonly", N_("The store was opened for reading only."))
        return self._writer
