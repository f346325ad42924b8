"""One process at a time may write a store: a lock of the operating system on a file beside it.

Invariants: the lock ends with the process, however it ends; the lock file itself is never removed,
because removing it would let two processes hold two locks of one name.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from detente.terms.errors import N_, Unavailable


class WriterLock:
    """Hold the right to write one database.

    Args:
        path: of the database; the lock file is named ``<path>.lock``.

    Raises:
        Unavailable: ``store.locked`` when another process, or this one, holds it already;
            ``store.open`` when the lock file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        name = path.with_name(path.name + ".lock")
        try:
            self._file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise cannot_open(error) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip() or "?"
            os.close(self._file)
            raise Unavailable(
                "store.locked",
                N_("The store is already open for writing in process {pid}."),
                N_("Speak to that process through its commands, or end it (kill {pid}) first."),
                pid=holder,
            ) from error
        # The number is for the sentence above only: the lock holds on a full disk as well.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process write; harmless when repeated."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def cannot_open(error: OSError) -> Unavailable:
    """Return the fault of a file that the system does not let us open."""
    return Unavailable(
        "store.open",
        N_("The store's files cannot be opened: {why}."),
        N_("See that the folder exists and belongs to the user who runs this program."),
        why=error.strerror or "unknown reason",
    )
