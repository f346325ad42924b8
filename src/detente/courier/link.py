"""Links: connections whose two ends have proved who they are, or are pairing.

Carries out docs/spec/09-exchange.md §3. How they come about is in `dialler` and `server`.

Invariants: a `Link` exists only after both greetings held; a `PairingLink` carries pairing
messages, few and small, and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from detente.courier.peers import LinkIdentity
from detente.courier.redial import Standing
from detente.courier.wire import Wire, closed
from detente.exchange.greeting import (
    Role,
    read_greeting,
    tag_pairing,
    untag_pairing,
    write_greeting,
)
from detente.exchange.segments import Arrived, Stream
from detente.ports import Outside
from detente.terms.errors import N_, Fault, Rejected, Unavailable
from detente.terms.ids import DialogueId


class LinkStatistics(NamedTuple):
    """What has passed over a link; bytes are those on the wire."""

    bytes_in: int
    bytes_out: int
    segments_in: int
    segments_out: int
    queued: tuple[int, int, int]
    """Bytes that wait to leave on control, line and table."""
    quiet_s: float
    """Seconds since the other side was last heard."""


class Link:
    """A proved connection to one peer, for messages that it does not understand."""

    def __init__(
        self, wire: Wire, peer: Outside, dialogues: tuple[DialogueId, ...], *, is_ours: bool
    ) -> None:
        self._wire = wire
        self.peer = peer
        self.dialogues = dialogues
        """The dialogues that both ends named, sorted."""
        self.is_ours = is_ours
        """Whether we dialled."""

    async def send(self, stream: Stream, message: bytes) -> None:
        """Queue a message; returns when it is queued, not when it has left.

        Waits while the stream is full. Raises `Unavailable` or `Rejected`, whatever ended the link.
        """
        await self._wire.send(stream, message)

    def wants_more(self, stream: Stream) -> bool:
        """Return whether `send` on `stream` would not wait."""
        return self._wire.outgoing.wants_more(stream)

    async def receive(self) -> Arrived:
        """Return the most urgent message that has come, waiting for one.

        What came before the end is returned before the ending fault is raised: `Unavailable`
        ``link.closed``, ``link.lost``, ``link.silent``, ``link.stalled``, ``link.broken``, or
        `Rejected` ``exchange.segment``.
        """
        return await self._wire.receive()

    async def close(self, code: str = "link.closed") -> None:
        """Send what is queued, as far as `linger_s` allows, and end the link.

        Args:
            code: what `send` and `receive` raise from then on, as `Unavailable`.
        """
        await _close(self._wire, code)

    @property
    def fault(self) -> Fault | None:
        """Return why the link ended; None while it stands."""
        return self._wire.fault

    def standing(self) -> Standing:
        """Return what `redial.decide_duplicate` asks."""
        now = asyncio.get_running_loop().time()
        return Standing(self.is_ours, self.fault is not None or self._wire.pulse.is_silent(now))

    def statistics(self) -> LinkStatistics:
        """Return counts so far."""
        wire = self._wire
        return LinkStatistics(
            wire.bytes_in,
            wire.bytes_out,
            wire.incoming.segments,
            wire.segments_out,
            (
                wire.outgoing.queued(Stream.CONTROL),
                wire.outgoing.queued(Stream.LINE),
                wire.outgoing.queued(Stream.TABLE),
            ),
            wire.pulse.quiet_s(asyncio.get_running_loop().time()),
        )


class PairingLink:
    """A connection to a side that nobody has vouched for yet: for pairing messages only.

    Args:
        wire: the connection, its handshake done.
        first: the message that asked for pairing, when it was read already.
    """

    def __init__(self, wire: Wire, first: bytes = b"") -> None:
        self._wire = wire
        self._first = first
        self._messages_left = wire.settings.pairing_messages
        self._bytes_left = wire.settings.pairing_bytes
        self.certificate = wire.channel.peer_print
        """SHA-256 of the certificate that the other side showed and holds the key of."""
        # Padding at most doubles a message, and heartbeats come for as long as the link may last.
        beats = int(wire.settings.pairing_s / wire.settings.heartbeat_s) + 1
        allowance = wire.settings.knock_bytes + 2 * self._bytes_left + 300 * beats
        wire.admit({Stream.CONTROL: self._bytes_left}, allowance)

    async def send(self, body: bytes) -> None:
        """Queue a pairing message."""
        await self._wire.send(Stream.CONTROL, tag_pairing(body))

    async def receive(self) -> bytes:
        """Return the next pairing message.

        Raises:
            Rejected: ``link.pairing`` for anything else, or more than the few that pairing needs.
            Unavailable: whatever ended the link.
        """
        message = self._first or (await self._wire.receive()).message
        self._first = b""
        self._messages_left -= 1
        self._bytes_left -= len(message)
        try:
            if self._messages_left < 0 or self._bytes_left < 0:
                raise Rejected("link.pairing", N_("A side that is not paired sent too much."))
            return untag_pairing(message)
        except Rejected as fault:
            self._wire.end(fault)
            raise

    async def close(self, code: str = "link.closed") -> None:
        """Send what is queued and end the link."""
        await _close(self._wire, code)

    def abort(self) -> None:
        """End the link at once, if it still stands."""
        self._wire.end(closed(), is_polite=False)

    async def wait_gone(self) -> None:
        """Wait until the link has ended."""
        await self._wire.wait_gone()


def greet(
    wire: Wire, role: Role, identity: LinkIdentity, peer: Outside, offered: Sequence[DialogueId]
) -> bytes:
    """Return our greeting to `peer` on this connection."""
    return write_greeting(
        identity.sign,
        role,
        wire.channel.exported,
        identity.party,
        identity.node,
        peer.party,
        offered,
    )


def check_greeting(
    wire: Wire, greeting: bytes, role: Role, identity: LinkIdentity, peer: Outside
) -> tuple[DialogueId, ...]:
    """Return the dialogues of a greeting that `peer` must have written in `role`.

    Raises:
        Rejected: as `greeting.read_greeting` does.
    """
    return read_greeting(
        greeting, role, wire.channel.exported, peer.party, peer.node, identity.party
    )


def common(ours: Sequence[DialogueId], theirs: Sequence[DialogueId]) -> tuple[DialogueId, ...]:
    """Return the dialogues that both named, sorted."""
    return tuple(sorted(set(ours) & set(theirs)))


async def _close(wire: Wire, code: str) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(wire.settings.linger_s):
            await wire.drain()
    wire.end(Unavailable(code, N_("The link was closed.")))
    await wire.wait_gone()
