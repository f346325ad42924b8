"""A disk that runs full or fails at a chosen step, and recovers when told to."""

from __future__ import annotations

import apsw


class FailingDisk(apsw.VFS):
    """Writes through to real files until its budget is spent."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left: int | None = None
        """Steps that still succeed; None for all."""
        self.error: type[apsw.Error] = apsw.FullError
        self.failed = 0
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self, name, flags)

    def fail_after(self, steps: int, error: type[apsw.Error] = apsw.FullError) -> None:
        """Let `steps` writes, syncs and truncations succeed and every later one fail."""
        self.left, self.error, self.failed = steps, error, 0

    def recover(self) -> None:
        """Let everything succeed again."""
        self.left = None

    def step(self, can_run_full: bool = True) -> None:
        if self.left is None:
            return
        if self.left > 0:
            self.left -= 1
            return
        if can_run_full or self.error is not apsw.FullError:
            self.failed += 1
            raise self.error("no space left" if self.error is apsw.FullError else "broken")


class _File(apsw.VFSFile):
    def __init__(
        self, disk: FailingDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("", name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.step()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.step(can_run_full=False)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.step()
        super().xSync(flags)
