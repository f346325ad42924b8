"""Instants: whole milliseconds since 1970-01-01 UTC, written and read as text.

Invariants: nothing here reads a clock; time never decides validity or order (docs/spec/02-order.md §5).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NewType

from detente.terms.errors import N_, Violation

Millis = NewType("Millis", int)
"""Milliseconds since 1970-01-01T00:00:00Z; 0 <= value < 2**63."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last instant datetime can write

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

CLOCK_ALLOWANCE: Final = 2 * MINUTE
"""How far honest clocks may be apart before a claimed time is pointed out."""


def format_utc(at: int) -> str:
    """Return `at` as ``2026-11-23 14:02:05 UTC``; a value no calendar holds is shown as a number."""
    if not 0 <= at <= _LAST:
        return f"{at} ms"
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d %H:%M:%S UTC")


def format_clock(at: int) -> str:
    """Return the time of day of `at` as ``14:02 UTC``."""
    if not 0 <= at <= _LAST:
        return f"{at} ms"
    return (_EPOCH + timedelta(milliseconds=at)).strftime("%H:%M UTC")


def parse_utc(text: str) -> Millis:
    """Return the instant that `text` names, an ISO 8601 date and time with its offset.

    Raises:
        Violation: ``terms.time`` when the text is not such an instant, or names no offset.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment < _EPOCH:
        raise Violation(
            "terms.time",
            N_("{text} is not a date and time with its offset."),
            N_("Write it as 2026-11-23T14:00:00Z."),
            text=text,
        )
    return Millis((moment - _EPOCH) // timedelta(milliseconds=1))
