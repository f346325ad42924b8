"""A simulated link between two nodes: frames in order on three streams, and cuts.

A link over TLS loses no single frame: it delivers in order, or it breaks and everything under way is
lost. Between streams the more urgent may overtake, never the other way round (docs/spec/09-exchange.md
§4). A liar's frames can be changed on their way by a tap, which stands for the liar's own node.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from detente.courier.conversation import CONTROL, LINE, TABLE, Outgoing
from detente.terms.errors import Rejected, Unavailable
from detente.testing.crash import PowerCut
from detente.testing.node import Node

Tap = Callable[[int, bytes], Iterable[Outgoing]]
"""(stream, message) → what really leaves instead."""

_STREAMS = (CONTROL, LINE, TABLE)
_MESSAGES = 1_500
_numbers = count()


class Wire:
    """One link; down at first.

    Args:
        one, other: the ends, 0 and 1.
        rejections: takes (who rejected, who had sent, code).
    """

    def __init__(self, one: Node, other: Node, rejections: list[tuple[str, str, str]]) -> None:
        self.ends = (one, other)
        self.is_up = False
        self.stalled = [False, False]
        """Per sending end: its frames stay under way (a half-open link)."""
        self.taps: list[Tap | None] = [None, None]
        """Per sending end."""
        self.number = next(_numbers)
        self._rejections = rejections
        self._sent = count()
        self._under_way = self._empty()

    @staticmethod
    def _empty() -> dict[tuple[int, int], deque[tuple[int, bytes]]]:
        return {(end, stream): deque() for end in (0, 1) for stream in _STREAMS}

    def connect(self) -> None:
        """Make the link, if it is down and both ends run: new conversations begin."""
        self._notice()
        if self.is_up or not all(end.is_running for end in self.ends):
            return
        self.is_up = True
        for end, node in enumerate(self.ends):
            self._send(end, node.begin(self.number, self.ends[1 - end]))

    def _notice(self) -> None:
        """Find that the link is down because an end has stopped or begun anew."""
        if self.is_up and not all(self.number in node.talks for node in self.ends):
            self.cut()

    def cut(self) -> None:
        """Break the link: what is under way is lost."""
        self.is_up = False
        self._under_way = self._empty()
        for node in self.ends:
            node.end(self.number)

    def tap(self, sender: Node, tap: Tap | None) -> None:
        """Put a tap on what one end sends."""
        self.taps[self.ends.index(sender)] = tap

    def send(self, sender: Node, message: bytes, stream: int = CONTROL) -> None:
        """Put a message of the tester's own making on its way."""
        self._queue(self.ends.index(sender), stream, message)

    def _queue(self, end: int, stream: int, message: bytes) -> None:
        self._under_way[end, stream].append((next(self._sent), message))

    def _send(self, end: int, outgoing: Iterable[Outgoing]) -> None:
        tap = self.taps[end]
        for stream, message in outgoing:
            changed = tap(stream, message) if tap else ((stream, message),)
            for new_stream, new_message in changed:
                self._queue(end, new_stream, new_message)

    def collect(self) -> bool:
        """Take what the ends have queued for this link; return whether there was anything."""
        moved = False
        self._notice()
        for end, node in enumerate(self.ends):
            due = node.due(self.number)
            moved = moved or bool(due)
            self._send(end, due)
        return moved

    def waiting(self) -> list[tuple[int, int]]:
        """Return (sending end, stream) of what may arrive next: nothing overtakes the more urgent."""
        ready: list[tuple[int, int]] = []
        for end in (0, 1):
            if not self.is_up or self.stalled[end]:
                continue
            earliest = float("inf")
            for stream in _STREAMS:
                queue = self._under_way[end, stream]
                if queue and queue[0][0] < earliest:
                    earliest = queue[0][0]
                    ready.append((end, stream))
        return ready

    def deliver(self, end: int, stream: int) -> None:
        """Deliver the next message of a stream; whatever goes wrong breaks the link."""
        _, message = self._under_way[end, stream].popleft()
        receiver, sender = self.ends[1 - end], self.ends[end]
        try:
            answer = receiver.receive(self.number, message)
        except Rejected as fault:
            self._rejections.append((receiver.name, sender.name, fault.code))
            self.cut()
        except (Unavailable, PowerCut):
            self.cut()
        else:
            self._send(1 - end, answer)
            if receiver.talks[self.number][0].ended:
                self.cut()

    def deliver_all(self) -> bool:
        """Deliver, most urgent first, until nothing is under way; return whether anything was.

        Raises `AssertionError` when each message calls forth the next without end.
        """
        for number in range(_MESSAGES):
            self.collect()
            ready = self.waiting()
            if not ready:
                return number > 0
            self.deliver(*min(ready, key=lambda key: key[1]))
        raise AssertionError(f"{self.ends} talk without end")
