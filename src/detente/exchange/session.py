"""One dialogue over one link: who may send what, and how much. A state machine without a socket.

Carries out docs/spec/09-exchange.md §5. Each side first says what it holds (`Sizes`, unsigned), so that a
restored node learns its own head before it signs anything new; then signed `Heads`; then each side
follows the logs that it lacks, by credit. Table and line have credit of their own, so that a flood
on the table never uses up the line's.

Invariants: bytes in, events out; nothing is asked of a store here; a side that sends more than its
credit, or speaks out of turn, is cut off. What is counted against the other side is counted on ours as
well, so that nothing a third party does makes two honest nodes cut each other off.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from detente.exchange.frames import (
    AskHeaders,
    Batch,
    Bye,
    Frame,
    Headers,
    Heads,
    More,
    Receipt,
    Sizes,
    Want,
    decode_frame,
)
from detente.terms.errors import N_, Rejected
from detente.terms.limits import BATCH_BYTES, LOGS, MIB

WINDOW_TABLE = 4 * BATCH_BYTES
"""Bytes of one table log in flight: enough that checking one batch and sending the next overlap."""
WINDOW_LINE = MIB
REPEATS = 64
"""How often a side may show heads without a new log, or ask for headers, in one session."""
FOLLOWINGS = 4
"""How often a side may begin to follow one log in a session: each lets it ask for the whole again."""
_SLACK = BATCH_BYTES
"""The last batch that credit allows may go on to the next signed size; none may begin without credit."""


class Phase(Enum):
    """Where a session stands; each side passes through them in this order."""

    GREETING = "greeting"
    """Nothing heard yet."""
    COMPARING = "comparing"
    """Sizes heard, heads not."""
    OPEN = "open"
    ENDED = "ended"


class Parting(NamedTuple):
    """Headers to ask for: a log that contradicts what we hold."""

    log: bytes
    start: int


class Later(NamedTuple):
    """A log of which nothing can be taken yet; the desk that says so knows what it waits for."""

    log: bytes
    party: int = -1
    """Place of the party whose log it says it is."""
    node: bytes = b""
    """Print of the key that it names."""
    documents: int = -1
    """How many documents of the party were known, none of which names the key; -1 when one does."""


class Reply(NamedTuple):
    """What a node made of a frame."""

    receipts: tuple[bytes, ...] = ()
    """Encoded receipts to pass on."""
    fresh: bool = False
    """Whether anything new was stored."""
    parted: Parting | None = None
    heads_changed: bool = False
    """Whether our heads should be shown again."""
    refollow: bytes = b""
    """A log that is to be followed anew, because we took entries of it back."""
    follow: tuple[bytes, ...] = ()
    """Logs that the other side can give, known here or not."""
    later: Later | None = None
    """A log that is to be followed anew when what it waits for has come."""


class Following(NamedTuple):
    """A log that the other side follows: how far we have sent, and what we may still send."""

    sent: int
    credit: int


class _Shown:
    """Heads that one side has shown: such as name new logs are no repetition."""

    def __init__(self) -> None:
        self._logs: set[bytes] = set()
        self._repeats = 0

    def note(self, heads: Heads) -> bool:
        """Take note of heads; tell whether that many may be shown."""
        logs = heads.logs()
        known = len(self._logs)
        if len(self._logs | logs) <= LOGS:
            self._logs |= logs
        if len(self._logs) == known:
            self._repeats += 1
        return self._repeats <= REPEATS


class Session:
    """The state of one dialogue on one link."""

    def __init__(self, dialogue: bytes) -> None:
        self.dialogue = dialogue
        self.phase = Phase.GREETING
        self._following: dict[bytes, Following] = {}
        self._asked: dict[bytes, int] = {}
        self._wanted: dict[bytes, int] = {}
        self._headers_asked: set[bytes] = set()
        self._times: dict[object, int] = {}
        self._heard, self._told = _Shown(), _Shown()
        self._questions = 0

    # -- what arrives ----------------------------------------------------------------------

    def receive(self, data: bytes) -> Frame:
        """Return the frame of `data`, if it may come now.

        Raises:
            Rejected: ``exchange.frame``; ``exchange.turn`` when it is out of turn, for another
                dialogue, or was not asked for; ``exchange.credit`` when it exceeds its credit.
        """
        frame = decode_frame(data)
        if bytes(frame.dialogue) != self.dialogue or self.phase is Phase.ENDED:
            raise _out_of_turn()
        match frame:
            case Sizes():
                self._advance(Phase.GREETING, Phase.COMPARING)
            case Heads():
                # Heads may come again when new logs appear.
                if self.phase is Phase.GREETING:
                    raise _out_of_turn()
                if not self._heard.note(frame):
                    raise _flood()
                self.phase = Phase.OPEN
            case Bye():
                self.phase = Phase.ENDED
            case Batch():
                self._spend(frame)
            case Headers():
                if frame.log not in self._headers_asked:
                    raise _out_of_turn()
                self._headers_asked.discard(frame.log)
            case Want():
                is_full = len(self._following) >= LOGS and frame.log not in self._following
                if self.phase is Phase.GREETING or is_full:
                    raise _out_of_turn()
                self._count(frame.log, FOLLOWINGS)
                self._following[frame.log] = Following(frame.start, min(frame.credit, WINDOW_TABLE))
            case More():
                known = self._following.get(frame.log)
                if known is None:
                    raise _out_of_turn()
                credit = min(known.credit + frame.credit, WINDOW_TABLE)
                self._following[frame.log] = known._replace(credit=credit)
            case Receipt():
                if self.phase is Phase.GREETING:
                    raise _out_of_turn()
            case AskHeaders():
                if self.phase is Phase.GREETING:
                    raise _out_of_turn()
                self._count(AskHeaders, REPEATS)
        return frame

    def _count(self, what: object, most: int) -> None:
        """Bound what costs us work and the other side little."""
        self._times[what] = self._times.get(what, 0) + 1
        if self._times[what] > most:
            raise _flood()

    def _advance(self, before: Phase, after: Phase) -> None:
        if self.phase is not before:
            raise _out_of_turn()
        self.phase = after

    def _spend(self, batch: Batch) -> None:
        before = self._asked.get(batch.log)
        if before is None:
            raise _out_of_turn()
        left = before - batch.cost()
        if before <= 0 or left < -_SLACK:
            raise Rejected(
                "exchange.credit", N_("The other node sends more than it was asked for.")
            )
        self._asked[batch.log] = left

    # -- what we ask -----------------------------------------------------------------------

    def may_want(self, log: bytes) -> bool:
        """Tell whether we may begin to follow a log, or follow it anew."""
        if log not in self._asked:
            return len(self._asked) < LOGS
        return self._wanted[log] < FOLLOWINGS

    def want(self, log: bytes, start: int, credit: int) -> Want:
        """Follow a log of the other side from `start` on, or anew.

        What is still under way from before counts too, so its credit stays.
        """
        self._asked[log] = max(0, self._asked.get(log, 0)) + credit
        self._wanted[log] = self._wanted.get(log, 0) + 1
        return Want(self.dialogue, log, start, credit)

    def more(self, log: bytes, credit: int) -> More:
        """Give further credit for a log that we follow."""
        self._asked[log] = self._asked.get(log, 0) + credit
        return More(self.dialogue, log, credit)

    def credit_left(self, log: bytes) -> int | None:
        """Return the credit that the other side still has; None for a log we do not follow."""
        return self._asked.get(log)

    def ask_headers(self, log: bytes, start: int) -> AskHeaders | None:
        """Ask for headers of a log that contradicts ours.

        Returns:
            None while an earlier question is open, and when we have asked as often as one may: the next
            session goes on.
        """
        if log in self._headers_asked or self._questions >= REPEATS:
            return None
        self._questions += 1
        self._headers_asked.add(log)
        return AskHeaders(self.dialogue, log, start)

    # -- what we may send ------------------------------------------------------------------

    def may_show(self, heads: Heads) -> bool:
        """Take note that heads go out; tell whether the other side will still listen to them."""
        return self._told.note(heads)

    def due(self, log: bytes, size: int) -> Following | None:
        """Return how to go on with a log of which we hold `size` entries; None when nothing is due."""
        known = self._following.get(log)
        if known is None or known.sent >= size or known.credit <= 0:
            return None
        return known

    def has(self, log: bytes, size: int) -> None:
        """Take note that the other side holds `size` entries of a log: they need not be sent to it."""
        known = self._following.get(log)
        if known is not None and known.sent < size:
            self._following[log] = known._replace(sent=size)

    def sent(self, batch: Batch) -> None:
        """Take note that a batch goes out."""
        known = self._following[batch.log]
        self._following[batch.log] = Following(
            batch.start + len(batch.pieces), known.credit - batch.cost()
        )


def _flood() -> Rejected:
    return Rejected("exchange.flood", N_("The other node asks for the same again and again."))


def _out_of_turn() -> Rejected:
    return Rejected("exchange.turn", N_("The other node speaks out of turn."))
