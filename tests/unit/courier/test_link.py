"""Links over this machine's own network: docs/spec/09-exchange.md §3 to §5."""

from __future__ import annotations

import asyncio
import struct

import pytest

from detente.courier.link import Link
from detente.courier.redial import Standing
from detente.exchange.segments import HEADER, SIZES, Stream
from detente.terms.errors import Fault, Rejected, Unavailable
from tests.unit.courier.ends import QUICK, TALK, linked, run, side, skip, until

TLS_RECORD = struct.Struct(">BHH")


async def fault_of(link: Link) -> Fault:
    while True:
        try:
            await link.receive()
        except Fault as fault:
            return fault


def record_wire(link: Link) -> bytearray:
    """Return a buffer that grows by all that this end hands to the network from now on."""
    tap, write = bytearray(), link._wire._write

    def tapped(data: bytes) -> None:
        tap.extend(data)
        write(data)

    link._wire._write = tapped  # type: ignore[method-assign]
    return tap


def record_sizes(tap: bytes) -> list[int]:
    sizes, at = [], 0
    while at < len(tap):
        kind, _, length = TLS_RECORD.unpack_from(tap, at)
        assert kind == 23
        sizes.append(length - 17)
        at += TLS_RECORD.size + length
    return sizes


def test_two_proved_ends_exchange_messages_of_any_size() -> None:
    """§3, §4."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            assert dialled.peer == side("b").outside
            assert accepted.peer == side("a").outside
            assert dialled.dialogues == accepted.dialogues == (TALK,)
            assert dialled.standing() == Standing(is_ours=True, is_silent=False)
            assert accepted.standing() == Standing(is_ours=False, is_silent=False)
            for size in (0, 1, 247, 16_375, 300_000, 6 * 1024 * 1024):
                message = bytes(size)
                await dialled.send(Stream.TABLE, message)
                assert await accepted.receive() == (Stream.TABLE, message)
                await accepted.send(Stream.TABLE, message)
                assert await dialled.receive() == (Stream.TABLE, message)
            assert dialled.statistics().queued == (0, 0, 0)
            assert dialled.statistics().segments_out + 1 == accepted.statistics().segments_in + 1

    run(work())


def test_only_seven_sizes_are_on_the_wire() -> None:
    """Threat 38: every record after the handshake has the size of a segment."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            tap = record_wire(dialled)
            lengths = [0, 1, 246, 247, 248, 1000, 5000, 16_375, 16_376, 70_000]
            for length in lengths:
                await dialled.send(Stream.LINE, bytes(length))
                await accepted.receive()
            before = accepted.statistics().segments_in
            skip(15.1)
            await until(lambda: accepted.statistics().segments_in > before)
            sizes = record_sizes(bytes(tap))
            assert set(sizes) <= set(SIZES)
            assert len(set(sizes)) >= 5

    run(work())


def test_constant_rate_shows_one_size_whether_there_is_news_or_not() -> None:
    """Threat 38, option."""

    async def work() -> None:
        settings = QUICK._replace(constant_s=0.0005, constant_class=2)
        async with linked(settings, settings) as (dialled, accepted):
            tap = record_wire(dialled)
            await until(lambda: len(tap) > 5 * SIZES[2])
            await dialled.send(Stream.LINE, bytes(3000))
            await dialled.send(Stream.CONTROL, b"x")
            assert (await accepted.receive()).message == b"x"
            assert (await accepted.receive()).message == bytes(3000)
            assert set(record_sizes(bytes(tap))) == {SIZES[2]}

    run(work())


def test_line_message_overtakes_a_table_batch() -> None:
    """§4: from the moment a line message is queued, at most one other segment leaves before it."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            streams: list[int] = []
            seal = dialled._wire.channel.send

            def spied(segment: bytes) -> bytes:
                streams.append(HEADER.unpack_from(segment)[1])
                return seal(segment)

            dialled._wire.channel.send = spied  # type: ignore[method-assign,assignment]
            await dialled.send(Stream.TABLE, bytes(4 * 1024 * 1024))
            before = len(streams)
            assert before < 30
            await dialled.send(Stream.LINE, b"flash")
            assert await accepted.receive() == (Stream.LINE, b"flash")
            assert streams.index(Stream.LINE) - before <= 1
            assert (await accepted.receive()).stream == Stream.TABLE
            assert len(streams) > 250

    run(work())


def test_line_message_overtakes_when_the_network_is_full_and_the_reader_slow() -> None:
    """§4: back-pressure on the table holds up neither line nor memory."""

    async def work() -> None:
        async with linked() as (dialled, accepted):

            async def pour() -> None:
                for _ in range(12):
                    await dialled.send(Stream.TABLE, bytes(4 * 1024 * 1024))

            pouring = asyncio.ensure_future(pour())
            await until(lambda: accepted._wire._is_deaf and dialled._wire._is_blocked)
            assert accepted._wire._inbox.bytes <= 24 * 1024 * 1024
            assert dialled._wire._transport is not None
            assert dialled._wire._transport.get_write_buffer_size() <= SIZES[-1] + 22
            assert not dialled.wants_more(Stream.TABLE)
            assert dialled.wants_more(Stream.LINE)
            await dialled.send(Stream.LINE, b"flash")
            batches = 0
            while (await accepted.receive()).stream != Stream.LINE:
                batches += 1
            assert batches <= 5
            for _ in range(12 - batches):
                assert (await accepted.receive()).stream == Stream.TABLE
            await pouring

    run(work())


def test_quiet_link_lives_by_its_heartbeats() -> None:
    """§5: one small segment each way every 15 s."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            for beat in range(1, 9):
                skip(15.1)
                await until(lambda n=beat + 1: dialled.statistics().segments_in >= n)  # type: ignore[misc]
                await until(lambda n=beat + 1: accepted.statistics().segments_in >= n)  # type: ignore[misc]
            assert dialled.fault is None
            assert accepted.fault is None

    run(work())


def test_half_open_link_ends_after_45_seconds_of_silence() -> None:
    """Threat 21: the other side vanished without a word."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            dialled._wire._timers["pulse"].cancel()
            skip(30.1)
            assert accepted.standing().is_silent
            await asyncio.sleep(0)
            assert accepted.fault is None
            skip(15.1)
            assert (await fault_of(accepted)).code == "link.silent"
            assert (await fault_of(dialled)).code == "link.lost"

    run(work())


def test_trickle_of_bytes_is_no_sign_of_life() -> None:
    """Threat 21: slow-loris inside a proved link."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            wire = dialled._wire
            wire._timers["pulse"].cancel()
            for _ in range(4):
                skip(11)
                before = accepted.statistics().bytes_in
                wire._write(wire.channel.send(b"\0"))
                await until(lambda n=before: accepted.statistics().bytes_in > n)  # type: ignore[misc]
            skip(2)
            assert (await fault_of(accepted)).code == "link.silent"

    run(work())


def test_side_that_takes_nothing_is_given_up_though_it_speaks() -> None:
    """Threat 21: a reader that stops reading holds our memory for 45 s at most."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            accepted._wire._transport.pause_reading()  # type: ignore[union-attr]
            while dialled.wants_more(Stream.TABLE):
                await dialled.send(Stream.TABLE, bytes(6 * 1024 * 1024))
            await until(lambda: dialled._wire._is_blocked)
            for beat in range(3):
                skip(14.9)
                await accepted.send(Stream.CONTROL, b"still here")
                await dialled.receive()
                assert dialled.fault is None, beat
            skip(1)
            assert (await fault_of(dialled)).code == "link.stalled"

    run(work())


def test_slow_reader_is_not_its_peers_silence() -> None:
    """§5: while we ourselves read nothing, the other side cannot be heard."""

    async def work() -> None:
        small = QUICK._replace(hold_bytes=1000)
        async with linked(theirs=small) as (dialled, accepted):
            await dialled.send(Stream.TABLE, bytes(5000))
            await until(lambda: accepted._wire._is_deaf)
            for _ in range(5):
                skip(44)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            assert accepted.fault is None
            assert (await accepted.receive()).message == bytes(5000)

    run(work())


def test_segment_against_the_format_ends_the_link_as_their_fault() -> None:
    """Threat 23: on the wire as in the unit."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            wire = dialled._wire
            await dialled.send(Stream.LINE, b"before")
            wire._write(wire.channel.send(b"\xff" * 256))
            assert await accepted.receive() == (Stream.LINE, b"before")
            fault = await fault_of(accepted)
            assert isinstance(fault, Rejected)
            assert fault.code == "exchange.segment"
            assert (await fault_of(dialled)).code == "link.closed"

    run(work())


def test_bytes_altered_on_the_way_end_the_link() -> None:
    """§2."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            wire = dialled._wire
            wire._transport.write(wire.channel.send(bytes(256))[:-1] + b"!")  # type: ignore[union-attr]
            assert (await fault_of(accepted)).code == "link.broken"

    run(work())


def test_last_words_arrive_although_the_other_side_is_still_sending() -> None:
    """§5: closing in order loses nothing that was queued."""

    async def work() -> None:
        small = QUICK._replace(hold_bytes=1000)
        async with linked(ours=small) as (dialled, accepted):
            await accepted.send(Stream.TABLE, bytes(2000))
            await until(lambda: dialled._wire._is_deaf)
            await accepted.send(Stream.TABLE, bytes(6 * 1024 * 1024))
            await until(lambda: accepted._wire._is_blocked)
            await dialled.send(Stream.TABLE, bytes(1_000_000))
            await dialled.send(Stream.CONTROL, b"bye")
            closing = asyncio.ensure_future(dialled.close("test.done"))
            assert await accepted.receive() == (Stream.CONTROL, b"bye")
            assert (await accepted.receive()).stream == Stream.TABLE
            assert (await fault_of(accepted)).code == "link.closed"
            await closing
            assert (await fault_of(dialled)).code == "test.done"
            with pytest.raises(Unavailable):
                await dialled.send(Stream.LINE, b"too late")

    run(work())


def test_sender_that_waits_for_room_learns_of_the_end() -> None:
    """§5: nobody hangs on a link that is gone."""

    async def work() -> None:
        async with linked() as (dialled, accepted):
            accepted._wire._transport.pause_reading()  # type: ignore[union-attr]
            while dialled.wants_more(Stream.TABLE):
                await dialled.send(Stream.TABLE, bytes(6 * 1024 * 1024))
            waiting = asyncio.ensure_future(dialled.send(Stream.TABLE, b"one more"))
            await asyncio.sleep(0)
            accepted._wire._transport.abort()  # type: ignore[union-attr]
            with pytest.raises(Unavailable) as caught:
                await waiting
            assert caught.value.code == "link.lost"

    run(work())
