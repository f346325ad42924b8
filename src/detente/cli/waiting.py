"""Waits for the other side, for a bounded time, and says in words what for.

Invariants: the clock read here only bounds the waiting; it decides nothing about the record.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

from detente.cli.screen import Screen
from detente.cli.words import _

STEP_S: Final = 0.5
UNSAID_S: Final = 5
"""So short a wait needs no word about it."""

Answer = TypeVar("Answer")


def pause(seconds: float) -> None:
    """Do nothing for a while."""
    time.sleep(seconds)


def now_s() -> float:
    """Return seconds of a clock that only runs forward."""
    return time.monotonic()


def wait_until(
    screen: Screen, what: str, look: Callable[[], Answer | None], within_s: float
) -> Answer | None:
    """Look again and again until there is an answer or the time is over.

    Args:
        what: what is waited for, said once before a waiting that takes its time.
        look: returns None as long as there is nothing yet.
        within_s: seconds; 0 looks once.

    Returns:
        The answer, or None when the time was over first.
    """
    found = look()
    if found is not None or within_s <= 0:
        return found
    if within_s > UNSAID_S:
        screen.note(_("{what} For at most {seconds} s; Ctrl-C stops waiting.", what=what,
                      seconds=int(within_s)))  # fmt: skip
    end = now_s() + within_s
    while found is None and now_s() < end:
        pause(STEP_S)
        found = look()
    return found
