"""One dialogue as this node holds it: the state in memory, the entries in the store.

Carries out docs/spec/06-dialogue.md §3. The state is always what the stored entries amount to; if a
transaction fails, the book is loaded again. Invariant: everything that enters, ours or theirs,
passes `judge`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from detente.charter.founding import Founding, read_founding
from detente.charter.state import newest_document
from detente.dialogue.admit import admit
from detente.dialogue.minutes import frozen_sizes
from detente.dialogue.past import Fact, Held
from detente.dialogue.state import (
    Dialogue,
    decode_state,
    empty_standing,
    encode_state,
    start,
)
from detente.ports import Judgement, LogInfo, Snapshot, Store, Unit
from detente.record.chain import LogHead
from detente.record.entry import Entry
from detente.seals.signing import PublicKey
from detente.terms.errors import Bug, Rejected
from detente.terms.ids import DialogueId, Lane, LogId, PartyId

CHUNK = 2000
SNAPSHOT_EVERY = 5000
"""Entries judged between two caches of the state; what a start has to judge again at most."""
_REMEMBERED = 4096
_ALL = 2**40


class Judged(NamedTuple):
    """What judging brought: the new state, and what the store has to keep of it."""

    state: Dialogue
    judgements: tuple[Judgement, ...]
    held: Mapping[LogId, Held]


def _still_waits(state: Dialogue, held: Held) -> bool:
    named = state.logs.get(held.missing.log)
    return held.contradicts or named is None or named.admitted <= held.missing.seq


def _beyond(kept: Mapping[LogId, int], judgement: Judgement) -> Judgement | None:
    """Return the part of a judgement that the store has not kept yet."""
    first = kept[judgement.log]
    if judgement.admitted <= first:
        return None
    return judgement._replace(
        verdicts={seq: one for seq, one in judgement.verdicts.items() if seq >= first},
        seen={seq: one for seq, one in judgement.seen.items() if seq >= first},
    )


class Lookup:
    """Facts about admitted entries: from the state, from a batch not yet committed, from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[tuple[bytes, int], Fact] = OrderedDict()
        self._fresh: dict[bytes, tuple[int, Sequence[Entry]]] = {}
        self._spans: dict[bytes, dict[int, Mapping[bytes, int]]] = {}
        self.state: Dialogue | None = None

    def lay_out(self, log: LogId, first: int, entries: Sequence[Entry]) -> None:
        """Make entries known that are about to be stored."""
        self._fresh[log] = (first, entries)

    def note_spans(self, log: LogId, spans: Mapping[int, Mapping[bytes, int]]) -> None:
        """Make causal pasts known that are about to be stored."""
        self._spans.setdefault(log, {}).update(spans)

    def clear(self) -> None:
        """Forget what was laid out: it is in the store now, or never was."""
        self._fresh.clear()
        self._spans.clear()

    def forget(self) -> None:
        """Forget everything, because verdicts or pasts were computed anew."""
        self.clear()
        self._known.clear()

    def fact(self, log: LogId, seq: int) -> Fact:
        """Return the facts of an admitted entry."""
        standing = self.state.logs[log] if self.state else None
        if standing is not None and standing.admitted == seq + 1:
            return Fact(standing.head, standing.clock, {**standing.seen, log: seq + 1})
        known = self._known.get((log, seq))
        if known is None:
            known = self._find(log, seq)
            self._known[log, seq] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _find(self, log: LogId, seq: int) -> Fact:
        first, entries = self._fresh.get(log, (0, ()))
        if first <= seq < first + len(entries):
            entry: Entry | None = entries[seq - first]
        else:
            entry = self._store.entry(log, seq)
        if entry is None:
            raise Bug("an admitted entry is not in the store")
        spans = self._spans.get(log, {})
        at = max((position for position in spans if position <= seq), default=None)
        past = dict(spans[at]) if at is not None else dict(self._store.seen_at(log, seq))
        past[log] = seq + 1
        return Fact(entry.id, entry.header.clock, past)


class Book:
    """One dialogue, loaded. Not shared between threads."""

    def __init__(self, store: Store, dialogue: DialogueId, own: PartyId) -> None:
        self.store = store
        self.id = dialogue
        self.founding: Founding = read_founding(store.founding(dialogue))
        self.own = self.founding.genesis.index_of(own)
        self.lookup = Lookup(store)
        self.heads: dict[LogId, LogHead] = {}
        self.stands: dict[bytes, int] = {}
        self.held: dict[LogId, Held] = {}
        self.state: Dialogue
        self.node: PublicKey | None = None
        """Our node key, from the moment on at which we begin to use a new one."""
        self._since_snapshot = 0
        self._unrest: dict[bytes, int] | None = None
        """What would have to stand by a record in which that contradicts itself."""
        self.reload()

    # -- loading ---------------------------------------------------------------------------

    def reload(self) -> None:
        """Load heads and state from the store, judging again what no cache holds."""
        logs = self.store.logs(self.id)
        self.heads = {stored.info.log: stored.head for stored in logs}
        self.state = self._cached() or start(self.founding)
        for stored in logs:
            self._know(stored.info)
        self.lookup.forget()
        self.held = {}
        self.stands = frozen_sizes(self.state)
        judged = self.judge()
        kept = {stored.info.log: stored.admitted for stored in logs}
        missing = [one for one in map(partial(_beyond, kept), judged.judgements) if one is not None]
        if missing:
            with self.store.unit() as unit:
                self.write_judgements(unit, judged._replace(judgements=tuple(missing)))
        self.state = judged.state
        self.held = dict(judged.held)
        self.lookup.clear()
        self.settle_freezes()

    def _cached(self) -> Dialogue | None:
        snapshot = self.store.snapshot(self.id)
        if snapshot is None:
            return None
        try:
            return decode_state(snapshot.state)
        except Rejected:
            return None  # a cache of another version: judged again from the entries

    def _know(self, info: LogInfo) -> None:
        if info.log not in self.state.logs:
            party = self.founding.genesis.index_of(info.party)
            standing = empty_standing(self.id, party, info.node, info.epoch, info.lane)
            self.state = self.state._replace(logs=self.state.logs.set(info.log, standing))

    def open_log(self, info: LogInfo) -> None:
        """Take note of a log that the store has just opened."""
        self._know(info)
        stored = {one.info.log: one for one in self.store.logs(self.id)}
        self.heads[info.log] = stored[info.log].head

    # -- judging ---------------------------------------------------------------------------

    def judge(self, log: LogId | None = None, fresh: Sequence[Entry] = ()) -> Judged:
        """Judge `fresh` entries of `log` and everything that waited for them.

        Args:
            log, fresh: entries about to be stored at the end of a log; none to judge what is stored.

        Returns:
            The outcome; nothing is kept yet. The caller commits it, then calls `accept`.
        """
        state = self.state
        judgements: list[Judgement] = []
        held = dict(self.held)
        if log is not None:
            self.lookup.lay_out(log, self.heads[log].size, fresh)
        waiting = [log] if log is not None else []
        waiting += [other for other in self._by_lane() if other != log]
        progress = True
        while progress:
            progress = False
            for one in waiting:
                if one in held and _still_waits(state, held[one]):
                    continue
                for entries in self._unjudged(state, one, log, fresh):
                    self.lookup.state = state
                    # What the first of them had seen through the entry before it: the store cannot
                    # tell yet, should an entry of another log name one of these.
                    self.lookup.note_spans(one, {entries[0].header.seq: state.logs[one].seen})
                    run = admit(state, one, entries, self.lookup, self.stands)
                    state = run.state
                    held.pop(one, None)
                    if run.admitted > entries[0].header.seq:
                        progress = True
                        self.lookup.note_spans(one, run.seen)
                        judgements.append(Judgement(one, run.admitted, run.verdicts, run.seen))
                    if run.held:
                        held[one] = run.held
                        break
        self.lookup.state = state
        return Judged(state, tuple(judgements), held)

    def _by_lane(self) -> list[LogId]:
        return sorted(self.heads, key=lambda log: self.state.logs[log].lane)

    def _unjudged(
        self, state: Dialogue, one: LogId, log: LogId | None, fresh: Sequence[Entry]
    ) -> Iterator[Sequence[Entry]]:
        """Yield the entries of a log that have no verdict, stored ones first, in chunks.

        What a freeze left out gets none: it is kept, and is no part of the state.
        """
        admitted, stored = state.logs[one].admitted, self.heads[one].size
        stands = self.stands.get(one, stored + len(fresh))
        while admitted < min(stored, stands):
            chunk = self.store.entries(one, admitted, min(CHUNK, stands - admitted))
            yield chunk
            admitted += len(chunk)
        if one == log and stored <= admitted < stands:
            rest = fresh[admitted - stored : stands - stored]
            if rest:
                yield rest

    def write_judgements(self, unit: Unit, judged: Judged) -> None:
        """Keep judgements in a transaction."""
        for judgement in judged.judgements:
            unit.judge(judgement)
            self._since_snapshot += judgement.admitted - self.state.logs[judgement.log].admitted

    def accept(self, judged: Judged, head: LogHead | None = None) -> None:
        """Take over the outcome of a committed transaction, and cache the state when it is time."""
        self.state = judged.state
        self.held = dict(judged.held)
        if head is not None:
            self.heads[head.log] = head
        self.lookup.clear()
        self.settle_freezes()
        if self._since_snapshot >= SNAPSHOT_EVERY:
            self.save_snapshot()

    def settle_freezes(self) -> None:
        """Judge all entries anew if a fork proof, a cut or a minute changed what stands.

        That may release entries which change it again. It comes to rest: proofs stand in logs of other
        parties than the one that they are about, and cuts under newer keys than the one that they cut.
        A root key that signs what contradicts itself all the same (docs/limits.md) does not keep us
        busy: the least that stood stands, until something else is wanted.
        """
        least = self.stands
        for _ in range(2 * len(self.heads) + 2):
            stands = frozen_sizes(self.state)
            if stands in (self.stands, self._unrest):
                return
            least = {
                log: min(stands.get(log, _ALL), least.get(log, _ALL)) for log in {*stands, *least}
            }
            self.stands = stands
            self._judge_again()
        self.stands = least
        self._judge_again()
        self._unrest = frozen_sizes(self.state)

    def _judge_again(self) -> None:
        before = self.state
        self.state = start(self.founding)
        for log, standing in before.logs.items():
            if log not in self.state.logs:
                fresh = empty_standing(
                    self.id, standing.party, standing.node, standing.epoch, standing.lane
                )
                self.state = self.state._replace(logs=self.state.logs.set(log, fresh))
        self.lookup.forget()
        self.held = {}
        judged = self.judge()
        with self.store.unit() as unit:
            unit.forget_judgements(self.id)
            self.write_judgements(unit, judged)
        self.state, self.held = judged.state, dict(judged.held)
        self.lookup.clear()

    # -- saving ----------------------------------------------------------------------------

    def snapshot_of(self, state: Dialogue) -> Snapshot:
        """Return the cache of a state that is being committed."""
        upto = {LogId(log): standing.admitted for log, standing in state.logs.items()}
        self._since_snapshot = 0
        return Snapshot(upto, encode_state(state))

    def save_snapshot(self) -> None:
        """Cache the present state, so that the next start has nothing to judge again."""
        if self._since_snapshot:
            with self.store.unit() as unit:
                unit.keep_snapshot(self.id, self.snapshot_of(self.state))

    def own_log(self, lane: Lane) -> LogId:
        """Return our newest log on a lane, under our present key if there is one.

        Others under an older key may be a thief's, with whatever number.
        """
        key = self.node or newest_document(self.state.charter, self.own).document.node_key()
        ours = [
            (standing.epoch, LogId(log))
            for log, standing in self.state.logs.items()
            if (standing.party, standing.lane, standing.node) == (self.own, lane, key)
        ]
        return max(ours)[1] if ours else self.state.log_of(self.own, lane)
