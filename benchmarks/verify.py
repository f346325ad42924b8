"""Verification of an export, offline: machine entries, and acts that each bear a delegate's signature.

The bundle is read from memory in pieces of 256 KiB by the same function that ``detente verify`` calls.
Rates are per second of one core's processor time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import ACTS, ENTRIES, Ground, opened
from benchmarks.nodes import Pair
from benchmarks.peers import git
from benchmarks.peers.peer import beside
from detente.node.record_api import BookSource
from detente.record.bundle import write_bundle
from detente.verify.bundle import verify_bundle
from detente.verify.report import Outcome

GOAL, GOAL_SIGNED = 100_000, 4_000
_PIECE = 1 << 18
_COMMITS = 200


def measure(ground: Ground) -> list[Figure]:
    """Return both rates."""
    plain = _rate(ground, ground.grown("verify"), ground.count(ENTRIES))
    ground.forget("verify")
    acts = ground.count(ACTS)
    signed = _rate(ground, ground.signed("verify"), acts)
    ground.forget("verify")
    signed_figure = Figure("verify, signed", signed, "/s")
    return [
        Figure(
            "verify", plain, "/s", f">= {GOAL}", plain >= GOAL, note="machine entries, one core"
        ),
        signed_figure._replace(
            goal=f">= {GOAL_SIGNED}", met=signed >= GOAL_SIGNED, note=f"{acts} acts, one core"
        ),
        beside(
            signed_figure,
            lambda: git.verified(ground.work, ground.count(_COMMITS)),
            lambda ours, theirs: ours >= theirs,
        )._replace(met=None),
    ]


def _rate(ground: Ground, pair: Pair, count: int) -> float:
    with opened(pair, "a") as (house, _):
        bundle = b"".join(write_bundle(BookSource(house.room().book)))
    rates = []
    for _ in range(ground.runs):
        began = time.process_time()
        report = verify_bundle(_pieces(bundle))
        rates.append(report.entries / (time.process_time() - began))
        if report.outcome is not Outcome.INTACT or report.entries < count:
            raise RuntimeError(f"the bundle does not verify: {report.damage or report.doubts}")
    return meter.median(rates)


def _pieces(bundle: bytes) -> Iterator[bytes]:
    for at in range(0, len(bundle), _PIECE):
        yield bundle[at : at + _PIECE]
