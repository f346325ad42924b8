"""One unit on a record in memory: it makes the next state, and nobody sees it before it ends.

The state is one value of maps that share what they have in common, so that every step is small and
a unit that fails leaves nothing behind. Invariant: it refuses what the unit on disk refuses, with
the same codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from immutables import Map

from detente.ports import Judgement, LogInfo, Snapshot
from detente.record.chain import Extension, LogHead, start_log
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry
from detente.record.order import Seen
from detente.record.tree import KEPT_LEVEL, frontier_at
from detente.record.verdict import COUNTED, Verdict
from detente.store import checks
from detente.store.subtrees import levels_of
from detente.terms.errors import Bug
from detente.terms.ids import DialogueId, KeyPrint, LogId

_Value = TypeVar("_Value")


class HeldLog(NamedTuple):
    """One log."""

    dialogue: DialogueId
    info: LogInfo
    head: LogHead
    admitted: int = 0
    entries: Map[int, Entry] = Map()
    nodes: Map[tuple[int, int], bytes] = Map()
    verdicts: Map[int, Verdict] = Map()
    seen: Map[int, Seen] = Map()
    """Position → the past of the last entry at or before it that has one."""
    checkpoints: Map[int, Checkpoint] = Map()
    receipts: Map[tuple[int, KeyPrint], Checkpoint] = Map()


class HeldDialogue(NamedTuple):
    """One dialogue."""

    founding: bytes
    logs: tuple[LogId, ...] = ()
    evidence: tuple[tuple[str, bytes], ...] = ()
    snapshot: Snapshot | None = None


class State(NamedTuple):
    """A whole store."""

    dialogues: Map[DialogueId, HeldDialogue] = Map()
    order: tuple[DialogueId, ...] = ()
    logs: Map[LogId, HeldLog] = Map()
    run: bytes = b""
    is_copy: bool = False


def node_of(log: HeldLog, level: int, index: int) -> bytes:
    """Return the root over leaves [index << level, (index + 1) << level), all of them held."""
    if level >= KEPT_LEVEL:
        return log.nodes[level, index]
    leaves = range(index << level, (index + 1) << level)
    return levels_of([log.entries[seq].id for seq in leaves])[level][0]


def log_in(state: State, log: LogId) -> HeldLog:
    """Return a log. Raises `Refused` ``store.log`` if unknown."""
    found = state.logs.get(log)
    if found is None:
        raise checks.unknown_log(log)
    return found


class MemoryUnit:
    """A `ports.Unit` over a state of its own; made by `MemoryStore.unit`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._has_ended = False

    def end(self) -> State:
        """Return the state made and do nothing any more."""
        self._has_ended = True
        return self._state

    def found(self, dialogue: DialogueId, founding: bytes, logs: Iterable[LogInfo]) -> None:
        """Add a dialogue with its founding bytes and its first logs."""
        before, infos = self._alive(), list(logs)
        if dialogue in before.dialogues:
            raise checks.already_held(dialogue)
        self._state = before._replace(
            dialogues=before.dialogues.set(dialogue, HeldDialogue(founding)),
            order=(*before.order, dialogue),
        )
        try:
            for info in infos:
                self.open_log(dialogue, info)
        except BaseException:
            self._state = before
            raise

    def open_log(self, dialogue: DialogueId, info: LogInfo) -> None:
        """Add an empty log to a dialogue."""
        talk = self._dialogue(dialogue)
        if info.log in self._state.logs:
            raise checks.already_held(info.log)
        self._put(HeldLog(dialogue, info, start_log(dialogue, info.log)))
        self._keep(dialogue, talk._replace(logs=(*talk.logs, info.log)))

    def append(self, extension: Extension) -> None:
        """Add entries at the end of their log. Raises `Refused` ``store.gap`` elsewhere."""
        head, entries, kept = extension
        log = self._log(head.log)
        checks.check_extends(log.head, extension)
        self._put(
            log._replace(
                head=head,
                entries=log.entries.update((entry.header.seq, entry) for entry in entries),
                nodes=log.nodes.update(((level, index), node) for level, index, node in kept),
            )
        )

    def judge(self, judgement: Judgement) -> None:
        """Keep verdicts and causal pasts of entries that are already appended."""
        log = self._log(judgement.log)
        checks.check_judgement(log.head.size, log.admitted, judgement)
        for seen in judgement.seen.values():
            for other in seen:
                self._log(LogId(other))
        seen_by: Seen = log.seen.get(log.admitted - 1, Map())
        pasts: list[tuple[int, Seen]] = []
        for seq in range(log.admitted, judgement.admitted):
            seen_by = judgement.seen.get(seq, seen_by)
            pasts.append((seq, seen_by))
        verdicts = [item for item in judgement.verdicts.items() if item[1] != COUNTED]
        self._put(
            log._replace(
                admitted=judgement.admitted,
                seen=log.seen.update(pasts),
                verdicts=log.verdicts.update(verdicts),
            )
        )

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a log's own checkpoint. Another root for a size already kept is a `Bug`."""
        log, size = self._log(checkpoint.log), checkpoint.size
        checks.check_size(size)
        if size in log.checkpoints:
            checks.check_same_root(log.checkpoints[size], checkpoint)
        else:
            self._put(log._replace(checkpoints=log.checkpoints.set(size, checkpoint)))

    def keep_receipt(self, receipt: Checkpoint) -> None:
        """Keep a receipt by another node; the first one for a (log, size, signer) stays."""
        log = self._log(receipt.log)
        checks.check_size(receipt.size)
        place = (receipt.size, receipt.signer)
        if place not in log.receipts:
            self._put(log._replace(receipts=log.receipts.set(place, receipt)))

    def keep_evidence(self, dialogue: DialogueId, kind: str, body: bytes) -> None:
        """Keep bytes that prove or document misconduct. Idempotent."""
        talk = self._dialogue(dialogue)
        if (kind, body) not in talk.evidence:
            self._keep(dialogue, talk._replace(evidence=(*talk.evidence, (kind, body))))

    def keep_snapshot(self, dialogue: DialogueId, snapshot: Snapshot) -> None:
        """Replace the cached fold of a dialogue."""
        talk = self._dialogue(dialogue)
        for log in snapshot.upto:
            self._log(log)
        self._keep(dialogue, talk._replace(snapshot=Snapshot(dict(snapshot.upto), snapshot.state)))

    def forget_judgements(self, dialogue: DialogueId) -> None:
        """Drop verdicts, pasts and snapshot of a dialogue, to judge it again from its entries."""
        talk = self._dialogue(dialogue)
        for name in talk.logs:
            self._put(self._log(name)._replace(admitted=0, verdicts=Map(), seen=Map()))
        self._keep(dialogue, talk._replace(snapshot=None))

    def drop_payload(self, log: LogId, seq: int) -> None:
        """Erase salt and payload of one entry; header, chain and counts stay."""
        held = self._log(log)
        if seq not in held.entries:
            raise Bug(f"dropping the payload of entry {seq} of {held.head.size}")
        bare = held.entries[seq]._replace(salt=None, payload=None)
        self._put(held._replace(entries=held.entries.set(seq, bare)))

    def cut_unsent(self, log: LogId, size: int) -> list[Entry]:
        """Take back entries of our own log from `size` on and return them.

        What was kept about them goes too: judgements, checkpoints beyond `size`, the dialogue's
        snapshot. Raises `Refused` ``store.sent`` when a receipt says that they left this node.
        """
        held = self._log(log)
        checks.check_cut(held.head, size, max((at for at, _ in held.receipts), default=0))
        gone = [held.entries[seq] for seq in range(size, held.head.size)]
        if size:
            last = held.entries[size - 1]
            frontier = frontier_at(size, lambda level, index: node_of(held, level, index))
            head = LogHead(log, frontier, last.id, last.header.clock)
        else:
            head = start_log(held.dialogue, log)
        self._put(
            held._replace(
                head=head,
                admitted=min(held.admitted, size),
                entries=_below(held.entries, size),
                nodes=Map(
                    {at: node for at, node in held.nodes.items() if at[1] + 1 << at[0] <= size}
                ),
                verdicts=_below(held.verdicts, size),
                seen=_below(held.seen, size),
                checkpoints=_below(held.checkpoints, size + 1),
            )
        )
        self._keep(held.dialogue, self._dialogue(held.dialogue)._replace(snapshot=None))
        return gone

    def _alive(self) -> State:
        if self._has_ended:
            raise Bug("a unit was used after its end")
        return self._state

    def _dialogue(self, dialogue: DialogueId) -> HeldDialogue:
        found = self._alive().dialogues.get(dialogue)
        if found is None:
            raise checks.unknown_dialogue(dialogue)
        return found

    def _log(self, log: LogId) -> HeldLog:
        return log_in(self._alive(), log)

    def _put(self, log: HeldLog) -> None:
        self._state = self._state._replace(logs=self._state.logs.set(log.info.log, log))

    def _keep(self, dialogue: DialogueId, talk: HeldDialogue) -> None:
        self._state = self._state._replace(dialogues=self._state.dialogues.set(dialogue, talk))


def _below(found: Map[int, _Value], size: int) -> Map[int, _Value]:
    return Map({seq: value for seq, value in found.items() if seq < size})
