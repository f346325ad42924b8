"""The dialling end: connect, shake hands, prove ourselves, and see the other side's proof.

Carries out docs/spec/09-exchange.md §3. The dialer greets first: it has already seen the
certificate it expects, while the listener has yet to learn who knocks and names no dialogue
before.

Invariant: a dial that fails leaves no socket open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from detente.courier.address import Address, parse_address
from detente.courier.link import Link, PairingLink, check_greeting, common, greet
from detente.courier.peers import USUAL, LinkIdentity, LinkSettings, PeerBook
from detente.courier.sockets import connect_to
from detente.courier.tls import TlsChannel
from detente.courier.wire import Wire, closed
from detente.exchange.greeting import Role
from detente.exchange.segments import Stream
from detente.ports import Outside
from detente.terms.errors import N_, Fault, Unavailable


async def dial(
    address: str,
    peer: Outside,
    identity: LinkIdentity,
    book: PeerBook,
    settings: LinkSettings = USUAL,
) -> Link:
    """Return a link to `peer`, who listens at `address`.

    Raises:
        Refused: ``link.address``.
        Unavailable: ``link.unreachable``, ``link.refused``, ``link.timeout``, ``link.group``,
            ``link.key-changed``, ``link.not-admitted``, ``link.broken``.
        Rejected: ``link.greeting``, ``link.authentication``, ``exchange.segment``.
    """
    async with _dialled(address, identity.tls.dialer(peer.certificate), settings) as wire:
        offered = tuple(book.dialogues_with(peer.party))
        greeting = greet(wire, Role.DIALER, identity, peer, offered)
        await wire.send(Stream.CONTROL, greeting)
        answer = (await wire.receive()).message
        theirs = check_greeting(wire, answer, Role.LISTENER, identity, peer)
        wire.admit()
    return Link(wire, peer, common(offered, theirs), is_ours=True)


async def dial_pairing(
    address: str,
    certificate: bytes | None,
    identity: LinkIdentity,
    settings: LinkSettings = USUAL,
) -> PairingLink:
    """Return a link for pairing to whoever listens at `address`.

    Args:
        certificate: print that the invitation names, or None when it names none.

    Raises:
        Unavailable, Refused: as `dial` does.
    """
    async with _dialled(address, identity.tls.dialer(certificate), settings) as wire:
        return PairingLink(wire)


@asynccontextmanager
async def _dialled(
    address: str, channel: TlsChannel, settings: LinkSettings
) -> AsyncIterator[Wire]:
    """Connect and shake hands; whatever fails inside the block ends the connection."""
    wire = Wire(channel, settings)
    try:
        await _connect(parse_address(address), wire)
        async with asyncio.timeout(settings.handshake_s):
            await wire.wait_shaken()
            yield wire
    except BaseException as error:
        fault = _dialler_fault(error)
        wire.end(fault or closed(), is_polite=False)
        await wire.wait_gone()
        if fault is None:
            raise
        raise fault from None


async def _connect(address: Address, wire: Wire) -> None:
    try:
        connection = await connect_to(address, wire.settings.connect_s)
    except ConnectionRefusedError:
        raise Unavailable(
            "link.refused",
            N_("Nothing answers at {address}. The other node may be down."),
            address=str(address),
        ) from None
    except OSError:  # a TimeoutError is one
        raise Unavailable(
            "link.unreachable",
            N_("{address} cannot be reached."),
            N_("See whether this machine is online and the address is right."),
            address=str(address),
        ) from None
    await asyncio.get_running_loop().create_connection(lambda: wire, sock=connection)


def _dialler_fault(error: BaseException) -> Fault | None:
    """Return what to tell the caller of a dial that failed; None for what is not about the link."""
    if isinstance(error, TimeoutError):
        return Unavailable(
            "link.timeout", N_("The other side answered, but did not prove itself in time.")
        )
    if isinstance(error, Unavailable) and error.code in {"link.lost", "link.closed"}:
        return Unavailable(
            "link.not-admitted",
            N_("The other side closed the connection before the link stood."),
            N_("It may not know this node's key, or be busy."),
        )
    return error if isinstance(error, Fault) else None
