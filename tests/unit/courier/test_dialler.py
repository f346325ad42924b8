"""Dialling and the proofs at the beginning of a link: docs/spec/09-exchange.md §2 and §3."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from detente.courier.dialler import dial
from detente.courier.wire import Wire, closed
from detente.exchange.segments import Stream
from detente.seals.signing import Signature
from detente.terms.errors import Fault, Refused, Rejected, Unavailable
from detente.terms.ids import DialogueId
from tests.unit.courier.ends import QUICK, Book, Side, knock, run, serving, side, skip, until


def test_link_names_only_the_dialogues_that_both_ends_named() -> None:
    """§3: neither side learns of a dialogue that it is not in."""

    async def work() -> None:
        a, b = side("a"), side("b")
        ours, theirs = Book(b.outside), Book(a.outside)
        ours.dialogues = [DialogueId(b"1" * 32), DialogueId(b"2" * 32)]
        theirs.dialogues = [DialogueId(b"2" * 32), DialogueId(b"3" * 32)]
        async with serving(b, theirs) as (server, address):
            dialled = await dial(address, b.outside, a.identity, ours, QUICK)
            accepted = await server.accept()
            assert dialled.dialogues == accepted.dialogues == (DialogueId(b"2" * 32),)
            await asyncio.gather(dialled.close(), accepted.close())

    run(work())


def stripped(half: int) -> Any:
    sign = side("a").key.sign

    def half_of(label: bytes, statement: bytes) -> Signature:
        whole = sign(label, statement)
        return Signature(b"", whole.mldsa) if half == 0 else Signature(whole.ed25519, b"")

    return half_of


@pytest.mark.parametrize(
    "sign", [stripped(0), stripped(1), side("c").key.sign], ids=["ed25519", "ml-dsa", "other key"]
)
def test_dialer_without_its_whole_node_key_gets_no_link(sign: Any) -> None:
    """Threat 28: the right certificate is not enough, nor is half a signature."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (server, address):
            pretender = replace(a.identity, sign=sign)
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, pretender, Book(b.outside), QUICK)
            assert caught.value.code == "link.not-admitted"
            assert server.refusals() == {"link.authentication": 1}
            await until(lambda: server.under_way == 0)

    run(work())


def test_listener_without_its_whole_node_key_gets_no_link() -> None:
    """Threat 28, the other way."""

    async def work() -> None:
        a, b = side("a"), side("b")
        half = b._replace(identity=replace(b.identity, sign=stripped(0)))
        async with serving(half, Book(a.outside)) as (_, address):
            with pytest.raises(Rejected) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.authentication"

    run(work())


async def relay(honest: str, thief_of_b: Side, thief_of_a: Side) -> tuple[asyncio.Server, str]:
    """Listen as B, with B's certificate; pass what A says on to B's true node as A, and back."""
    loop = asyncio.get_running_loop()
    tasks = set()

    async def meet(front: Wire) -> None:
        await front.wait_shaken()
        back = await knock(honest, thief_of_a)
        try:
            await back.send(Stream.CONTROL, (await front.receive()).message)
            await front.send(Stream.CONTROL, (await back.receive()).message)
        except Fault as fault:
            front.end(fault)
        finally:
            back.end(closed(), is_polite=False)
            front.end(closed())

    def factory() -> Wire:
        wire = Wire(thief_of_b.identity.tls.listener(), QUICK)
        task = loop.create_task(meet(wire))
        tasks.add(task)
        return wire

    server = await loop.create_server(factory, "127.0.0.1", 0)
    return server, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_relay_between_two_channels_proves_nothing_to_either_end() -> None:
    """§3: whoever holds both certificates' keys but no node key cannot stand in the middle."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (honest, address):
            middle, front = await relay(address, b, a)
            async with middle:
                with pytest.raises(Unavailable) as caught:
                    await dial(front, b.outside, a.identity, Book(b.outside), QUICK)
                assert caught.value.code == "link.not-admitted"
                assert honest.refusals() == {"link.authentication": 1}

    run(work())


async def impostor(answer: Callable[[bytes], bytes]) -> tuple[asyncio.Server, str]:
    """Listen with B's certificate and answer A's greeting by `answer` of it."""
    loop = asyncio.get_running_loop()

    async def meet(wire: Wire) -> None:
        await wire.wait_shaken()
        await wire.send(Stream.CONTROL, answer((await wire.receive()).message))

    def factory() -> Wire:
        wire = Wire(side("b").identity.tls.listener(), QUICK)
        wire.meeting = loop.create_task(meet(wire))  # type: ignore[attr-defined]
        return wire

    server = await loop.create_server(factory, "127.0.0.1", 0)
    return server, f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_greeting_thrown_back_at_its_author_is_refused() -> None:
    """§3: roles are part of what is signed."""

    async def work() -> None:
        a, b = side("a"), side("b")
        server, address = await impostor(lambda greeting: greeting)
        async with server:
            with pytest.raises(Rejected) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.authentication"

    run(work())


def test_greeting_of_an_earlier_connection_is_refused() -> None:
    """§3: what was overheard on one channel is worth nothing on the next."""

    async def work() -> None:
        a, b = side("a"), side("b")
        heard: list[bytes] = []

        def listen(greeting: bytes) -> bytes:
            heard.append(greeting)
            return b"?"

        listening, address = await impostor(listen)
        async with listening:
            with pytest.raises(Rejected):
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
        async with serving(b, Book(a.outside)) as (server, address):
            wire = await knock(address, a)
            await wire.send(Stream.CONTROL, heard[0])
            await wire.wait_gone()
            assert server.refusals() == {"link.authentication": 1}

    run(work())


def test_changed_certificate_says_what_two_people_must_do() -> None:
    """§2: nothing is sent, and the sentence names the way out."""

    async def work() -> None:
        a, b, c = side("a"), side("b"), side("c")
        async with serving(c, Book(a.outside)) as (server, address):
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == "link.key-changed"
            assert "compared the number by another channel" in str(caught.value)
            await until(lambda: server.under_way == 0)
            assert server.refusals() == {"link.lost": 1}

    run(work())


def test_nobody_there_and_nonsense_are_told_apart() -> None:
    """§5: calm sentences for what a network does."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book()) as (_, gone):
            pass
        for address, code in ((gone, "link.refused"), ("nowhere.invalid:1", "link.unreachable")):
            with pytest.raises(Unavailable) as caught:
                await dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            assert caught.value.code == code
            assert address in str(caught.value)
        with pytest.raises(Refused):
            await dial("nonsense", b.outside, a.identity, Book(b.outside), QUICK)

    run(work())


def test_listener_that_never_answers_is_given_up_after_ten_seconds() -> None:
    """Threat 21: the handshake has a limit of its own."""

    async def work() -> None:
        a, b = side("a"), side("b")
        with socket.create_server(("127.0.0.1", 0)) as mute:
            address = f"127.0.0.1:{mute.getsockname()[1]}"
            dialling = asyncio.ensure_future(
                dial(address, b.outside, a.identity, Book(b.outside), QUICK)
            )
            mute.setblocking(False)
            loop = asyncio.get_running_loop()
            accepted, _ = await loop.sock_accept(mute)
            with accepted:
                accepted.setblocking(False)
                await loop.sock_recv(accepted, 1)
                for _ in range(10):
                    await asyncio.sleep(0)
                skip(10.1)
                with pytest.raises(Unavailable) as caught:
                    await dialling
            assert caught.value.code == "link.timeout"

    run(work())


def test_locked_keyring_is_our_own_matter_and_leaves_no_connection() -> None:
    """§3: a fault of the signing side passes through unchanged."""

    async def work() -> None:
        a, b = side("a"), side("b")

        def locked(label: bytes, statement: bytes) -> Signature:
            raise Unavailable("keyring.locked", "The node's key is locked.")

        async with serving(b, Book(a.outside)) as (server, address):
            with pytest.raises(Unavailable) as caught:
                await dial(
                    address, b.outside, replace(a.identity, sign=locked), Book(b.outside), QUICK
                )
            assert caught.value.code == "keyring.locked"
            await until(lambda: server.under_way == 0)

    run(work())


def test_dial_that_is_called_off_leaves_no_connection() -> None:
    """§3: at whatever moment."""

    async def work() -> None:
        a, b = side("a"), side("b")
        async with serving(b, Book(a.outside)) as (server, address):
            for turns in range(25):
                dialling = asyncio.ensure_future(
                    dial(address, b.outside, a.identity, Book(b.outside), QUICK)
                )
                for _ in range(turns):
                    await asyncio.sleep(0)
                dialling.cancel()
                await asyncio.gather(dialling, return_exceptions=True)
                await until(lambda: server.under_way == 0)

    run(work())
