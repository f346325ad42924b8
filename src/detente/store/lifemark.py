"""The life mark: a small file elsewhere that remembers how far our own logs had come.

Carries out docs/spec/02-order.md §8 (restore rule) on the side of the disk. A node must never enter
two entries at one position, and a store that was set back to an older copy looks perfectly whole.
The mark lies outside the node's directory, so that what sets the store back leaves the mark alone.

Invariants: a missing, foreign or unreadable mark proves nothing, so the answer is then UNKNOWN;
the mark may lag behind the store by a second, and never runs ahead of what is committed.

Known weakness: a snapshot of the whole machine sets back the mark as well, and what was lost of the
last second before a crash is not in it. Only what other nodes hold of us finds these.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final, Protocol
from zlib import crc32

from detente.ports import Clock, Store
from detente.store.placing import save_text
from detente.terms.errors import N_, Unavailable
from detente.terms.ids import LogId
from detente.terms.times import SECOND

_TITLE: Final = "detente life mark 1"


class Continuity(Enum):
    """Whether the store is the one that was written last."""

    PROVEN = "proven"
    """The last run of this very store left the mark, and no entry is missing."""
    UNKNOWN = "unknown"
    """There is no mark, or another store's: others must tell us our own head before we write."""
    BEHIND = "behind"
    """The mark names entries of ours that the store does not hold."""


class LiveStore(Store, Protocol):
    """A store that knows its runs and whether it is a copy."""

    def run(self) -> bytes:
        """Return the id of the run that wrote last; empty before the first."""

    def begin_run(self) -> bytes:
        """Give this run an id of its own, durable on return."""

    def restored(self) -> bool:
        """Tell whether this is a copy, which may lack entries that others hold of us."""

    def mark_live(self) -> None:
        """Say that the restore rule has been satisfied."""


class LifeMark:
    """The mark of one node.

    Args:
        path: outside the node's directory; its folder is made where needed.
        clock: decides only how often the mark is written.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._run = b""
        self._sizes: dict[LogId, int] = {}
        self._written_at = 0
        self._is_written = True

    def compare(self, store: LiveStore) -> Continuity:
        """Tell whether `store` is where the mark says that our logs had come."""
        mark = _read(self._path)
        if mark is None:
            return Continuity.UNKNOWN
        run, sizes = mark
        logs = (log for talk in store.dialogues() for log in store.logs(talk))
        held = {log.info.log: log.head.size for log in logs}
        if any(size > held.get(log, 0) for log, size in sizes.items()):
            return Continuity.BEHIND
        return Continuity.PROVEN if run and run == store.run() else Continuity.UNKNOWN

    def logs(self) -> frozenset[LogId]:
        """Return the own logs that the mark names as it lies on disk; none without a mark."""
        mark = _read(self._path)
        return frozenset(mark[1]) if mark is not None else frozenset()

    def start(self, store: LiveStore, sizes: Mapping[LogId, int]) -> None:
        """Begin a run: give the store a new id, and leave a mark with it.

        Args:
            store: after `compare`, and after the restore rule where that asked for it.
            sizes: our own logs and their committed sizes.

        Raises:
            Unavailable: ``store.mark`` when the mark cannot be written.
        """
        self._run = store.begin_run()
        self._sizes = dict(sizes)
        self._write()

    def note(self, log: LogId, size: int) -> None:
        """Note that one of our own logs has `size` committed entries; written once a second.

        Raises:
            Unavailable: ``store.mark``; the entries are safe, and only the mark lags behind.
        """
        self._sizes[log] = size
        self._is_written = False
        if not 0 <= self._clock.now() - self._written_at < SECOND:
            self._write()

    def close(self) -> None:
        """Write what has been noted. Raises `Unavailable` ``store.mark``."""
        if not self._is_written:
            self._write()

    def _write(self) -> None:
        lines = [_TITLE, f"run {self._run.hex()}"]
        lines += [f"log {log.hex()} {size}" for log, size in sorted(self._sizes.items())]
        text = "".join(f"{line}\n" for line in lines)
        text += f"sum {crc32(text.encode()):08x}\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            save_text(self._path, text)
        except OSError as error:
            raise Unavailable(
                "store.mark",
                N_("The life mark cannot be written: {why}."),
                N_("See that {folder} can be written; until then an old copy may go unnoticed."),
                why=error.strerror or "unknown reason",
                folder=str(self._path.parent),
            ) from error
        self._written_at = self._clock.now()
        self._is_written = True


def _read(path: Path) -> tuple[bytes, dict[LogId, int]] | None:
    """Return run id and sizes of a mark; None for one that is missing or not as it was written."""
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    body, sign, sum_hex = text.rpartition("sum ")
    if not sign or sum_hex != f"{crc32(body.encode()):08x}\n":
        return None
    title, *lines = body.splitlines()
    if title != _TITLE:
        return None
    run, *logs = (line.split(" ")[1:] for line in lines)
    sizes = {LogId(bytes.fromhex(log)): int(size) for log, size in logs}
    return bytes.fromhex(run[0]), sizes
