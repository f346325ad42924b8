"""How much one party may make us store in an hour: excess waits, nothing is refused.

Carries out docs/spec/09-exchange.md §6: a token bucket per party and lane, filled evenly over the hour
from the quotas that the genesis fixed. A log is gapless, so what is chained cannot be left out; it
can only be fetched later.

Invariants: the clock is an argument; the line's bucket is never touched by the table.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.terms.times import HOUR


class Bucket(NamedTuple):
    """Bytes that may be fetched now, out of a quota per hour."""

    per_hour: int
    tokens: int
    at: int
    """Milliseconds at which `tokens` was counted."""


def fill(per_hour: int, now: int) -> Bucket:
    """Return a full bucket."""
    return Bucket(per_hour, per_hour, now)


def refill(bucket: Bucket, now: int) -> Bucket:
    """Return the bucket as it stands at `now`; a clock that went back adds nothing."""
    elapsed = max(0, now - bucket.at)
    tokens = min(bucket.per_hour, bucket.tokens + bucket.per_hour * elapsed // HOUR)
    return Bucket(bucket.per_hour, tokens, max(now, bucket.at))


def take(bucket: Bucket, amount: int, now: int) -> Bucket:
    """Return the bucket after `amount` bytes came in; it may go below nothing, and then fills first."""
    full = refill(bucket, now)
    return full._replace(tokens=full.tokens - amount)
