"""Stores that die: before or after any commit, or that answer once that the disk is full.

A node that dies after a commit has saved and not yet sent; a node that dies before one has done
neither. `PowerCut` is no `Exception`, so that nothing in the house can catch it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum

from detente.ports import Unit
from detente.store.memory import MemoryStore
from detente.store.memory_unit import State
from detente.terms.errors import N_, Unavailable


class PowerCut(BaseException):
    """The machine stopped here."""


class Ending(Enum):
    """How a commit ends when it is not as it should."""

    BEFORE = "before"
    """The power goes before it is durable."""
    AFTER = "after"
    """The power goes when it is durable and nothing has left."""
    FULL = "full"
    """The disk is full: undone, and said so."""


class CrashingStore(MemoryStore):
    """A store in memory whose commits can be made to fail, counted from now on."""

    def __init__(self, state: State | None = None) -> None:
        super().__init__(state)
        self.commits = 0
        self._plan: dict[int, Ending] = {}

    def plan(self, ending: Ending, after: int = 0) -> None:
        """Make a commit end badly: the next one, or the one after `after` more."""
        self._plan[self.commits + after] = ending

    def clear_plan(self) -> None:
        """Let all commits end well again."""
        self._plan.clear()

    def picture(self) -> State:
        """Return all that is stored now; a backup or a copied disk would hold the same."""
        return self._state

    @contextlib.contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open a transaction that ends as planned."""
        ending = self._plan.pop(self.commits, None)
        self.commits += 1
        with super().unit() as unit:
            yield unit
            if ending is Ending.BEFORE:
                raise PowerCut
            if ending is Ending.FULL:
                raise Unavailable("store.full", N_("The disk is full."))
        if ending is Ending.AFTER:
            raise PowerCut
