"""A clock that is moved by hand, and the clocks of nodes that deviate from it.

For tests and simulations: time passes only when the world says so, and a node's clock may be wrong
by any amount, stand still or go back.
"""

from __future__ import annotations

from detente.testing.parties import START_MS


class HandClock:
    """The true time of a simulated world (`ports.Clock`)."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self.now_ms = now_ms

    def now(self) -> int:
        """Return milliseconds since 1970 UTC."""
        return self.now_ms

    def advance(self, ms: int) -> None:
        """Let time pass; the minute hand of a world never goes back."""
        self.now_ms += max(0, ms)


class NodeClock:
    """One node's clock (`ports.Clock`): the true time and a deviation.

    Args:
        true: the world's clock.
        skew_ms: added to it; may be negative, and may be changed at any time.
    """

    def __init__(self, true: HandClock, skew_ms: int = 0) -> None:
        self._true = true
        self.skew_ms = skew_ms

    def now(self) -> int:
        """Return what this node takes for the time; never below 0, as on any machine."""
        return max(0, self._true.now() + self.skew_ms)
