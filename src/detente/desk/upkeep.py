"""What a node does by itself: minutes when both hold the same, ends of mandates whose time came.

Carries out docs/spec/02-order.md §7 and 03-charter.md §6. Invariant: nothing here speaks for a person.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.charter.state import is_ended
from detente.desk.book import CHUNK, Book
from detente.desk.misconduct import join_proofs, root_at
from detente.desk.write import Writer
from detente.dialogue.kinds import MINUTE
from detente.dialogue.minutes import (
    FIRST_FOLD,
    STEP,
    awaiting,
    count_from,
    forked_parties,
    is_complete,
    latest_complete,
    newest_of,
    next_ordinal,
)
from detente.ports import Clock
from detente.record.minute import Minute, MinuteLine, fold_digest
from detente.record.order import order_key
from detente.record.verdict import COUNTED, Verdict
from detente.terms.ids import EntryId, Lane, LogId, Ref


class Basis(NamedTuple):
    """What a minute rests on besides the entries that it lists."""

    before: Minute | None
    stands: dict[bytes, int]


class Upkeep:
    """Regular duties for one book."""

    def __init__(self, book: Book, writer: Writer, clock: Clock) -> None:
        self._book = book
        self._writer = writer
        self._clock = clock
        self._compared: dict[Minute, tuple[Basis, bool]] = {}
        """Minutes of others, and whether ours would be the same, as long as what that rests on is."""

    def close_expired(self) -> int:
        """Enter the end of every mandate of ours whose time has come; return how many."""
        book, now = self._book, self._clock.now()
        everything = {log: standing.admitted for log, standing in book.state.logs.items()}
        due = [
            granted
            for grants in book.state.charter.grants.values()
            for granted in grants
            if granted.party == book.own
            and 0 < granted.body.expires <= now
            and is_ended(book.state.charter, granted, everything) is None
        ]
        for granted in due:
            ref = Ref(LogId(granted.where.log), granted.where.seq, EntryId(granted.id))
            self._writer.enter(Lane.LINE, charter_entries.CLOSING, charter_entries.Closing(ref))
        return len(due)

    def make_minute(self, *, begin: bool = True) -> bool:
        """Enter a minute if one is due: another party's that we find as it says, or one of our own.

        The first party begins minutes, or the first of which no two histories are proven.

        Args:
            begin: whether one of our own may be begun; one of another party is always confirmed.

        Returns:
            Whether one was entered.
        """
        book = self._book
        if book.own < 0:
            return False
        join_proofs(book, self._writer)
        for theirs in self._comparable():
            if self._agrees(theirs):
                self._writer.enter(Lane.TABLE, MINUTE, theirs)
                return True
        if not begin:
            return False
        honest = set(range(book.state.parties)) - forked_parties(book.state).keys()
        if book.own != min(honest, default=0) or not self._may_begin():
            return False
        minute = self._minute(self._sizes(), next_ordinal(book.state, book.own))
        self._writer.enter(Lane.TABLE, MINUTE, minute)
        return True

    def dispute(self) -> Minute | None:
        """Return another party's minute when ours for the same entries would differ."""
        for theirs in self._comparable():
            if not self._agrees(theirs):
                return theirs
        return None

    def _agrees(self, theirs: Minute) -> bool:
        """Tell whether our minute over the same entries would be the same.

        One that is in dispute is asked about every second, and would be computed from all that it covers.
        """
        before = latest_complete(self._book.state, before=theirs.ordinal)
        basis = Basis(before, dict(self._book.stands))
        known = self._compared.get(theirs)
        if known is None or known[0] != basis:
            if len(self._compared) >= STEP:
                self._compared.clear()
            known = (basis, self._minute(theirs.sizes(), theirs.ordinal) == theirs)
            self._compared[theirs] = known
        return known[1]

    def _comparable(self) -> list[Minute]:
        """Return the minutes of others that we may enter next and hold all entries of, newest first."""
        logs = self._book.state.logs
        found = [
            minute
            for minute in awaiting(self._book.state, self._book.own)
            if all(
                line.log in logs and line.size <= logs[line.log].admitted for line in minute.lines
            )
            and self._is_closed(minute)
        ]
        return sorted(found, key=lambda minute: minute.ordinal, reverse=True)

    def _is_closed(self, minute: Minute) -> bool:
        """Tell whether a minute lists, with every entry, all that its author had seen.

        Else a reply could become final before what it answers, and sort before it.
        """
        sizes, stands = minute.sizes(), self._book.stands
        pasts = (
            self._book.store.seen_at(line.log, line.size - 1) for line in minute.lines if line.size
        )
        return all(
            size <= sizes.get(log, 0) or log in stands
            for past in pasts
            for log, size in past.items()
        )

    def _may_begin(self) -> bool:
        """Tell whether our last minute is settled and anything but minutes was entered since."""
        state = self._book.state
        last = newest_of(state, self._book.own)
        before = last.sizes() if last else {}
        # One that is open may have become impossible: a freeze left out some of what it lists.
        possible = all(size <= self._book.stands.get(log, size) for log, size in before.items())
        if last is not None and possible and not is_complete(state, last):
            return False
        return any(
            standing.sound - size > count_from(state, log, size)
            for log, standing in state.logs.items()
            if (size := before.get(log, 0)) < standing.sound
        )

    def _sizes(self) -> dict[bytes, int]:
        logs = self._book.state.logs.items()
        return {log: standing.sound for log, standing in logs if standing.sound}

    def _minute(self, sizes: dict[bytes, int], ordinal: int) -> Minute:
        """Return the minute over the given sizes, its digest following on the last complete one."""
        last = latest_complete(self._book.state, before=ordinal)
        before = last.sizes() if last else {}
        previous = last.fold if last else FIRST_FOLD
        judged: list[tuple[tuple[int, int, bytes, int], bytes, Verdict]] = []
        lines: list[MinuteLine] = []
        for log_bytes, size in sorted(sizes.items()):
            log = LogId(log_bytes)
            lines.append(MinuteLine(log, size, root_at(self._book, log, size)))
            for start in range(before.get(log, 0), size, CHUNK):
                count = min(CHUNK, size - start)
                verdicts = self._book.store.verdicts(log, start, count)
                for entry in self._book.store.entries(log, start, count):
                    verdict = verdicts.get(entry.header.seq, COUNTED)
                    judged.append((order_key(entry.header), entry.id, verdict))
        judged.sort(key=lambda one: one[0])
        return Minute(ordinal, tuple(lines), fold_digest(previous, ((i, v) for _, i, v in judged)))
