"""The pulse of one link: when to beat, and when the other side counts as gone.

Carries out docs/spec/09-exchange.md §5. Only whole segments count as a sign of life, in both
directions, so a peer that trickles single bytes is as silent as one that sends none: the least
progress that keeps a link is one segment in `dead_s`.

Invariant: reads no clock; `now` is any clock that only goes forward, in seconds.
"""

from __future__ import annotations

from enum import Enum, auto


class Beat(Enum):
    """What is due."""

    NOTHING = auto()
    BEAT = auto()
    SILENT = auto()
    STALLED = auto()


class Pulse:
    """Times of one link.

    Args:
        heartbeat_s: longest time without a segment of ours.
        dead_s: longest time without one of theirs, or without room for ours.
        now: the present.
    """

    def __init__(self, heartbeat_s: float, dead_s: float, now: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._dead_s = dead_s
        self._sent = now
        self._heard = now
        self._blocked: float | None = None

    def sent(self, now: float) -> None:
        """Note that a segment of ours left."""
        self._sent = now

    def heard(self, now: float) -> None:
        """Note that a whole segment of theirs came, or that we ourselves are not listening."""
        self._heard = now

    def blocked(self, now: float) -> None:
        """Note that the network takes no more for now."""
        self._blocked = now

    def freed(self) -> None:
        """Note that the network took all it was given."""
        self._blocked = None

    def is_silent(self, now: float) -> bool:
        """Return whether two heartbeats of theirs are missing."""
        return now - self._heard >= 2 * self._heartbeat_s

    def quiet_s(self, now: float) -> float:
        """Return the seconds since their last segment."""
        return now - self._heard

    def judge(self, now: float) -> Beat:
        """Return what is due at `now`."""
        if now - self._heard >= self._dead_s:
            return Beat.SILENT
        if self._blocked is not None and now - self._blocked >= self._dead_s:
            return Beat.STALLED
        return Beat.BEAT if now - self._sent >= self._heartbeat_s else Beat.NOTHING

    def due(self) -> float:
        """Return when `judge` should next be asked."""
        times = [self._heard + self._dead_s, self._sent + self._heartbeat_s]
        if self._blocked is not None:
            times.append(self._blocked + self._dead_s)
        return min(times)
