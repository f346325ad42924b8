"""Catch-up: an empty node fetches a large record over a real link, with every check on.

B knows the dialogue and its founding, and lacks all machine entries of A. Timed: from the moment B begins
the session, after handshake and greeting, until the last entry is durable at B. B checks each header,
payload hash, chain, tree and consistency proof, judges every entry, and gives a receipt at the end.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import ENTRIES, PAYLOAD, Ground
from benchmarks.peers import git
from benchmarks.peers.peer import beside

GOAL = 40_000


class Caught(NamedTuple):
    """One catch-up."""

    rate: float
    """Entries per second."""
    idle_mb: float
    """Resident memory of B, served, before."""
    after_mb: float
    peak_mb: float


def measure(ground: Ground) -> list[Figure]:
    """Return entries per second, beside git."""
    rate = meter.median([catch_up(ground).rate for _ in range(ground.runs)])
    count = ground.count(ENTRIES)
    note = f"{count} entries of {PAYLOAD} bytes"
    return [
        Figure("catchup", rate, "/s", f">= {GOAL}", rate >= GOAL, note=note),
        beside(
            Figure("catchup", rate, "/s", "not slower"),
            lambda: git.pushed(ground.work, count, ground.runs),
            lambda ours, theirs: ours >= theirs,
        ),
    ]


def catch_up(ground: Ground) -> Caught:
    """Let B catch up once."""
    count = ground.count(ENTRIES)
    pair = ground.grown("catchup")
    with pair.serve("b") as fetching:
        fetching.wait(lambda one: one["what"] == "ready")
        idle, _ = meter.memory_of(fetching.pid)
        with pair.serve("a"):
            began = fetching.wait(lambda one: one["what"] == "linked")
            ended = fetching.wait_table("held", count)
            after, peak = meter.memory_of(fetching.pid)
    ground.forget("catchup")
    return Caught(count / (ended - began), idle, after, peak)
