"""Two parties with keys, and the two ends of a link between them on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import NamedTuple

from detente.courier.dialler import dial
from detente.courier.link import Link
from detente.courier.peers import LinkIdentity, LinkSettings
from detente.courier.server import LinkServer
from detente.courier.tls import TlsIdentity
from detente.courier.wire import Wire, closed
from detente.ports import Outside
from detente.seals.certificates import certificate_print, link_key_der, make_certificate
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.ids import DialogueId, PartyId

TALK = DialogueId(b"D" * 32)
QUICK = LinkSettings(linger_s=0.2)
HERE = "127.0.0.1:0"


class Side(NamedTuple):
    """A party as it knows itself, and as others know it."""

    identity: LinkIdentity
    outside: Outside
    key: PrivateKey


@cache
def side(letter: str) -> Side:
    """Return the party with this letter; its identifier is 32 times the letter."""
    seed = letter.encode() * 32
    key = PrivateKey(Algorithm.EVERYDAY, seed * 2)
    certificate = make_certificate(seed)
    party = PartyId(seed)
    tls = TlsIdentity(certificate, link_key_der(seed))
    return Side(
        LinkIdentity(party, key.public.print, tls, key.sign),
        Outside(party, key.public, certificate_print(certificate), (), letter),
        key,
    )


class Book:
    """A peer book that a test fills by hand."""

    def __init__(self, *known: Outside, invitation: bool = False) -> None:
        self.known = list(known)
        self.invitation = invitation
        self.dialogues: list[DialogueId] = [TALK]

    def by_certificate(self, certificate: bytes) -> Sequence[Outside]:
        return [peer for peer in self.known if peer.certificate == certificate]

    def dialogues_with(self, party: PartyId) -> Sequence[DialogueId]:
        return self.dialogues

    def has_invitation(self) -> bool:
        return self.invitation


class HandClock(asyncio.SelectorEventLoop):
    """An event loop whose clock a test can move ahead."""

    skipped_s = 0.0

    def time(self) -> float:
        return super().time() + self.skipped_s


def run(work: Coroutine[object, object, None]) -> None:
    """Run a test's coroutine on a loop with a hand-moved clock."""
    with asyncio.Runner(loop_factory=HandClock) as runner:
        runner.run(work)


def skip(seconds: float) -> None:
    """Move the clock of the running loop ahead."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, HandClock)
    loop.skipped_s += seconds


async def until(claim: Callable[[], bool]) -> None:
    """Let the loop turn until `claim` holds; the test fails if it never does."""
    for _ in range(20_000):
        if claim():
            return
        await asyncio.sleep(0)
    raise AssertionError("the loop turned and turned, and the claim does not hold")


async def knock(
    address: str, who: Side, expected: bytes | None = None, settings: LinkSettings = QUICK
) -> Wire:
    """Return a bare connection of `who`, its TLS handshake done: for whoever does not play fair."""
    wire = Wire(who.identity.tls.dialer(expected), settings)
    host, port = address.rsplit(":", 1)
    await asyncio.get_running_loop().create_connection(lambda: wire, host, int(port))
    await wire.wait_shaken()
    return wire


async def drop(*wires: Wire) -> None:
    """Close bare connections at once."""
    for wire in wires:
        wire.end(closed(), is_polite=False)
        await wire.wait_gone()


@asynccontextmanager
async def serving(
    who: Side, book: Book, settings: LinkSettings = QUICK
) -> AsyncIterator[tuple[LinkServer, str]]:
    """Run a server of `who` on a free port; yields it with its address."""
    server = LinkServer(who.identity, book, settings)
    (address,) = await server.open(HERE)
    try:
        yield server, str(address)
    finally:
        await server.close()


@asynccontextmanager
async def linked(
    ours: LinkSettings = QUICK, theirs: LinkSettings = QUICK
) -> AsyncIterator[tuple[Link, Link]]:
    """Yield the two ends of one link: A's, who dialled, and B's."""
    a, b = side("a"), side("b")
    async with serving(b, Book(a.outside), theirs) as (server, address):
        dialled = await dial(address, b.outside, a.identity, Book(b.outside), ours)
        accepted = await server.accept()
        try:
            yield dialled, accepted
        finally:
            await dialled.close()
            await accepted.close()
