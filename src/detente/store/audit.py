"""Compute one log again from its rows, and find the first position that is not as it was written.

Carries out docs/spec/01-record.md §5, §7 and §8 against the disk: header, chain link, identifier,
payload hash, tree node and signed root of every entry looked at. Whether signatures hold is for
`record.checkpoint` and the offline verifier.

Invariants: nothing is written; the functions here see one state of the store or a log that only
grows; what is not as it was written raises `Broken` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import apsw

from detente.ports import StoredLog
from detente.record.chain import LogHead, Piece, extend_log, start_log
from detente.record.tree import KEPT_LEVEL, frontier_at
from detente.store.faults import damaged
from detente.store.rows import Row, checkpoint_of, entry_of, fetch, key_of, seq_of
from detente.store.subtrees import Subtrees
from detente.terms.errors import N_, Rejected, Unavailable
from detente.terms.ids import DialogueId

BLOCK: Final = 1 << KEPT_LEVEL
"""Checks begin at multiples of this, where the tree below stands in kept nodes alone."""

_BATCH: Final = 2000


class LogRow(NamedTuple):
    """One log to check."""

    number: int
    dialogue: DialogueId
    stored: StoredLog


class Broken(Exception):
    """The entry at `seq`, or what follows from it, is not as it was written."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(what)
        self.seq = seq
        self.what = what


def check_log(
    connection: apsw.Connection,
    log: LogRow,
    start: int = 0,
    count: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Check entries [start, start + count), or all from `start` on and the log's head.

    Args:
        connection: any that can read.
        log: as stored.
        start: rounded down to a multiple of `BLOCK`.
        count: how many; None for all, which includes the head.
        progress: called with the position reached after each batch.

    Raises:
        Broken: naming the first bad position.
        Unavailable: ``store.damaged`` when SQLite cannot read the rows; ``store.io``.
    """
    size = log.stored.head.size
    head = _head_before(connection, log, start // BLOCK * BLOCK)
    end = size if count is None else min(start + count, size)
    _check_roots(connection, log, head, head.size)
    while head.size < end:
        head = _check_batch(connection, log, head, min(head.size + _BATCH, end))
        progress(head.size)
    if count is None:
        _check_end(connection, log, head)


def _check_end(connection: apsw.Connection, log: LogRow, head: LogHead) -> None:
    if head != log.stored.head:
        raise Broken(head.size, N_("the log's head is not that of its entries"))
    if not 0 <= log.stored.admitted <= head.size:
        raise Broken(head.size, N_("more is judged than there is"))
    end = key_of(log.number + 1, 0)
    beyond = "select 1 from entry where n>=? and n<? limit 1"
    if fetch(connection, beyond, key_of(log.number, head.size), end):
        raise Broken(head.size, N_("an entry stands beyond the log's head"))


def _head_before(connection: apsw.Connection, log: LogRow, start: int) -> LogHead:
    """Return where the log stood with `start` entries, from kept nodes and the entry before."""
    name = log.stored.info.log
    if start == 0:
        return start_log(log.dialogue, name)
    one = "select id, header, salt, payload from entry where n=?"
    rows = fetch(connection, one, key_of(log.number, start - 1))
    subtrees = Subtrees(connection)
    try:
        last = entry_of(rows[0])
        frontier = frontier_at(start, lambda level, i: subtrees.node(log.number, level, i))
    except (IndexError, Rejected, Unavailable):
        raise Broken(start - 1, N_("an entry or the tree below it is not as written")) from None
    return LogHead(name, frontier, last.id, last.header.clock)


def _check_batch(connection: apsw.Connection, log: LogRow, head: LogHead, end: int) -> LogHead:
    """Return where the log stands after entries [head.size, end), all of which are whole."""
    start = head.size
    first = key_of(log.number, start)
    some = "select n, id, header, salt, payload from entry where n>=? and n<?"
    rows = fetch(connection, some, first, key_of(log.number, end))
    pieces: list[Piece] = []
    for seq in range(start, end):
        at = seq - start
        if at >= len(rows) or rows[at][0] != first + at:
            raise Broken(seq, N_("an entry is missing"))
        pieces.append(_piece(seq, rows[at]))
    marks = sorted({*_signed_sizes(connection, log, start, end), end})
    for mark in marks:
        before, part = head.size, pieces[head.size - start : mark - start]
        try:
            head, entries, kept = extend_log(head, part)
        except Rejected:
            raise Broken(
                _first_unfit(head, part), N_("an entry is not as it was written")
            ) from None
        for at, entry in enumerate(entries, before):
            if entry.id != rows[at - start][1]:
                raise Broken(at, N_("an entry's identifier is not that of its header"))
        for level, index, node in kept:
            if _kept_node(connection, log, level, index) != node:
                raise Broken(index << level, N_("a node of the tree is not that of its leaves"))
        _check_roots(connection, log, head, mark)
    return head


def _piece(seq: int, row: Row) -> Piece:
    """Return a row as a piece, its columns of the types that the table allows."""
    _, entry_id, raw, salt, payload = row
    absent = salt is None and payload is None
    present = type(salt) is bytes and type(payload) is bytes
    if type(entry_id) is not bytes or type(raw) is not bytes or not (absent or present):
        raise Broken(seq, N_("an entry is not as it was written"))
    return Piece(raw, salt, payload)


def _first_unfit(head: LogHead, pieces: list[Piece]) -> int:
    for piece in pieces:
        try:
            head = extend_log(head, [piece]).head
        except Rejected:
            break
    return head.size


def _kept_node(connection: apsw.Connection, log: LogRow, level: int, index: int) -> object:
    one = "select hash from node_hash where log=? and level=? and i=?"
    rows = fetch(connection, one, log.number, level, index)
    return rows[0][0] if rows else None


def _signed_sizes(connection: apsw.Connection, log: LogRow, start: int, end: int) -> list[int]:
    """Return the sizes in (start, end] for which a checkpoint or receipt is kept."""
    own = "select n from checkpoint where n>? and n<=?"
    theirs = "select size from receipt where log=? and signer=? and size>? and size<=?"
    number = log.number
    rows = fetch(connection, own, key_of(number, start), key_of(number, end))
    for signer in signers_of(connection, number):
        rows += fetch(connection, theirs, number, signer, start, end)
    return [seq_of(key) for (key,) in rows]


def _check_roots(connection: apsw.Connection, log: LogRow, head: LogHead, size: int) -> None:
    """Compare the root after `size` entries with every signed one for that size."""
    own = "select * from checkpoint where n=?"
    theirs = "select log, signer, size, body, crc from receipt where log=? and signer=? and size=?"
    rows = fetch(connection, own, key_of(log.number, size))
    for signer in signers_of(connection, log.number):
        rows += fetch(connection, theirs, log.number, signer, size)
    for row in rows:
        try:
            signed = checkpoint_of(row)
        except (Rejected, Unavailable):
            raise Broken(size, N_("a signed size is not as it was written")) from None
        if signed.root != head.root() or signed.size != size:
            raise Broken(size, N_("a signed root is not that of the entries below it"))


def signers_of(connection: apsw.Connection, number: int) -> list[bytes]:
    """Return who gave receipts for a log, by one step of the index for each."""
    found: list[bytes] = []
    statement = "select signer from receipt where log=? and signer>? order by signer limit 1"
    while rows := fetch(connection, statement, number, found[-1] if found else b""):
        if type(rows[0][0]) is not bytes:
            raise damaged(N_("a receipt is not as it was written"))
        found.append(rows[0][0])
    return found
