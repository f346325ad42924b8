"""Open one SQLite file: settings, numbered migrations, and the refusal of what is not ours.

Carries out the durability of docs/spec/01-record.md §9: what a unit saved is on the disk when it
ends. ``synchronous=FULL`` is not a setting: with ``NORMAL`` a power cut takes back commits that
were acknowledged, and a node that then signs another entry at that position forks its own log.

Invariants: a migration happens whole or not at all; a file of a newer program, of another program
or of another kind is left as it is.
"""

from __future__ import annotations

import contextlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from detente.store.faults import ANSWERING, damaged
from detente.store.lock import cannot_open
from detente.terms.errors import N_, Refused


class Kind(NamedTuple):
    """One kind of file: its name, its SQLite application id, its folder of migrations."""

    name: str
    application: int


RECORD: Final = Kind("record", int.from_bytes(b"dtrc", "big"))
DRAWER: Final = Kind("drawer", int.from_bytes(b"dtdw", "big"))

PAGE_BYTES: Final = 8192
"""Seven entries of 1 KiB or two checkpoints to a page."""

WRITER_PRAGMAS: Final = (
    "pragma synchronous=full",
    "pragma fullfsync=on",  # macOS: fsync alone leaves the data in the drive's cache
    "pragma foreign_keys=on",
    "pragma secure_delete=on",  # what is removed is overwritten, wherever a copy of it lay
    "pragma journal_size_limit=67108864",
)
_ALWAYS: Final = (
    "pragma trusted_schema=off",
    "pragma cell_size_check=on",
    "pragma cache_size=-16000",
    "pragma temp_store=memory",
)
_BUSY_MS: Final = 5000


def open_writer(path: Path, kind: Kind, vfs: str | None = None) -> apsw.Connection:
    """Open the one writing connection; make the file, or bring it up to date, where needed.

    Args:
        path: of the database; the caller holds its `WriterLock`.
        kind: what the file should be.
        vfs: name of a registered SQLite VFS, for tests of the disk.

    Raises:
        Refused: ``store.newer`` for a file of a newer program; ``store.foreign`` for one that is
            not ours or of another kind.
        Unavailable: ``store.open``, ``store.damaged``, ``store.full``, ``store.io``.
    """
    try:
        # Before SQLite would: private from its first byte, and its -wal and -shm follow its mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise cannot_open(error) from error
    with ANSWERING:
        connection = apsw.Connection(str(path), vfs=vfs)
        try:
            _prepare(connection)
            connection.execute(f"pragma page_size={PAGE_BYTES}")
            version = _version(connection, kind)
            if connection.pragma("journal_mode", "wal") != "wal":
                raise damaged(N_("the file cannot keep a write-ahead log"))
            for pragma in WRITER_PRAGMAS:
                connection.execute(pragma)
            for number, script in _migrations(kind.name)[version:]:
                _migrate(connection, kind, number, script)
            _check_schema(connection, kind)
        except BaseException:
            close(connection)
            raise
    return connection


def open_reader(path: Path, kind: Kind, vfs: str | None = None) -> apsw.Connection:
    """Open a connection that can only read, beside a writer of this or another process.

    Raises:
        Refused: ``store.newer``; ``store.older`` when only a writer could bring it up to date;
            ``store.foreign``.
        Unavailable: ``store.open``, ``store.damaged``, ``store.io``.
    """
    with ANSWERING:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
        try:
            _prepare(connection)
            connection.execute("pragma query_only=on")
            connection.execute("pragma wal_autocheckpoint=0")  # copying to place is the writer's
            if _version(connection, kind) < len(_migrations(kind.name)):
                raise Refused(
                    "store.older",
                    N_("The {kind} was last written by an older version of this program."),
                    N_("Start the node once with this version; it brings the file up to date."),
                    kind=kind.name,
                )
            _check_schema(connection, kind)
        except BaseException:
            close(connection)
            raise
    return connection


def _prepare(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    for pragma in _ALWAYS:
        connection.execute(pragma)


def _version(connection: apsw.Connection, kind: Kind) -> int:
    """Return the schema's number: 0 for an empty file."""
    application = connection.pragma("application_id")
    version = connection.pragma("user_version")
    if application != kind.application:
        if application or version or connection.execute("select 1 from sqlite_schema").fetchall():
            raise Refused(
                "store.foreign",
                N_("The file is not a {kind} of this program; it is left as it is."),
                N_("Look at the path in the settings."),
                kind=kind.name,
            )
        return 0
    if not 0 <= version <= len(_migrations(kind.name)):
        raise Refused(
            "store.newer",
            N_("The {kind} was written by a newer version of this program; it is left as it is."),
            N_("Install that version, or a newer one."),
            kind=kind.name,
        )
    return int(version)


def _migrate(connection: apsw.Connection, kind: Kind, number: int, script: str) -> None:
    try:
        connection.execute("begin immediate")
        connection.execute(script)
        connection.execute(f"pragma application_id={kind.application}")
        connection.execute(f"pragma user_version={number}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:  # SQLite may have rolled back itself
            connection.execute("rollback")
        raise


def close(connection: apsw.Connection) -> None:
    """Close a connection; what was committed stays so, whatever happens now.

    The last one to close copies the write-ahead log to its place; where that fails, the next start
    does it, so there is nothing to tell.
    """
    with contextlib.suppress(apsw.Error):
        connection.close(True)


@cache
def _migrations(kind: str) -> tuple[tuple[int, str], ...]:
    folder = files("detente.store") / "migrations" / kind
    found = sorted((file.name, file.read_text("utf-8")) for file in folder.iterdir())
    return tuple((int(name[:4]), script) for name, script in found)


@cache
def _expected_schema(kind: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(":memory:")
    for _, script in _migrations(kind):
        connection.execute(script)
    return _schema(connection)


def _schema(connection: apsw.Connection) -> list[tuple[object, ...]]:
    rows = connection.execute("select type, name, tbl_name, sql from sqlite_schema order by name")
    return rows.fetchall()


def _check_schema(connection: apsw.Connection, kind: Kind) -> None:
    """Compare the tables with those that the migrations make: about 1 ms, and no surprise later."""
    if _schema(connection) != _expected_schema(kind.name):
        raise damaged(N_("its tables are not those of this program"))
