"""One dialogue with one other node: joins the session to the desk, over whatever carries frames.

Carries out docs/spec/09-exchange.md §5. The same code runs over a link, in a simulation and in tests:
frames in, frames out, each with the stream it belongs to. It holds no socket and never waits.

Invariant: what the desk refuses ends the session with a code; it never ends the node.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from detente.exchange.frames import (
    AskHeaders,
    Batch,
    Bye,
    Frame,
    Headers,
    Heads,
    Receipt,
    Sizes,
    encode_frame,
)
from detente.exchange.session import WINDOW_LINE, WINDOW_TABLE, Later, Phase, Reply, Session
from detente.terms.ids import PartyId
from detente.terms.limits import KIB

CONTROL, LINE, TABLE = 0, 1, 2
_LINE_BATCH = 256 * KIB
_TABLE_BATCH = 2 * 1024 * KIB


class Counter(Protocol):
    """What a conversation asks of the desk, for one dialogue (put in by `node`)."""

    def sizes(self) -> Sizes:
        """Return what we hold."""

    def heads(self, own: bool = True, shown: frozenset[bytes] = frozenset()) -> Heads:
        """Return as many signed heads as one message holds, those of logs not in `shown` first.

        Our own logs are left out while we may be a restored copy.
        """

    def newest_receipts(self) -> Iterable[bytes]:
        """Return the newest receipts that we hold, encoded."""

    def receipts_since(self, number: int) -> tuple[int, list[bytes]]:
        """Return how many receipts there were so far, and those after `number`."""

    def logs(self) -> list[bytes]:
        """Return all logs that we hold, the line's first."""

    def foremost(self) -> list[bytes]:
        """Return all logs that we hold, in the order in which they are followed if not all can be."""

    def lane(self, log: bytes) -> int:
        """Return the lane of a log."""

    def held(self, log: bytes) -> int:
        """Return how many entries of a log we hold; 0 for one we do not know."""

    def can_give(self, log: bytes) -> int:
        """Return how many entries of a log may be given now."""

    def batch(self, log: bytes, start: int, most_bytes: int) -> Batch | None:
        """Return the next entries of a log, or None when there are none to give."""

    def headers(self, log: bytes, start: int) -> Headers | None:
        """Return headers of a log, to show where it parts."""

    def allowance(self, log: bytes) -> int:
        """Return how many bytes of a log may be fetched now, by the quotas of the genesis."""

    def take_sizes(self, sizes: Sizes) -> bool:
        """Tell whether the other side claims to hold more, or other, of our own logs than we do."""

    def take_heads(self, heads: Heads, peer: PartyId | None) -> Reply:
        """Compare signed heads with what we hold."""

    def take_batch(self, batch: Batch) -> Reply:
        """Take entries, and give a receipt for what is complete."""

    def may_come(self, later: Later) -> bool:
        """Tell whether a log of which nothing could be taken may be asked for again."""

    def take_receipt(self, receipt: Receipt) -> Reply:
        """Take another node's receipt."""

    def take_headers(self, headers: Headers) -> Reply:
        """Take headers that we asked for."""


Outgoing = tuple[int, bytes]
"""Stream and message."""


class Conversation:
    """Runs one session."""

    def __init__(self, dialogue: bytes, counter: Counter, peer: PartyId | None = None) -> None:
        """Begin with one node's part; `peer` is the party whose node is at the other end."""
        self._session = Session(dialogue)
        self._counter = counter
        self._peer = peer
        self._sent_receipts: set[bytes] = set()
        self._receipts_seen = counter.receipts_since(0)[0]
        self._shown: frozenset[bytes] = frozenset()
        """Logs whose heads the other side has been shown."""
        self._waiting: set[bytes] = set()
        self.is_behind = False
        """Whether more is due already than the last `poke` gave, or the `receive` that ended in one."""
        self._later: dict[bytes, Later] = {}
        self._claimed = False
        self._dialogue = dialogue

    @property
    def ended(self) -> bool:
        """Tell whether the other side ended the session, or we did."""
        return self._session.phase is Phase.ENDED

    def begin(self) -> list[Outgoing]:
        """Return the first frame: what we hold."""
        return [(CONTROL, encode_frame(self._counter.sizes()))]

    def receive(self, message: bytes) -> list[Outgoing]:
        """Take one message and return what goes out because of it.

        Raises:
            Rejected: the other side broke the exchange; the caller closes the link and keeps the
                code. `Unavailable` passes through: the store did not answer.
        """
        frame = self._session.receive(message)
        out: list[Outgoing] = []
        match frame:
            case Sizes():
                self._claimed = self._counter.take_sizes(frame)
                out += self._heads(own=not self._claimed)
                out += self._pass_receipts(self._counter.newest_receipts())
                out += self._follow_known()
                for line in frame.lines:
                    out += self._follow(line.log)
            case Heads():
                reply = self._counter.take_heads(frame, self._peer)
                if self._claimed and reply.parted is None:
                    self._claimed = False
                    out += self.announce()
                out += self._after(reply)
                out += self._follow_known()
                for log in reply.follow:
                    out += self._follow(log)
            case Batch():
                reply = self._counter.take_batch(frame)
                self._session.has(frame.log, frame.start + len(frame.pieces))
                out += self._credit(frame.log)
                out += self._after(reply)
            case Receipt():
                self._sent_receipts.add(frame.receipt)  # it need not go back where it came from
                out += self._after(self._counter.take_receipt(frame))
            case AskHeaders():
                shown = self._counter.headers(frame.log, frame.start)
                if shown is not None:
                    out.append((CONTROL, encode_frame(shown)))
            case Headers():
                out += self._after(self._counter.take_headers(frame))
            case Bye():
                return []
        return out + self.poke()

    def poke(self) -> list[Outgoing]:
        """Return what is due now: entries that the other side follows and lacks, line before table.

        Before them the heads of logs that appeared meanwhile, and receipts that came from elsewhere.
        """
        self.is_behind = False
        out: list[Outgoing] = []
        if self._session.phase is Phase.GREETING or self._claimed:
            return out
        for later in [one for one in self._later.values() if self._counter.may_come(one)]:
            del self._later[later.log]
            out += self._want(later.log)
        if self._shown and not self._shown.issuperset(self._counter.logs()):
            out += self.announce()
        self._receipts_seen, news = self._counter.receipts_since(self._receipts_seen)
        out += self._pass_receipts(news)
        for log in self._counter.logs():
            is_line = self._counter.lane(log) == 0
            while (due := self._session.due(log, self._counter.can_give(log))) is not None:
                most = min(due.credit, _LINE_BATCH if is_line else _TABLE_BATCH)
                batch = self._counter.batch(log, due.sent, most)
                if batch is None:
                    break
                self._session.sent(batch)
                out.append((LINE if is_line else TABLE, encode_frame(batch)))
                if not is_line:
                    # One table batch at a time: the caller comes back when it has left.
                    more = self._session.due(log, self._counter.can_give(log)) is not None
                    self.is_behind = self.is_behind or more
                    break
        return out

    def tick(self) -> list[Outgoing]:
        """Return renewed credit for logs whose quota was used up, once there is some again."""
        out: list[Outgoing] = []
        for log in list(self._waiting):
            self._waiting.discard(log)
            out += self._credit(log)
        return out

    def announce(self) -> list[Outgoing]:
        """Return our heads again: logs appeared that the other side may not know."""
        if self._session.phase is Phase.GREETING:
            return []
        return [*self._heads(), *self._follow_known()]

    def end(self, code: str) -> list[Outgoing]:
        """End the session."""
        self._session.phase = Phase.ENDED
        return [(CONTROL, encode_frame(Bye(self._dialogue, code)))]

    def pass_receipts(self, receipts: Iterable[bytes]) -> list[Outgoing]:
        """Return receipts that the other side has not had from us in this session."""
        if self._session.phase is Phase.GREETING:
            return []
        return self._pass_receipts(receipts)

    # -- inside ----------------------------------------------------------------------------

    def _heads(self, *, own: bool = True) -> list[Outgoing]:
        """Return our heads, in as many messages as it takes to show all logs that are new here."""
        out: list[Outgoing] = []
        logs = frozenset(self._counter.logs())
        shown = self._shown & logs
        while not out or shown != logs:
            heads = self._counter.heads(own=own, shown=shown)
            if out and heads.logs() <= shown:
                break  # nothing is signed yet of what is left, or it is not shown now
            shown |= heads.logs()
            if self._session.may_show(heads):
                out.append((CONTROL, encode_frame(heads)))
            else:
                break
        self._shown = logs
        return out

    def _pass_receipts(self, receipts: Iterable[bytes]) -> list[Outgoing]:
        out: list[Outgoing] = []
        for receipt in receipts:
            if receipt not in self._sent_receipts:
                if len(self._sent_receipts) > 1000:
                    self._sent_receipts.clear()
                self._sent_receipts.add(receipt)
                out.append((LINE, encode_frame(Receipt(self._dialogue, receipt))))
        return out

    def _after(self, reply: Reply) -> list[Outgoing]:
        out = self._pass_receipts(reply.receipts)
        if reply.parted is not None:
            question: Frame | None = self._session.ask_headers(*reply.parted)
            if question is not None:
                out.append((CONTROL, encode_frame(question)))
        if reply.refollow:
            out += self._want(reply.refollow)
        if reply.later is not None:
            self._later[reply.later.log] = reply.later
        if reply.heads_changed:
            self._claimed = False
            out += self.announce()
        return out

    def _follow(self, log: bytes) -> list[Outgoing]:
        """Follow a log from where we stand; a log we hold whole is followed for what will come."""
        return self._want(log) if self._session.credit_left(log) is None else []

    def _want(self, log: bytes) -> list[Outgoing]:
        if not self._session.may_want(log):
            return []
        credit = max(0, min(self._window(log), self._counter.allowance(log)))
        if not credit:
            self._waiting.add(log)
        want = self._session.want(log, self._counter.held(log), credit)
        return [(CONTROL, encode_frame(want))]

    def _follow_known(self) -> list[Outgoing]:
        out: list[Outgoing] = []
        for log in self._counter.foremost():
            out += self._follow(log)
        return out

    def _credit(self, log: bytes) -> list[Outgoing]:
        """Give further credit once half of the window is used, as far as quotas allow."""
        left, window = self._session.credit_left(log), self._window(log)
        if left is None or left > window // 2 or log in self._later:
            return []
        amount = min(window - left, self._counter.allowance(log))
        if amount <= 0:
            self._waiting.add(log)
            return []
        return [(CONTROL, encode_frame(self._session.more(log, amount)))]

    def _window(self, log: bytes) -> int:
        return WINDOW_LINE if self._counter.lane(log) == 0 else WINDOW_TABLE
