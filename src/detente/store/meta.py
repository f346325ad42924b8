"""What a store knows about itself: which run wrote it last, and whether it is a backup's copy.

Invariant: a copy stays marked as one, through openings and restarts, until it is marked live.
"""

from __future__ import annotations

import os
from typing import Final

import apsw

from detente.store.rows import summed, whole

RUN_BYTES: Final = 16

_RUN: Final = "run"
_COPIED: Final = "copied"


def run_of(connection: apsw.Connection) -> bytes:
    """Return the id of the run that wrote last; empty before the first."""
    return _read(connection, _RUN)


def is_copy(connection: apsw.Connection) -> bool:
    """Tell whether the file was made by `backup.copy_database` and not yet marked live."""
    return bool(_read(connection, _COPIED))


def begin_run(connection: apsw.Connection) -> bytes:
    """Give the store a new run id and return it."""
    run = os.urandom(RUN_BYTES)
    _write(connection, _RUN, run)
    return run


def mark_copy(connection: apsw.Connection) -> None:
    """Mark the file as a backup's copy."""
    _write(connection, _COPIED, b"1")


def mark_live(connection: apsw.Connection) -> None:
    """Mark the file as the record that this node writes."""
    _write(connection, _COPIED, b"")


def _read(connection: apsw.Connection, name: str) -> bytes:
    rows = connection.execute("select name, value, crc from meta where name=?", (name,)).fetchall()
    value: bytes = whole(rows[0])[1] if rows else b""
    return value


def _write(connection: apsw.Connection, name: str, value: bytes) -> None:
    connection.execute("insert or replace into meta values(?,?,?)", summed(name, value))
