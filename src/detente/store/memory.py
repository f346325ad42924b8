"""The record in memory, for tests and simulated worlds: a `ports.Store` that forgets at the end.

Invariants: a reader sees one committed state throughout; it refuses what the store on disk refuses,
with the same codes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from detente.ports import Snapshot, StoredLog, Unit
from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry
from detente.record.order import Seen
from detente.record.verdict import Verdict
from detente.store import checks
from detente.store.memory_unit import HeldDialogue, HeldLog, MemoryUnit, State, log_in, node_of
from detente.store.subtrees import check_complete
from detente.terms.errors import Bug
from detente.terms.ids import DialogueId, KeyPrint, LogId


class MemoryStore:
    """A `ports.Store` in memory, with the marks of a live store that `store.lifemark` needs."""

    def __init__(self, state: State | None = None) -> None:
        self._state = state or State()
        self._is_writing = False

    def copy(self) -> MemoryStore:
        """Return a store as a restored backup of this one would be."""
        return MemoryStore(self._state._replace(is_copy=True))

    @contextlib.contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open a transaction: kept when the block ends, undone when it raises."""
        if self._is_writing:
            raise Bug("a unit inside a unit")
        self._is_writing = True
        unit = MemoryUnit(self._state)
        try:
            yield unit
            self._state = unit.end()
        finally:
            self._is_writing = False
            unit.end()

    def dialogues(self) -> list[DialogueId]:
        """Return the dialogues, oldest first."""
        return list(self._state.order)

    def founding(self, dialogue: DialogueId) -> bytes:
        """Return the founding bytes of a dialogue; `Refused` ``store.dialogue`` if unknown."""
        return self._dialogue(dialogue).founding

    def logs(self, dialogue: DialogueId) -> list[StoredLog]:
        """Return the logs of a dialogue, in the order in which they were opened."""
        logs = [self._log(log) for log in self._dialogue(dialogue).logs]
        return [StoredLog(log.info, log.head, log.admitted) for log in logs]

    def entries(self, log: LogId, start: int, count: int) -> list[Entry]:
        """Return up to `count` entries from position `start` on."""
        held = self._log(log)
        if start < 0 or count < 0:
            raise Bug(f"asking for {count} entries from {start} on")
        return [held.entries[seq] for seq in range(start, min(start + count, held.head.size))]

    def pieces(self, log: LogId, start: int, count: int) -> list[Piece]:
        """Return the same entries as they travel, for passing them on."""
        return [Piece(one.raw, one.salt, one.payload) for one in self.entries(log, start, count)]

    def entry(self, log: LogId, seq: int) -> Entry | None:
        """Return one entry."""
        found = self.entries(log, seq, 1)
        return found[0] if found else None

    def verdicts(self, log: LogId, start: int, count: int) -> dict[int, Verdict]:
        """Return the verdicts other than counted in [start, start + count)."""
        if start < 0 or count < 0:
            raise Bug(f"asking for {count} entries from {start} on")
        found = sorted(self._log(log).verdicts.items())
        return {seq: verdict for seq, verdict in found if start <= seq < start + count}

    def seen_at(self, log: LogId, seq: int) -> Seen:
        """Return the causal past of an admitted entry, itself included."""
        held = self._log(log)
        if not 0 <= seq < held.admitted:
            raise Bug(f"asking for the past of entry {seq} of {held.admitted} judged ones")
        return {**held.seen[seq], log: seq + 1}

    def node_hash(self, log: LogId, level: int, index: int) -> bytes:
        """Return the root over leaves [index << level, (index + 1) << level)."""
        held = self._log(log)
        check_complete(held.head.size, level, index)
        return node_of(held, level, index)

    def checkpoint(self, log: LogId, at_least: int = 0) -> Checkpoint | None:
        """Return the log's own newest checkpoint, or the smallest of at least a given size."""
        kept = self._log(log).checkpoints
        sizes = [size for size in kept if size >= at_least]
        return kept[min(sizes) if at_least else max(sizes)] if sizes else None

    def receipts(self, log: LogId, at_least: int = 0) -> list[Checkpoint]:
        """Return per signer the receipt of the smallest size that is at least `at_least`.

        With 0: per signer the newest receipt.
        """
        found: dict[KeyPrint, Checkpoint] = {}
        for receipt in sorted(self.all_receipts(log), key=lambda r: r.size, reverse=at_least > 0):
            if receipt.size >= at_least:
                found[receipt.signer] = receipt
        return [found[signer] for signer in sorted(found)]

    def checkpoints(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept checkpoints of a log, by size."""
        kept = self._log(log).checkpoints
        return (kept[size] for size in sorted(kept))

    def all_receipts(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept receipts of a log, by size."""
        kept = self._log(log).receipts
        return (kept[place] for place in sorted(kept))

    def evidence(self, dialogue: DialogueId) -> list[tuple[str, bytes]]:
        """Return what was kept as evidence, oldest first."""
        return list(self._dialogue(dialogue).evidence)

    def snapshot(self, dialogue: DialogueId) -> Snapshot | None:
        """Return the cached fold, if any."""
        return self._dialogue(dialogue).snapshot

    def close(self) -> None:
        """Release everything: nothing, here; the same object can be opened again by using it."""

    def restored(self) -> bool:
        """Tell whether this is a copy, which may lack entries that others hold of us."""
        return self._state.is_copy

    def mark_live(self) -> None:
        """Say that the restore rule has been satisfied."""
        self._state = self._state._replace(is_copy=False)

    def run(self) -> bytes:
        """Return the id of the run that wrote last; empty before the first."""
        return self._state.run

    def begin_run(self) -> bytes:
        """Give this run an id of its own."""
        self._state = self._state._replace(run=os.urandom(16))
        return self._state.run

    def _dialogue(self, dialogue: DialogueId) -> HeldDialogue:
        found = self._state.dialogues.get(dialogue)
        if found is None:
            raise checks.unknown_dialogue(dialogue)
        return found

    def _log(self, log: LogId) -> HeldLog:
        return log_in(self._state, log)
