"""The listening end: who may knock, who gets in, and what it costs to be turned away.

Carries out docs/spec/09-exchange.md §6. A connection counts against the gate until it has proved
who it is or is gone; all that a stranger can make this side do before that is bounded in number,
time and bytes. A stranger gets further only while an invitation is open, and then only to pairing.

Invariants: nothing is read from the record for a stranger; what was turned away is counted by
code, never answered with a reason.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Final

from detente.courier.address import Address, network_of, parse_address
from detente.courier.gate import Gate
from detente.courier.link import Link, PairingLink, check_greeting, common, greet
from detente.courier.peers import USUAL, LinkIdentity, LinkSettings, PeerBook
from detente.courier.sockets import listen_on
from detente.courier.wire import Wire, closed
from detente.exchange.greeting import Role, is_pairing
from detente.exchange.segments import Stream
from detente.ports import Outside
from detente.terms.errors import N_, Fault, Rejected, Unavailable
from detente.terms.ids import DialogueId

_WAITING_LINKS: Final = 32
"""Proved links that wait to be fetched; a peer that makes more is turned away."""
_ACCEPT_PAUSE_S: Final = 0.5
"""Pause when the system gives no more sockets, in the hope that some are closed."""


class LinkServer:
    """Listens for peers; to be opened once, and closed."""

    def __init__(
        self, identity: LinkIdentity, book: PeerBook, settings: LinkSettings = USUAL
    ) -> None:
        self._identity = identity
        self._book = book
        self._settings = settings
        self._gate: Gate | None = None
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._links: asyncio.Queue[Link] = asyncio.Queue(_WAITING_LINKS)
        self._pairings: asyncio.Queue[PairingLink] = asyncio.Queue()
        self._pairing_count = 0
        self._refusals: Counter[str] = Counter()

    async def open(self, *addresses: str) -> tuple[Address, ...]:
        """Listen on literal addresses and return where: port 0 lets the system choose.

        Raises:
            Refused: ``link.address``.
            Unavailable: ``link.listen``.
        """
        wanted = [parse_address(text) for text in addresses]
        loop = asyncio.get_running_loop()
        settings = self._settings
        self._gate = Gate(settings.at_once, settings.per_place, settings.per_second, loop.time())
        for address in wanted:
            listening = listen_on(address)
            self._sockets.append(listening)
            self._start(self._listen(listening, self._gate))
        return tuple(Address(*listening.getsockname()[:2]) for listening in self._sockets)

    async def accept(self) -> Link:
        """Return the next peer's link, waiting for one."""
        return await self._links.get()

    async def accept_pairing(self) -> PairingLink:
        """Return the next stranger's link for pairing, waiting for one."""
        return await self._pairings.get()

    def refusals(self) -> Mapping[str, int]:
        """Return how often a connection was turned away, by code of the fault."""
        return dict(self._refusals)

    @property
    def under_way(self) -> int:
        """Return the number of connections that have not yet proved who they are."""
        return self._gate.under_way if self._gate else 0

    async def close(self) -> None:
        """Stop listening, end all pairing and what nobody fetched; links that were fetched go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listening in self._sockets:
            listening.close()
        self._sockets.clear()
        while not self._links.empty():
            await self._links.get_nowait().close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, listening: socket.socket, gate: Gate) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, remote = await loop.sock_accept(listening)
            except OSError:
                self._refusals["link.accept"] += 1
                await asyncio.sleep(_ACCEPT_PAUSE_S)
                continue
            place = network_of(remote[0])
            if gate.admit(place, loop.time()):
                self._start(self._meet(connection, place, gate))
            else:
                self._refusals["link.busy"] += 1
                connection.close()

    async def _meet(self, connection: socket.socket, place: str, gate: Gate) -> None:
        """Lead one connection from its first byte to a link or its end."""
        wire = Wire(self._identity.tls.listener(), self._settings)
        pairing: PairingLink | None = None
        try:
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(lambda: wire, connection)
            async with asyncio.timeout(self._settings.handshake_s):
                pairing = await self._admit(wire)
        except TimeoutError:
            self._refuse(
                wire, Unavailable("link.timeout", N_("A side did not prove itself in time."))
            )
        except (Rejected, Unavailable) as fault:
            self._refuse(wire, fault)
        except BaseException:
            wire.end(closed(), is_polite=False)
            raise
        finally:
            if wire.fault is not None:
                await wire.wait_gone()
            gate.release(place)
        if pairing is not None:
            await self._limit(pairing)

    async def _admit(self, wire: Wire) -> PairingLink | None:
        await wire.wait_shaken()
        peers = self._book.by_certificate(wire.channel.peer_print)
        if not peers and not self._book.has_invitation():
            raise Unavailable("link.unknown", N_("A side showed a key that no party here has."))
        first = (await wire.receive()).message
        if not peers or is_pairing(first):
            return self._admit_pairing(wire, first)
        peer, theirs = self._prove(wire, first, peers)
        ours = tuple(self._book.dialogues_with(peer.party))
        answer = greet(wire, Role.LISTENER, self._identity, peer, ours)
        if self._links.full():
            raise Unavailable("link.busy", N_("Too many links wait to be served."))
        wire.admit()
        await wire.send(Stream.CONTROL, answer)
        self._links.put_nowait(Link(wire, peer, common(ours, theirs), is_ours=False))
        return None

    def _prove(
        self, wire: Wire, first: bytes, peers: Sequence[Outside]
    ) -> tuple[Outside, tuple[DialogueId, ...]]:
        """Return which of `peers` wrote a greeting, and the dialogues it offers.

        The certificate does not say it: each of them may claim it, and the node key decides.

        Raises:
            Rejected: as `check_greeting`, when it is none of them.
        """
        for peer in peers[:-1]:
            with suppress(Rejected):
                return peer, check_greeting(wire, first, Role.DIALER, self._identity, peer)
        return peers[-1], check_greeting(wire, first, Role.DIALER, self._identity, peers[-1])

    def _admit_pairing(self, wire: Wire, first: bytes) -> PairingLink:
        if not is_pairing(first) or not self._book.has_invitation():
            raise Unavailable("link.unknown", N_("A side asked for pairing without an invitation."))
        if self._pairing_count >= self._settings.pairing_links:
            raise Unavailable("link.busy", N_("Too many sides are pairing at once."))
        self._pairing_count += 1
        pairing = PairingLink(wire, first)
        self._pairings.put_nowait(pairing)
        return pairing

    async def _limit(self, pairing: PairingLink) -> None:
        """End a pairing link when its time is over, or with the server."""
        try:
            async with asyncio.timeout(self._settings.pairing_s):
                await pairing.wait_gone()
        except TimeoutError:
            await pairing.close("link.timeout")
        finally:
            pairing.abort()
            self._pairing_count -= 1

    def _refuse(self, wire: Wire, fault: Fault) -> None:
        self._refusals[fault.code] += 1
        wire.end(fault)
