"""The gate: how many connections may knock at once, from where, and how often.

Carries out docs/spec/09-exchange.md §6. A TLS handshake costs this side about a millisecond, and
whoever knocks is unknown until it is over; so the number under way is bounded, in all and per
place, and so is the rate in all. What is turned away has cost one accepted socket.

Invariants: reads no clock; memory is bounded by the number of admitted connections.
"""

from __future__ import annotations

from collections import Counter


class Gate:
    """Counts of connections that have not yet proved who they are.

    Args:
        at_once: most connections under way.
        per_place: most of them from one place (`address.network_of`).
        per_second: handshakes a second in the long run; `at_once` of them may come in one burst.
        now: the present, in seconds of a clock that only goes forward.
    """

    def __init__(self, at_once: int, per_place: int, per_second: float, now: float) -> None:
        self._at_once = at_once
        self._per_place = per_place
        self._per_second = per_second
        self._allowance = float(at_once)
        self._refilled = now
        self._places: Counter[str] = Counter()

    def admit(self, place: str, now: float) -> bool:
        """Return whether a connection from `place` may begin; if so, it counts until `release`."""
        gained = (now - self._refilled) * self._per_second
        self._allowance = min(float(self._at_once), self._allowance + gained)
        self._refilled = now
        if (
            self._allowance < 1
            or self._places[place] >= self._per_place
            or self._places.total() >= self._at_once
        ):
            # Counter keeps no key that was only looked at.
            return False
        self._allowance -= 1
        self._places[place] += 1
        return True

    def release(self, place: str) -> None:
        """Forget a connection: it proved who it is, or is gone."""
        self._places[place] -= 1
        if self._places[place] <= 0:
            del self._places[place]

    @property
    def under_way(self) -> int:
        """Return the number of admitted connections."""
        return self._places.total()
