"""Minutes in the dialogue: which are complete, what they make final, and what may be entered.

Carries out docs/spec/02-order.md §7.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from detente.charter.act import Act, Ordinals, Place, has_seen
from detente.dialogue.state import Dialogue
from detente.record.minute import Minute, below, decode_minute, encode_minute, grows
from detente.record.order import NOT_COVERED
from detente.terms.errors import N_, Violation
from detente.terms.ids import DIGEST_BYTES

FIRST_FOLD: Final = bytes(DIGEST_BYTES)
"""Digest below the first minute."""

STEP: Final = 64
"""How many numbers a minute may leave out: minutes that a freeze made impossible, and no more."""


def check_minute(state: Dialogue, act: Act, frozen: Container[bytes]) -> None:
    """Check a minute that a party enters.

    Args:
        frozen: logs frozen by a fork proof or a cut. How far the author had seen these cannot be
            told any more, and nothing depends on it: all who enter a minute name the same root.

    Raises:
        Rejected: ``record.minute`` for wrong form.
        Violation: ``minutes.unseen`` when it lists what its author had not seen;
            ``minutes.shrinks`` when it does not grow on the author's minutes before;
            ``minutes.ordinal`` when its number is more than `STEP` above the author's last.
    """
    minute = decode_minute(encode_minute(act.body))
    lines = tuple(line for line in minute.lines if line.log not in frozen)
    if not below(minute._replace(lines=lines), act.seen):
        raise Violation(
            "minutes.unseen", N_("A minute lists entries that its author had not seen.")
        )
    before = [
        entered.minute
        for entered in state.minutes
        if entered.party == act.seat and has_seen(act.seen, entered.where)
    ]
    if not all(grows(one, minute) for one in before):
        raise Violation(
            "minutes.shrinks", N_("A minute does not follow on the party's minutes before.")
        )
    if minute.ordinal > STEP + max((one.ordinal for one in before), default=0):
        raise Violation("minutes.ordinal", N_("A minute leaves out too many numbers."))


def complete_minutes(state: Dialogue) -> list[Minute]:
    """Return the minutes that every party has entered, by ordinal.

    A party of which two histories are proven is not asked, so that it can hold up or take back
    nothing; it is asked again for minutes that list a later epoch of its own.
    """
    entered: dict[bytes, tuple[Minute, set[int]]] = {}
    for one in state.minutes:
        entered.setdefault(encode_minute(one.minute), (one.minute, set()))[1].add(one.party)
    return sorted(
        minute for minute, parties in entered.values() if parties >= _asked(state, minute)
    )


def forked_parties(state: Dialogue) -> dict[int, int]:
    """Return party → newest epoch of its own of which two histories are proven."""
    found: dict[int, int] = {}
    for log in state.forks:
        standing = state.logs[log]
        found[standing.party] = max(standing.epoch, found.get(standing.party, 0))
    return found


def _asked(state: Dialogue, minute: Minute) -> set[int]:
    everybody = set(range(state.parties))
    forked = forked_parties(state)
    if len(forked) == state.parties:
        return everybody
    listed = (state.logs[line.log] for line in minute.lines if line.log in state.logs)
    again = {one.party for one in listed if one.epoch > forked.get(one.party, one.epoch)}
    return everybody - (forked.keys() - again)


def final_sizes(state: Dialogue) -> dict[bytes, int]:
    """Return log → how many first entries are final; empty before the first complete minute."""
    minutes = complete_minutes(state)
    return minutes[-1].sizes() if minutes else {}


def next_ordinal(state: Dialogue, party: int) -> int:
    """Return the number of the minute that a party enters next."""
    return 1 + max((one.minute.ordinal for one in state.minutes if one.party == party), default=0)


def awaiting(state: Dialogue, party: int) -> tuple[Minute, ...]:
    """Return the minutes of other parties that `party` may enter next, each once."""
    first = next_ordinal(state, party)
    found = {
        encode_minute(one.minute): one.minute
        for one in state.minutes
        if one.party != party and first <= one.minute.ordinal < first + STEP
    }
    return tuple(found.values())


def frozen_sizes(state: Dialogue) -> dict[bytes, int]:
    """Return log → how many first entries stand, for every log frozen by a proof or a cut.

    A fork leaves what both histories have in common and what a complete minute covers; of several
    proofs about one log the lowest counts, since below it every node holds the same. A cut leaves
    of every log of the key what it names and what another party had named before it saw the cut.
    """
    final = final_sizes(state)
    stands: dict[bytes, int] = {}
    for log, frozen in state.forks.items():
        common = min(one.common for one in frozen)
        stands[log] = max(common, final.get(log, 0))
    for cutting in state.charter.cuts:
        marked = {mark.log: mark.size for mark in cutting.body.marks}
        for log, standing in state.logs.items():
            if (standing.party, standing.node.print) == (cutting.party, cutting.body.node):
                kept = max(marked.get(log, 0), state.reached.get(log, 0))
                stands[log] = min(kept, stands.get(log, kept))
    return stands


def ordinals_of(state: Dialogue) -> Ordinals:
    """Return the look-up of the first complete minute that covers an entry."""
    minutes = [(minute.ordinal, minute.sizes()) for minute in complete_minutes(state)]

    def ordinal(where: Place) -> int:
        covering = (number for number, sizes in minutes if where.seq < sizes.get(where.log, 0))
        return next(covering, NOT_COVERED)

    return ordinal
