"""The counter at which couriers are served: one dialogue, all that may be asked or handed in.

Carries out docs/spec/09-exchange.md §5 and the restore rule of 02-order.md §8: a node that learns from
its own signature, shown by another, that it once held more or other entries of its own log, writes
nothing until it has fetched them back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from detente.desk.book import Book
from detente.desk.give import Giver
from detente.desk.misconduct import difference, root_at
from detente.desk.receive import Early, Parted, Receiver
from detente.desk.write import Writer
from detente.exchange.frames import LOGS, Batch, Headers, Heads, Receipt, Sizes
from detente.exchange.quota import Bucket, fill, refill, take
from detente.exchange.session import Parting, Reply
from detente.ports import Clock
from detente.record.checkpoint import decode_checkpoint, encode_checkpoint, verify_checkpoint
from detente.record.entry import Entry
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.ids import Lane, LogId

SetAside = Callable[[LogId, list[Entry]], None]
"""Keeps entries that were taken back, for a person to look at and sign again."""


class Counter:
    """Serves one book to couriers (`courier.conversation.Counter`)."""

    def __init__(
        self, book: Book, writer: Writer, receiver: Receiver, clock: Clock, set_aside: SetAside
    ) -> None:
        self._book = book
        self._writer = writer
        self._receiver = receiver
        self._giver = Giver(book)
        self._clock = clock
        self._set_aside = set_aside
        self._buckets: dict[tuple[int, Lane], Bucket] = {}
        self._catching_up: dict[LogId, int] = {}
        self._unowned: dict[LogId, int] = {}
        """Logs that came before the document that names their key; how many documents were known then."""
        self._receipts: deque[bytes] = deque(maxlen=1000)
        self._receipts_count = 0
        self._ahead: dict[tuple[bytes, bytes], bytes] = {}
        """Newest receipt by log and signer that is for more than we hold yet."""
        self.unconfirmed = False
        """Whether this node was restored, or cannot tell, and no other node has shown it its head yet."""

    # -- what we show ----------------------------------------------------------------------

    def sizes(self) -> Sizes:
        """Return what we hold."""
        return self._giver.sizes()

    def heads(self, own: bool = True) -> Heads:
        """Return signed heads."""
        return self._giver.heads(own and not self.unconfirmed and not self._catching_up)

    def newest_receipts(self) -> Iterable[bytes]:
        """Return the newest receipts, encoded."""
        return [encode_checkpoint(receipt) for receipt in self._giver.receipts()]

    def receipts_since(self, number: int) -> tuple[int, list[bytes]]:
        """Return the number of receipts taken or given so far, and those after `number`, encoded.

        Only the last thousand are remembered; a new conversation shows the newest of all.
        """
        count = self._receipts_count
        news = list(self._receipts)[-(count - number) :] if number < count else []
        return count, news

    def logs(self) -> list[bytes]:
        """Return all logs, line first."""
        return list(self._giver.logs())

    def lane(self, log: bytes) -> int:
        """Return the lane of a log; the line for one not known yet."""
        standing = self._book.state.logs.get(log)
        return int(standing.lane) if standing else int(Lane.LINE)

    def held(self, log: bytes) -> int:
        """Return how many entries of a log we hold."""
        head = self._book.heads.get(LogId(log))
        return head.size if head else 0

    def can_give(self, log: bytes) -> int:
        """Return how many entries of a log may be given now."""
        if self._is_own(log) and (self.unconfirmed or log in self._catching_up):
            return 0
        return self._giver.size(LogId(log)) if LogId(log) in self._book.heads else 0

    def batch(self, log: bytes, start: int, most_bytes: int) -> Batch | None:
        """Return the next entries of a log."""
        return self._giver.batch(LogId(log), start, most_bytes)

    def headers(self, log: bytes, start: int) -> Headers | None:
        """Return headers of a log."""
        return self._giver.headers(LogId(log), start)

    # -- quotas ----------------------------------------------------------------------------

    def allowance(self, log: bytes) -> int:
        """Return how many bytes of a log may be fetched now."""
        if self._is_own(log):
            return 2**40
        key = self._bucket_key(log)
        self._buckets[key] = refill(self._bucket(key), self._clock.now())
        return self._buckets[key].tokens

    def _bucket_key(self, log: bytes) -> tuple[int, Lane]:
        standing = self._book.state.logs.get(log)
        return (standing.party, standing.lane) if standing else (-1, Lane.LINE)

    def _bucket(self, key: tuple[int, Lane]) -> Bucket:
        quotas = self._book.founding.genesis.quotas
        per_hour = quotas.line_bytes_per_hour if key[1] == Lane.LINE else quotas.bytes_per_hour
        return self._buckets.get(key) or fill(per_hour, self._clock.now())

    def _is_own(self, log: bytes) -> bool:
        standing = self._book.state.logs.get(log)
        return standing is not None and standing.party == self._book.own

    # -- what is handed in -----------------------------------------------------------------

    def take_sizes(self, sizes: Sizes) -> bool:
        """Tell whether the other side claims to hold more, or other, of our own logs than we do."""
        for line in sizes.lines:
            if self._is_own(line.log):
                held = self.held(line.log)
                if line.size > held:
                    return True
                if line.size and root_at(self._book, LogId(line.log), line.size) != line.root:
                    return True
        return False

    def take_heads(self, heads: Heads) -> Reply:
        """Compare signed heads with what we hold."""
        parted: Parting | None = None
        named = [decode_checkpoint(data) for data in heads.checkpoints]
        for data, checkpoint in zip(heads.checkpoints, named, strict=True):
            if self._is_own(checkpoint.log):
                found = self._own_head(data)
            else:
                shown = self._receiver.take_checkpoint(data)
                found = Parting(*shown) if shown else None
            parted = parted or found
        if parted is None and not self._catching_up:
            self._confirm()
        return Reply(parted=parted, follow=tuple(one.log for one in named))

    def _confirm(self) -> None:
        was, self.unconfirmed = self.unconfirmed, False
        if (
            was
            and self._writer.closed_because
            and self._writer.closed_because.code == "desk.restored"
        ):
            self._writer.closed_because = None

    def _own_head(self, data: bytes) -> Parting | None:
        """Learn our own head from our own signature."""
        checkpoint = decode_checkpoint(data)
        log = checkpoint.log
        verify_checkpoint(self._book.state.logs[log].node, checkpoint)
        held = self.held(log)
        if log not in (self._book.own_log(Lane.LINE), self._book.own_log(Lane.TABLE)):
            return None  # an epoch that is over: what others hold of it is fetched like any log
        if checkpoint.size <= held:
            if checkpoint.size and root_at(self._book, log, checkpoint.size) != checkpoint.root:
                self._close(log, checkpoint.size)
                return Parting(log, self._receiver.agreed_below(log))
            return None
        self._close(log, checkpoint.size)
        return None

    def _close(self, log: LogId, size: int) -> None:
        self._catching_up[log] = max(size, self._catching_up.get(log, 0))
        self._writer.closed_because = Refused(
            "desk.behind",
            N_(
                "This node is a restored copy: the other side holds entries of ours that are missing here."
            ),
            N_("They are being fetched back; writing is possible again when that is done."),
        )

    def take_batch(self, batch: Batch) -> Reply:
        """Take entries; answer with our receipt."""
        log = LogId(batch.log)
        known = log in self._book.heads
        taken = self._receiver.take_batch(batch)
        if isinstance(taken, Early):
            return self._set_later(log)
        if isinstance(taken, Parted):
            return Reply(parted=Parting(*taken), heads_changed=not known)
        key = self._bucket_key(log)
        self._buckets[key] = take(self._bucket(key), batch.cost(), self._clock.now())
        self._caught_up(log)
        self._take_ahead(log)
        if taken.receipt is None:
            return Reply((), taken.fresh > 0, None, not known)
        receipt = encode_checkpoint(taken.receipt)
        if taken.fresh:
            self._note_receipt(receipt)
        return Reply((receipt,), taken.fresh > 0, None, not known)

    def _set_later(self, log: LogId) -> Reply:
        """Remember a log of which nothing can be taken yet."""
        if log not in self._book.heads:
            if len(self._unowned) >= LOGS:
                raise Rejected(
                    "exchange.log", N_("Too many logs come of keys that no document names.")
                )
            self._unowned[log] = self._documents()
        return Reply(later=log)

    def may_come(self, log: bytes) -> bool:
        """Tell whether a log of which nothing could be taken may be asked for again."""
        head = self._book.heads.get(LogId(log))
        if head is not None:
            return self._book.stands.get(log, head.size + 1) > head.size
        if self._unowned.get(LogId(log), 0) >= self._documents():
            return False
        self._unowned.pop(LogId(log), None)
        return True

    def _documents(self) -> int:
        return sum(map(len, self._book.state.charter.versions.values()))

    def _note_receipt(self, receipt: bytes) -> None:
        self._receipts.append(receipt)
        self._receipts_count += 1

    def _caught_up(self, log: LogId) -> None:
        wanted = self._catching_up.get(log)
        if wanted is not None and self.held(log) >= wanted:
            del self._catching_up[log]
            if not self._catching_up:
                self._writer.closed_because = None
                self.unconfirmed = False

    def take_receipt(self, receipt: Receipt) -> Reply:
        """Take another node's receipt, and pass it on if it is news."""
        stored = self._receiver.take_receipt(receipt.receipt)
        if stored is not None:
            self._note_receipt(receipt.receipt)
        else:
            self._note_ahead(receipt.receipt)
        return Reply(fresh=stored is not None)

    def _note_ahead(self, data: bytes) -> None:
        """Keep a receipt for entries that are still on their way: nobody shows it a second time."""
        receipt = decode_checkpoint(data)
        head = self._book.heads.get(receipt.log)
        nodes = {standing.node.print for standing in self._book.state.logs.values()}
        if head is not None and receipt.size > head.size and receipt.signer in nodes:
            self._ahead[receipt.log, receipt.signer] = data

    def _take_ahead(self, log: LogId) -> None:
        for key, data in list(self._ahead.items()):
            if key[0] == log and decode_checkpoint(data).size <= self.held(log):
                del self._ahead[key]
                with suppress(Rejected):  # whoever showed it, it was not the one who sends now
                    self.take_receipt(Receipt(self._book.id, data))

    def take_headers(self, headers: Headers) -> Reply:
        """Prove two histories; or, for our own log, take back what never left and fetch what did."""
        log = LogId(headers.log)
        if self._is_own(log):
            return self._take_back(log, headers)
        shown = self._receiver.take_headers(headers)
        asked = Parting(*shown.ask) if shown.ask else None
        return Reply(fresh=shown.entered, parted=asked, heads_changed=shown.entered)

    def _take_back(self, log: LogId, headers: Headers) -> Reply:
        shown = decode_checkpoint(headers.checkpoint)
        common = difference(self._book, log, headers.start, headers.headers, shown)
        if log not in self._catching_up:
            return Reply()
        if common is None:
            end = headers.start + len(headers.headers)
            return Reply(parted=Parting(log, end) if headers.headers else None)
        if any(receipt.size > common for receipt in self._book.store.receipts(log)):
            raise Rejected(
                "exchange.own-fork",
                N_("Two copies of this node have written: both versions reached another node."),
                N_("Stop the other copy, then open a new epoch: detente restore --new-epoch."),
            )
        with self._book.store.unit() as unit:
            taken = unit.cut_unsent(log, common)
            unit.forget_judgements(self._book.id)
        self._set_aside(log, taken)
        self._book.reload()
        return Reply(heads_changed=True, refollow=log)
