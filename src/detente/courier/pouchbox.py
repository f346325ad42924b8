"""Pouch files: written whole or not at all, never over another, and read as plain bytes.

Carries out docs/spec/10-pouch.md §9. A pouch is written beside its place under a passing name,
made durable, and only then given its name; what breaks off in between leaves no file that looks
like a pouch. The name is first taken by an empty file that only its maker can have made, because
media that people carry (FAT, exFAT) have no hard links and a plain rename would replace.

Invariants: where to write and what to read is said by the person alone; nothing inside a pouch is
looked at here, so nothing in it can name a path; names are made of digests and numbers. These
calls block: run them beside the event loop.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from detente.terms.errors import N_, Refused, Unavailable
from detente.terms.limits import KIB

_CHUNK_BYTES: Final = 256 * KIB
_BUFFER_BYTES: Final = 1024 * KIB


def suggest_name(digest: bytes, counter: int) -> str:
    """Return a file name that tells a carrier no party and no subject: ``pouch-0f3a91c2-12.age``.

    Args:
        digest: the manifest's, which nobody can compute without opening the pouch.
        counter: the pouch's number for its recipient; the carrier can read it.
    """
    return f"pouch-{digest[:4].hex()}-{counter}.age"


def check_place(path: Path) -> None:
    """See whether a pouch could be written there, before a number is given to it.

    Raises:
        Refused: ``pouch.exists``. Unavailable: ``pouch.write`` for a folder that takes no file.
    """
    if os.path.lexists(path):
        raise _exists(path)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        code = errno.EACCES if path.parent.is_dir() else errno.ENOENT
        raise _not_written(path, OSError(code, os.strerror(code)))


def write_file(path: Path, chunks: Iterable[bytes]) -> int:
    """Write a pouch file, durable on return, readable by this user alone.

    Args:
        path: where it goes; the folder exists, the file does not.
        chunks: from `exchange.pouch.write_pouch`; a fault of theirs passes through.

    Returns:
        The number of bytes written.

    Raises:
        Refused: ``pouch.exists`` when something of that name is there, a dangling link included.
        Unavailable: ``pouch.write`` when the folder or medium does not take the file; nothing is
            left behind.
    """
    if os.path.lexists(path):
        raise _exists(path)
    try:
        descriptor, name = tempfile.mkstemp(prefix=".pouch-", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _not_written(path, error) from error
    passing = Path(name)
    try:
        written = _fill(descriptor, path, chunks)
        _give_name(passing, path)
    except BaseException:
        with contextlib.suppress(OSError):
            passing.unlink()
        raise
    return written


@contextlib.contextmanager
def open_file(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a pouch file for `exchange.pouch.read_pouch`; closed when the block ends.

    Raises:
        Refused: ``pouch.file`` when there is no such file, or it is a folder, pipe or device.
        Unavailable: ``pouch.read`` when it cannot be opened or read.
    """
    try:
        # Without O_NONBLOCK a pipe of that name would hang before it can be recognised.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise _no_file(path) from None
    except OSError as error:
        raise _not_read(path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _no_file(path)
        yield _read_chunks(descriptor, path)
    finally:
        os.close(descriptor)


def _fill(descriptor: int, path: Path, chunks: Iterable[bytes]) -> int:
    """Write and sync everything; the descriptor is closed in any case."""
    written = 0
    try:
        with os.fdopen(descriptor, "wb", buffering=_BUFFER_BYTES) as file:
            for chunk in chunks:
                written += file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _not_written(path, error) from error
    return written


def _give_name(passing: Path, path: Path) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise _not_written(path, error) from error
    try:
        passing.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise _not_written(path, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems in user space cannot sync a folder, and say so in this way.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(descriptor)


def _read_chunks(descriptor: int, path: Path) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK_BYTES)
        except OSError as error:
            raise _not_read(path, error) from error
        if not chunk:
            return
        yield chunk


def _exists(path: Path) -> Refused:
    return Refused(
        "pouch.exists",
        N_("There is already something named {name}; it was left as it is."),
        N_("Choose another name, or move the other file away."),
        name=path.name,
    )


def _no_file(path: Path) -> Refused:
    return Refused(
        "pouch.file",
        N_("{name} is not a file."),
        N_("Check the name, and that the medium it lies on is attached."),
        name=path.name,
    )


def _not_written(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "pouch.write",
        N_("The pouch {name} could not be written: {why}."),
        N_("Check that the folder exists and has room, then write it again."),
        name=path.name,
        why=error.strerror or "unknown reason",
    )


def _not_read(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        "pouch.read",
        N_("The pouch {name} could not be read: {why}."),
        N_("Check the medium it lies on, then read it again."),
        name=path.name,
        why=error.strerror or "unknown reason",
    )
