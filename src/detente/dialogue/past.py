"""What the author of an entry had seen, and whether all of it is here.

Carries out docs/spec/06-dialogue.md §2, steps 1 to 3. Invariants: pure; the answer depends on the entry, on
what it names, and on which logs are frozen, never on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from immutables import Map

from detente.charter.act import has_seen
from detente.dialogue.state import Dialogue, Standing
from detente.record.entry import Header
from detente.terms.errors import N_, Violation
from detente.terms.ids import Lane, LogId, Ref

OWN_SLACK: Final = 2**32
"""How much higher a clock may be when it also rests on a frozen entry of the own party, whose clock nobody
may ask for. Without a bound one such entry could use clocks up, and no party could write after it."""

CLOCK_LIMIT: Final = 2**62
"""Below this a clock may be anything higher when it rests on a frozen entry of another party: who named it
in good faith must not be broken by whatever its author did. It takes two parties to use clocks up."""


class Fact(NamedTuple):
    """What admission needs of an admitted entry that another names."""

    id: bytes
    clock: int
    seen: Mapping[bytes, int]
    """Its causal past in all logs, itself included."""


class Facts(Protocol):
    """Look-up of admitted entries."""

    def fact(self, log: LogId, seq: int) -> Fact:
        """Return the facts of an entry that is admitted."""


class Held(NamedTuple):
    """Why the rest of a log waits."""

    seq: int
    missing: Ref
    contradicts: bool
    """The position named is filled here with another entry: somebody signed two histories."""


class Wait(Exception):
    """An entry must wait; what is known of it already is how much of others' logs it names."""

    def __init__(self, held: Held, reached: Map[bytes, int] | None = None) -> None:
        self.held = held
        self.reached = reached


class Break(Exception):
    """An entry breaks its log; what it names of others' logs is known all the same."""

    def __init__(self, why: Violation, reached: Map[bytes, int] | None) -> None:
        self.why = why
        self.reached = reached


def find_past(
    state: Dialogue,
    standing: Standing,
    header: Header,
    named_here: Sequence[tuple[bytes, int]],
    before: tuple[int, Mapping[bytes, int]],
    facts: Facts,
    stands: Mapping[bytes, int],
) -> tuple[Mapping[bytes, int] | None, Map[bytes, int]]:
    """Return what the author of an entry that names others had seen in other logs, and what it reached.

    What it names of logs that are frozen is looked at last: whether its author had seen the cut follows
    from the rest, and what it names is then known even while it waits for it.

    Args:
        standing: of the entry's log.
        named_here: log and size of all that the entry names, in its header or as a minute does.
        before: clock and past of the entry before it.

    Returns:
        The past, or None when the entry's clock does not follow; and `Dialogue.reached` with it.

    Raises:
        Wait: when an entry it names is not admitted here, or another stands in its place.
        Break: ``record.refs``: it names a table in a line, or from the break of a log on.
    """
    highest, grown = before[0], dict(before[1])
    slack = 0
    reached: Map[bytes, int] | None = None
    for ref in sorted(header.refs, key=lambda ref: ref.log in stands) if stands else header.refs:
        named = state.logs.get(ref.log)
        whose = named or next(iter(state.forks.get(ref.log, ())), None)
        if whose is None:
            raise Wait(Held(header.seq, ref, contradicts=False), reached)
        if standing.lane == Lane.LINE and whose.lane != Lane.LINE:  # step 2: lanes
            raise Break(_table_in_line(), reached)
        if reached is None and ref.log in stands:
            reached = _reach(state, standing, named_here, grown)
        last = min(ref.seq, stands.get(ref.log, ref.seq + 1) - 1)
        if last < ref.seq:
            # It names one of two histories; what they have in common is what it had seen.
            slack = max(slack, OWN_SLACK if whose.party == standing.party else CLOCK_LIMIT)
            if last < 0:
                continue
        if named is None or named.admitted <= last:  # step 1: all that it names is here
            raise Wait(Held(header.seq, ref._replace(seq=last), contradicts=False), reached)
        fact = facts.fact(ref.log, last)
        if last == ref.seq and fact.id != ref.id:
            raise Wait(Held(header.seq, ref, contradicts=True), reached)
        if named.is_broken_at(last):
            raise Break(_broken_there(), reached)
        highest = max(highest, fact.clock)
        _grow(grown, fact.seen)
    grown.pop(header.log, None)
    if reached is None:
        reached = _reach(state, standing, named_here, grown)
    follows = 0 <= header.clock - (highest + 1) <= slack and (
        header.clock < CLOCK_LIMIT or not slack
    )
    return (grown if follows else None), reached


def _grow(past: dict[bytes, int], seen: Mapping[bytes, int]) -> None:
    for log, size in seen.items():
        if size > past.get(log, 0):
            past[log] = size


def _table_in_line() -> Violation:
    return Violation("record.refs", N_("A line entry names an entry of a table."))


def _broken_there() -> Violation:
    # Nobody looked at its clock, which may leave nobody any room to count on.
    return Violation("record.refs", N_("An entry names one of a log that is broken there."))


def _signer(state: Dialogue, log: bytes) -> tuple[int, bytes] | None:
    """Return party and key print of a log that is here, or about which a proof is."""
    if log in state.logs:
        return state.logs[log].party, state.logs[log].node.print
    return next(((one.party, one.key) for one in state.forks.get(log, ())), None)


def _reach(
    state: Dialogue,
    standing: Standing,
    named_here: Sequence[tuple[bytes, int]],
    past: Mapping[bytes, int],
) -> Map[bytes, int]:
    """Return how much of others' logs is named, with one more entry, unless its author had seen a cut."""
    reached = state.reached
    for log, size in named_here:
        whose = _signer(state, log)
        if whose is None or whose[0] == standing.party or size <= reached.get(log, 0):
            continue
        cut = any(
            has_seen(past, cutting.where) and (cutting.party, cutting.body.node) == whose
            for cutting in state.charter.cuts
        )
        if not cut:
            reached = reached.set(log, size)
    return reached
