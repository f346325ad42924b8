"""The state of one dialogue: charter, logs, minutes, and one state per protocol.

Carries out docs/spec/06-dialogue.md §1. Frozen and grow-only: the same set of entries gives the same
state in whatever order they arrive. Caches of it are canonical bytes and may be thrown away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from immutables import Map

from detente.charter import state as charter_state
from detente.charter.act import Place
from detente.charter.founding import Founding
from detente.protocols.agenda import state as agenda
from detente.protocols.hotline import state as hotline
from detente.protocols.objections import state as objections
from detente.protocols.opening import state as opening
from detente.protocols.questions import state as questions
from detente.protocols.statements import state as statements
from detente.record.genesis import log_id
from detente.record.minute import Minute
from detente.record.shapes import from_bytes, to_bytes
from detente.seals.signing import PublicKey
from detente.terms.ids import DialogueId, Lane, LogId
from detente.terms.limits import MIB

SNAPSHOT_BYTES = 512 * MIB
_CACHE_DEPTH = 32


class Standing(NamedTuple):
    """One log as far as it has been judged."""

    party: int
    node: PublicKey
    epoch: int
    lane: Lane
    admitted: int
    """Entries judged."""
    head: bytes
    """Identifier of the last entry judged; the dialogue id while there is none."""
    clock: int
    seen: Mapping[bytes, int]
    """Causal past of that entry in other logs."""
    broken_at: int | None
    """First entry that named a wrong clock or what it may not name: it and all after it are void."""

    @property
    def sound(self) -> int:
        """Return how many entries judged others may build on: those before the break, if there is one."""
        return self.admitted if self.broken_at is None else self.broken_at

    def is_broken_at(self, seq: int) -> bool:
        """Tell whether an entry that is judged is void because its log is broken there."""
        return self.broken_at is not None and seq >= self.broken_at


class Note(NamedTuple):
    """What other entries may need to know of a counted entry that they name."""

    kind: int
    party: int
    id: bytes


class Placed(NamedTuple):
    """A minute where it was entered."""

    seq: int
    minute: Minute


class Frozen(NamedTuple):
    """A log of which two histories are proven."""

    common: int
    """First entries common to both, as far as the proof shows."""
    by: Place
    party: int
    """Whose log it is, which may not be here."""
    epoch: int
    lane: Lane
    key: bytes
    """Print of its node key."""


class Dialogue(NamedTuple):
    """Everything the counted entries amount to."""

    id: DialogueId
    charter: charter_state.Charter
    logs: Map[bytes, Standing]
    notes: Map[Place, Note]
    minutes: Map[bytes, tuple[Placed, ...]]
    """Log → the minutes in it, if it has any; both positions and ordinals rise."""
    forks: Map[bytes, tuple[Frozen, ...]]
    reached: Map[bytes, int]
    """Log → how many of its entries another party had named before it saw a cut of that log."""
    not_understood: int
    """Entries of kinds unknown here: with any, this state is partial."""
    withheld: int
    """Entries of which it cannot be said whether they count, for want of a payload."""
    absent: Map[bytes, Map[int, int]]
    """Log → kind → the first of these entries; empty where nothing is withheld, as between nodes."""
    spent: Map[bytes, Map[bytes, int]]
    """Log → actor → the first of them that may have been done under a grant with a limit."""
    void: int
    opening: opening.Opening
    agenda: agenda.Agenda
    statements: statements.Statements
    objections: objections.Objections
    questions: questions.Questions
    hotline: hotline.Hotline

    @property
    def parties(self) -> int:
        """Return the number of parties."""
        return len(self.charter.parties)

    def log_of(self, party: int, lane: Lane) -> LogId:
        """Return a party's newest log on a lane."""
        return max(
            (standing.epoch, LogId(log))
            for log, standing in self.logs.items()
            if standing.party == party and standing.lane == lane
        )[1]


def start(founding: Founding) -> Dialogue:
    """Return the state of a dialogue without entries: its first logs are empty."""
    logs: dict[bytes, Standing] = {}
    for index, seat in enumerate(founding.genesis.seats):
        key = founding.current(index).node_key()
        for lane in Lane:
            log = log_id(founding.dialogue, seat.party, key.print, 0, lane)
            logs[log] = empty_standing(founding.dialogue, index, key, 0, lane)
    return Dialogue(
        founding.dialogue, charter_state.start(founding), Map(logs), Map(), Map(), Map(), Map(),
        0, 0, Map(), Map(), 0,
        opening.EMPTY, agenda.EMPTY, statements.EMPTY, objections.EMPTY, questions.EMPTY,
        hotline.EMPTY,
    )  # fmt: skip


def empty_standing(
    dialogue: DialogueId, party: int, node: PublicKey, epoch: int, lane: Lane
) -> Standing:
    """Return the standing of a log before its first entry."""
    return Standing(party, node, epoch, lane, 0, dialogue, 0, {}, None)


def encode_state(state: Dialogue) -> bytes:
    """Return the canonical bytes of a state, for the cache."""
    return to_bytes(state, _CACHE_DEPTH)


def decode_state(data: bytes) -> Dialogue:
    """Return a cached state. Raises `Rejected` ``dialogue.snapshot`` when it is of another form."""
    return from_bytes(Dialogue, data, SNAPSHOT_BYTES, "dialogue.snapshot", _CACHE_DEPTH)
