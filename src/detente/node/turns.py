"""Turns at the end of a log, so that of several people who act at once each is soon heard.

An act names its place in the log, so a draft is worth nothing once another act has that place
(docs/spec/06-dialogue.md §6). Whoever has drafted therefore has the place for a moment, long enough to
sign; others who want to draft wait in line meanwhile.

Invariant: a turn is a courtesy and decides nothing. A draft whose turn is over is committed if its
place is still free and refused if it is not, and nobody waits longer than `turn_s` for one other.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final

TURN_S: Final = 0.25
"""Signing takes a few milliseconds; a person who is asked for a passphrase drafts again afterwards."""


class Turns:
    """Who may draft now, for each place that is drafted for.

    Args:
        turn_s: how long a draft keeps others waiting at most.
    """

    def __init__(self, turn_s: float = TURN_S) -> None:
        self._turn_s = turn_s
        self._locks: defaultdict[Hashable, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._held: dict[str, tuple[asyncio.Lock, asyncio.TimerHandle]] = {}

    async def draft(self, where: Hashable, drafting: Callable[[], Awaitable[Any]]) -> Any:
        """Return what `drafting` returns, once it is our turn; raise what it raises.

        Args:
            where: log for which is drafted.
            drafting: gives plain data whose ``draft`` is what `end` is called with.
        """
        lock = self._locks[where]
        await lock.acquire()
        try:
            drafted = await drafting()
        except BaseException:
            lock.release()
            raise
        draft = drafted["draft"]
        timer = asyncio.get_running_loop().call_later(self._turn_s, self.end, draft)
        self._held[draft] = (lock, timer)
        return drafted

    def end(self, draft: object) -> None:
        """End the turn of a draft: it was committed, refused, or took too long. May be repeated."""
        held = self._held.pop(draft, None) if isinstance(draft, str) else None
        if held is not None:
            lock, timer = held
            timer.cancel()
            lock.release()
