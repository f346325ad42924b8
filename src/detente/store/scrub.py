"""Check a whole store: its pages, every log, every row; and, at each start, the end of every log.

Carries out docs/spec/01-record.md §9. Invariants: damage is reported, never repaired; one damaged
log does not hide another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import apsw

from detente.store.audit import BLOCK, Broken, LogRow, check_log
from detente.store.faults import ANSWERING, damaged, damaged_at
from detente.store.rows import SEQ_BITS, fetch, key_of, seq_of, stored_log, whole
from detente.terms.errors import N_, Fault, Unavailable
from detente.terms.ids import DialogueId, LogId

Progress = Callable[[int, int], None]
"""(entries checked, entries in all)."""

_EVERY_LOG: Final = (
    "select d.id, l.n, l.dialogue, l.id, l.info, l.crc, h.*"
    " from log l left join dialogue d on d.n=l.dialogue left join head h on h.log=l.n order by l.n"
)

TAIL_ENTRIES: Final = 20_000
"""At a start at most so many entries of a log are read: some 0.2 s. The full check reads all."""


class Damage(NamedTuple):
    """One place that is not as it was written."""

    log: LogId | None
    """None when the place belongs to no log."""
    seq: int | None
    """First position from which the log cannot be trusted."""
    what: str

    def fault(self) -> Fault:
        """Return what a person is told."""
        if self.log is None:
            return damaged(self.what)
        return damaged_at(self.log, self.seq or 0, self.what)


class Report(NamedTuple):
    """What a full check found."""

    entries: int
    """Entries found whole."""
    damage: tuple[Damage, ...]
    """The first of each log and of each table; empty when all is whole."""


def check_tail(connection: apsw.Connection) -> list[Damage]:
    """Check each log from its last signed size on, with the tree and the head.

    Raises:
        Unavailable: ``store.io``, ``store.busy``.
    """
    damage: list[Damage] = []
    for log in _logs(connection, damage):
        size = log.stored.head.size
        with ANSWERING:
            newest = "select n from checkpoint where n>=? and n<=? order by n desc limit 1"
            signed = fetch(connection, newest, key_of(log.number, 0), key_of(log.number, size))
        start = min(seq_of(signed[0][0]) if signed else 0, max(size - 1, 0))
        damage += _damage_of(connection, log, max(start, size - TAIL_ENTRIES), lambda _: None)
    return damage


def scrub(connection: apsw.Connection, progress: Progress = lambda _, __: None) -> Report:
    """Check everything: pages, logs, and the sum of every row that no hash of the record covers.

    Args:
        connection: sees one state throughout, by a transaction or for want of a writer.
        progress: called after each batch.

    Raises:
        Unavailable: ``store.io``, ``store.busy``.
    """
    damage = list(_pages(connection))
    logs = list(_logs(connection, damage))
    total = sum(log.stored.head.size for log in logs)
    done = 0
    for log in logs:
        found = _damage_of(connection, log, 0, _from(done, total, progress))
        damage += found
        done += (found[0].seq or 0) if found else log.stored.head.size
    names = {log.number: log.stored.info.log for log in logs}
    damage += _strays(connection, names)
    for table, columns in _SUMMED.items():
        damage += _sums(connection, table, columns, names)
    return Report(done, tuple(damage))


def _from(before: int, total: int, progress: Progress) -> Callable[[int], None]:
    return lambda at: progress(before + at, total)


def find_log(connection: apsw.Connection, log: LogId) -> LogRow | None:
    """Return one log as it is stored; None when it cannot be read."""
    return next((row for row in _logs(connection, []) if row.stored.info.log == log), None)


def _damage_of(
    connection: apsw.Connection, log: LogRow, start: int, progress: Callable[[int], None]
) -> list[Damage]:
    """Return the first damage of a log at or after `start`, if there is any."""
    reached = start // BLOCK * BLOCK

    def note(at: int) -> None:
        nonlocal reached
        reached = at
        progress(at)

    try:
        with ANSWERING:
            check_log(connection, log, start, progress=note)
    except Broken as broken:
        return [Damage(log.stored.info.log, broken.seq, broken.what)]
    except Unavailable as fault:
        return [Damage(log.stored.info.log, reached, _what(fault))]
    return []


def _logs(connection: apsw.Connection, damage: list[Damage]) -> Iterator[LogRow]:
    """Yield every log that can be read; note in `damage` those that cannot."""
    try:
        with ANSWERING:
            rows = fetch(connection, _EVERY_LOG)
    except Unavailable as fault:
        damage.append(Damage(None, None, _what(fault)))
        return
    for row in rows:
        try:
            with ANSWERING:
                log = LogRow(row[1], DialogueId(row[0]), stored_log(row[1:]))
        except Unavailable as fault:
            log_id = LogId(row[3]) if isinstance(row[3], bytes) else None
            damage.append(Damage(log_id, 0, _what(fault)))
        else:
            yield log


def _strays(connection: apsw.Connection, names: dict[int, LogId]) -> list[Damage]:
    """Return damage when an entry stands under no log."""
    with ANSWERING:
        first, last = min(names, default=0), max(names, default=0)
        outside = "select 1 from entry where n<? or n>=? limit 1"
        stray = fetch(connection, outside, key_of(first, 0), key_of(last + 1, 0))
    return [Damage(None, None, N_("an entry belongs to no log"))] if stray else []


# Columns in the order in which they were summed.
_SUMMED: Final = {
    "meta": "name, value, crc",
    "dialogue": "n, id, founding, crc",
    "checkpoint": "n, body, crc",
    "receipt": "log, signer, size, body, crc",
    "verdict": "n, standing, reason, crc",
    "seen": "n, past, crc",
    "evidence": "dialogue, kind, digest, body, crc",
    "snapshot": "dialogue, upto, state, crc",
}
_BY_KEY: Final = frozenset({"checkpoint", "verdict", "seen"})


def _sums(
    connection: apsw.Connection, table: str, columns: str, names: dict[int, LogId]
) -> list[Damage]:
    """Return the first row of a table whose sum does not fit."""
    key = 0
    try:
        with ANSWERING:
            for row in connection.execute(f"select {columns} from {table}"):  # noqa: S608
                key = row[0] if table in _BY_KEY else 0
                whole(row)
    except Unavailable as fault:
        log = names.get(key >> SEQ_BITS)
        return [Damage(log, seq_of(key) if log else None, f"{table}: {_what(fault)}")]
    return []


def _pages(connection: apsw.Connection) -> Iterator[Damage]:
    """Yield what SQLite itself finds wrong with its pages and indexes."""
    try:
        with ANSWERING:
            lines = [line for (line,) in fetch(connection, "pragma integrity_check(20)")]
            lines += [
                f"orphan in {row[0]}" for row in fetch(connection, "pragma foreign_key_check")
            ]
        yield from (Damage(None, None, line) for line in lines if line != "ok")
    except Unavailable as fault:
        yield Damage(None, None, _what(fault))


def _what(fault: Unavailable) -> str:
    """Return the plain words of damage; any other fault is not an answer and is raised."""
    if fault.code != "store.damaged":
        raise fault
    return str(fault.details.get("what", fault.code))
