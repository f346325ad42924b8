"""Minutes in the dialogue: which are complete, what they make final, and what may be entered.

Carries out docs/spec/02-order.md §7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from detente.charter.act import Act, has_seen
from detente.dialogue.state import Dialogue, Entered
from detente.record.minute import Minute, below, encode_minute, grows
from detente.terms.errors import N_, Violation
from detente.terms.ids import DIGEST_BYTES

FIRST_FOLD: Final = bytes(DIGEST_BYTES)
"""Digest below the first minute."""


def check_minute(state: Dialogue, act: Act) -> None:
    """Check a minute that a party enters.

    Raises:
        Violation: ``minutes.unseen`` when it lists what its author had not seen;
            ``minutes.shrinks`` when it does not grow on the author's minutes before.
    """
    minute: Minute = act.body
    if not below(minute, act.seen):
        raise Violation(
            "minutes.unseen", N_("A minute lists entries that its author had not seen.")
        )
    for entered in state.minutes:
        if entered.party == act.seat and has_seen(act.seen, entered.where):
            if not grows(entered.minute, minute):
                raise Violation(
                    "minutes.shrinks", N_("A minute does not follow on the party's minutes before.")
                )


def complete_minutes(state: Dialogue) -> list[Minute]:
    """Return the minutes that every party has entered, by ordinal."""
    entered: dict[bytes, tuple[Minute, set[int]]] = {}
    for one in state.minutes:
        entered.setdefault(encode_minute(one.minute), (one.minute, set()))[1].add(one.party)
    return sorted(minute for minute, parties in entered.values() if len(parties) == state.parties)


def final_sizes(state: Dialogue) -> dict[bytes, int]:
    """Return log → how many first entries are final; empty before the first complete minute."""
    minutes = complete_minutes(state)
    return minutes[-1].sizes() if minutes else {}


def awaiting(state: Dialogue, party: int) -> Entered | None:
    """Return the newest minute that another party entered and `party` has not yet."""
    own = [one.minute for one in state.minutes if one.party == party]
    last = max((minute.ordinal for minute in own), default=0)
    theirs = [one for one in state.minutes if one.party != party and one.minute.ordinal > last]
    return max(theirs, key=lambda one: one.minute.ordinal, default=None)


def frozen_sizes(
    state: Dialogue, covered_by_others: Mapping[tuple[bytes, int], int]
) -> dict[bytes, int]:
    """Return log → how many first entries stand, for every log frozen by a proof or a cut.

    Args:
        covered_by_others: (log, cut's index in the charter) → entries of that log which another party
            had seen before it saw the cut.

    A fork leaves what both histories have in common and what a complete minute covers. A cut leaves
    what it names and what another party had already received.
    """
    final = final_sizes(state)
    stands: dict[bytes, int] = {}
    for log, frozen in state.forks.items():
        common = max(one.common for one in frozen)
        stands[log] = max(common, final.get(log, 0))
    for index, cutting in enumerate(state.charter.cuts):
        for mark in cutting.body.marks:
            kept = max(mark.size, covered_by_others.get((mark.log, index), 0))
            stands[mark.log] = min(kept, stands.get(mark.log, kept))
    return stands
