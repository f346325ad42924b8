"""One transaction on the writing connection: what `ports.Unit` says, statement by statement.

Invariants: a method that raises has written nothing; after an error of the database nothing more is
written and the whole unit is undone; a unit does nothing once its block has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256

import apsw

from detente.ports import Judgement, LogInfo, Snapshot
from detente.record.chain import Extension, LogHead, start_log
from detente.record.checkpoint import Checkpoint, encode_checkpoint
from detente.record.entry import Entry
from detente.record.order import Seen
from detente.store import checks
from detente.store.cut import cut_entries
from detente.store.faults import UnitGuard
from detente.store.rows import (
    Row,
    checkpoint_of,
    encode_info,
    encode_sizes,
    fetch,
    head_of,
    head_row,
    key_of,
    summed,
    verdict_rows,
)
from detente.terms.errors import Bug, Fault
from detente.terms.ids import DialogueId, LogId


class SqliteUnit:
    """A `ports.Unit`; made by `SqliteStore.unit` inside an open transaction.

    Args:
        connection: the writing one.
        damaged: logs that a check found damaged, which are not written to.
    """

    def __init__(self, connection: apsw.Connection, damaged: Mapping[LogId, Fault]) -> None:
        self._connection = connection
        self._damaged = damaged
        self._guard = UnitGuard()
        self.logs: dict[LogId, int] = {}
        """Rows of the logs this unit has used or opened."""
        self._heads: dict[int, tuple[LogHead, int]] = {}
        """Where those logs stand by now, as read and as written since."""
        self.is_erasing = False
        self.is_cutting = False

    def finish(self) -> None:
        """Say that the block ended well; raise what made the unit fail, if something did."""
        self._guard.check()

    def end(self) -> None:
        """Do nothing any more."""
        self._guard.has_ended = True

    def found(self, dialogue: DialogueId, founding: bytes, logs: Iterable[LogInfo]) -> None:
        """Add a dialogue with its founding bytes and its first logs."""
        with self._guard:
            infos = list(logs)
            if self._one("select 1 from dialogue where id=?", dialogue):
                raise checks.already_held(dialogue)
            self._check_new(infos)
            number = self._one("select coalesce(max(n), 0) + 1 from dialogue")
            row = summed(number[0], dialogue, founding)  # type: ignore[index]
            self._connection.execute("insert into dialogue values(?,?,?,?)", row)
            for info in infos:
                self._open(row[0], dialogue, info)

    def open_log(self, dialogue: DialogueId, info: LogInfo) -> None:
        """Add an empty log to a dialogue."""
        with self._guard:
            number = self._dialogue(dialogue)
            self._check_new([info])
            self._open(number, dialogue, info)

    def append(self, extension: Extension) -> None:
        """Add entries at the end of their log. Raises `Refused` ``store.gap`` elsewhere."""
        with self._guard:
            head, entries, kept = extension
            number = self._writable(head.log)
            stored, admitted = self._head(number, head.log)
            checks.check_extends(stored, extension)
            key = key_of(number, stored.size)
            self._connection.executemany(
                "insert into entry values(?,?,?,?,?)",
                [
                    (at, entry.id, entry.raw, entry.salt, entry.payload)
                    for at, entry in enumerate(entries, key)
                ],
            )
            self._connection.executemany(
                "insert into node_hash values(?,?,?,?)", [(number, *node) for node in kept]
            )
            self._save_head(number, head, admitted)

    def judge(self, judgement: Judgement) -> None:
        """Keep verdicts and causal pasts of entries that are already appended."""
        with self._guard:
            number = self._writable(judgement.log)
            head, admitted = self._head(number, judgement.log)
            checks.check_judgement(head.size, admitted, judgement)
            verdicts = verdict_rows(number, judgement.verdicts)
            pasts = [
                summed(key_of(number, seq), self._sizes(seen))
                for seq, seen in judgement.seen.items()
            ]
            self._connection.executemany("insert into verdict values(?,?,?,?)", verdicts)
            self._connection.executemany("insert into seen values(?,?,?)", pasts)
            self._save_head(number, head, judgement.admitted)

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a log's own checkpoint. Another root for a size already kept is a `Bug`."""
        with self._guard:
            number = self._log(checkpoint.log)
            checks.check_size(checkpoint.size)
            key = key_of(number, checkpoint.size)
            row = self._one("select * from checkpoint where n=?", key)
            if row is not None:
                checks.check_same_root(checkpoint_of(row), checkpoint)
            else:
                self._connection.execute(
                    "insert into checkpoint values(?,?,?)",
                    summed(key, encode_checkpoint(checkpoint)),
                )

    def keep_receipt(self, receipt: Checkpoint) -> None:
        """Keep a receipt by another node; the first one for a (log, size, signer) stays."""
        with self._guard:
            number = self._log(receipt.log)
            checks.check_size(receipt.size)
            self._connection.execute(
                "insert into receipt(log, signer, size, body, crc) values(?,?,?,?,?)"
                " on conflict(log, signer, size) do nothing",
                summed(number, receipt.signer, receipt.size, encode_checkpoint(receipt)),
            )

    def keep_evidence(self, dialogue: DialogueId, kind: str, body: bytes) -> None:
        """Keep bytes that prove or document misconduct. Idempotent."""
        with self._guard:
            number = self._dialogue(dialogue)
            self._connection.execute(
                "insert into evidence(dialogue, kind, digest, body, crc) values(?,?,?,?,?)"
                " on conflict(dialogue, kind, digest) do nothing",
                summed(number, kind, sha256(body).digest(), body),
            )

    def keep_snapshot(self, dialogue: DialogueId, snapshot: Snapshot) -> None:
        """Replace the cached fold of a dialogue."""
        with self._guard:
            row = summed(self._dialogue(dialogue), self._sizes(snapshot.upto), snapshot.state)
            self._connection.execute("insert or replace into snapshot values(?,?,?,?)", row)

    def forget_judgements(self, dialogue: DialogueId) -> None:
        """Drop verdicts, pasts and snapshot of a dialogue, to judge it again from its entries."""
        with self._guard:
            number = self._dialogue(dialogue)
            logs = "select n, id from log where dialogue=?"
            for log, log_id in fetch(self._connection, logs, number):
                head, _ = self._head(log, log_id)
                self._drop_judgements(log, 0)
                self._save_head(log, head, 0)
            self._connection.execute("delete from snapshot where dialogue=?", (number,))

    def drop_payload(self, log: LogId, seq: int) -> None:
        """Erase salt and payload of one entry, in the file too; header, chain and counts stay.

        The disk below may keep old blocks, as a solid-state drive does: an encrypted disk and a new
        key are the only answer to that.
        """
        with self._guard:
            number = self._writable(log)
            head, _ = self._head(number, log)
            if not 0 <= seq < head.size:
                raise Bug(f"dropping the payload of entry {seq} of {head.size}")
            self.is_erasing = True
            self._connection.execute(
                "update entry set salt=null, payload=null where n=?", (key_of(number, seq),)
            )

    def cut_unsent(self, log: LogId, size: int) -> list[Entry]:
        """Take back entries of our own log from `size` on and return them.

        What was kept about them goes too: judgements, checkpoints beyond `size`, the dialogue's
        snapshot. Raises `Refused` ``store.sent`` when a receipt says that they left this node.
        """
        with self._guard:
            number = self._writable(log)
            stored, admitted = self._head(number, log)
            row = self._one("select max(size) from receipt where log=?", number)
            checks.check_cut(stored, size, (row and row[0]) or 0)
            entries, head = cut_entries(self._connection, number, stored, size)
            self._drop_judgements(number, size)
            self._save_head(number, head, min(admitted, size))
            self.is_cutting = True
            return entries

    def _drop_judgements(self, number: int, size: int) -> None:
        where = (key_of(number, size), key_of(number + 1, 0))
        self._connection.execute("delete from verdict where n>=? and n<?", where)
        self._connection.execute("delete from seen where n>=? and n<?", where)

    def _check_new(self, infos: Collection[LogInfo]) -> None:
        for info in infos:
            if self._one("select 1 from log where id=?", info.log):
                raise checks.already_held(info.log)
        if len({info.log for info in infos}) != len(infos):
            raise Bug("one log given twice")

    def _open(self, dialogue: int, dialogue_id: DialogueId, info: LogInfo) -> None:
        row = self._one("select coalesce(max(n), 0) + 1 from log")
        number: int = row[0]  # type: ignore[index]
        self._connection.execute(
            "insert into log values(?,?,?,?,?)",
            summed(number, dialogue, info.log, encode_info(info)),
        )
        self.logs[info.log] = number
        self._save_head(number, start_log(dialogue_id, info.log), 0)

    def _save_head(self, number: int, head: LogHead, admitted: int) -> None:
        self._connection.execute(
            "insert or replace into head values(?,?,?,?,?,?,?)", head_row(number, head, admitted)
        )
        self._heads[number] = (head, admitted)

    def _head(self, number: int, log: LogId) -> tuple[LogHead, int]:
        known = self._heads.get(number)
        if known is None:
            row = self._one("select * from head where log=?", number)
            known = self._heads[number] = head_of(log, row)
        return known

    def _sizes(self, sizes: Mapping[LogId, int] | Seen) -> bytes:
        return encode_sizes((self._log(LogId(log)), size) for log, size in sizes.items())

    def _dialogue(self, dialogue: DialogueId) -> int:
        row = self._one("select n from dialogue where id=?", dialogue)
        if row is None:
            raise checks.unknown_dialogue(dialogue)
        return int(row[0])

    def _writable(self, log: LogId) -> int:
        if fault := self._damaged.get(log):
            raise fault
        return self._log(log)

    def _log(self, log: LogId) -> int:
        number = self.logs.get(log)
        if number is None:
            row = self._one("select n from log where id=?", log)
            if row is None:
                raise checks.unknown_log(log)
            number = self.logs[log] = int(row[0])
        return number

    def _one(self, statement: str, *values: int | bytes) -> Row | None:
        rows = fetch(self._connection, statement, *values)
        return rows[0] if rows else None
