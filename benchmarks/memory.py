"""Memory of a served node: at rest with a small record, and after catching up with a large one."""

from __future__ import annotations

from benchmarks import meter
from benchmarks.catchup import catch_up
from benchmarks.figure import Figure
from benchmarks.ground import ENTRIES, Ground


def measure(ground: Ground) -> list[Figure]:
    """Return megabytes resident."""
    caught = [catch_up(ground) for _ in range(min(3, ground.runs))]
    count = ground.count(ENTRIES)
    return [
        Figure("memory, idle", meter.median([one.idle_mb for one in caught]), "MB"),
        Figure("memory, caught up", meter.median([one.after_mb for one in caught]), "MB",
               note=f"just after {count} entries of 1 KiB"),
        Figure("memory, peak", meter.median([one.peak_mb for one in caught]), "MB"),
    ]  # fmt: skip
