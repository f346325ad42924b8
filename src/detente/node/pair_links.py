"""Pairing over links: the joining side dials and asks again until both have confirmed.

Carries out docs/spec/04-pairing.md §5.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from detente.courier.dialler import dial_pairing
from detente.courier.link import PairingLink
from detente.courier.peers import LinkIdentity, LinkSettings
from detente.courier.server import LinkServer
from detente.node.house import House
from detente.node.links import Run
from detente.node.pair_api import PairVerbs
from detente.terms.errors import N_, Fault, Refused, Rejected, Unavailable

_log = structlog.get_logger("detente.pairing")
_AGAIN_S = 1.0
_AGAIN_MOST_S = 8.0
"""Between two tries while something is in the way; a person who confirms does not wait for it."""
_ANSWER_S = 5.0


class PairLinks:
    """Runs the pairings of a served node over links."""

    def __init__(
        self,
        house: House,
        verbs: PairVerbs,
        identity: LinkIdentity,
        settings: LinkSettings,
        run: Run,
    ) -> None:
        self._house = house
        self._verbs = verbs
        self._identity = identity
        self._settings = settings
        self._run = run
        self._dialling: dict[bytes, asyncio.Task[None]] = {}
        self._dial_now: dict[bytes, asyncio.Event] = {}

    async def serve(self, server: LinkServer) -> None:
        """Serve sides that dial us with an invitation of ours."""
        serving: set[asyncio.Task[None]] = set()
        while True:
            link = await server.accept_pairing()
            task = asyncio.create_task(self._answer(link))
            serving.add(task)
            task.add_done_callback(serving.discard)

    async def _answer(self, link: PairingLink) -> None:
        try:
            while True:
                for reply in await self._run(self._verbs.serve_message, await link.receive()):
                    await link.send(reply)
        except Fault as fault:
            _log.info("pairing link ended", code=fault.code)
        finally:
            await link.close()

    def join(self, token: bytes) -> None:
        """Dial the inviting side of a pairing until it is over; now, where that goes on already."""
        self._dial_now.setdefault(token, asyncio.Event()).set()
        task = self._dialling.get(token)
        if task is None or task.done():
            self._dialling[token] = asyncio.get_running_loop().create_task(self._join(token))

    async def _join(self, token: bytes) -> None:
        pause = _AGAIN_S
        while True:
            self._dial_now[token].clear()
            found = await self._run(self._verbs.to_send, token)
            if found is None or found[0].inviting:
                return
            state, message = found
            if self._house.clock.now() > state.invitation.expires:
                return
            if message:
                for address in state.invitation.addresses:
                    if await self._exchange(address, state.invitation.certificate, message, token):
                        break
            in_the_way = token.hex() in self._verbs.troubles
            pause = min(2 * pause, _AGAIN_MOST_S) if in_the_way else _AGAIN_S
            with suppress(TimeoutError):
                await asyncio.wait_for(self._dial_now[token].wait(), pause)

    async def _exchange(
        self, address: str, certificate: bytes, message: bytes, token: bytes
    ) -> bool:
        """Send one message, take what comes back; tell whether the other side was reached."""
        try:
            link = await dial_pairing(address, certificate, self._identity, self._settings)
        except Fault as fault:
            self._verbs.troubles[token.hex()] = fault
            return False
        try:
            await link.send(message)
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWER_S):
                    reply = await link.receive()
                    await self._run(self._verbs.serve_message, reply)
            self._verbs.troubles.pop(token.hex(), None)
        except (Refused, Rejected) as fault:
            self._verbs.troubles[token.hex()] = fault
            _log.info("pairing stopped", code=fault.code)
        except Fault as fault:
            self._verbs.troubles[token.hex()] = Unavailable(
                "pairing.ended",
                N_("The other side ended the connection; it may have dropped this pairing."),
                N_("Ask them. If they did, cancel it here too and begin again."),
            )
            _log.info("pairing link ended", code=fault.code)
        finally:
            await link.close()
        return True
