"""New files for people: written aside, durable, and given their name only when they are whole.

Invariants: nothing that exists is written over; what breaks off leaves nothing behind, but for a
death of the process, which leaves a file whose name begins with a dot and ends with ``.part``.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def placed(target: Path) -> Iterator[Path]:
    """Yield an empty private file beside `target`; it takes that name when the block ends well.

    Raises:
        FileExistsError: something of that name is there, or came meanwhile; it is left as it is.
        OSError: the folder does not take a file.
    """
    if os.path.lexists(target):
        raise FileExistsError(target)
    handle, name = tempfile.mkstemp(prefix=".detente-", suffix=".part", dir=target.parent)
    passing = Path(name)
    try:
        os.close(handle)
        yield passing
        _sync(passing, must=True)
        # Media that people carry have no hard links, and a plain rename would replace: the name is
        # taken first by an empty file that nobody else can have made.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        passing.replace(target)
    finally:
        passing.unlink(missing_ok=True)
    _sync(target.parent, must=False)


def _sync(path: Path, *, must: bool) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if must:
            raise  # some file systems cannot sync a folder; all can sync a file
    finally:
        os.close(handle)
