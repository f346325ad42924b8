"""Starting a node with a million entries: from the command to an answer on its socket, and its memory.

The record: 995 000 machine entries of 128 bytes and 5 000 acts of about 1 KiB, in one log of A. The
passphrase costs what it usually does (Argon2id, 256 MiB), so the most memory ever used is that of
unlocking; what the goal speaks of is what the node then keeps.
"""

from __future__ import annotations

import time

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import Ground, opened
from benchmarks.nodes import make_pair
from detente.node.secrets import ask_secret

ENTRIES, ACTS, PAYLOAD = 1_000_000, 5_000, 128
USUAL_MIB = 256
GOAL_S, GOAL_MB = 3.0, 300.0


def measure(ground: Ground) -> list[Figure]:
    """Return seconds and megabytes."""
    acts = ground.count(ACTS)
    pair = make_pair(ground.work / "start", USUAL_MIB)
    with opened(pair, "a") as (house, growing):
        growing.acts(acts, house.files.unlock("head", ask_secret("head")))
        growing.machine(ground.count(ENTRIES) - acts, PAYLOAD)
        entries = sum(head.size for head in growing.room.book.heads.values())
    times, memory, peaks = [], [], []
    for _ in range(ground.runs):
        with pair.serve("a") as served:
            with served.client() as client:
                talk = client.call("status")["dialogues"][0]
            times.append(time.monotonic() - served.began)
            kept, peak = meter.memory_of(served.pid)
        if talk["entries"] != entries:
            raise RuntimeError("the node does not hold what was written")
        memory.append(kept)
        peaks.append(peak)
    ground.forget("start")
    took, kept = meter.median(times), meter.median(memory)
    note = f"{entries} entries, {acts} of them acts; until status is answered"
    return [
        Figure("start", took, "s", "<= 3 s", took <= GOAL_S, note=note),
        Figure("start, memory", kept, "MB", "< 300 MB", kept < GOAL_MB, note="resident, served"),
        Figure("start, peak", meter.median(peaks), "MB", note="while the passphrase is tried"),
    ]
