"""Everything that is asked of the record in SQLite, over one connection that cannot write.

Invariants: an answer holds only what was committed before the question; rows that are not as they
were written become ``store.damaged`` and never an answer; statements of several threads take turns.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from detente.ports import Snapshot, StoredLog
from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry, Header, decode_header
from detente.record.order import Seen
from detente.record.verdict import Verdict
from detente.store import checks
from detente.store.audit import signers_of
from detente.store.database import RECORD, close, open_reader
from detente.store.faults import ANSWERING, damaged
from detente.store.rows import (
    SEQ_LIMIT,
    Row,
    checkpoint_of,
    decode_sizes,
    entry_of,
    fetch,
    head_of,
    key_of,
    piece_of,
    seq_of,
    stored_log,
    verdict_of,
    whole,
)
from detente.store.subtrees import Subtrees, check_complete
from detente.terms.errors import N_, Bug
from detente.terms.ids import DialogueId, KeyPrint, LogId

_PAGE: Final = 500
"""Checkpoints read at once: about 2 MB, and a writer never waits for whoever walks through them."""

_Held = TypeVar("_Held")


class RecordReader:
    """The asking half of a `ports.Store`.

    Args:
        path: of the database, which exists.
        vfs: name of a registered SQLite VFS.
    """

    def __init__(self, path: Path, vfs: str | None) -> None:
        self._reader = open_reader(path, RECORD, vfs)
        self._subtrees = Subtrees(self._reader)
        self._turn = threading.Lock()
        self._numbers: dict[LogId, int] = {}
        self._logs: dict[int, LogId] = {}

    def close(self) -> None:
        """Release everything."""
        with self._turn:
            close(self._reader)

    def dialogues(self) -> list[DialogueId]:
        """Return the dialogues, oldest first."""
        rows = self._all("select n, id, founding, crc from dialogue order by n")
        return [DialogueId(whole(row)[1]) for row in rows]

    def founding(self, dialogue: DialogueId) -> bytes:
        """Return the founding bytes of a dialogue; `Refused` ``store.dialogue`` if unknown."""
        rows = self._all("select n, id, founding, crc from dialogue where id=?", dialogue)
        if not rows:
            raise checks.unknown_dialogue(dialogue)
        founding: bytes = whole(rows[0])[2]
        return founding

    def logs(self, dialogue: DialogueId) -> list[StoredLog]:
        """Return the logs of a dialogue, in the order in which they were opened."""
        rows = self._all(
            "select l.n, l.dialogue, l.id, l.info, l.crc, h.*"
            " from log l left join head h on h.log=l.n"
            " where l.dialogue=(select n from dialogue where id=?) order by l.n",
            dialogue,
        )
        if not rows:
            self._check_known(dialogue)
        with ANSWERING:
            return [stored_log(row) for row in rows]

    def entries(self, log: LogId, start: int, count: int) -> list[Entry]:
        """Return up to `count` entries from position `start` on."""
        return self._read(log, start, count, entry_of, lambda entry: entry.header)

    def pieces(self, log: LogId, start: int, count: int) -> list[Piece]:
        """Return the same entries as they travel, for passing them on."""
        return self._read(log, start, count, piece_of, lambda piece: decode_header(piece.raw))

    def _read(
        self,
        log: LogId,
        start: int,
        count: int,
        made: Callable[[Row], _Held],
        header: Callable[[_Held], Header],
    ) -> list[_Held]:
        rows = self._all(
            "select id, header, salt, payload from entry where n>=? and n<?",
            *self._range(log, start, count),
        )
        with ANSWERING:
            found = [made(row) for row in rows]
            # Each names its own position: what lies between the first and the last is then no fewer.
            fits = not found or (header(found[0]).seq, header(found[-1]).seq + 1) == (
                start,
                start + len(found),
            )
        if not fits or (len(found) < count and start + len(found) < self._head(log)[0]):
            raise damaged(N_("entries are missing"))
        return found

    def entry(self, log: LogId, seq: int) -> Entry | None:
        """Return one entry."""
        found = self.entries(log, seq, 1)
        return found[0] if found else None

    def verdicts(self, log: LogId, start: int, count: int) -> dict[int, Verdict]:
        """Return the verdicts other than counted in [start, start + count)."""
        rows = self._all(
            "select * from verdict where n>=? and n<?", *self._range(log, start, count)
        )
        return {seq_of(key): verdict for key, verdict in map(verdict_of, rows)}

    def seen_at(self, log: LogId, seq: int) -> Seen:
        """Return the causal past of an admitted entry, itself included."""
        number = self._number(log)
        admitted = self._head(log)[1]
        if not 0 <= seq < admitted:
            raise Bug(f"asking for the past of entry {seq} of {admitted} judged ones")
        rows = self._all(
            "select * from seen where n>=? and n<=? order by n desc limit 1",
            key_of(number, 0),
            key_of(number, seq),
        )
        past = self._sizes(whole(rows[0])[1]) if rows else {}
        return {**past, log: seq + 1}

    def node_hash(self, log: LogId, level: int, index: int) -> bytes:
        """Return the root over leaves [index << level, (index + 1) << level)."""
        check_complete(self._head(log)[0], level, index)
        number = self._number(log)
        with ANSWERING, self._turn:
            return self._subtrees.node(number, level, index)

    def checkpoint(self, log: LogId, at_least: int = 0) -> Checkpoint | None:
        """Return the log's own newest checkpoint, or the smallest of at least a given size."""
        number = self._number(log)
        first, end = key_of(number, min(at_least, SEQ_LIMIT)), key_of(number + 1, 0)
        order = "asc" if at_least else "desc"
        rows = self._all(
            f"select * from checkpoint where n>=? and n<? order by n {order} limit 1",  # noqa: S608
            first,
            end,
        )
        with ANSWERING:
            return checkpoint_of(rows[0]) if rows else None

    def receipts(self, log: LogId, at_least: int = 0) -> list[Checkpoint]:
        """Return per signer the receipt of the smallest size that is at least `at_least`.

        With 0: per signer the newest receipt.
        """
        found: list[Checkpoint] = []
        order = "asc" if at_least else "desc"
        for signer in self._signers(log):
            rows = self._all(
                "select log, signer, size, body, crc from receipt"  # noqa: S608
                f" where log=? and signer=? and size>=? order by size {order} limit 1",
                self._number(log),
                signer,
                min(at_least, SEQ_LIMIT),
            )
            with ANSWERING:
                found += [checkpoint_of(row) for row in rows]
        return found

    def checkpoints(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept checkpoints of a log, by size."""
        number = self._number(log)
        after, end = key_of(number, 0) - 1, key_of(number + 1, 0)
        while rows := self._all(
            f"select * from checkpoint where n>? and n<? order by n limit {_PAGE}",  # noqa: S608
            after,
            end,
        ):
            for row in rows:
                with ANSWERING:
                    found = checkpoint_of(row)
                yield found
            after = rows[-1][0]

    def all_receipts(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept receipts of a log, by size."""
        walks = [self._receipts_by(log, signer) for signer in self._signers(log)]
        return heapq.merge(*walks, key=lambda receipt: (receipt.size, receipt.signer))

    def evidence(self, dialogue: DialogueId) -> list[tuple[str, bytes]]:
        """Return what was kept as evidence, oldest first."""
        rows = self._all(
            "select dialogue, kind, digest, body, crc from evidence"
            " where dialogue=(select n from dialogue where id=?) order by n",
            dialogue,
        )
        if not rows:
            self._check_known(dialogue)
        return [(kind, body) for _, kind, _, body in map(whole, rows)]

    def snapshot(self, dialogue: DialogueId) -> Snapshot | None:
        """Return the cached fold, if any."""
        rows = self._all(
            "select * from snapshot where dialogue=(select n from dialogue where id=?)", dialogue
        )
        if not rows:
            self._check_known(dialogue)
            return None
        _, upto, state = whole(rows[0])
        return Snapshot(self._sizes(upto), state)

    def _receipts_by(self, log: LogId, signer: KeyPrint) -> Iterator[Checkpoint]:
        after = -1
        while rows := self._all(
            "select log, signer, size, body, crc from receipt"  # noqa: S608
            f" where log=? and signer=? and size>? order by size limit {_PAGE}",
            self._number(log),
            signer,
            after,
        ):
            for row in rows:
                with ANSWERING:
                    found = checkpoint_of(row)
                yield found
            after = rows[-1][2]

    def _signers(self, log: LogId) -> list[KeyPrint]:
        number = self._number(log)
        with ANSWERING, self._turn:
            return [KeyPrint(signer) for signer in signers_of(self._reader, number)]

    def _head(self, log: LogId) -> tuple[int, int]:
        """Return the size of a log and how many of its entries are judged."""
        rows = self._all("select * from head where log=?", self._number(log))
        head, admitted = head_of(log, rows[0] if rows else None)
        return head.size, admitted

    def _check_known(self, dialogue: DialogueId) -> None:
        if dialogue not in self.dialogues():
            raise checks.unknown_dialogue(dialogue)

    def _range(self, log: LogId, start: int, count: int) -> tuple[int, int]:
        """Return the first key of [start, start + count) and the one after the last."""
        if start < 0 or count < 0:
            raise Bug(f"asking for {count} entries from {start} on")
        number = self._number(log)
        end = min(start + count, SEQ_LIMIT)
        return key_of(number, min(start, end)), key_of(number, end)

    def _number(self, log: LogId) -> int:
        if log not in self._numbers:
            self._learn_logs()
        if log not in self._numbers:
            raise checks.unknown_log(log)
        return self._numbers[log]

    def _sizes(self, data: bytes) -> dict[Any, int]:
        """Return log → size; keys are log ids, which the record's types name in two ways."""
        sizes = decode_sizes(data)
        if not sizes.keys() <= self._logs.keys():
            self._learn_logs()
        if not sizes.keys() <= self._logs.keys():
            raise damaged(N_("a log is missing"))
        return {self._logs[number]: size for number, size in sizes.items()}

    def _learn_logs(self) -> None:
        for row in self._all("select n, dialogue, id, info, crc from log"):
            number, _, log, _ = whole(row)
            self._numbers[log] = number
            self._logs[number] = log

    def _all(self, statement: str, *values: int | bytes) -> list[Row]:
        with ANSWERING, self._turn:
            return fetch(self._reader, statement, *values)
