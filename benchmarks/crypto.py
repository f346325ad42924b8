"""Hybrid signatures made and verified, on one core: the floor under every figure that needs them.

No code of ours can be faster than the library's Ed25519 and ML-DSA-65 on the same core, so these stand
beside the others: an act takes at least three signatures made and four verified.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import Ground
from detente.seals import labels
from detente.seals.signing import Algorithm, PrivateKey, verify

MESSAGE: Final = bytes(1024)
COUNT: Final = 500
MADE_PER_ACT, VERIFIED_PER_ACT = 3, 4


def measure(ground: Ground) -> list[Figure]:
    """Return signatures made and verified per second of processor time, and what an act takes of both."""
    key = PrivateKey(Algorithm.EVERYDAY, bytes(range(64)))
    signature = key.sign(labels.SIGN_ACT, MESSAGE)
    made = _rate(ground, lambda: key.sign(labels.SIGN_ACT, MESSAGE))
    verified = _rate(ground, lambda: verify(key.public, labels.SIGN_ACT, MESSAGE, signature))
    floor = 1000 * (MADE_PER_ACT / made + VERIFIED_PER_ACT / verified)
    note = f"{MADE_PER_ACT} made and {VERIFIED_PER_ACT} verified, one after the other"
    return [
        Figure("crypto, sign", made, "/s", note="Ed25519 with ML-DSA-65, over 1 KiB"),
        Figure("crypto, verify", verified, "/s"),
        Figure("crypto, of an act", floor, "ms", note=note),
    ]


def _rate(ground: Ground, work: Callable[[], object]) -> float:
    count, rates = ground.count(COUNT), []
    for _ in range(ground.runs):
        began = time.process_time()
        for _ in range(count):
            work()
        rates.append(count / (time.process_time() - began))
    return meter.median(rates)
