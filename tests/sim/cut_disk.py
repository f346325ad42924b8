"""A disk whose power can be cut at any moment: an SQLite VFS that remembers every step.

What was synced stays. Of what was written since, each write stays, is lost, or is torn at a sector,
as a seed decides; so do truncations, and until the folder is synced, deletions and new names. A cut
therefore looks as on a disk that keeps its promises about syncs and none about order.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final, NamedTuple

import apsw

SECTOR: Final = 512

_JOURNALS: Final = (
    apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
)

WRITE, TRUNCATE, SYNC, DELETE, SYNC_FOLDER = range(5)


class Step(NamedTuple):
    """One thing asked of the disk."""

    kind: int
    name: str
    """File name without its folder."""
    at: int = 0
    """Offset of a write; new size of a truncation."""
    data: bytes = b""


class CutDisk(apsw.VFS):
    """Writes through to real files and remembers every step. One disk at a time bears one name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps: list[Step] = []
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        super().xDelete(filename, syncdir)
        self.steps.append(Step(DELETE, Path(filename).name))
        if syncdir:
            self.steps.append(Step(SYNC_FOLDER, ""))


class _File(apsw.VFSFile):
    def __init__(
        self, disk: CutDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("", name, flags)
        text = name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary"
        self._name = Path(text).name
        self._steps = disk.steps
        # SQLite's own VFS syncs the folder with the first sync of a new journal of either kind.
        self._must_sync_folder = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _JOURNALS)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._steps.append(Step(WRITE, self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._steps.append(Step(TRUNCATE, self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._steps.append(Step(SYNC, self._name))
        if self._must_sync_folder:
            self._steps.append(Step(SYNC_FOLDER, ""))
            self._must_sync_folder = False


def files_after_cut(steps: list[Step], cut: int, dice: random.Random) -> dict[str, bytes]:
    """Return the files as the next start finds them when the power fails after `cut` steps."""
    content: dict[str, bytearray] = {}
    named: set[str] = set()
    unsynced: dict[str, list[Step]] = {}
    deleted: dict[str, bytearray] = {}
    for step in steps[:cut]:
        if step.kind == SYNC_FOLDER:
            named = set(content) | set(unsynced)
            deleted.clear()
        elif step.kind == DELETE:
            unsynced.pop(step.name, None)
            if (gone := content.pop(step.name, None)) is not None and step.name in named:
                deleted[step.name] = gone
        elif step.kind == SYNC:
            for done in unsynced.pop(step.name, []):
                _apply(content, done)
        else:
            unsynced.setdefault(step.name, []).append(step)
    for name, data in deleted.items():
        if name not in content and dice.random() < 0.5:
            content[name] = data
    for step in (step for pending in unsynced.values() for step in pending):
        fate = dice.random()
        if fate < 0.4:
            _apply(content, step)
        elif fate < 0.6 and step.kind == WRITE:
            _apply(content, _torn(step, dice))
    return {
        name: bytes(data) for name, data in content.items() if name in named or dice.random() < 0.5
    }


def _torn(step: Step, dice: random.Random) -> Step:
    """Return the part of a write that reached the disk: up to, or from, some sector border."""
    end = step.at + len(step.data)
    borders = range((step.at // SECTOR + 1) * SECTOR, end, SECTOR)
    if not borders:
        return step._replace(data=b"")
    middle = dice.choice(borders) - step.at
    if dice.random() < 0.5:
        return step._replace(data=step.data[:middle])
    return step._replace(at=step.at + middle, data=step.data[middle:])


def _apply(files: dict[str, bytearray], step: Step) -> None:
    data = files.setdefault(step.name, bytearray())
    if step.kind == TRUNCATE:
        del data[step.at :]
        data.extend(bytes(step.at - len(data)))
    elif step.data:
        data.extend(bytes(max(0, step.at + len(step.data) - len(data))))
        data[step.at : step.at + len(step.data)] = step.data
