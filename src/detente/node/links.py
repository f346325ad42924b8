"""The node's links while it is served: who is connected, what goes over each, when to dial again.

Carries out docs/spec/09-exchange.md §5 and §7. One task per link receives and one sends; all work on the
record happens in the one writer thread. Invariants: a fault of one link ends that link and nothing
else; nothing waits for a peer while holding the record.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Any, NamedTuple, Protocol, TypeVar

import structlog

from detente.courier.conversation import Conversation, Outgoing
from detente.courier.dialler import dial
from detente.courier.link import Link
from detente.courier.peers import LinkIdentity, LinkSettings, PeerBook
from detente.courier.redial import Keep, decide_duplicate, pause_before
from detente.exchange.segments import Stream
from detente.node.house import House, Room
from detente.node.plain import fault_to_plain
from detente.ports import Outside
from detente.terms.errors import Fault, Rejected
from detente.terms.ids import DialogueId, PartyId

_log = structlog.get_logger("detente.links")
_ENDING_S = 2.0
"""How long a dial that is called off may take to end; a new one waits no longer for it."""
T = TypeVar("T")


class Forms(PeerBook, Protocol):
    """What links ask about peers."""

    def forms_of(self, party: PartyId) -> list[Outside]:
        """Return a party as its newest document names it, and as the one before did."""


Run = Callable[..., Awaitable[Any]]
"""Runs a function in the writer thread."""


class PeerState(NamedTuple):
    """How the link with one party stands, for people."""

    link: str
    """``up`` or ``down``."""
    since: int
    last_error: Any


class Line:
    """One live link with its conversations."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.conversations: dict[DialogueId, Conversation] = {}
        self.outgoing: deque[tuple[DialogueId, Outgoing]] = deque()
        """What leaves next; filled in the writer thread, so in the order in which it was given."""
        self.wake = asyncio.Event()
        self.is_stirred = False
        """Whether something changed about which the conversations were not asked yet."""

    def is_behind(self) -> bool:
        """Tell whether a conversation has more to give than it gave at once."""
        return any(conversation.is_behind for conversation in self.conversations.values())


class Links:
    """All links of a node."""

    def __init__(
        self, house: House, identity: LinkIdentity, book: Forms, settings: LinkSettings, run: Run
    ) -> None:
        self._house = house
        self._identity = identity
        self._book = book
        self._settings = settings
        self._run = run
        self._lines: dict[PartyId, Line] = {}
        self._states: dict[PartyId, PeerState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling: dict[PartyId, asyncio.Task[None]] = {}
        self._dial_now: dict[PartyId, asyncio.Event] = {}
        self.on_news: Callable[[Room], None] = lambda _: None

    def states(self) -> dict[str, dict[str, Any]]:
        """Return how every link stands, by party id in hexadecimal."""
        # Asked from the record's thread while the links go on: a copy is made in one step.
        return {party.hex(): state._asdict() for party, state in self._states.copy().items()}

    # -- dialling --------------------------------------------------------------------------

    def keep_dialling(self, peers: list[Outside]) -> None:
        """Make sure that every reachable party is dialled while there is no link with it."""
        for peer in peers:
            task = self._dialling.get(peer.party)
            if task is None or task.done():
                self._dial_now.setdefault(peer.party, asyncio.Event())
                self._dialling[peer.party] = self._start(self._dial(peer.party))
            else:
                self._dial_now[peer.party].set()

    def redial(self, party: PartyId) -> None:
        """Dial a party at once, because where it is reached has changed.

        Whatever is being tried goes to the old address; and a link that stands may be as dead as that
        address, which is noticed only later. One that lives is replaced without loss.
        """
        self._dial_now.setdefault(party, asyncio.Event())
        self._dialling[party] = self._start(self._dial_anew(party, self._dialling.get(party)))

    async def _dial_anew(self, party: PartyId, before: asyncio.Task[None] | None) -> None:
        """Dial once what was being tried has ended, so that the two do not cross."""
        if before is not None:
            before.cancel()
            await asyncio.wait({before}, timeout=_ENDING_S)
        await self._dial(party, anew=True)

    async def _dial(self, party: PartyId, *, anew: bool = False) -> None:
        attempt = 0
        while True:
            if anew or party not in self._lines:
                anew = False
                forms = self._book.forms_of(party)
                for address, peer in [(a, one) for one in forms for a in one.addresses]:
                    if await self._try(address, peer):
                        attempt = 0
                        break
                else:
                    attempt += 1
            # While a link stands there is nothing to do but look again now and then.
            pause = pause_before(max(1, min(attempt, 10)), random.random())  # noqa: S311
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dial_now[party].wait(), pause)
            self._dial_now[party].clear()

    async def _try(self, address: str, peer: Outside) -> bool:
        try:
            link = await dial(address, peer, self._identity, self._book, self._settings)
        except Fault as fault:
            if peer.party not in self._lines:  # they may have reached us meanwhile
                self._down(peer.party, fault)
            return False
        self.take(link)
        return True

    # -- one link --------------------------------------------------------------------------

    def take(self, link: Link) -> None:
        """Begin to talk over a link, ours or theirs."""
        self._start(self._talk(link))

    async def _talk(self, link: Link) -> None:
        party = link.peer.party
        while (old := self._lines.get(party)) is not None:
            keep = decide_duplicate(self._house.party, party, old.link.standing(), link.standing())
            if keep is Keep.OLD:
                await link.close("link.duplicate")
                return
            # Taken out first: while it is being closed a third may come, and is held against us next.
            del self._lines[party]
            await old.link.close("link.duplicate")
        line = Line(link)
        self._lines[party] = line
        self._states[party] = PeerState("up", self._house.clock.now(), None)
        _log.info("link up", party=party.hex()[:10])
        sender = self._start(self._send(line))
        fault: Fault | None = None
        try:
            await self._begin(line)
            while True:
                await self._receive(line)
        except Fault as error:
            fault = error
        finally:
            sender.cancel()
            if self._lines.get(party) is line:
                del self._lines[party]
                self._down(party, fault)
            await link.close(fault.code if fault is not None else "link.closed")

    def _down(self, party: PartyId, fault: Fault | None) -> None:
        before = self._states.get(party)
        since = self._house.clock.now()
        if before is not None and before.link == "down":
            since = before.since
        self._states[party] = PeerState("down", since, fault_to_plain(fault) if fault else None)
        if before is None or before.link == "up":
            _log.info("link down", party=party.hex()[:10], code=fault.code if fault else "")

    async def _begin(self, line: Line) -> None:
        for dialogue in line.link.dialogues:
            await self._join(line, dialogue)

    async def _join(self, line: Line, dialogue: DialogueId) -> None:
        room = self._house.rooms.get(dialogue)
        if room is None or dialogue in line.conversations:
            return
        conversation = Conversation(dialogue, room.counter, line.link.peer.party)
        line.conversations[dialogue] = conversation
        await self._run(_collect, line, dialogue, conversation.begin)
        line.wake.set()

    async def _receive(self, line: Line) -> None:
        arrived = await line.link.receive()
        dialogue = DialogueId(bytes(arrived.message[:32]))
        await self._join(line, dialogue)
        conversation = line.conversations.get(dialogue)
        if conversation is None:
            return  # a dialogue that only the other side knows (yet)
        sizes = self._sizes(dialogue)
        try:
            message = bytes(arrived.message[32:])
            await self._run(_collect, line, dialogue, conversation.receive, message)
        except Rejected as fault:
            _log.warning("rejected", code=fault.code, party=line.link.peer.party.hex()[:10])
            for last in conversation.end(fault.code):
                await self._post(line, dialogue, last)
            raise
        line.wake.set()
        if self._sizes(dialogue) != sizes:
            self.changed(self._house.rooms[dialogue], [line])

    def _sizes(self, dialogue: DialogueId) -> list[int]:
        room = self._house.rooms.get(dialogue)
        return [head.size for head in list(room.book.heads.values())] if room else []

    async def _send(self, line: Line) -> None:
        """Send what is queued, and when that has left what is due, one batch at a time."""
        try:
            while True:
                line.wake.clear()
                while line.outgoing:
                    await self._post(line, *line.outgoing.popleft())
                if line.is_stirred or line.is_behind():
                    line.is_stirred = False
                    for dialogue, conversation in list(line.conversations.items()):
                        await self._run(_collect, line, dialogue, conversation.poke)
                else:
                    await line.wake.wait()
        except Fault:
            return  # the receiving task sees the same end of the link and says why

    async def _post(self, line: Line, dialogue: DialogueId, message: Outgoing) -> None:
        stream, data = message
        await line.link.send(Stream(stream), dialogue + data)

    # -- news ------------------------------------------------------------------------------

    def ask(self, room: Room) -> list[Line]:
        """Ask what a change makes due, in the writer thread where it happened; return who was asked.

        A link that is still busy with what was due before asks by itself when that has left.
        """
        asked = []
        for line in list(self._lines.values()):
            conversation = line.conversations.get(room.book.id)
            if conversation is not None and not line.outgoing and not conversation.is_behind:
                with suppress(Fault):
                    _collect(line, room.book.id, conversation.poke)
                    asked.append(line)
        return asked

    def changed(self, room: Room, asked: Collection[Line] = ()) -> None:
        """Wake every link: something of a dialogue may be due, which those not `asked` yet ask."""
        for line in self._lines.values():
            line.is_stirred = line.is_stirred or line not in asked
            line.wake.set()
        self.on_news(room)

    def dialogue_added(self, dialogue: DialogueId) -> None:
        """Begin to talk about a new dialogue on links that stand already."""
        for line in self._lines.values():
            if line.link.peer.party in self._house.rooms[dialogue].book.state.charter.parties:
                self._start(self._join(line, dialogue))

    async def tick(self) -> None:
        """Renew credit that quotas had used up."""
        for line in self._lines.values():
            for dialogue, conversation in list(line.conversations.items()):
                await self._run(_collect, line, dialogue, conversation.tick)
            line.wake.set()

    def _start(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            _log.error("task failed", kind=type(error).__name__, exc_info=error)

    async def close(self) -> None:
        """End all links."""
        for line in list(self._lines.values()):
            with suppress(Fault):
                await line.link.close("link.closed")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _collect(
    line: Line, dialogue: DialogueId, work: Callable[..., list[Outgoing]], *arguments: bytes
) -> None:
    """Do some work of a conversation and queue what goes out because of it; in the writer thread."""
    line.outgoing.extend([(dialogue, message) for message in work(*arguments)])
