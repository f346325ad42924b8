"""Complete minutes, compared with the entries: what is final, and whether all agreed on the same.

Carries out docs/spec/11-bundle.md §5, step 8, and 02-order.md §4 and §7.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping

from detente.dialogue.minutes import FIRST_FOLD
from detente.record.minute import Minute, fold_digest
from detente.record.verdict import Standing, Verdict
from detente.terms.errors import N_
from detente.terms.ids import LogId
from detente.verify.report import Damage, MinuteShown, Sentence
from detente.verify.shelf import Shelf, ShelvedLog


def show_minutes(shelf: Shelf, minutes: Iterable[Minute]) -> list[MinuteShown]:
    """Return complete minutes, each compared with the entries here."""
    shown = []
    below: Mapping[bytes, int] = {}
    previous = FIRST_FOLD
    for minute in minutes:
        sizes = minute.sizes()
        agrees: bool | None = _roots_agree(shelf, minute)
        if agrees and fold_digest(previous, _judged(shelf, below, sizes)) != minute.fold:
            agrees = None if _is_partial(shelf, sizes) else False
        logs = [(log, sizes.get(log.papers.log, 0)) for log in shelf.logs]
        marks = tuple(log.mark(size - 1) for log, size in logs if size)
        shown.append(MinuteShown(minute.ordinal, marks, sum(sizes.values()), agrees))
        below, previous = sizes, minute.fold
    return shown


def _roots_agree(shelf: Shelf, minute: Minute) -> bool:
    for line in minute.lines:
        log = shelf.find(line.log)
        if log is None or line.size > len(log.leaves) or log.leaves.root_at(line.size) != line.root:
            return False
    return True


def _judged(
    shelf: Shelf, below: Mapping[bytes, int], sizes: Mapping[bytes, int]
) -> Iterator[tuple[bytes, Verdict]]:
    """Yield identifiers and verdicts between two minutes, in the total order (02-order §4)."""
    streams = []
    for number, log in enumerate(shelf.logs):
        name = log.papers.log
        streams.append(_clocked(number, log, below.get(name, 0), sizes.get(name, 0)))
    for _, _, seq, number in heapq.merge(*streams):
        log = shelf.logs[number]
        yield log.leaves.leaf(seq), log.verdict(seq)


def _clocked(
    number: int, log: ShelvedLog, start: int, end: int
) -> Iterator[tuple[int, LogId, int, int]]:
    name = log.papers.log
    for seq in range(start, min(end, log.judged)):
        yield log.clock(seq), name, seq, number


def _is_partial(shelf: Shelf, sizes: Mapping[bytes, int]) -> bool:
    """Tell whether a verdict below a minute is missing, or rests on what is not here or understood."""
    partial = (Standing.WITHHELD, Standing.NOT_UNDERSTOOD)
    for log in shelf.logs:
        size = sizes.get(log.papers.log, 0)
        if log.judged < size or any(log.standings.find(one, 0, size) >= 0 for one in partial):
            return True
    return False


def find_dispute(shown: Iterable[MinuteShown]) -> Damage | None:
    """Return what is wrong when all parties entered a minute that these entries do not give."""
    for minute in shown:
        if minute.agrees is False:
            message = N_(
                "Minute {ordinal} was entered by all parties for other entries than these."
            )
            what = Sentence("verify.minute", message, {"ordinal": minute.ordinal})
            return Damage(what, minute.marks[-1] if minute.marks else "")
    return None
