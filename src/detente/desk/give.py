"""What we give to another node: what we hold, signed heads, entries with their proofs, headers.

Carries out docs/spec/09-exchange.md §5. Everything given is read back from what is committed.
Invariant: an entry of our own never leaves before it is durable, nor to a node that has not first
told us how much of our own log it holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate, count, islice
from typing import Final

from detente.desk.book import Book
from detente.desk.misconduct import stored_tree
from detente.exchange.frames import Batch, Headers, Heads, SizeLine, Sizes
from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint, encode_checkpoint
from detente.record.tree import consistency_path, frontier_at
from detente.terms.ids import Lane, LogId
from detente.terms.limits import BATCH_BYTES, BATCH_ENTRIES, KIB, LINES

_HEADERS_BYTES: Final = 256 * KIB
"""A message of the control stream holds these, a checkpoint and the frame."""
_UTMOST: Final = {Lane.LINE: 400 * KIB, Lane.TABLE: BATCH_BYTES}
"""Bytes beyond which a batch ends between two signed sizes, since its message must stay in bounds."""
_READ: Final = 250
_HEADS: Final = 128
"""As many checkpoints fit into such a message."""


def _cost(piece: Piece) -> int:
    return len(piece.raw) + len(piece.payload or b"")


class Giver:
    """Reads one book for others."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._newest: dict[LogId, Checkpoint] = {}

    def sizes(self) -> Sizes:
        """Return how much we hold of every log; of the foremost, when there are more than a frame lists."""
        heads = self._book.heads
        logs = sorted(self.foremost()[:LINES])
        return Sizes(
            self._book.id,
            tuple(SizeLine(log, heads[log].size, heads[log].root()) for log in logs),
        )

    def heads(self, own: bool = True, shown: frozenset[bytes] = frozenset()) -> Heads:
        """Return the newest signed checkpoints of the logs that we can give.

        Args:
            own: whether our own logs are among them.
            shown: logs that come last, if there are more than one message holds.
        """
        logs = [log for log in self.foremost() if own or not self._is_own(log)]
        logs.sort(key=lambda log: log in shown)
        signed = filter(None, map(self._book.store.checkpoint, logs))
        found = {one.log: encode_checkpoint(one) for one in islice(signed, _HEADS)}
        return Heads(self._book.id, tuple(found[log] for log in self.logs() if log in found))

    def _is_own(self, log: LogId) -> bool:
        return self._book.state.logs[log].party == self._book.own

    def receipts(self) -> Iterator[Checkpoint]:
        """Return the newest receipts that we hold, ours and others'."""
        for log in self.logs():
            yield from self._book.store.receipts(log)

    def logs(self) -> list[LogId]:
        """Return all logs, those of the line first, older epochs before those that follow on them."""
        logs = self._book.state.logs
        return sorted(self._book.heads, key=lambda log: (logs[log].lane, logs[log].epoch, log))

    def foremost(self) -> list[LogId]:
        """Return all logs, by turns one of each party, those of its newest epochs first.

        So whoever opens many crowds out none but his own, wherever not all find room.
        """
        logs = self._book.state.logs
        turns: dict[int, count[int]] = defaultdict(count)
        newest = sorted(self._book.heads, key=lambda log: (-logs[log].epoch, logs[log].lane, log))
        places = {log: (next(turns[logs[log].party]), logs[log].party) for log in newest}
        return sorted(newest, key=places.__getitem__)

    def lane(self, log: LogId) -> Lane:
        """Return the lane of a log."""
        return self._book.state.logs[log].lane

    def size(self, log: LogId) -> int:
        """Return how many entries of a log can be given: those below a signed checkpoint."""
        checkpoint = self._checkpoint(log)
        return checkpoint.size if checkpoint else 0

    def _checkpoint(self, log: LogId) -> Checkpoint | None:
        """Return the newest signed checkpoint of a log.

        It is asked for after every frame. One that covers the whole log as it stands, by its root
        too, is the newest that there can be, so it is not read again.
        """
        head, known = self._book.heads[log], self._newest.get(log)
        if known is not None and known.size == head.size and known.root == head.root():
            return known
        found = self._book.store.checkpoint(log)
        if found is not None:
            self._newest[log] = found
        return found

    def batch(self, log: LogId, start: int, most_bytes: int) -> Batch | None:
        """Return the next entries of a log from `start` on, with checkpoint and proof.

        It ends at a signed size wherever one is near: what somebody holds beyond the last signature he
        keeps, he could not pass on, nor show to a restored author.

        Args:
            most_bytes: the batch stops before exceeding it, but holds at least one entry, and goes on
                to the next signed size if it would end between two.
        """
        newest = self._checkpoint(log)
        if newest is None or start >= newest.size:
            return None
        pieces = self._next_pieces(log, start, newest.size)
        costs = list(accumulate(map(_cost, pieces)))
        most = max(1, bisect_right(costs, most_bytes))
        utmost = max(1, bisect_right(costs, _UTMOST[self.lane(log)]))
        checkpoint = self._signed_within(log, start, start + most, start + utmost) or newest
        end = checkpoint.size if checkpoint.size <= start + utmost else start + most
        path: tuple[bytes, ...] = ()
        if end < checkpoint.size:
            path = tuple(consistency_path(end, checkpoint.size, stored_tree(self._book, log)))
        return Batch(self._book.id, log, start, tuple(pieces[: end - start]), checkpoint, path)

    def _next_pieces(self, log: LogId, start: int, size: int) -> list[Piece]:
        """Return what one batch could hold at most, reading no more of large entries than that."""
        found: list[Piece] = []
        cost, most = 0, min(size, start + BATCH_ENTRIES)
        while start + len(found) < most and cost <= _UTMOST[self.lane(log)]:
            at = start + len(found)
            some = self._book.store.pieces(log, at, min(_READ, most - at))
            found += some
            cost += sum(map(_cost, some))
        return found

    def _signed_within(self, log: LogId, start: int, end: int, utmost: int) -> Checkpoint | None:
        """Return the largest checkpoint in (start, end], else the smallest up to `utmost`, else None."""
        above = self._book.store.checkpoint(log, end)
        if above is not None and above.size == end:
            return above
        found = self._book.store.checkpoint(log, start + 1)
        if found is None or found.size > end:
            return above if above is not None and above.size <= utmost else None
        low, high = found.size, end
        while low < high:
            middle = (low + high + 1) // 2
            next_one = self._book.store.checkpoint(log, middle)
            if next_one is not None and next_one.size <= end:
                found, low = next_one, next_one.size
            else:
                high = middle - 1
        return found

    def headers(self, log: LogId, start: int) -> Headers | None:
        """Return headers from `start` up to a signed checkpoint, to show where two histories part.

        As many as fit into one message; None when no checkpoint lies that near.
        """
        if log not in self._book.heads:
            return None
        for checkpoint in self._near(log, start):
            raws = self._raws(log, start, checkpoint.size - start)
            if sum(map(len, raws)) <= _HEADERS_BYTES:
                return Headers(self._book.id, log, start, raws, encode_checkpoint(checkpoint))
        return None

    def _near(self, log: LogId, start: int) -> Iterator[Checkpoint]:
        """Yield signed checkpoints above `start`, at most a batch away, larger ones first."""
        newest = self._book.store.checkpoint(log)
        count = newest.size - start if newest else 0
        while count > 0:
            checkpoint = self._book.store.checkpoint(log, start + count)
            if checkpoint is not None and checkpoint.size - start <= BATCH_ENTRIES:
                yield checkpoint
            count = min(count // 2, BATCH_ENTRIES)

    def _raws(self, log: LogId, start: int, count: int) -> tuple[bytes, ...]:
        return tuple(piece.raw for piece in self._book.store.pieces(log, start, count))

    def root(self, log: LogId, size: int) -> bytes:
        """Return the root of the first `size` entries of a log."""
        return frontier_at(size, stored_tree(self._book, log)).root()
