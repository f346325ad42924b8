"""What a person is told when the disk or the database does not answer.

Carries out docs/spec/00-terms.md §6 for this room: every error of SQLite leaves it as a fault with
a code, a sentence and a next step. Invariant: no exception of the database library passes a public
name of this room.
"""

from __future__ import annotations

from types import TracebackType
from typing import Final

import apsw

from detente.terms.errors import N_, Bug, Fault, Rejected, Unavailable

# These I/O errors say that the file is cut short, or that checksums of the file system do not fit.
_BROKEN_FILE: Final = frozenset(
    {apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_CORRUPTFS, apsw.SQLITE_IOERR_DATA}
)


class Answering:
    """Turn what the database raises inside a ``with`` block into this room's faults.

    Used around the room's own statements only, never around a caller's code: `Rejected` and broken
    UTF-8 come from decoding stored bytes, and mean that they are no longer what was stored.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        """Begin to watch."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if (fault := fault_of(error)) is not None:
            raise fault from error


ANSWERING: Final = Answering()


class UnitGuard(Answering):
    """Surround each method of a unit: the first fault of the database stops all that follows.

    SQLite may have undone the transaction already; a later statement would then stand alone.
    """

    __slots__ = ("fault", "has_ended")

    def __init__(self) -> None:
        self.has_ended = False
        self.fault: Fault | None = None

    def check(self) -> None:
        """Raise what ended the unit, if anything did."""
        if self.fault is not None:
            raise self.fault
        if self.has_ended:
            raise Bug("a unit was used after its end")

    def __enter__(self) -> None:
        self.check()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if (fault := fault_of(error)) is not None:
            self.fault = fault
            raise fault from error


def fault_of(error: BaseException | None) -> Fault | None:
    """Return the fault that stands for an error of the database; None for any other error."""
    if isinstance(error, apsw.Error):
        return _fault_of_database(error)
    if isinstance(error, Rejected | UnicodeDecodeError):
        return damaged(N_("stored bytes are not what was stored"))
    return None


def _is_broken_file(error: apsw.IOError) -> bool:
    return getattr(error, "extendedresult", 0) in _BROKEN_FILE


def _fault_of_database(error: apsw.Error) -> Fault:
    if isinstance(error, apsw.FullError):
        return Unavailable(
            "store.full",
            N_("The disk with the store is full; nothing of this was saved."),
            N_("What was saved before is safe and can be read. Free some space, then try again."),
        )
    if isinstance(error, apsw.IOError) and not _is_broken_file(error):
        return Unavailable(
            "store.io",
            N_("The disk with the store did not do as it was asked; nothing of this was saved."),
            N_("Look for errors of the disk in the system's log, then try again."),
        )
    if isinstance(error, apsw.CantOpenError | apsw.PermissionsError | apsw.ReadOnlyError):
        return Unavailable(
            "store.open",
            N_("The store's files cannot be opened or written."),
            N_("See that the folder exists and belongs to the user who runs this program."),
        )
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return Unavailable(
            "store.busy",
            N_("The store is busy with another task; nothing of this was saved."),
            N_("Try again; a backup or check of the store may be running."),
        )
    if isinstance(error, apsw.ConnectionClosedError | apsw.CursorClosedError):
        return Unavailable("store.closed", N_("The store is closed."))
    if isinstance(error, apsw.NoMemError):
        return Unavailable("store.memory", N_("There was not enough memory for the store."))
    if isinstance(error, apsw.MisuseError | apsw.BindingsError | apsw.ThreadingViolationError):
        return Bug(f"database: {error}")
    # The rest (malformed, not a database, a table or column that is not there, a constraint that
    # our own checks had found kept) says that the file is not what this program wrote.
    return damaged(str(error))


def damaged(what: str) -> Unavailable:
    """Return the fault of a database that is not what was written, place unknown."""
    return Unavailable("store.damaged", N_("The store is damaged: {what}."), _MEND, what=what)


def damaged_at(log: bytes, seq: int, what: str) -> Unavailable:
    """Return the fault of a log that is not what was written, from position `seq` on."""
    return Unavailable(
        "store.damaged",
        N_("The store is damaged in log {log} at position {seq}: {what}."),
        _MEND,
        log=log[:5].hex(),
        seq=seq,
        what=what,
    )


_MEND: Final = N_(
    "Write nothing more to it. Run `detente doctor` to see what is whole, then `detente restore`"
    " with the newest backup; what the other side has received comes back from there."
)
