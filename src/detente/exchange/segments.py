"""Cut messages into padded segments and put them together again, without a socket.

Carries out docs/spec/09-exchange.md §4. A message is opaque bytes on one of three streams. It
travels as segments of 256 · 2^k bytes, up to 16 KiB, header and zero padding included, so that an
onlooker sees one of seven sizes and nothing finer. Between two segments the more urgent stream
goes first: a line message waits for at most the one segment that is already leaving.

A segment is ``class u8 | stream u8 | flags u8 | body length u16 | rest u32 | body | zeros``, where
`rest` counts the bytes of the same message that later segments carry. All but the last segment of
a message are full. A cover segment holds nothing: it is a heartbeat, or fills a constant rate.

Invariants: a header is judged before its body is waited for, and a message's whole length before
any of it is kept; memory held for a peer is at most one message per stream; nothing here reads a
clock.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from detente.terms.errors import N_, Bug, Rejected
from detente.terms.limits import KIB, MIB


class Stream(IntEnum):
    """What a message is about, the most urgent first."""

    CONTROL = 0
    LINE = 1
    TABLE = 2


SIZES: Final = tuple(256 << k for k in range(7))
"""The sizes a segment can have: 256 bytes to 16 KiB, which is one full TLS record."""

MESSAGE_LIMITS: Final[Mapping[Stream, int]] = {
    Stream.CONTROL: 512 * KIB,
    Stream.LINE: 512 * KIB,
    Stream.TABLE: 6 * MIB,
}
"""Longest message of each stream: a full batch with its proof, or one line entry, with room."""

QUEUE_LIMITS: Final[Mapping[Stream, int]] = {
    Stream.CONTROL: 1 * MIB,
    Stream.LINE: 1 * MIB,
    Stream.TABLE: 8 * MIB,
}
"""Bytes waiting to leave beyond which a stream wants no more; one message may overshoot it."""

HEADER: Final = struct.Struct(">BBBHI")
_FIRST: Final = 1
_COVER: Final = 2
_ZEROS: Final = bytes(SIZES[-1])


class Arrived(NamedTuple):
    """One whole message from the other side."""

    stream: Stream
    message: bytes


def cover_segment(size_class: int = 0) -> bytes:
    """Return a segment that carries nothing, of ``SIZES[size_class]`` bytes."""
    return _pack(size_class, Stream.CONTROL, _COVER, b"", 0)


class Outgoing:
    """Messages that wait to leave, as a queue per stream.

    Args:
        size_class: when given, every segment has this one size, for a constant rate.
    """

    def __init__(self, size_class: int | None = None) -> None:
        self._size_class = size_class
        self._room = SIZES[-1 if size_class is None else size_class] - HEADER.size
        self._queues: dict[Stream, deque[memoryview]] = {stream: deque() for stream in Stream}
        self._begun: dict[Stream, bool] = dict.fromkeys(Stream, False)
        self._queued: dict[Stream, int] = dict.fromkeys(Stream, 0)

    def wants_more(self, stream: Stream) -> bool:
        """Return whether `stream` may take another message now."""
        return self._queued[stream] < QUEUE_LIMITS[stream]

    def queued(self, stream: Stream) -> int:
        """Return the bytes that wait on `stream`; an empty message counts as its header."""
        return self._queued[stream]

    @property
    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return not any(self._queues.values())

    def put(self, stream: Stream, message: bytes) -> None:
        """Queue a message.

        Raises:
            Bug: when the message is longer than `MESSAGE_LIMITS` allow, or nobody asked
                `wants_more` before.
        """
        if len(message) > MESSAGE_LIMITS[stream]:
            raise Bug("a message is longer than its stream allows")
        if not self.wants_more(stream):
            raise Bug("a message was queued on a stream that wants no more")
        self._queues[stream].append(memoryview(message))
        self._queued[stream] += len(message) + HEADER.size

    def take(self) -> bytes | None:
        """Return the next segment to leave, or None when nothing waits."""
        for stream, queue in self._queues.items():
            if queue:
                return self._cut(stream, queue)
        return None

    def cover(self) -> bytes:
        """Return a cover segment of the size that this queue's segments have."""
        return cover_segment(self._size_class or 0)

    def _cut(self, stream: Stream, queue: deque[memoryview]) -> bytes:
        left = queue[0]
        body = left[: self._room]
        rest = len(left) - len(body)
        flags = 0 if self._begun[stream] else _FIRST
        self._queued[stream] -= len(body)
        self._begun[stream] = rest > 0
        if rest:
            queue[0] = left[len(body) :]
        else:
            queue.popleft()
            self._queued[stream] -= HEADER.size
        size_class = self._size_class
        if size_class is None:
            size_class = _smallest_class(len(body))
        return _pack(size_class, stream, flags, body, rest)


class Incoming:
    """Puts segments together again; everything it is given may be hostile.

    Args:
        limits: the streams that may speak now and the longest message of each. The holder widens
            `limits` when it knows who speaks.
    """

    def __init__(self, limits: Mapping[Stream, int] = MESSAGE_LIMITS) -> None:
        self.limits = limits
        self.segments = 0
        """Whole segments read so far, cover included: what counts as progress."""
        self._buffer = bytearray()
        self._parts: dict[Stream, bytearray] = {}
        self._due: dict[Stream, int] = {}

    def feed(self, data: bytes) -> None:
        """Add bytes as they came."""
        self._buffer += data

    def take(self) -> Arrived | None:
        """Return the next whole message, or None when more bytes are needed.

        Raises:
            Rejected: ``exchange.segment`` when the bytes break a rule of the format. Nothing more
                can be read after that.
        """
        while True:
            header = self._read_header()
            if header is None or len(self._buffer) < header.size:
                return None
            end = HEADER.size + header.body
            padding = header.size - end
            if self._buffer[end : header.size] != _ZEROS[:padding]:
                raise _broken("padding that is not zero")
            body = self._buffer[HEADER.size : end]
            del self._buffer[: header.size]
            self.segments += 1
            if header.stream is not None and (arrived := self._join(header.stream, header, body)):
                return arrived

    def _read_header(self) -> _Header | None:
        if len(self._buffer) < HEADER.size:
            return None
        size_class, stream_number, flags, body, rest = HEADER.unpack_from(self._buffer)
        if size_class >= len(SIZES):
            raise _broken("a size class that does not exist")
        size = SIZES[size_class]
        if flags == _COVER:
            if stream_number or body or rest:
                raise _broken("a cover segment that is not empty")
            return _Header(size, None, 0, 0)
        if flags not in {0, _FIRST}:
            raise _broken("flags that do not exist")
        if stream_number not in self.limits:
            raise _broken("a stream that may not speak")
        stream = Stream(stream_number)
        room = size - HEADER.size
        if body > room or (rest and body != room):
            raise _broken("a length that does not fit its segment")
        due = self._due.get(stream)
        if flags == _FIRST:
            if due is not None:
                raise _broken("a message inside another")
            if body + rest > self.limits[stream]:
                raise _broken("a message longer than its stream allows")
        elif due != body + rest:
            raise _broken("a segment that continues nothing")
        return _Header(size, stream, body, rest)

    def _join(self, stream: Stream, header: _Header, body: bytearray) -> Arrived | None:
        parts = self._parts.pop(stream, None)
        if parts is None:
            parts = body
        else:
            parts += body
        if header.rest:
            self._parts[stream] = parts
            self._due[stream] = header.rest
            return None
        self._due.pop(stream, None)
        return Arrived(stream, bytes(parts))


class _Header(NamedTuple):
    """One judged header; `stream` is None for cover."""

    size: int
    stream: Stream | None
    body: int
    rest: int


def _smallest_class(body: int) -> int:
    # Bits above the lowest class's eight: 247 body bytes still fit 256, 248 need 512.
    return max(0, (HEADER.size + body - 1).bit_length() - 8)


def _pack(
    size_class: int, stream: Stream, flags: int, body: bytes | memoryview, rest: int
) -> bytes:
    padding = SIZES[size_class] - HEADER.size - len(body)
    return b"".join(
        (HEADER.pack(size_class, stream, flags, len(body), rest), body, _ZEROS[:padding])
    )


def _broken(what: str) -> Rejected:
    return Rejected(
        "exchange.segment", N_("The other side broke the link's format: it sent {what}."), what=what
    )
