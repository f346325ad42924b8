"""An act as rules see it: who, when, what it had seen, and a decoded body.

The one value that all protocols share; it names no protocol. What an act had seen is its causal past
(docs/spec/02-order.md §2).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol, TypeVar

from immutables import Map

from detente.record.order import NOT_COVERED, Seen
from detente.terms.ids import EntryId, KeyPrint, Lane, LogId, PartyId, Ref


class Act(NamedTuple):
    """One entry on its way through the rules: a person's act or a machine entry."""

    ref: Ref
    party: PartyId
    seat: int
    """Place of the party in the agreed order."""
    actor: KeyPrint
    """Print of the key that acts; empty for the node."""
    kind: int
    clock: int
    time: int
    """Claimed; decides nothing."""
    seen: Seen
    """Causal past, this entry itself not included."""
    body: Any
    """Decoded body of the kind's class."""


class Link(NamedTuple):
    """An entry that an act names, and what it must be for the act to make sense."""

    ref: Ref
    kinds: frozenset[int]
    """Kinds that it may have; empty for any."""
    whose: str = "any"
    """``own``, ``theirs`` or ``any``, as seen from the acting party."""


class Bar(NamedTuple):
    """Acts that can make a later one void, for who lacks their payloads and cannot say if they do."""

    kinds: frozenset[int]
    whose: str = "own"
    """``own`` or ``theirs``, as seen from the later act's party."""


class Place(NamedTuple):
    """Log and position: how states name entries whose identifier is already checked."""

    log: bytes
    seq: int


def place(ref: Ref) -> Place:
    """Return log and position of a reference."""
    return Place(ref.log, ref.seq)


def has_seen(seen: Seen, where: Place) -> bool:
    """Tell whether a causal past holds the entry at a place."""
    return seen.get(where.log, 0) > where.seq


class Kind(NamedTuple):
    """One kind of entry: the row that a protocol contributes to the list of kinds."""

    number: int
    name: str
    """Dotted and stable: ``statements.statement``."""
    lane: Lane
    scope: str
    """What a delegate's grant must allow; empty for machine entries."""
    body: type
    """NamedTuple class of its body."""
    needs_open: bool = False
    """Whether it counts only once the dialogue has been opened by all parties."""

    @property
    def is_machine(self) -> bool:
        """Tell whether the node itself makes such entries, without a person's signature."""
        return not self.scope


class Done(NamedTuple):
    """Where an act stands, who did it and what it had seen: what states keep of most acts."""

    where: Place
    id: bytes
    party: int
    actor: bytes
    clock: int
    time: int
    seen: Map[bytes, int]

    def before(self, other: Done) -> bool:
        """Tell whether `other` had seen this act."""
        return other.seen.get(self.where.log, 0) > self.where.seq

    def ref(self) -> Ref:
        """Return the full reference."""
        return Ref(LogId(self.where.log), self.where.seq, EntryId(self.id))


def done(act: Act) -> Done:
    """Return what a state keeps of an act."""
    return Done(
        place(act.ref), act.ref.id, act.seat, act.actor, act.clock, act.time, Map(dict(act.seen))
    )


class OfAct(Protocol):
    """What a state keeps of an act, and more of its body."""

    @property
    def act(self) -> Done:
        """Return the act."""


_T = TypeVar("_T")
_A = TypeVar("_A", bound=OfAct)


def joined(
    known: tuple[_T, ...], new: _T, key: Callable[[_T], Any] = lambda one: one
) -> tuple[_T, ...]:
    """Return a tuple that is in order by `key` with one more item in its place.

    Nothing bounds how often an act may be answered: one is put in its place, and the rest not sorted
    again, so that a hundred thousand answers do not take a hundred thousand sortings.
    """
    at = bisect_right(known, key(new), key=key)
    return (*known[:at], new, *known[at:])


def joined_act(known: tuple[Done, ...], new: Done) -> tuple[Done, ...]:
    """Return acts in the order of clock and place with one more."""
    return joined(known, new, _by_clock)


def joined_to(known: tuple[_A, ...], new: _A) -> tuple[_A, ...]:
    """Return what is known of acts, in the order of clock and place, with one more."""
    return joined(known, new, lambda one: _by_clock(one.act))


def _by_clock(act: Done) -> tuple[int, Place]:
    return (act.clock, act.where)


Ordinals = Callable[[Place], int]
"""Place of an entry → ordinal of the first complete minute that covers it (`record.order`)."""


def uncovered(where: Place) -> int:
    """Answer as if no minute covered any entry."""
    del where
    return NOT_COVERED


def in_order(acts: Iterable[Done], ordinals: Ordinals = uncovered) -> tuple[Done, ...]:
    """Return acts in the total order (docs/spec/02-order.md §4).

    Args:
        acts: any.
        ordinals: for what is shown; the states themselves sort by clock and place alone, so that
            a minute that becomes complete changes no state.
    """
    return tuple(sorted(acts, key=lambda act: (ordinals(act.where), act.clock, act.where)))
