"""What a node does by itself: minutes when both hold the same, ends of mandates whose time came.

Carries out docs/spec/02-order.md §7 and 03-charter.md §6. Invariant: nothing here speaks for a person.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.charter.state import is_ended
from detente.desk.book import CHUNK, Book
from detente.desk.misconduct import root_at
from detente.desk.write import Writer
from detente.dialogue.kinds import MINUTE
from detente.dialogue.minutes import FIRST_FOLD, awaiting, complete_minutes
from detente.ports import Clock
from detente.record.minute import Minute, MinuteLine, fold_digest
from detente.record.order import order_key
from detente.record.verdict import COUNTED, Verdict
from detente.terms.ids import EntryId, Lane, LogId, Ref


class Upkeep:
    """Regular duties for one book."""

    def __init__(self, book: Book, writer: Writer, clock: Clock) -> None:
        self._book = book
        self._writer = writer
        self._clock = clock

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

    def make_minute(self) -> bool:
        """Enter a minute if one is due: confirm the other side's, or begin one if we are the first party.

        Returns:
            Whether one was entered. None is while an entry is held or a log is frozen.
        """
        book = self._book
        if book.held or book.own < 0:
            return False
        theirs = awaiting(book.state, book.own)
        if theirs is not None:
            return self._confirm(theirs.minute)
        if book.own != 0 or not self._has_news():
            return False
        minute = self._minute(self._sizes(), self._next_ordinal())
        self._writer.enter(Lane.TABLE, MINUTE, minute)
        return True

    def _confirm(self, theirs: Minute) -> bool:
        book = self._book
        for line in theirs.lines:
            head = book.heads.get(line.log)
            if head is None or book.state.logs[line.log].admitted < line.size:
                return False
        ours = self._minute(theirs.sizes(), theirs.ordinal)
        if ours != theirs:
            return False  # the states differ; `dispute` says so, and nothing becomes final
        self._writer.enter(Lane.TABLE, MINUTE, ours)
        return True

    def dispute(self) -> Minute | None:
        """Return the other side's newest minute when ours for the same entries would differ."""
        theirs = awaiting(self._book.state, self._book.own)
        if theirs is None:
            return None
        for line in theirs.minute.lines:
            standing = self._book.state.logs.get(line.log)
            if standing is None or standing.admitted < line.size:
                return None
        ours = self._minute(theirs.minute.sizes(), theirs.minute.ordinal)
        return theirs.minute if ours != theirs.minute else None

    def _has_news(self) -> bool:
        """Tell whether anything but minutes was entered since our last minute, and all is receipted."""
        state = self._book.state
        own = [one for one in state.minutes if one.party == self._book.own]
        last = own[-1].minute.sizes() if own else {}
        minutes = {(one.where.log, one.where.seq) for one in state.minutes}
        for log, standing in state.logs.items():
            news = range(last.get(log, 0), standing.admitted)
            if any((log, seq) not in minutes for seq in news[-len(minutes) - 1 :]):
                return all(one.ordinal in self._complete() for one in [o.minute for o in own][-1:])
        return False

    def _complete(self) -> set[int]:
        return {minute.ordinal for minute in complete_minutes(self._book.state)}

    def _next_ordinal(self) -> int:
        return 1 + max((one.minute.ordinal for one in self._book.state.minutes), default=0)

    def _sizes(self) -> dict[bytes, int]:
        logs = self._book.state.logs.items()
        return {log: standing.admitted for log, standing in logs if standing.admitted}

    def _minute(self, sizes: dict[bytes, int], ordinal: int) -> Minute:
        """Return the minute over the given sizes, its digest following on the last complete one."""
        complete = [m for m in complete_minutes(self._book.state) if m.ordinal < ordinal]
        before = complete[-1].sizes() if complete else {}
        previous = complete[-1].fold if complete else FIRST_FOLD
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
