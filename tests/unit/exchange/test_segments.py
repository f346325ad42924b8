"""Segments: docs/spec/09-exchange.md §4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.exchange.segments import (
    HEADER,
    MESSAGE_LIMITS,
    QUEUE_LIMITS,
    SIZES,
    Arrived,
    Incoming,
    Outgoing,
    Stream,
    cover_segment,
)
from detente.terms.errors import Bug, Rejected

ROOM = SIZES[-1] - HEADER.size
messages = st.tuples(
    st.sampled_from(Stream),
    st.one_of(
        st.binary(max_size=600),
        st.integers(0, 4 * ROOM).map(lambda size: b"\xa5" * size),
        st.sampled_from([ROOM - 1, ROOM, ROOM + 1, 247, 248]).map(lambda size: b"\x5a" * size),
    ),
)


def take_all(incoming: Incoming) -> list[Arrived]:
    found = []
    while (arrived := incoming.take()) is not None:
        found.append(arrived)
    return found


def segment(
    size_class: int, stream: int, flags: int, body: bytes, rest: int, length: int | None = None
) -> bytes:
    header = HEADER.pack(size_class, stream, flags, len(body) if length is None else length, rest)
    size = SIZES[size_class] if size_class < len(SIZES) else SIZES[-1]
    return (header + body).ljust(size, b"\0")


def messages_or_fault(data: bytes) -> list[Arrived]:
    """Return the messages of `data`; none when it is refused by the one code there is for that."""
    incoming = Incoming()
    incoming.feed(data)
    try:
        return take_all(incoming)
    except Rejected as fault:
        if fault.code != "exchange.segment":
            raise
        return []


def assert_refused(data: bytes, incoming: Incoming | None = None) -> None:
    incoming = incoming or Incoming()
    incoming.feed(data)
    with pytest.raises(Rejected) as caught:
        take_all(incoming)
    assert caught.value.code == "exchange.segment"


@given(
    st.lists(st.one_of(messages, st.just(None)), max_size=12),
    st.integers(1, 40_000),
    st.sampled_from([None, 0, 4, 6]),
)
def test_every_stream_arrives_whole_and_in_order_however_it_is_cut(
    steps: list[tuple[Stream, bytes] | None], chunk: int, size_class: int | None
) -> None:
    """§4: messages queued at any moment between segments, bytes delivered in any pieces."""
    outgoing, incoming = Outgoing(size_class), Incoming()
    wire = bytearray()
    sent: dict[Stream, list[bytes]] = {stream: [] for stream in Stream}
    for step in steps:
        if step is None:
            wire += outgoing.cover() + (outgoing.take() or b"")
        else:
            outgoing.put(*step)
            sent[step[0]].append(step[1])
            wire += outgoing.take() or b""
    while (piece := outgoing.take()) is not None:
        wire += piece
    assert outgoing.is_empty
    assert [outgoing.queued(stream) for stream in Stream] == [0, 0, 0]
    arrived: list[Arrived] = []
    for at in range(0, len(wire), chunk):
        incoming.feed(bytes(wire[at : at + chunk]))
        arrived += take_all(incoming)
    for stream in Stream:
        assert [item.message for item in arrived if item.stream == stream] == sent[stream]


@given(st.lists(messages, max_size=10))
def test_only_seven_sizes_ever_leave(queue: list[tuple[Stream, bytes]]) -> None:
    """Threat 38: an onlooker learns a size class and nothing finer."""
    outgoing = Outgoing()
    for stream, message in queue:
        outgoing.put(stream, message)
    while (piece := outgoing.take()) is not None:
        assert len(piece) in SIZES
        header = HEADER.unpack_from(piece)
        assert len(piece) == SIZES[0] or header[3] + HEADER.size > len(piece) // 2


@pytest.mark.parametrize("size_class", range(len(SIZES)))
def test_constant_rate_has_one_size_with_and_without_news(size_class: int) -> None:
    """Threat 38, option: cover and news look alike."""
    outgoing = Outgoing(size_class)
    outgoing.put(Stream.TABLE, bytes(50_000))
    outgoing.put(Stream.LINE, b"x")
    sizes = {len(outgoing.cover())}
    while (piece := outgoing.take()) is not None:
        sizes.add(len(piece))
    assert sizes == {SIZES[size_class]}


def test_line_message_waits_for_at_most_the_segment_that_is_leaving() -> None:
    """§4: the more urgent stream goes first between any two segments."""
    outgoing, incoming = Outgoing(), Incoming()
    outgoing.put(Stream.TABLE, bytes(4 * 1024 * 1024))
    incoming.feed(outgoing.take() or b"")
    outgoing.put(Stream.LINE, b"flash")
    outgoing.put(Stream.CONTROL, b"bye")
    incoming.feed(outgoing.take() or b"")
    incoming.feed(outgoing.take() or b"")
    assert take_all(incoming) == [(Stream.CONTROL, b"bye"), (Stream.LINE, b"flash")]


def test_full_stream_wants_no_more_and_leaves_room_for_the_others() -> None:
    """§4: queued bytes are bounded per stream, so that a backlog on the table holds up nothing."""
    outgoing = Outgoing()
    outgoing.put(Stream.TABLE, bytes(MESSAGE_LIMITS[Stream.TABLE]))
    assert outgoing.wants_more(Stream.TABLE)
    outgoing.put(Stream.TABLE, bytes(MESSAGE_LIMITS[Stream.TABLE]))
    assert not outgoing.wants_more(Stream.TABLE)
    assert outgoing.wants_more(Stream.LINE)
    with pytest.raises(Bug):
        outgoing.put(Stream.TABLE, b"")
    while not outgoing.wants_more(Stream.TABLE):
        assert outgoing.take() is not None
    assert outgoing.queued(Stream.TABLE) < QUEUE_LIMITS[Stream.TABLE]


def test_empty_messages_too_fill_a_queue() -> None:
    """§4: nothing can be queued without bound."""
    outgoing = Outgoing()
    count = 0
    while outgoing.wants_more(Stream.LINE):
        outgoing.put(Stream.LINE, b"")
        count += 1
    assert count <= QUEUE_LIMITS[Stream.LINE] // HEADER.size + 1


def test_message_above_its_limit_is_a_bug_on_our_side() -> None:
    """§4."""
    with pytest.raises(Bug):
        Outgoing().put(Stream.LINE, bytes(MESSAGE_LIMITS[Stream.LINE] + 1))


@given(st.binary(max_size=2_000), st.binary(max_size=40))
def test_any_bytes_give_messages_or_one_typed_fault(data: bytes, start: bytes) -> None:
    """Threat 23: garbage raises `exchange.segment` and nothing else."""
    messages_or_fault(start + data)


@given(messages, st.integers(0, 70_000), st.integers(1, 255))
def test_one_altered_byte_gives_a_message_of_equal_bounds_or_a_fault(
    item: tuple[Stream, bytes], at: int, flip: int
) -> None:
    """Threat 23: no single altered byte makes more memory or another fault."""
    outgoing = Outgoing()
    outgoing.put(*item)
    wire = bytearray()
    while (piece := outgoing.take()) is not None:
        wire += piece
    wire[at % len(wire)] ^= flip
    arrived = messages_or_fault(bytes(wire))
    assert sum(len(found.message) for found in arrived) <= len(wire)


def test_length_is_refused_before_the_body_comes() -> None:
    """Threat 23: the header alone is enough to refuse a message that is too long."""
    for stream in Stream:
        rest = MESSAGE_LIMITS[stream] - ROOM + 1
        assert_refused(HEADER.pack(6, stream, 1, ROOM, rest))
        Incoming().feed(HEADER.pack(6, stream, 1, ROOM, rest - 1))


@pytest.mark.parametrize(
    "data",
    [
        segment(7, 0, 1, b"", 0),
        segment(255, 0, 1, b"", 0),
        segment(0, 3, 1, b"", 0),
        segment(0, 255, 1, b"", 0),
        segment(0, 0, 3, b"", 0),
        segment(0, 0, 4, b"", 0),
        segment(0, 0, 128, b"", 0),
        segment(0, 0, 0, b"", 0),
        segment(0, 1, 0, b"x", 0),
        segment(0, 1, 2, b"", 0),
        segment(0, 0, 2, b"x", 0),
        segment(0, 0, 2, b"", 1),
        segment(0, 0, 1, b"x", 1),
        segment(0, 0, 1, b"", 5),
        segment(0, 0, 1, b"", 0, length=248),
        segment(0, 0, 1, b"xy", 0, length=1),
        segment(0, 0, 2, b"\0\0\1", 0, length=0),
        segment(1, 0, 1, bytes(247), 300),
    ],
)
def test_segment_that_breaks_a_rule_is_refused(data: bytes) -> None:
    """§4: unknown class, stream or flags; cover with content; bad lengths, padding."""
    assert_refused(data)


def test_second_beginning_inside_a_message_is_refused() -> None:
    """§4: one message per stream at a time."""
    begin = segment(0, 2, 1, bytes(247), 10)
    assert_refused(begin + begin)
    assert_refused(begin + segment(0, 2, 0, bytes(11), 0))
    assert_refused(begin + segment(0, 2, 0, bytes(9), 0))
    assert_refused(begin + segment(0, 1, 0, bytes(10), 0))


def test_stream_that_may_not_speak_yet_is_refused_until_it_may() -> None:
    """§3: before the greeting only control speaks, and briefly."""
    line = segment(0, Stream.LINE, 1, b"x", 0)
    narrow = {Stream.CONTROL: 5}
    assert_refused(line, Incoming(narrow))
    assert_refused(segment(0, 0, 1, b"123456", 0), Incoming(narrow))
    incoming = Incoming(narrow)
    incoming.feed(segment(0, 0, 1, b"12345", 0) + line)
    assert incoming.take() == (Stream.CONTROL, b"12345")
    incoming.limits = MESSAGE_LIMITS
    assert incoming.take() == (Stream.LINE, b"x")


def test_cover_counts_as_progress_and_says_nothing() -> None:
    """§5: a heartbeat is a whole segment without a message."""
    incoming = Incoming()
    incoming.feed(b"".join(cover_segment(size_class) for size_class in range(len(SIZES))))
    assert incoming.take() is None
    assert incoming.segments == len(SIZES)
    incoming.feed(cover_segment()[:-1])
    assert incoming.take() is None
    assert incoming.segments == len(SIZES)
