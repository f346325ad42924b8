"""Machine entries per second, written durable in batches: from a body to a signed checkpoint on disk.

In one process, without a link: made, hashed, chained, judged, signed once per batch of 2 000, committed.
"""

from __future__ import annotations

import time

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import ENTRIES, PAYLOAD, Ground, opened


def measure(ground: Ground) -> list[Figure]:
    """Return entries per second."""
    rates = []
    count = ground.count(ENTRIES)
    for _ in range(ground.runs):
        pair = ground.pair("machine")
        with opened(pair, "a") as (_, growing):
            began = time.monotonic()
            growing.machine(count, PAYLOAD)
            rates.append(count / (time.monotonic() - began))
        ground.forget("machine")
    return [Figure("machine", meter.median(rates), "/s", note=f"{count} entries of 1 KiB")]
