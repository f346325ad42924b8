"""Everything that a store answers, as plain values: two stores are alike when their pictures are."""

from __future__ import annotations

from typing import NamedTuple

from detente.ports import LogInfo, Snapshot, Store
from detente.record.chain import LogHead
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry
from detente.record.verdict import Verdict
from detente.terms.ids import DialogueId


class LogPicture(NamedTuple):
    info: LogInfo
    head: LogHead
    admitted: int
    entries: list[Entry]
    verdicts: dict[int, Verdict]
    seen: list[dict[bytes, int]]
    nodes: dict[tuple[int, int], bytes]
    checkpoints: list[Checkpoint]
    receipts: list[Checkpoint]


class TalkPicture(NamedTuple):
    dialogue: DialogueId
    founding: bytes
    logs: list[LogPicture]
    evidence: list[tuple[str, bytes]]
    snapshot: Snapshot | None


def picture(store: Store) -> list[TalkPicture]:
    """Return all that `store` answers."""
    return [
        TalkPicture(
            talk,
            store.founding(talk),
            [_log(store, log.info, log.head, log.admitted) for log in store.logs(talk)],
            store.evidence(talk),
            store.snapshot(talk),
        )
        for talk in store.dialogues()
    ]


def _log(store: Store, info: LogInfo, head: LogHead, admitted: int) -> LogPicture:
    log, size = info.log, head.size
    levels = range(size.bit_length())
    return LogPicture(
        info,
        head,
        admitted,
        store.entries(log, 0, size + 1),
        store.verdicts(log, 0, size + 1),
        [dict(store.seen_at(log, seq)) for seq in range(admitted)],
        {
            (level, index): store.node_hash(log, level, index)
            for level in levels
            for index in {0, (size >> level) - 1}
        },
        list(store.checkpoints(log)),
        list(store.all_receipts(log)),
    )
