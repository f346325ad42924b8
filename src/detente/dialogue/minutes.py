"""Minutes in the dialogue: which are complete, what they make final, and what may be entered.

Carries out docs/spec/02-order.md §7. The minutes of one log follow on each other (§7.3), so that
each log's stand in order of both position and ordinal and what is asked of them is looked up, not
searched for: a talk of years has tens of thousands.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from typing import Final

from detente.charter.act import Act, Ordinals, Place
from detente.dialogue.state import Dialogue, Placed
from detente.record.minute import Minute, below, decode_minute, encode_minute, grows
from detente.record.order import NOT_COVERED
from detente.terms.errors import N_, Violation
from detente.terms.ids import DIGEST_BYTES

FIRST_FOLD: Final = bytes(DIGEST_BYTES)
"""Digest below the first minute."""

PLACES: Final = 4
"""Of a log that was proven to part at as many places, nothing stands but what is minuted. Each lower place
has everything judged again, and who has signed several histories could go on proving lower ones."""

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
        known[at - 1].minute
        for log, known in _of_party(state, act.seat)
        if (at := bisect_left(known, act.seen.get(log, 0), key=_seq))
    ]
    if not all(grows(one, minute) for one in before):
        raise Violation(
            "minutes.shrinks", N_("A minute does not follow on the party's minutes before.")
        )
    if minute.ordinal > STEP + max((one.ordinal for one in before), default=0):
        raise Violation("minutes.ordinal", N_("A minute leaves out too many numbers."))


def _seq(placed: Placed) -> int:
    return placed.seq


def _ordinal(placed: Placed) -> int:
    return placed.minute.ordinal


def _minute(placed: Placed) -> Minute:
    return placed.minute


def _of_party(state: Dialogue, party: int) -> Iterator[tuple[bytes, tuple[Placed, ...]]]:
    """Yield each of a party's logs with the minutes entered in it."""
    for log, known in state.minutes.items():
        if state.logs[log].party == party:
            yield log, known


def complete_minutes(state: Dialogue) -> list[Minute]:
    """Return the minutes that every party has entered, by ordinal.

    A party of which two histories are proven is not asked, so that it can hold up or take back
    nothing; it is asked again for minutes that list a later epoch of its own.
    """
    entered: dict[Minute, set[int]] = {}
    for log, known in state.minutes.items():
        for placed in known:
            entered.setdefault(placed.minute, set()).add(state.logs[log].party)
    return sorted(minute for minute, parties in entered.items() if parties >= _asked(state, minute))


def latest_complete(state: Dialogue, before: int = NOT_COVERED) -> Minute | None:
    """Return the last complete minute, or the last of an ordinal less than `before`.

    Every one stands in some log of every party that is always asked. The minutes of the one of these
    that has entered the fewest are looked at from the end, so that nobody makes the search long by
    entering minutes that nobody else does.
    """
    always = set(range(state.parties)) - forked_parties(state).keys()
    candidates = [
        [known for _, known in _of_party(state, party)] for party in always or range(state.parties)
    ]
    fewest = min(candidates, key=lambda logs: sum(map(len, logs)))
    backwards = [
        islice(reversed(known), len(known) - bisect_left(known, before, key=_ordinal), None)
        for known in fewest
    ]
    minutes = map(_minute, heapq.merge(*backwards, key=_minute, reverse=True))
    return next((one for one in minutes if is_complete(state, one)), None)


def is_complete(state: Dialogue, minute: Minute) -> bool:
    """Tell whether every party that is asked has entered a minute."""
    return all(_has_entered(state, party, minute) for party in _asked(state, minute))


def _has_entered(state: Dialogue, party: int, minute: Minute) -> bool:
    for _, known in _of_party(state, party):
        at = bisect_left(known, minute.ordinal, key=_ordinal)
        if at < len(known) and known[at].minute == minute:
            return True
    return False


def forked_parties(state: Dialogue) -> dict[int, int]:
    """Return party → newest epoch of its own of which two histories are proven."""
    found: dict[int, int] = {}
    for known in state.forks.values():
        party, epoch = known[0].party, known[0].epoch
        found[party] = max(epoch, found.get(party, 0))
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
    latest = latest_complete(state)
    return latest.sizes() if latest else {}


def newest_of(state: Dialogue, party: int) -> Minute | None:
    """Return the last minute that a party has entered."""
    return max((known[-1].minute for _, known in _of_party(state, party)), default=None)


def next_ordinal(state: Dialogue, party: int) -> int:
    """Return the number of the minute that a party enters next."""
    newest = newest_of(state, party)
    return 1 + (newest.ordinal if newest else 0)


def awaiting(state: Dialogue, party: int) -> tuple[Minute, ...]:
    """Return the newest minute of each other party, if `party` may enter it next; each once.

    Nobody begins a minute while the one before can still be completed, so that older ones are void of
    interest; and to compare one takes as long as what it covers.
    """
    first = next_ordinal(state, party)
    newest = (newest_of(state, other) for other in range(state.parties) if other != party)
    wanted = [one for one in newest if one is not None and first <= one.ordinal < first + STEP]
    return tuple(dict.fromkeys(wanted))


def count_from(state: Dialogue, log: bytes, start: int) -> int:
    """Return how many of a log's entries from position `start` on are minutes that count."""
    known = state.minutes.get(log, ())
    return len(known) - bisect_left(known, start, key=_seq)


def frozen_sizes(state: Dialogue) -> dict[bytes, int]:
    """Return log → how many first entries stand, for every log frozen by a proof or a cut.

    A fork leaves what both histories have in common and what a complete minute covers; of several
    proofs about one log the lowest counts, since below it every node holds the same, until there are
    `PLACES`. A cut leaves
    of every log of the key what it names and what another party had named before it saw the cut.
    """
    final = final_sizes(state) if state.forks else {}  # asked after every entry
    stands: dict[bytes, int] = {}
    for log, frozen in state.forks.items():
        places = {one.common for one in frozen}
        common = min(places) if len(places) < PLACES else 0
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
    steps = _steps(complete_minutes(state))

    def ordinal(where: Place) -> int:
        sizes, numbers = steps.get(where.log, ((), ()))
        at = bisect_right(sizes, where.seq)
        return numbers[at] if at < len(numbers) else NOT_COVERED

    return ordinal


def _steps(minutes: Iterable[Minute]) -> dict[bytes, tuple[list[int], list[int]]]:
    """Return log → the sizes to which minutes raise what is covered of it, and their ordinals."""
    steps: dict[bytes, tuple[list[int], list[int]]] = {}
    for minute in minutes:
        for line in minute.lines:
            sizes, ordinals = steps.setdefault(line.log, ([], []))
            if not sizes or line.size > sizes[-1]:
                sizes.append(line.size)
                ordinals.append(minute.ordinal)
    return steps
