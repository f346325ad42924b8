"""What a peer gives: a name with its version, and a value; or the reason why there is none."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figure import Figure


class Missing(Exception):
    """The peer cannot be run here; the words say why."""


class Measured(NamedTuple):
    """One value of a peer."""

    name: str
    value: float


def need(*programs: str) -> None:
    """Raise `Missing` unless every program is installed."""
    for program in programs:
        if shutil.which(program) is None:
            raise Missing(f"not installed: no program {program}")


@contextlib.contextmanager
def running(command: list[str], log: Path, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program while the block lasts; it is told to stop, and ended after ten seconds."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **how
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_port(host: str, port: int, process: subprocess.Popen[bytes], limit_s: float = 60) -> None:
    """Wait until a program listens. Raises `Missing` when it ends or takes too long."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.05)
    raise Missing(f"did not start on {host}:{port}")


def version(*command: str) -> str:
    """Return the first line that a program says about itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return ((done.stdout or done.stderr).splitlines() or ["?"])[0].strip()


def beside(
    figure: Figure, measured: Callable[[], Measured], is_met: Callable[[float, float], bool]
) -> Figure:
    """Return the figure with its peer's value beside it, or with the reason why there is none."""
    try:
        theirs = measured()
    except Missing as missing:
        return figure._replace(peer=str(missing))
    met = is_met(figure.value, theirs.value)
    return figure._replace(peer=theirs.name, peer_value=theirs.value, met=met)
