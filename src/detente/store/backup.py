"""Copies of a store or drawer, made while the node works, and called a backup once checked.

Carries out docs/spec/02-order.md §8 on the side of the disk: a copy of the record is stamped, and
a node that opens it knows that others may hold entries of its own which it lacks. Encryption and
the container of a backup are not made here.

Invariants: a copy shows one committed state; what did not pass every check is removed, never named
a backup; a file that exists is never written over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import apsw

from detente.store import meta
from detente.store.database import DRAWER, RECORD, Kind, close, open_reader
from detente.store.faults import ANSWERING, damaged
from detente.store.lock import WriterLock, cannot_open
from detente.store.placing import put_in_place
from detente.store.rows import fetch, whole
from detente.store.scrub import Progress, Report, scrub
from detente.terms.errors import N_, Refused

_PAGES: Final = 2000
"""Copied at a time: 16 MiB, some 20 ms, between two reports of progress."""

_BESIDE: Final = ("-wal", "-shm", "-journal")


def copy_database(
    store_path: Path, target_path: Path, progress: Progress = lambda _, __: None
) -> Report:
    """Copy a record while units go on, check the whole copy, and stamp it as a copy.

    Args:
        store_path: of the record; it may be open in this or another process.
        target_path: of the copy, which is one file and does not exist yet.
        progress: called with pages copied and in all, then with entries checked and in all.

    Raises:
        Refused: ``store.exists`` when there is a file at `target_path`.
        Unavailable: ``store.damaged`` naming the first damage, in the store as much as in the copy;
            ``store.full``, ``store.io``, ``store.open``.
    """
    part = _copy(store_path, target_path, RECORD, progress)
    try:
        with ANSWERING:
            copy = apsw.Connection(str(part), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                copy.execute("pragma synchronous=extra")
                meta.mark_copy(copy)
            finally:
                close(copy)
        reader = open_reader(part, RECORD)
        try:
            report = scrub(reader, progress)
        finally:
            close(reader)
        if report.damage:
            raise report.damage[0].fault()
        put_in_place(part, target_path)
    except OSError as error:
        raise cannot_open(error) from error
    finally:
        part.unlink(missing_ok=True)
    return report


def copy_drawer(drawer_path: Path, target_path: Path) -> None:
    """Copy a drawer while it is used, and check the whole copy. Raises as `copy_database`."""
    part = _copy(drawer_path, target_path, DRAWER, lambda _, __: None)
    try:
        reader = open_reader(part, DRAWER)
        try:
            with ANSWERING:
                for (line,) in fetch(reader, "pragma integrity_check(1)"):
                    if line != "ok":
                        raise damaged(line)
                for row in reader.execute("select shelf, key, value, crc from note"):
                    whole(row)
        finally:
            close(reader)
        put_in_place(part, target_path)
    except OSError as error:
        raise cannot_open(error) from error
    finally:
        part.unlink(missing_ok=True)


def install_copy(copy_path: Path, store_path: Path) -> None:
    """Move a checked copy to where a store is opened, and clear what an older one left beside it.

    A write-ahead log of an older store would be replayed into the copy and ruin it. Both paths lie
    on one file system.

    Raises:
        Refused: ``store.exists`` when there is a store at `store_path`: move it away first.
        Unavailable: ``store.locked``, ``store.open``.
    """
    lock = WriterLock(store_path)
    try:
        if store_path.exists():
            raise _exists(store_path)
        for ending in _BESIDE:
            store_path.with_name(store_path.name + ending).unlink(missing_ok=True)
        put_in_place(copy_path, store_path)
    except OSError as error:
        raise cannot_open(error) from error
    finally:
        lock.release()


def _copy(source_path: Path, target_path: Path, kind: Kind, progress: Progress) -> Path:
    """Return a file beside `target_path` with one committed state of the source, as one file."""
    if target_path.exists():
        raise _exists(target_path)
    part = target_path.with_name(target_path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise cannot_open(error) from error
    try:
        source = open_reader(source_path, kind)
        try:
            with ANSWERING:
                _copy_pages(source, part, progress)
        finally:
            close(source)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _copy_pages(source: apsw.Connection, part: Path, progress: Progress) -> None:
    # The open transaction holds one state: without it every commit would begin the copy anew.
    source.execute("begin; select 1 from sqlite_schema").fetchall()
    target = apsw.Connection(str(part), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        with target.backup("main", source, "main") as backup:
            while not backup.done:
                backup.step(_PAGES)
                progress(backup.page_count - backup.remaining, backup.page_count)
        # One file without a write-ahead log beside it, so that it can be carried and read anywhere.
        target.execute("pragma journal_mode=delete").fetchall()
    finally:
        close(target)


def _exists(path: Path) -> Refused:
    return Refused(
        "store.exists",
        N_("There is a file at {path}; it is not written over."),
        N_("Choose another name, or move that file away first."),
        path=str(path),
    )
