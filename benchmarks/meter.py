"""What stands beside every figure: this disk's own fdatasync, the load, the machine, the time.

The disk of one machine can move by a factor of twenty within an hour, so a figure without the median
that was measured in the same minutes says nothing (docs/guides/benchmarks.md).
"""

from __future__ import annotations

import datetime
import os
import platform
import statistics
import time
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_BLOCK = bytes(4096)
_PROBES = 60
_HASHES = 50_000


class Weather(NamedTuple):
    """The conditions under which a figure was measured."""

    fdatasync_ms: float
    """Median of appending 4 KiB and one fdatasync, on the disk that the figures use."""
    sha256_per_ms: float
    """SHA-256 digests of 1 KiB per millisecond of processor time: how fast a core is just now."""
    load: float
    """Load average of the last minute."""


def probe(folder: Path) -> Weather:
    """Measure the disk under `folder` and read the load."""
    path = folder / "probe"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    times: list[float] = []
    try:
        for _ in range(_PROBES):
            began = time.perf_counter()
            os.write(handle, _BLOCK)
            os.fdatasync(handle)
            times.append(time.perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()
    return Weather(1000 * statistics.median(times), _hash_rate(), os.getloadavg()[0])


def _hash_rate() -> float:
    began = time.process_time()
    for _ in range(_HASHES):
        sha256(_BLOCK[:1024]).digest()
    return _HASHES / (1000 * (time.process_time() - began))


def between(before: Weather, after: Weather) -> Weather:
    """Return the weather of a figure from a probe at each end of it."""
    return Weather(
        (before.fdatasync_ms + after.fdatasync_ms) / 2,
        (before.sha256_per_ms + after.sha256_per_ms) / 2,
        max(before.load, after.load),
    )


def median(values: list[float]) -> float:
    """Return the median of several runs."""
    return statistics.median(values)


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of all values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def machine() -> str:
    """Return processor, cores, memory and versions in one line."""
    name = platform.processor() or "?"
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            name = line.partition(":")[2].strip()
            break
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kernel, python = platform.release(), platform.python_version()
    return f"{name}, {os.cpu_count()} cores, {pages:.0f} GiB, Linux {kernel}, Python {python}"


def now() -> str:
    """Return the date and time in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def memory_of(process: int) -> tuple[float, float]:
    """Return the resident memory of a process and the most it ever had, in MB of 10**6 bytes."""
    found = {"VmRSS": 0.0, "VmHWM": 0.0}
    for line in Path(f"/proc/{process}/status").read_text("utf-8").splitlines():
        key, _, rest = line.partition(":")
        if key in found:
            found[key] = int(rest.split()[0]) * 1024 / 1e6
    return found["VmRSS"], found["VmHWM"]
