"""Serving a node: the local door, the links, and what it does by itself, until it is told to stop.

Carries out docs/route.md. One event loop for sockets, one thread for the record. Invariant: stopping at
any point loses nothing that was acknowledged to anybody.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import structlog

from detente.courier.peers import LinkIdentity, LinkSettings
from detente.courier.server import LinkServer
from detente.courier.tls import TlsIdentity
from detente.dialogue.kinds import BY_NAME
from detente.node.house import House, Room
from detente.node.links import Links
from detente.node.local import LocalServer
from detente.node.logs import set_up_logs
from detente.node.pair_api import PairVerbs
from detente.node.pair_links import PairLinks
from detente.node.plain import Json
from detente.node.rhythm import Due, Rhythm
from detente.node.turns import Turns
from detente.node.verbs import call_verb, collect_verbs
from detente.ports import Outside
from detente.seals.signing import Signature
from detente.terms.errors import Fault
from detente.terms.ids import DialogueId, PartyId

_log = structlog.get_logger("detente.serve")
_TICK_S = 1.0
_RENEWING = frozenset(
    ("peer.address", *(f"pair.{one}" for one in ("invite", "take", "join", "prepare", "cancel")))
)
"""Verbs after which other sides may be let in that were not, or are to be dialled anew."""
_CIRCLES_EVERY = 50_000


class KnownPeers:
    """What links ask about peers, answered from a copy that the writer thread renews."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._peers: list[Outside] = []
        self._former: list[Outside] = []
        self._dialogues: dict[PartyId, list[DialogueId]] = {}
        self._inviting = False
        self.renew()

    def renew(self) -> None:
        """Copy afresh; in the writer thread."""
        self._peers = self._house.peers()
        self._former = self._house.former_peers()
        self._dialogues = {
            peer.party: list(self._house.dialogues_with(peer.party)) for peer in self._peers
        }
        self._inviting = self._house.has_invitation()

    def all(self) -> list[Outside]:
        """Return all other parties."""
        return self._peers

    def by_certificate(self, certificate: bytes) -> list[Outside]:
        """Return the parties whose documents name this certificate."""
        known = (*self._peers, *self._former)
        return [peer for peer in known if peer.certificate == certificate]

    def forms_of(self, party: PartyId) -> list[Outside]:
        """Return a party as its newest document names it, and as the one before did."""
        return [peer for peer in (*self._peers, *self._former) if peer.party == party]

    def dialogues_with(self, party: PartyId) -> list[DialogueId]:
        """Return the dialogues that we share with a party."""
        return self._dialogues.get(party, [])

    def has_invitation(self) -> bool:
        """Tell whether an invitation of ours is open."""
        return self._inviting


class Service:
    """One node, served."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record")
        settings = house.settings
        self._settings = LinkSettings(
            heartbeat_s=settings.heartbeat_s, dead_s=settings.dead_s,
            constant_s=settings.constant_rate_s,
        )  # fmt: skip
        tls = TlsIdentity(house.keys.certificate(), house.keys.link_key())
        identity = LinkIdentity(house.party, house.keys.node().public.print, tls, self._sign)
        self.peers = KnownPeers(house)
        self.links = Links(house, identity, self.peers, self._settings, self._run)
        self.server = LinkServer(identity, self.peers, self._settings)
        self._pair_verbs = PairVerbs(house, self._founded, self._join)
        self.pair_links = PairLinks(house, self._pair_verbs, identity, self._settings, self._run)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rhythms: dict[DialogueId, Rhythm] = {}
        self._documents: dict[DialogueId, int] = {}
        self._renewing: asyncio.Future[None] | None = None
        self.links.on_news = self._on_news
        self._verbs = collect_verbs(house, self._changed, self.links.states, self._pair_verbs)
        self._turns = Turns()
        self.stopping = asyncio.Event()

    def _sign(self, label: bytes, message: bytes) -> Signature:
        return self.house.keys.node().sign(label, message)

    async def _run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    # -- called in the writer thread -------------------------------------------------------

    def _changed(self, room: Room) -> None:
        self.house.note_sizes()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.links.changed, room, self.links.ask(room))

    def _founded(self, dialogue: DialogueId) -> None:
        self.house.found(dialogue)
        self.peers.renew()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._after_founding, dialogue)

    def _after_founding(self, dialogue: DialogueId) -> None:
        self.links.dialogue_added(dialogue)
        self.links.keep_dialling(self.peers.all())
        self.links.changed(self.house.rooms[dialogue])

    def _join(self, token: bytes) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.pair_links.join, token)

    def _on_news(self, room: Room) -> None:
        now = asyncio.get_running_loop().time()
        self._rhythm(room.book.id, now).note_news(now)
        documents = sum(map(len, room.book.state.charter.versions.values()))
        if self._documents.get(room.book.id) != documents:
            self._documents[room.book.id] = documents
            self._renewing = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        """Look up afresh whom links may be with, and dial who is not linked."""
        await self._run(self.peers.renew)
        self.links.keep_dialling(self.peers.all())

    # -- the local door --------------------------------------------------------------------

    async def call(self, verb: str, arguments: dict[str, Any]) -> AsyncIterator[Json]:
        """Answer one request: progress parts, then the result."""
        if verb == "stop":
            self.stopping.set()
            yield {"result": {"stopping": True}}
            return
        if verb == "ping":  # at once, whatever the record is busy with
            yield {"result": {"party": self.house.party.hex()}}
            return
        parts: asyncio.Queue[Json | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def progress(part: Json) -> None:
            loop.call_soon_threadsafe(parts.put_nowait, {"progress": part})

        work = asyncio.ensure_future(self._work(verb, arguments, progress))
        work.add_done_callback(lambda _: parts.put_nowait(None))
        while (part := await parts.get()) is not None:
            yield part
        try:
            yield {"result": work.result()}
        finally:
            if verb in _RENEWING:  # also when it was refused: a wrong number ends a pairing
                await self._renew()
            if verb == "peer.address" and work.exception() is None:
                self.links.redial(PartyId(bytes.fromhex(work.result()["party"])))

    async def _work(
        self, verb: str, arguments: dict[str, Any], progress: Callable[[Json], None]
    ) -> Json:
        """Do what a request asks for; drafts take turns, which a commit ends."""

        async def do() -> Json:
            return await self._run(call_verb, self._verbs, verb, arguments, progress)

        if verb == "act.draft":
            kind = BY_NAME.get(str(arguments.get("kind")))
            lane = kind.lane if kind else None
            return await self._turns.draft((str(arguments.get("dialogue")), lane), do)
        try:
            return await do()
        finally:
            if verb == "act.commit":
                self._turns.end(arguments.get("draft"))

    # -- by itself -------------------------------------------------------------------------

    async def _upkeep(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                await self._tick()
            except Exception as error:  # noqa: BLE001 - nobody would start it again
                _log.exception("upkeep failed", kind=type(error).__name__)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        await self.links.tick()
        for dialogue, room in list(self.house.rooms.items()):
            # The loop's clock may count from the machine's start: silence begins with the first look.
            rhythm = self._rhythm(dialogue, loop.time())
            try:
                done, took_s = await self._run(self._duties, room, rhythm.due(loop.time()))
            except Exception as error:  # noqa: BLE001 - the other dialogues have their duties too
                _log.exception("upkeep failed", kind=type(error).__name__)
                continue
            rhythm.note_work(loop.time(), took_s)
            if done:
                rhythm.note_minute(loop.time())
                self.links.changed(room)

    def _rhythm(self, dialogue: DialogueId, now: float) -> Rhythm:
        if dialogue not in self._rhythms:
            self._rhythms[dialogue] = Rhythm(self.house.settings.minute_after_s, now)
        return self._rhythms[dialogue]

    def _duties(self, room: Room, due: Due) -> tuple[bool, float]:
        """Do what is due in one dialogue; tell whether anything was entered, and how long it took."""
        began = time.monotonic()
        self.house.settle()
        done = room.writer.closed_because is None and self._do_duties(room, due)
        return done, time.monotonic() - began

    def _do_duties(self, room: Room, due: Due) -> bool:
        try:
            done = room.upkeep.close_expired() > 0
            if due.confirm or due.begin:
                done = room.upkeep.make_minute(begin=due.begin) or done
        except Fault as fault:
            _log.warning("upkeep", code=fault.code)
            return False
        if done:
            self.house.note_sizes()
        return done

    async def run(self, ready: Callable[[list[str]], None]) -> None:
        """Serve until `stopping` is set.

        Args:
            ready: called once with the addresses listened on.
        """
        self._loop = asyncio.get_running_loop()
        local = LocalServer(self.house.folder, self.call)
        listen = self.house.settings.listen
        addresses = await self.server.open(*listen) if listen else ()
        await local.open()
        tasks = [
            asyncio.create_task(self._accept()),
            asyncio.create_task(self.pair_links.serve(self.server)),
            asyncio.create_task(self._upkeep()),
        ]
        self.links.keep_dialling(self.peers.all())
        for state in await self._run(self.house.pairing.pending):
            self.pair_links.join(state.invitation.token)
        ready([str(address) for address in addresses])
        try:
            await self.stopping.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await local.close()
            await self.server.close()
            await self.links.close()
            await self._run(self.house.close)
            self._thread.shutdown()

    async def _accept(self) -> None:
        while True:
            self.links.take(await self.server.accept())


def serve(house: House, ready: Callable[[list[str]], None]) -> None:
    """Serve a node until SIGTERM or SIGINT; returns when everything is closed."""
    set_up_logs(house.settings.log_level)
    # What stands at the start stays, and nearly everything made later is let go by its last
    # reference: to look for circles as often as Python does costs a tenth of a catch-up.
    gc.freeze()
    gc.set_threshold(_CIRCLES_EVERY)

    async def main() -> None:
        service = Service(house)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_note_lost)
        for name in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError):
                loop.add_signal_handler(name, service.stopping.set)
        await service.run(ready)

    asyncio.run(main())


def _note_lost(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waited for; asyncio itself would write its message, and with it contents."""
    _log.error("nobody waited for this", exc_info=context.get("exception"))
