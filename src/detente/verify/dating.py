"""Times that contradict what the record shows: claimed, so they decide nothing, but worth pointing out.

Carries out docs/spec/02-order.md §5.1. Invariant: costs a pass over numbers, whatever the times are.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from detente.terms.times import CLOCK_ALLOWANCE, SECOND
from detente.verify.report import EARLIER, LATER, Stretch
from detente.verify.shelf import Shelf, ShelvedLog, runs_of


def misdated(
    shelf: Shelf, log: ShelvedLog, received: Iterable[tuple[int, int]]
) -> Iterator[Stretch]:
    """Yield the stretches of entries whose claimed time cannot be right beside the others'.

    Args:
        received: (size, seconds since 1970 UTC) of the receipts for the log, in any order.

    Returns:
        Stretches whose reason is `EARLIER` than an entry that they name, or `LATER` than a receipt for
        them, by more than `CLOCK_ALLOWANCE`.
    """
    for reason, flags in ((EARLIER, _earlier(shelf, log)), (LATER, _later(log, received))):
        for first, last in runs_of(flags, 1):
            yield log.stretch(first, last, reason)


def _earlier(shelf: Shelf, log: ShelvedLog) -> bytearray:
    times = log.times
    flags = bytearray(len(times))
    for seq in range(1, len(times)):
        flags[seq] = times[seq] + CLOCK_ALLOWANCE < times[seq - 1]
    for number, growth in log.growths.items():
        known = shelf.logs[number].times
        for seq, size in zip(growth.seqs, growth.sizes, strict=True):
            if size <= len(known) and times[seq] + CLOCK_ALLOWANCE < known[size - 1]:
                flags[seq] = 1
    return flags


def _later(log: ShelvedLog, received: Iterable[tuple[int, int]]) -> bytearray:
    times: array[int] = log.times
    flags = bytearray(len(times))
    latest, end = None, len(times)
    # From the largest receipt down: each entry is held against the earliest of those that cover it.
    for size, at in sorted(received, reverse=True):
        _flag_later(flags, times, range(min(size, end), end), latest)
        end = min(size, end)
        latest = at if latest is None else min(at, latest)
    _flag_later(flags, times, range(end), latest)
    return flags


def _flag_later(flags: bytearray, times: array[int], seqs: range, latest: int | None) -> None:
    if latest is not None:
        most = (latest + 1) * SECOND + CLOCK_ALLOWANCE
        for seq in seqs:
            flags[seq] = times[seq] > most
