"""How values stand in rows: keys, sums, causal pasts, heads, whose log it is.

Invariant: what `entry` does not protect by the record's own hashes bears a CRC-32 over the row, and
every reader here checks it, so that a flipped bit becomes a fault and never a judgement.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final
from zlib import crc32

import apsw

from detente.ports import LogInfo, StoredLog
from detente.record.chain import LogHead, Piece
from detente.record.checkpoint import Checkpoint, decode_checkpoint
from detente.record.encoding import decode, encode
from detente.record.entry import Entry, decode_header
from detente.record.tree import Frontier
from detente.record.verdict import COUNTED, Standing, Verdict
from detente.seals.signing import Algorithm, PublicKey
from detente.store.faults import damaged
from detente.terms.errors import N_
from detente.terms.ids import DIGEST_BYTES, Lane, LogId, PartyId
from detente.terms.limits import KIB

Row = tuple[Any, ...]

SEQ_BITS: Final = 40
SEQ_LIMIT: Final = 1 << SEQ_BITS
"""Positions and sizes fit in 40 bits: 10**12 entries of one log, 8 million logs of one store."""

_INFO_BYTES: Final = 4 * KIB
_FRAMED_INT: Final = struct.Struct(">cq")
_FRAMED_SIZE: Final = struct.Struct(">cQ")
_UINT64: Final = 8


def fetch(connection: apsw.Connection, statement: str, *values: int | bytes | str) -> list[Row]:
    """Return all rows of one statement; what stands in them is for the caller to check."""
    rows: list[Row] = connection.execute(statement, values).fetchall()
    return rows


def key_of(log: int, seq: int) -> int:
    """Return the row key of position `seq` in the log of row `log`; `SEQ_LIMIT` ends the log."""
    return (log << SEQ_BITS) + seq


def seq_of(key: int) -> int:
    """Return the position that a row key names."""
    return key & SEQ_LIMIT - 1


def sum_of(*fields: int | bytes | str) -> int:
    """Return the CRC-32 of a row: each field's type, length and bytes, in order."""
    total = 0
    for field in fields:
        total = crc32(_framed(field), total)
    return total


def _framed(field: int | bytes | str) -> bytes:
    if isinstance(field, int):
        return _FRAMED_INT.pack(b"i", field)
    mark, data = (b"s", field.encode()) if isinstance(field, str) else (b"b", field)
    return _FRAMED_SIZE.pack(mark, len(data)) + data


def whole(row: Row | None) -> Row:
    """Return `row` less its last column, the sum, once that is found to fit.

    Raises:
        Unavailable: ``store.damaged``, also when there is no row.
    """
    try:
        if row is not None and sum_of(*row[:-1]) == row[-1]:
            return row[:-1]
    except TypeError:  # a column of another type, which the table does not allow
        pass
    raise damaged(N_("a row is not as it was written"))


def summed(*fields: int | bytes | str) -> Row:
    """Return a row with its sum as the last column."""
    return (*fields, sum_of(*fields))


def encode_sizes(sizes: Iterable[tuple[int, int]]) -> bytes:
    """Return (log row, size) pairs as LEB128 varints, by row: some 4 bytes for each log."""
    out = bytearray()
    for pair in sorted(sizes):
        for number in pair:
            while number > 0x7F:
                out.append(number & 0x7F | 0x80)
                number >>= 7  # noqa: PLW2901
            out.append(number)
    return bytes(out)


def decode_sizes(data: bytes) -> dict[int, int]:
    """Return log row → size of bytes by `encode_sizes` whose sum has been checked."""
    numbers: list[int] = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return dict(zip(numbers[::2], numbers[1::2], strict=True))


def encode_info(info: LogInfo) -> bytes:
    """Return whose log it is, as canonical bytes."""
    return encode([info.party, info.node.to_plain(), info.epoch, int(info.lane)])


def decode_info(log: bytes, data: bytes) -> LogInfo:
    """Return whose log it is from bytes whose sum has been checked."""
    fields: Any = decode(data, _INFO_BYTES)
    party, (algorithm, ed25519, mldsa), epoch, lane = fields
    node = PublicKey(Algorithm(algorithm), ed25519, mldsa)
    return LogInfo(LogId(log), PartyId(party), node, epoch, Lane(lane))


def head_row(number: int, head: LogHead, admitted: int) -> Row:
    """Return the row of `head` for where a log stands."""
    return summed(
        number, head.size, admitted, head.head, head.clock.to_bytes(_UINT64, "big"),
        b"".join(head.frontier.peaks),
    )  # fmt: skip


def head_of(log: LogId, row: Row | None) -> tuple[LogHead, int]:
    """Return where a log stands, and how many of its entries are judged."""
    _, size, admitted, last, clock, peaks = whole(row)
    cut = range(0, len(peaks), DIGEST_BYTES)
    frontier = Frontier(size, tuple([peaks[at : at + DIGEST_BYTES] for at in cut]))
    return LogHead(log, frontier, last, int.from_bytes(clock, "big")), admitted


def stored_log(row: Row) -> StoredLog:
    """Return a log from the columns of `log` followed by those of `head`."""
    _, _, log, info = whole(row[:5])
    head, admitted = head_of(log, row[5:])
    return StoredLog(decode_info(log, info), head, admitted)


def entry_of(row: Row) -> Entry:
    """Return an entry from (id, header, salt, payload), checked as `piece_of` does."""
    raw, salt, payload = piece_of(row)
    return Entry(row[0], raw, decode_header(raw), salt, payload)


def piece_of(row: Row) -> Piece:
    """Return an entry as it travels from (id, header, salt, payload).

    The identifier is computed again, so that a damaged header is not sent to the other side; the
    payload's hash is not (`SqliteStore.verify` does that).
    """
    entry_id, raw, salt, payload = row
    if (
        type(raw) is not bytes
        or sha256(b"\x00" + raw).digest() != entry_id
        or not (payload is None is salt or type(payload) is bytes is type(salt))
    ):
        raise damaged(N_("an entry is not as it was written"))
    return Piece(raw, salt, payload)


def verdict_rows(number: int, verdicts: Mapping[int, Verdict]) -> list[Row]:
    """Return the rows of the verdicts, by position, that are not plainly counted.

    Each is what `summed` makes of it. Neighbours mostly share a verdict, so that the sum over all but
    the key is begun once for each.
    """
    rows: list[Row] = []
    tails: dict[Verdict, tuple[int, str, bytes]] = {}
    for seq, verdict in verdicts.items():
        if verdict not in tails:
            standing, reason = int(verdict.standing), verdict.reason
            tails[verdict] = (standing, reason, _framed(standing) + _framed(reason))
        if verdict != COUNTED:
            standing, reason, tail = tails[verdict]
            key = key_of(number, seq)
            rows.append((key, standing, reason, crc32(_framed(key) + tail)))
    return rows


def verdict_of(row: Row) -> tuple[int, Verdict]:
    """Return a row's key and verdict."""
    key, standing, reason = whole(row)
    return key, Verdict(Standing(standing), reason)


def checkpoint_of(row: Row) -> Checkpoint:
    """Return the checkpoint or receipt whose bytes stand before the sum, the row's last columns."""
    return decode_checkpoint(whole(row)[-1])
