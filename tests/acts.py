"""Acts as rules see them, each with what its author had seen: no bytes, no keys, no signatures.

A talk counts positions and clocks as real logs do. Who acts has seen everything so far, unless the
test says what it had seen; its own log before it is always among that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from detente.charter.act import Act, place
from detente.terms.ids import EntryId, KeyPrint, Lane, LogId, PartyId, Ref
from tests.parties import START_MS


def digest(name: str) -> bytes:
    return sha256(name.encode()).digest()


class Talk:
    """Acts of some parties, in the order in which they were made."""

    def __init__(self, parties: Sequence[PartyId] | int = 2) -> None:
        if isinstance(parties, int):
            parties = [PartyId(digest(f"party {at}")) for at in range(parties)]
        self.parties = list(parties)
        self.acts: list[Act] = []

    def log(self, seat: int, lane: Lane = Lane.TABLE, epoch: int = 0) -> LogId:
        return LogId(digest(f"log {seat} {int(lane)} {epoch}"))

    def act(
        self,
        seat: int,
        kind: int,
        body: Any,
        *,
        past: Iterable[Act] | None = None,
        actor: bytes | None = None,
        lane: Lane = Lane.TABLE,
        epoch: int = 0,
    ) -> Act:
        """Make the next act of a party.

        Args:
            past: what its author had seen, with all that those had seen; None for everything.
            actor: print of the key that acts; the party's only person when not given.
        """
        log = self.log(seat, lane, epoch)
        own = [one for one in self.acts if one.ref.log == log]
        known = [*(self.acts if past is None else past), *own[-1:]]
        seen: dict[bytes, int] = {}
        for one in known:
            for where, size in {**one.seen, one.ref.log: one.ref.seq + 1}.items():
                seen[where] = max(seen.get(where, 0), size)
        seq = len(own)
        seen[log] = seq
        made = Act(
            Ref(log, seq, EntryId(digest(f"{log.hex()} {seq}"))), self.parties[seat], seat,
            KeyPrint(digest(f"person {seat}") if actor is None else actor), kind,
            1 + max((one.clock for one in known), default=0), START_MS + len(self.acts), seen, body,
        )  # fmt: skip
        self.acts.append(made)
        return made


def saw(act: Act, other: Act) -> bool:
    """Tell whether the author of `act` had seen `other`."""
    where = place(other.ref)
    return act.seen.get(where.log, 0) > where.seq


def orders(acts: Sequence[Act], limit: int = 50) -> list[list[Act]]:
    """Return up to `limit` orders in which the acts may arrive, causes always before effects."""
    found: list[list[Act]] = []

    def grow(taken: list[Act], rest: list[Act]) -> None:
        if len(found) >= limit:
            return
        if not rest:
            found.append(taken)
            return
        for one in rest:
            if not any(saw(one, other) for other in rest):
                grow([*taken, one], [other for other in rest if other is not one])

    grow([], list(acts))
    return found
