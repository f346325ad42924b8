"""The one connection that writes a file: turns, transactions, and copying to place.

Invariants: one process holds a file for writing, and in it one thread at a time; what a transaction
did is durable when its block ends; what happens after the commit never makes it look undone.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from detente.store.database import Kind, close, open_writer
from detente.store.faults import ANSWERING
from detente.store.lock import WriterLock
from detente.terms.errors import Bug

COPY_PAGES: Final = 8000
"""The write-ahead log is copied to place when it has 64 MiB: a catch-up is then copied once."""


class Writer:
    """Hold one file for writing.

    Args:
        path: of the database.
        kind: what the file should be.
        vfs: name of a registered SQLite VFS, for tests of the disk.

    Raises:
        Refused, Unavailable: as `database.open_writer` and `lock.WriterLock` say.
    """

    def __init__(self, path: Path, kind: Kind, vfs: str | None = None) -> None:
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._log_pages = 0
        self._must_erase = False
        with contextlib.ExitStack() as undo:
            self._lock = WriterLock(path)
            undo.callback(self._lock.release)
            self.connection = open_writer(path, kind, vfs)
            undo.pop_all()
        # SQLite's own rule would copy inside the commit, where a failure could not be told apart.
        self.connection.set_wal_hook(self._note_pages)

    def close(self) -> None:
        """Release everything; harmless when repeated."""
        with self._turn:
            close(self.connection)
            self._lock.release()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """Wait for our turn; commit what the block does, durably, or undo all of it.

        Raises:
            Bug: inside another transaction of this thread.
            Unavailable: ``store.full``, ``store.io``, ``store.busy``, ``store.closed``,
                ``store.damaged``; then nothing was saved.
        """
        if self._owner == threading.get_ident():
            raise Bug("a unit inside a unit")
        with self._turn:
            self._owner = threading.get_ident()
            try:
                yield from self._commit_or_undo()
                self._copy_to_place()
            finally:
                self._owner = None

    def erase(self) -> None:
        """Empty the write-ahead log, where what was removed may still stand.

        Where a backup or the disk is in the way, the end of the next transaction tries again.
        """
        with self._turn:
            self._must_erase = True
            self._copy_to_place()

    def _commit_or_undo(self) -> Iterator[apsw.Connection]:
        try:
            with ANSWERING:
                self.connection.execute("begin immediate")
            yield self.connection
            with ANSWERING:
                self.connection.execute("commit")
        except BaseException:
            with ANSWERING:
                if self.connection.in_transaction:  # SQLite may have rolled back itself
                    self.connection.execute("rollback")
            raise

    def _note_pages(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _copy_to_place(self) -> None:
        if not self._must_erase and self._log_pages < COPY_PAGES:
            return
        # The commit stands whatever happens here, and the log holds all until a copy succeeds.
        with contextlib.suppress(apsw.Error):
            mode = "truncate" if self._must_erase else "passive"
            rows = self.connection.execute(f"pragma wal_checkpoint({mode})").fetchall()
            if rows[0][0] == 0:
                self._must_erase = False
