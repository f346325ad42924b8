"""One connection: a socket, a TLS channel and the two queues of segments, joined.

Carries out docs/spec/09-exchange.md §4 and §5. Knows nothing of who is at the other end: `link`
says when that is known (`admit`). Until then one message at a time comes out, from a bounded
number of bytes.

Invariants: no segment is cut from the queue before the network has taken the one before it, so
what is urgent is never behind more than one segment and what the kernel holds (`unsent_bytes`);
after `end` nothing more goes in or out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, cast

from detente.courier.inbox import Inbox
from detente.courier.peers import LinkSettings
from detente.courier.pulse import Beat, Pulse
from detente.courier.sockets import tune
from detente.courier.tls import TlsChannel
from detente.exchange.segments import MESSAGE_LIMITS, Arrived, Incoming, Outgoing, Stream
from detente.terms.errors import N_, Fault, Rejected, Unavailable

_TURN_SEGMENTS: Final = 8
"""Segments written before other tasks get their turn, even when the network takes more."""


class Wire(asyncio.Protocol):
    """One end of one connection.

    Args:
        channel: a fresh channel, for this connection only.
        settings: times and sizes.
    """

    def __init__(self, channel: TlsChannel, settings: LinkSettings) -> None:
        self._loop = asyncio.get_running_loop()
        self.channel = channel
        self.settings = settings
        self.pulse = Pulse(settings.heartbeat_s, settings.dead_s, self._loop.time())
        self.outgoing = Outgoing(settings.constant_class if settings.constant_s else None)
        self.incoming = Incoming({Stream.CONTROL: settings.first_bytes})
        self.fault: Fault | None = None
        """Why the connection ended; None while it stands."""
        self.bytes_in = 0
        self.bytes_out = 0
        self.segments_out = 0
        self._transport: asyncio.Transport | None = None
        self._allowance: int | None = settings.knock_bytes
        self._is_open = False
        self._is_constant = False
        self._is_blocked = False
        self._is_deaf = False
        self._pump_due = False
        self._inbox = Inbox()
        self._shaken = asyncio.Event()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._gone = asyncio.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def wait_shaken(self) -> None:
        """Wait for the TLS handshake. Raises the fault that ended the connection instead."""
        await self._shaken.wait()
        if not self.channel.is_done and self.fault:
            raise self.fault

    def admit(
        self, limits: Mapping[Stream, int] = MESSAGE_LIMITS, allowance: int | None = None
    ) -> None:
        """Begin the pulse of a connection whose other end is known.

        Args:
            limits: streams that may now speak.
            allowance: when given, bytes that may come in all, and messages come out one by one.
        """
        self.incoming.limits = limits
        self._allowance = allowance
        self._is_open = allowance is None
        self._is_constant = self.settings.constant_s > 0
        self.pulse.heard(self._loop.time())
        self._set_timer("pulse", self.pulse.due(), self._on_pulse)
        if self._is_constant:
            self._set_timer("constant", self._loop.time(), self._on_constant)
        self._gather()

    async def send(self, stream: Stream, message: bytes) -> None:
        """Queue a message, waiting while its stream wants no more. Raises the ending fault."""
        while self.fault is None and not self.outgoing.wants_more(stream):
            self._moved.clear()
            await self._moved.wait()
        if self.fault is not None:
            raise self.fault
        self.outgoing.put(stream, message)
        self._pump()

    async def receive(self) -> Arrived:
        """Return the most urgent message that came, waiting for one. Raises the ending fault."""
        while True:
            self._gather()
            if arrived := self._inbox.pop():
                self._listen_as_room_allows()
                return arrived
            if self.fault is not None:
                raise self.fault
            self._wake.clear()
            await self._wake.wait()

    async def drain(self) -> None:
        """Wait until all that was queued has left, or the connection ended."""
        while self.fault is None and (self._is_blocked or not self.outgoing.is_empty):
            self._moved.clear()
            await self._moved.wait()

    async def wait_gone(self) -> None:
        """Wait until the socket is closed."""
        await self._gone.wait()

    def end(self, fault: Fault, *, is_polite: bool = True) -> None:
        """End the connection for the reason `fault`; the first reason stands. May be repeated.

        Args:
            is_polite: tell the other side, and give it `linger_s` to hear it; otherwise at once.
        """
        if self.fault is not None:
            if not is_polite and self._transport is not None:
                self._transport.abort()
            return
        self.fault = fault
        for timer in self._timers.values():
            timer.cancel()
        for event in (self._shaken, self._wake, self._moved):
            event.set()
        if self._transport is None:
            self._gone.set()
        elif is_polite:
            # Closing while unread bytes lie in the kernel would reset the connection and take our
            # last words with it; so we end our direction only, and read on until theirs ends.
            self._write(self.channel.close())
            self._transport.write_eof()
            if self._is_deaf:
                self._transport.resume_reading()
            self._set_timer(
                "linger", self._loop.time() + self.settings.linger_s, self._transport.abort
            )
        else:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        if self.fault is not None:  # given up while the connection was being made
            cast("asyncio.Transport", transport).abort()
            return
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)
        tune(transport.get_extra_info("socket"), self.settings.unsent_bytes)
        self._write(self.channel.start())

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network."""
        if self.fault is not None:
            return
        self.bytes_in += len(data)
        try:
            plain = self.channel.feed(data)
        except (Rejected, Unavailable) as fault:
            self.end(fault)
            return
        self._write(self.channel.take())
        self.incoming.feed(plain)
        if self.channel.is_done:
            self._shaken.set()
        self._gather()
        if self.channel.is_closed:
            self.end(closed())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the error says no more
        """Note that the socket is closed."""
        lost = Unavailable("link.lost", N_("The connection to the other side broke off."))
        self.end(lost, is_polite=False)
        if "linger" in self._timers:
            self._timers["linger"].cancel()
        self._gone.set()

    def pause_writing(self) -> None:
        """Stop cutting segments: the kernel takes no more."""
        self._is_blocked = True
        self.pulse.blocked(self._loop.time())

    def resume_writing(self) -> None:
        """Go on cutting segments."""
        self._is_blocked = False
        self.pulse.freed()
        self._moved.set()
        self._pump()

    def _gather(self) -> None:
        """Take whole messages out of the bytes that came; those before the end still count."""
        before = self.incoming.segments
        try:
            while self._is_open or not self._inbox:
                arrived = self.incoming.take()
                if arrived is None:
                    self._check_allowance()
                    break
                self._inbox.put(arrived)
                self._wake.set()
        except (Rejected, Unavailable) as fault:
            self.end(fault)
            return
        if self.incoming.segments != before:
            self.pulse.heard(self._loop.time())
        self._listen_as_room_allows()

    def _check_allowance(self) -> None:
        if self._allowance is not None and self.bytes_in > self._allowance:
            raise Rejected("link.too-much", N_("A side that is not known yet sent too many bytes."))

    def _listen_as_room_allows(self) -> None:
        if self._transport is None or self.fault is not None:
            return
        room = self.settings.hold_bytes // (2 if self._is_deaf else 1)
        is_deaf = self._inbox.bytes > room or (not self._is_open and bool(self._inbox))
        if is_deaf and not self._is_deaf:
            self._transport.pause_reading()
        elif self._is_deaf and not is_deaf:
            self.pulse.heard(self._loop.time())
            self._transport.resume_reading()
        self._is_deaf = is_deaf

    def _pump(self) -> None:
        """Write segments while the network takes them."""
        if self._is_constant:
            return
        for _ in range(_TURN_SEGMENTS):
            if self._is_blocked or self.fault is not None:
                return
            segment = self.outgoing.take()
            if segment is None:
                self._moved.set()
                return
            self._write_segment(segment)
        self._moved.set()
        if not self._pump_due:
            self._pump_due = True
            self._loop.call_soon(self._pump_again)

    def _pump_again(self) -> None:
        self._pump_due = False
        self._pump()

    def _write_segment(self, segment: bytes) -> None:
        self.segments_out += 1
        self.pulse.sent(self._loop.time())
        self._write(self.channel.send(segment))

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None:
            self.bytes_out += len(data)
            self._transport.write(data)

    def _on_pulse(self) -> None:
        now = self._loop.time()
        if self._is_deaf:
            self.pulse.heard(now)
        beat = self.pulse.judge(now)
        if beat is Beat.SILENT:
            silent = Unavailable(
                "link.silent", N_("The other side has not been heard for too long.")
            )
            self.end(silent, is_polite=False)
            return
        if beat is Beat.STALLED:
            stalled = Unavailable("link.stalled", N_("The other side takes nothing any more."))
            self.end(stalled, is_polite=False)
            return
        if beat is Beat.BEAT:
            if self._is_blocked:
                self.pulse.sent(now)  # what waits already is a sign of life once it goes
            else:
                self._write_segment(self.outgoing.cover())
        self._set_timer("pulse", self.pulse.due(), self._on_pulse)

    def _on_constant(self) -> None:
        if not self._is_blocked:
            self._write_segment(self.outgoing.take() or self.outgoing.cover())
            self._moved.set()
        self._set_timer("constant", self._loop.time() + self.settings.constant_s, self._on_constant)

    def _set_timer(self, name: str, at: float, act: Callable[[], object]) -> None:
        if self.fault is None or name == "linger":
            self._timers[name] = self._loop.call_at(at, act)


def closed() -> Unavailable:
    """Return the fault of a link that one side ended in order."""
    return Unavailable("link.closed", N_("The link was closed."))
