"""A pouch of a large record: sealed into a file at A, imported at B, both durable."""

from __future__ import annotations

import time

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import ENTRIES, Ground, opened
from detente.node.record_api import RecordVerbs

SEAL_S, IMPORT_S = 2.0, 4.0


def measure(ground: Ground) -> list[Figure]:
    """Return the seconds of sealing and of importing."""
    sealing: list[float] = []
    importing: list[float] = []
    size = 0
    for _ in range(ground.runs):
        pair = ground.grown("pouch")
        path = pair.folder / "pouch.age"
        with opened(pair, "a") as (house, growing):
            growing.room.upkeep.make_minute()  # else one over all of it would be due, and be timed
            began = time.monotonic()
            size = RecordVerbs(house, lambda _: None).write_pouch(str(path))["bytes"]
            sealing.append(time.monotonic() - began)
        with opened(pair, "b") as (house, _):
            began = time.monotonic()
            taken = RecordVerbs(house, lambda _: None).read_pouch(str(path))
            importing.append(time.monotonic() - began)
        if not taken["whole"] or taken["new"] < ground.count(ENTRIES):
            raise RuntimeError(f"the pouch was not taken whole: {taken['fault']}")
        ground.forget("pouch")
    note = f"{ground.count(ENTRIES)} entries of 1 KiB, {size / 1e6:.0f} MB"
    sealed, imported = meter.median(sealing), meter.median(importing)
    share = ground.scale
    return [
        Figure("pouch, seal", sealed, "s", "<= 2 s", sealed <= SEAL_S * share, note=note),
        Figure("pouch, import", imported, "s", "<= 4 s", imported <= IMPORT_S * share),
    ]
