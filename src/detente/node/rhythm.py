"""When a node enters minutes: soon after the talk falls quiet, and now and then while it does not.

Carries out docs/spec/02-order.md §7.7. Invariant: reads no clock; decides nothing about what a minute says.
"""

from __future__ import annotations

from typing import Final, NamedTuple

RESTS: Final = 10
"""What comparing a minute took is waited for as many times before the next, so that another party that
enters false ones has a tenth of our time at most."""

MOST_QUIETS: Final = 10
"""A talk that never falls quiet is minuted once in as many quiet times."""


class Due(NamedTuple):
    """What may be entered now."""

    confirm: bool
    """A minute of another party."""
    begin: bool
    """One of our own."""


class Rhythm:
    """The rhythm of one dialogue's minutes.

    Args:
        quiet_s: seconds without news after which a minute is begun.
        now: seconds of a clock that never goes back; silence begins here.
    """

    def __init__(self, quiet_s: float, now: float) -> None:
        self._quiet_s = quiet_s
        self._news_at = now
        self._news_since: float | None = None
        """When the first of what no minute was tried for came."""
        self._entered_at = now - quiet_s
        self._rests_until = now

    def note_news(self, now: float) -> None:
        """Take note that something was entered or came."""
        self._news_at = now
        if self._news_since is None:
            self._news_since = now

    def note_minute(self, now: float) -> None:
        """Take note that we have entered a minute."""
        self._entered_at = now

    def note_work(self, now: float, took_s: float) -> None:
        """Take note of how long it took to look for minutes, or to make one."""
        self._rests_until = now + RESTS * took_s

    def due(self, now: float) -> Due:
        """Return what may be entered.

        Another's minute is confirmed at once, so that it is final soon; but nobody makes us write one
        every second.
        """
        if now < self._rests_until:
            return Due(confirm=False, begin=False)
        since = now if self._news_since is None else self._news_since
        begin = now - self._news_at >= self._quiet_s or now - since >= MOST_QUIETS * self._quiet_s
        if begin:
            self._news_since = None
        return Due(now - self._entered_at >= self._quiet_s, begin)
