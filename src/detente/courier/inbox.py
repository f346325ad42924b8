"""Whole messages that wait to be fetched, the most urgent first."""

from __future__ import annotations

from collections import deque

from detente.exchange.segments import Arrived, Stream


class Inbox:
    """A queue per stream; `bytes` is what they hold together."""

    def __init__(self) -> None:
        self._queues: dict[Stream, deque[bytes]] = {stream: deque() for stream in Stream}
        self.bytes = 0

    def __bool__(self) -> bool:
        return any(self._queues.values())

    def put(self, arrived: Arrived) -> None:
        """Add a message behind the others of its stream."""
        self._queues[arrived.stream].append(arrived.message)
        self.bytes += len(arrived.message)

    def pop(self) -> Arrived | None:
        """Remove and return the first message of the most urgent stream that has one."""
        for stream, queue in self._queues.items():
            if queue:
                message = queue.popleft()
                self.bytes -= len(message)
                return Arrived(stream, message)
        return None
