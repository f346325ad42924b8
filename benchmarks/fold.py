"""Fold: judging a whole record again from its first entry, and loading the cached state instead."""

from __future__ import annotations

import time

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import ACTS, ENTRIES, Ground, opened
from benchmarks.nodes import Pair
from detente.desk.book import Book


def measure(ground: Ground) -> list[Figure]:
    """Return rates of judging, and the time of loading."""
    entries, acts = ground.count(ENTRIES), ground.count(ACTS)
    machine, _ = _fold(ground, ground.grown("fold"))
    signed, loading = _fold(ground, ground.signed("fold"))
    ground.forget("fold")
    return [
        Figure("fold", entries / machine, "/s", note=f"{entries} machine entries from zero"),
        Figure("fold, acts", acts / signed, "/s", note="each act's signature checked again"),
        Figure("fold, cached", 1000 * loading, "ms", note=f"state with {acts} acts"),
    ]


def _fold(ground: Ground, pair: Pair) -> tuple[float, float]:
    judging, loading = [], []
    with opened(pair, "a") as (house, growing):
        dialogue = growing.room.book.id
        for _ in range(ground.runs):
            with house.store.unit() as unit:
                unit.forget_judgements(dialogue)
            began = time.monotonic()
            book = Book(house.store, dialogue, house.party)
            judging.append(time.monotonic() - began)
            with house.store.unit() as unit:
                unit.keep_snapshot(dialogue, book.snapshot_of(book.state))
            began = time.monotonic()
            again = Book(house.store, dialogue, house.party)
            loading.append(time.monotonic() - began)
            if again.state != book.state:
                raise RuntimeError("the cached state is not the judged one")
    return meter.median(judging), meter.median(loading)
