"""The counter at which couriers are served: one dialogue, all that may be asked or handed in.

Carries out docs/spec/09-exchange.md §5; the restore rule is kept by `desk.own_head`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from detente.desk.book import Book
from detente.desk.give import Giver
from detente.desk.introduce import Room
from detente.desk.own_head import OwnHead, SetAside
from detente.desk.receive import Early, Parted, Receiver
from detente.desk.write import Writer
from detente.exchange.frames import Batch, Headers, Heads, Receipt, Sizes
from detente.exchange.quota import Bucket, fill, refill, take
from detente.exchange.session import Later, Parting, Reply
from detente.ports import Clock
from detente.record.checkpoint import decode_checkpoint, encode_checkpoint, verify_checkpoint
from detente.seals.signing import PublicKey
from detente.terms.errors import Rejected
from detente.terms.ids import Lane, LogId, PartyId
from detente.terms.limits import LOGS

_AHEAD: Final = 4 * LOGS
"""Receipts kept for entries that have not come: one for each log and party is far less."""


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
        self._own = OwnHead(book, writer, set_aside)
        self._buckets: dict[tuple[int, Lane], Bucket] = {}
        self._room: tuple[object, Room] | None = None
        """Room for further logs, and for which state of waiting entries it was counted."""
        self._receipts: deque[bytes] = deque(maxlen=1000)
        self._receipts_count = 0
        self._ahead: dict[tuple[bytes, bytes], bytes] = {}
        """Newest receipt by log and signer that is for more than we hold yet; its signature holds."""

    @property
    def is_whole(self) -> bool:
        """Tell whether we hold all of our own logs that we have been told about."""
        return self._own.is_open

    @property
    def unconfirmed(self) -> bool:
        """Tell whether this node may be a copy that others have not shown its own head yet."""
        return self._own.unconfirmed

    @unconfirmed.setter
    def unconfirmed(self, value: bool) -> None:
        self._own.unconfirmed = value

    # -- what we show ----------------------------------------------------------------------

    def sizes(self) -> Sizes:
        """Return what we hold."""
        return self._giver.sizes()

    def heads(self, own: bool = True, shown: frozenset[bytes] = frozenset()) -> Heads:
        """Return signed heads, those of logs not in `shown` first."""
        return self._giver.heads(own and self._own.is_open, shown)

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

    def foremost(self) -> list[bytes]:
        """Return all logs, those first that matter most."""
        return list(self._giver.foremost())

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
        if self._is_own(log) and not self._own.is_open:
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
        return self._own.is_claimed(sizes)

    def take_heads(self, heads: Heads, peer: PartyId | None = None) -> Reply:
        """Compare signed heads with what we hold.

        Args:
            peer: whose node shows them; None for a pouch.
        """
        parted: Parting | None = None
        named = [decode_checkpoint(data) for data in heads.checkpoints]
        for data, checkpoint in zip(heads.checkpoints, named, strict=True):
            if self._own.is_ours(checkpoint):
                differs = self._own.learn(checkpoint)
                start = self._receiver.agreed_below(checkpoint.log)
                found = Parting(checkpoint.log, start) if differs else None
            else:
                shown = self._receiver.take_checkpoint(data)
                found = Parting(*shown) if shown else None
            parted = parted or found
        self._own.confirm(peer)
        return Reply(parted=parted, follow=tuple(one.log for one in named))

    def take_batch(self, batch: Batch) -> Reply:
        """Take entries; answer with our receipt."""
        log = LogId(batch.log)
        known = log in self._book.heads
        if self._own.is_ours(batch.checkpoint):
            self._own.notice(batch.checkpoint)
        taken = self._receiver.take_batch(batch)
        if isinstance(taken, Early):
            return Reply(later=Later(log, *(taken.unready or ())))
        if isinstance(taken, Parted):
            return Reply(parted=Parting(*taken), heads_changed=not known)
        if log not in self._book.heads:
            return Reply()
        key = self._bucket_key(log)
        self._buckets[key] = take(self._bucket(key), batch.cost(), self._clock.now())
        self._own.caught_up(log)
        self._take_ahead(log)
        if taken.receipt is None:
            return Reply((), taken.fresh > 0, None, not known)
        receipt = encode_checkpoint(taken.receipt)
        if taken.fresh:
            self._note_receipt(receipt)
        return Reply((receipt,), taken.fresh > 0, None, not known)

    def may_come(self, later: Later) -> bool:
        """Tell whether a log of which nothing could be taken may be asked for again."""
        log = LogId(later.log)
        head = self._book.heads.get(log)
        if head is not None:
            return self._book.stands.get(log, head.size + 1) > head.size
        if later.party < 0:
            return self._book.stands.get(log, 1) > 0
        if len(self._book.state.charter.versions[later.party]) <= later.documents:
            return False
        if self._room is None or self._room[0] is not self._book.held:
            self._room = self._book.held, Room(self._book)
        return self._room[1].has(log, later.party, later.node)

    def _note_receipt(self, receipt: bytes) -> None:
        self._receipts.append(receipt)
        self._receipts_count += 1

    def take_receipt(self, receipt: Receipt) -> Reply:
        """Take another node's receipt, and pass it on if it is news."""
        stored = self._receiver.take_receipt(receipt.receipt)
        if stored is not None:
            self._note_receipt(receipt.receipt)
        else:
            self._note_ahead(receipt.receipt)
        return Reply(fresh=stored is not None)

    def _note_ahead(self, data: bytes) -> None:
        """Keep a receipt for entries that are still on their way: nobody shows it a second time.

        Only one that its signer made, so that nobody can put another in its place; for each log and
        signer the newest. One that does not hold is passed over: whoever brought it need not have made it.
        """
        receipt = decode_checkpoint(data)
        head, key = self._book.heads.get(receipt.log), (receipt.log, receipt.signer)
        known = self._ahead.get(key)
        if head is None or receipt.size <= head.size or receipt.dialogue != self._book.id:
            return
        if known is not None and decode_checkpoint(known).size >= receipt.size:
            return
        signer = self._node_key(receipt.signer, self._book.state.logs[receipt.log].party)
        if signer is None or (known is None and len(self._ahead) >= _AHEAD):
            return
        with suppress(Rejected):
            verify_checkpoint(signer, receipt)
            self._ahead[key] = data

    def _node_key(self, print_: bytes, but_not: int) -> PublicKey | None:
        """Return the node key of a print, as a log or a document of another party names it."""
        state = self._book.state
        for standing in state.logs.values():
            if standing.node.print == print_ and standing.party != but_not:
                return standing.node
        for party, versions in state.charter.versions.items():
            for version in versions if party != but_not else ():
                key = version.document.node_key()
                if key.print == print_:
                    return key
        return None

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
            ask, taken_back = self._own.take_back(log, headers)
            parted = None if ask is None else Parting(log, ask)
            if not taken_back:
                return Reply(parted=parted)
            return Reply(parted=parted, heads_changed=True, refollow=log)
        shown = self._receiver.take_headers(headers)
        asked = Parting(*shown.ask) if shown.ask else None
        return Reply(fresh=shown.entered, parted=asked, heads_changed=shown.entered)
