"""Files that commands read and write: never over another file, and readable by their owner alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from detente.cli.words import N_
from detente.terms.errors import Refused


def write_new(path: Path, data: bytes) -> None:
    """Write a file that does not exist yet.

    Raises:
        Refused: ``cli.file.exists``.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(
            "cli.file.exists",
            N_("There is a file {path} already, and it is not written over."),
            N_("Choose another name, or move the file away."),
            path=str(path),
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def read_all(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``."""
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
