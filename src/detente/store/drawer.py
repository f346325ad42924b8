"""The drawer: a party's private notes, in a file of their own, as durable as the record.

Positions, drafts, instructions and the secrets of a comparison lie here. Invariants: nothing here
is sent, exported or named in the record; what is removed is overwritten in the file.
"""

from __future__ import annotations

import threading
from pathlib import Path

from detente.store.database import DRAWER
from detente.store.faults import ANSWERING
from detente.store.rows import Row, fetch, sum_of, whole
from detente.store.writer import Writer


class SqliteDrawer:
    """A `ports.Drawer` in a file.

    Args:
        path: of the database; its folder exists.
        vfs: name of a registered SQLite VFS, for tests of the disk.

    Raises:
        Unavailable: ``store.locked``, ``store.open``, ``store.damaged``, ``store.full``,
            ``store.io``.
        Refused: ``store.newer``, ``store.foreign``.
    """

    def __init__(self, path: Path, vfs: str | None = None) -> None:
        self._writer = Writer(path, DRAWER, vfs)
        self._turn = threading.Lock()

    def put(self, shelf: str, key: str, value: bytes) -> None:
        """Keep a value, durable on return."""
        with self._turn, self._writer.transaction() as connection, ANSWERING:
            connection.execute(
                "insert into note(shelf, key, value, crc) values(?,?,?,?)"
                " on conflict(shelf, key) do update set value=excluded.value, crc=excluded.crc",
                (shelf, key, value, sum_of(shelf, key, value)),
            )

    def get(self, shelf: str, key: str) -> bytes | None:
        """Return a value. Raises `Unavailable` ``store.damaged`` when it is not as written."""
        rows = self._all(
            "select shelf, key, value, crc from note where shelf=? and key=?", shelf, key
        )
        if not rows:
            return None
        value: bytes = whole(rows[0])[2]
        return value

    def keys(self, shelf: str) -> list[str]:
        """Return the keys of a shelf, sorted."""
        return sorted(key for (key,) in self._all("select key from note where shelf=?", shelf))

    def remove(self, shelf: str, key: str) -> None:
        """Remove a value, from the file too; no error when it is not there.

        The disk below may keep old blocks, as a solid-state drive does.
        """
        with self._turn:
            with self._writer.transaction() as connection, ANSWERING:
                connection.execute("delete from note where shelf=? and key=?", (shelf, key))
            self._writer.erase()

    def close(self) -> None:
        """Release everything."""
        with self._turn:
            self._writer.close()

    def _all(self, statement: str, *values: str) -> list[Row]:
        with ANSWERING, self._turn:
            return fetch(self._writer.connection, statement, *values)


class MemoryDrawer:
    """A `ports.Drawer` in memory, for tests and simulated worlds."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], bytes] = {}

    def put(self, shelf: str, key: str, value: bytes) -> None:
        """Keep a value."""
        self._notes[shelf, key] = value

    def get(self, shelf: str, key: str) -> bytes | None:
        """Return a value."""
        return self._notes.get((shelf, key))

    def keys(self, shelf: str) -> list[str]:
        """Return the keys of a shelf, sorted."""
        return sorted(key for place, key in self._notes if place == shelf)

    def remove(self, shelf: str, key: str) -> None:
        """Remove a value; no error when it is not there."""
        self._notes.pop((shelf, key), None)

    def close(self) -> None:
        """Release everything: nothing, here."""
