"""When to dial again, and which of two links to one peer stays.

Carries out docs/spec/09-exchange.md §5. Pure: dice and standings are arguments.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

from detente.terms.ids import PartyId

_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


class Standing(NamedTuple):
    """What decides between two links to one peer."""

    is_ours: bool
    """Whether we dialled it."""
    is_silent: bool
    """Whether the other side has missed two heartbeats on it."""


class Keep(Enum):
    """Which link stays."""

    OLD = auto()
    NEW = auto()


def decide_duplicate(own: PartyId, peer: PartyId, old: Standing, new: Standing) -> Keep:
    """Return which of two links to one peer stays; both ends come to the same answer.

    When both sides dialled at once, the link that the party with the lower identifier dialled
    stays. When one side dialled twice, it has given up the older link, which the other side may
    still believe alive. A silent old link never keeps a new one out.
    """
    if old.is_silent or old.is_ours == new.is_ours:
        return Keep.NEW
    return Keep.OLD if old.is_ours == (own < peer) else Keep.NEW


def pause_before(attempt: int, dice: float) -> float:
    """Return the seconds to wait before the dialling attempt with this number, 0 being the first.

    Doubles from 1 s to 60 s; `dice`, evenly spread over [0, 1), moves it by a half either way, so
    that two nodes that lost each other at once do not stay in step.
    """
    if attempt <= 0:
        return 0.0
    return min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(attempt - 1, 10)) * (0.5 + dice)
