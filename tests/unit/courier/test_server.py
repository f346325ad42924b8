"""The listening end: docs/spec/09-exchange.md §6."""

from __future__ import annotations

import asyncio

import pytest

from detente.courier.address import parse_address
from detente.courier.dialler import dial, dial_pairing
from detente.courier.peers import LinkSettings
from detente.courier.server import LinkServer
from detente.exchange.greeting import tag_pairing
from detente.exchange.segments import MESSAGE_LIMITS, Stream
from detente.terms.errors import Rejected, Unavailable
from tests.unit.courier.ends import (
    HERE,
    QUICK,
    Book,
    drop,
    knock,
    run,
    serving,
    side,
    skip,
    until,
)


async def open_bare(address: str, count: int) -> list[asyncio.StreamWriter]:
    host, port = parse_address(address)
    return [(await asyncio.open_connection(host, port))[1] for _ in range(count)]


async def close_bare(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)


def test_stranger_is_turned_away_without_an_invitation() -> None:
    """§6: an unknown certificate gets no word about anything."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book()) as (server, address):
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, c.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.not-admitted"
            pairing = await dial_pairing(address, None, c.identity, QUICK)
            await pairing.send(b"let me in")
            with pytest.raises(Unavailable):
                await pairing.receive()
            await pairing.close()
            assert server.refusals() == {"link.unknown": 2}
            wire = await knock(address, c)
            await wire.wait_gone()
            assert server.refusals() == {"link.unknown": 3}

    run(work())


def test_stranger_with_an_invitation_may_pair_and_nothing_else() -> None:
    """§6: pairing messages both ways; each end knows the other's certificate."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book(invitation=True)) as (server, address):
            theirs = await dial_pairing(address, b.outside.certificate, c.identity, QUICK)
            await theirs.send(b"hello")
            await theirs.send(b"card" * 20_000)
            ours = await server.accept_pairing()
            assert ours.certificate == c.outside.certificate
            assert theirs.certificate == b.outside.certificate
            assert await ours.receive() == b"hello"
            assert await ours.receive() == b"card" * 20_000
            await ours.send(b"welcome")
            assert await theirs.receive() == b"welcome"
            await asyncio.gather(theirs.close(), ours.close())
            assert server.refusals() == {}

    run(work())


def test_pairing_messages_that_came_before_the_end_are_not_lost() -> None:
    """§6: a side that says its last words and hangs up was still heard."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book(invitation=True)) as (server, address):
            theirs = await dial_pairing(address, None, c.identity, QUICK)
            for word in (b"one", b"two", b"three"):
                await theirs.send(word)
            closing = asyncio.ensure_future(theirs.close())
            ours = await server.accept_pairing()
            assert [await ours.receive() for _ in range(3)] == [b"one", b"two", b"three"]
            with pytest.raises(Unavailable):
                await ours.receive()
            await closing

    run(work())


def test_peer_that_is_known_already_may_finish_its_pairing() -> None:
    """§6: one side may have stored the other before the other stored it."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside, invitation=True)) as (server, address):
            theirs = await dial_pairing(address, None, a.identity, QUICK)
            await theirs.send(b"again")
            ours = await server.accept_pairing()
            assert await ours.receive() == b"again"
            await asyncio.gather(theirs.close(), ours.close())
        async with serving(b, Book(a.outside)) as (server, address):
            theirs = await dial_pairing(address, None, a.identity, QUICK)
            await theirs.send(b"without an invitation")
            with pytest.raises(Unavailable):
                await theirs.receive()
            await theirs.close()
            assert server.refusals() == {"link.unknown": 1}

    run(work())


def test_stranger_that_greets_or_uses_another_stream_is_dropped() -> None:
    """§6: even with an open invitation."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book(invitation=True)) as (server, address):
            with pytest.raises(Unavailable):
                await dial(address, b.outside, c.identity, Book(b.outside), QUICK)
            assert server.refusals() == {"link.unknown": 1}
            early = await knock(address, c)
            early.incoming.limits = MESSAGE_LIMITS
            await early.send(Stream.LINE, b"entry")
            await early.wait_gone()
            assert server.refusals() == {"link.unknown": 1, "exchange.segment": 1}
            late = await knock(address, c)
            await late.send(Stream.CONTROL, tag_pairing(b"hello"))
            ours = await server.accept_pairing()
            assert await ours.receive() == b"hello"
            await late.send(Stream.TABLE, b"entry")
            with pytest.raises(Rejected) as caught:
                await ours.receive()
            assert caught.value.code == "exchange.segment"
            other = await knock(address, c)
            await other.send(Stream.CONTROL, tag_pairing(b"hello"))
            ours = await server.accept_pairing()
            await other.send(Stream.CONTROL, b"untagged")
            assert await ours.receive() == b"hello"
            with pytest.raises(Rejected) as caught:
                await ours.receive()
            assert caught.value.code == "link.pairing"
            await drop(late, other)

    run(work())


@pytest.mark.parametrize(("count", "size"), [(9, 10), (3, 90_000)])
def test_pairing_ends_after_a_few_small_messages(count: int, size: int) -> None:
    """§6: eight messages and 256 KiB."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book(invitation=True)) as (server, address):
            theirs = await dial_pairing(address, None, c.identity, QUICK)
            for _ in range(count):
                await theirs.send(bytes(size))
            ours = await server.accept_pairing()
            for _ in range(count - 1):
                assert await ours.receive() == bytes(size)
            with pytest.raises(Rejected) as caught:
                await ours.receive()
            assert caught.value.code in {"link.pairing", "exchange.segment"}
            await asyncio.gather(theirs.close(), ours.close())

    run(work())


def test_pairing_has_an_end_and_few_places() -> None:
    """§6: strangers cannot hold more than four connections, nor those for ever."""

    async def work() -> None:
        b, c = side("b"), side("c")
        async with serving(b, Book(invitation=True)) as (server, address):
            wires = []
            for _ in range(5):
                wires.append(await knock(address, c))
                await wires[-1].send(Stream.CONTROL, tag_pairing(b"hello"))
            await until(lambda: server.refusals() == {"link.busy": 1})
            held = [await server.accept_pairing() for _ in range(4)]
            for wire in wires:
                wire.admit()
            for _ in range(41):
                skip(15)
                for _ in range(60):
                    await asyncio.sleep(0)
            await asyncio.gather(*(pairing.wait_gone() for pairing in held))
            await drop(*wires)
            again = await knock(address, c)
            await again.send(Stream.CONTROL, tag_pairing(b"hello"))
            assert await (await server.accept_pairing()).receive() == b"hello"
            await drop(again)

    run(work())


@pytest.mark.parametrize("copies_node_key", [False, True])
def test_a_party_that_names_anothers_certificate_does_not_shut_it_out(
    *, copies_node_key: bool
) -> None:
    """§2.3: whose greeting it is, is said by the node key and the party's name, not by the certificate."""

    async def work() -> None:
        a, b, c = side("a"), side("b"), side("c")
        claimed = a.outside._replace(certificate=c.outside.certificate)
        if copies_node_key:
            claimed = claimed._replace(node=c.outside.node)
        for known in ((claimed, c.outside), (c.outside, claimed)):
            async with serving(b, Book(*known)) as (server, address):
                link = await dial(address, b.outside, c.identity, Book(b.outside), QUICK)
                accepted = await server.accept()
                assert accepted.peer == c.outside
                await link.close()
                await accepted.close()
                assert server.refusals() == {}
        async with serving(b, Book(claimed)) as (server, address):
            with pytest.raises(Unavailable):
                await dial(address, b.outside, c.identity, Book(b.outside), QUICK)
            assert server.refusals() == {"link.authentication": 1}

    run(work())


def test_flood_of_connections_is_bounded_and_passes() -> None:
    """Threat 22: those over the limit cost one accepted socket each."""

    async def work() -> None:
        a, b = side("a"), side("b")
        settings = QUICK._replace(per_place=5)
        async with serving(b, Book(a.outside), settings) as (server, address):
            flood = await open_bare(address, 40)
            await until(lambda: server.refusals().get("link.busy", 0) == 35)
            assert server.under_way == 5
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.not-admitted"
            await close_bare(flood)
            await until(lambda: server.under_way == 0)
            skip(1)
            link = await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            await asyncio.gather(link.close(), (await server.accept()).close())

    run(work())


def test_handshakes_a_second_are_bounded() -> None:
    """Threat 22: each costs this side's processor, so their rate is bounded too."""

    async def work() -> None:
        b, c = side("b"), side("c")
        settings = LinkSettings(at_once=3, per_second=1e-3, linger_s=0.05)
        async with serving(b, Book(), settings) as (server, address):
            for _ in range(3):
                await drop(await knock(address, c))
            await until(lambda: server.under_way == 0)
            with pytest.raises(Unavailable):
                await knock(address, c)
            assert server.refusals()["link.busy"] == 1

    run(work())


@pytest.mark.parametrize("first", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"])
def test_silent_or_trickling_stranger_is_dropped_after_ten_seconds(first: bytes) -> None:
    """Threat 21: slow-loris before the handshake."""

    async def work() -> None:
        async with serving(side("b"), Book()) as (server, address):
            bare = await open_bare(address, 1)
            bare[0].write(first)
            await until(lambda: server.under_way == 1)
            skip(6)
            bare[0].write(b"\0")
            for _ in range(20):
                await asyncio.sleep(0)
            assert server.under_way == 1
            skip(4.1)
            await until(lambda: bool(server.refusals()))
            assert server.refusals() == {"link.timeout": 1}
            await close_bare(bare)
            await until(lambda: server.under_way == 0)

    run(work())


def test_known_side_that_shakes_hands_and_never_greets_is_dropped() -> None:
    """Threat 21: the limit of ten seconds covers the greeting too."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (server, address):
            wire = await knock(address, a)
            skip(10.1)
            await until(lambda: server.refusals() == {"link.timeout": 1})
            await drop(wire)

    run(work())


def test_bytes_before_the_greeting_are_bounded() -> None:
    """Threat 22: cover alone fills no memory and buys no time."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (server, address):
            wire = await knock(address, a)
            for _ in range(10):
                wire._write(wire.channel.send(wire.outgoing.cover()))
            for _ in range(10):
                wire._write(wire.channel.send(bytes((6, 0, 2)) + bytes(16 * 1024 - 3)))
            await until(lambda: bool(server.refusals()))
            assert server.refusals() == {"link.too-much": 1}
            await drop(wire)

    run(work())


def test_links_that_nobody_fetches_are_bounded() -> None:
    """Threat 22: a proved peer cannot heap up links."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (server, address):
            links = [
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
                for _ in range(32)
            ]
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.not-admitted"
            assert server.refusals() == {"link.busy": 1}
            await asyncio.gather(*(link.close() for link in links))

    run(work())


def test_port_in_use_is_said_calmly() -> None:
    """§6."""

    async def work() -> None:
        async with serving(side("b"), Book()) as (_, address):
            second = LinkServer(side("b").identity, Book())
            with pytest.raises(Unavailable) as caught:
                await second.open(address)
            assert caught.value.code == "link.listen"
            assert address in str(caught.value)
            await second.close()

    run(work())


def test_server_listens_on_several_addresses() -> None:
    """§6: IPv4 and IPv6 side by side."""

    async def work() -> None:
        a, b = side("a"), side("b")
        server = LinkServer(b.identity, Book(a.outside), QUICK)
        addresses = await server.open(HERE, "[::1]:0")
        for address in addresses:
            link = await dial(str(address), b.outside, a.identity, Book(b.outside), QUICK)
            await asyncio.gather(link.close(), (await server.accept()).close())
        await server.close()

    run(work())
