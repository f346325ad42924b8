"""Give a finished file its name so that a power cut leaves the old file or the new one, whole."""

from __future__ import annotations

import os
from pathlib import Path


def put_in_place(part: Path, target: Path) -> None:
    """Make `part` durable under the name `target`, on the same file system. Raises `OSError`."""
    _sync(part, os.O_RDONLY)
    part.replace(target)
    _sync(target.parent, os.O_RDONLY | os.O_DIRECTORY)


def save_text(target: Path, text: str) -> None:
    """Replace a small private file by `text`, which is ASCII. Raises `OSError`."""
    part = target.with_name(target.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with open(os.open(part, flags, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)
    put_in_place(part, target)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
