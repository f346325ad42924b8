"""PostgreSQL for a peer that needs it: one cluster in a folder, reached over a socket in that folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.peer import Missing, running

_SETTINGS: Final = ("shared_buffers=1GB", "listen_addresses=", "unix_socket_permissions=0777")


@contextmanager
def cluster(folder: Path, databases: tuple[str, ...]) -> Iterator[str]:
    """Run a fresh cluster with databases in C collation while the block lasts; yield its socket folder.

    PostgreSQL refuses to run as root, so root's measurements run it as the user ``postgres``.
    """
    programs = _programs()
    how = _user()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The name of a socket is limited to about 100 bytes, so it lies in a folder with a short name.
    with tempfile.TemporaryDirectory(prefix="bench-pg-", dir="/tmp") as short:
        for place in (folder, Path(short)):
            if how:
                shutil.chown(place, how["user"])
        data = folder / "data"
        _run(
            [f"{programs}/initdb", "-D", str(data), "-U", "synapse", "-A", "trust",
             "--locale=C", "-E", "UTF8"], how,
        )  # fmt: skip
        options = [part for one in _SETTINGS for part in ("-c", one)]
        command = [f"{programs}/postgres", "-D", str(data), "-k", short, *options]
        with running(command, folder.with_suffix(".log"), **how):
            for database in databases:
                _run(
                    [f"{programs}/createdb", "-h", short, "-U", "synapse", "-T", "template0", database],
                    how, 100,
                )  # fmt: skip
            yield short


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Missing("not installed: postgresql")
    return found[-1].parent


def _user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise Missing("not installed: postgresql has no user here") from None
    return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}


def _run(command: list[str], how: dict[str, Any], tries: int = 1) -> None:
    while True:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **how)
        if done.returncode == 0:
            return
        tries -= 1
        if not tries:
            raise Missing(f"postgresql: {done.stderr.strip()[-120:]}")
        time.sleep(0.1)
