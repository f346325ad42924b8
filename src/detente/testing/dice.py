"""Dice that fall the same for the same seed (`ports.Dice`). For tests and simulations only."""

from __future__ import annotations

from hashlib import shake_256


class SeededDice:
    """A stream of bytes that follows from a seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._thrown = 0

    def bytes(self, count: int) -> bytes:
        """Return `count` bytes, others each time."""
        self._thrown += 1
        return shake_256(f"{self._seed}/{self._thrown}".encode()).digest(count)
