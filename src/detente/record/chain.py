"""One author's log: each entry names the one before, and nothing else may stand there.

Carries out docs/spec/01-record.md §7. Invariants: a log only grows at its end; the same function
extends our own log and theirs; a batch either fits whole or is rejected whole, with the entry that
did not fit as evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from detente.record.entry import Entry, decode_entry
from detente.record.tree import EMPTY, Frontier, Kept, extend
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DialogueId, LogId


class LogHead(NamedTuple):
    """Where a log stands: all that is needed to check what comes next."""

    log: LogId
    frontier: Frontier
    head: bytes
    """Identifier of the last entry; the dialogue id while the log is empty."""
    clock: int
    """Clock of the last entry; 0 while the log is empty."""

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return self.frontier.size

    def root(self) -> bytes:
        """Return the RFC 6962 root over all entries."""
        return self.frontier.root()


class Piece(NamedTuple):
    """An entry as it travels: exact header bytes, and salt and payload unless withheld."""

    raw: bytes
    salt: bytes | None
    payload: bytes | None


class Extension(NamedTuple):
    """What a batch adds to a log."""

    head: LogHead
    entries: list[Entry]
    kept: list[Kept]
    """Perfect subtrees to store."""


def start_log(dialogue: DialogueId, log: LogId) -> LogHead:
    """Return the head of a log that has no entry yet."""
    return LogHead(log, EMPTY, dialogue, 0)


def extend_log(head: LogHead, pieces: Iterable[Piece]) -> Extension:
    """Check that `pieces` continue the log at `head`, in order and without a gap.

    Args:
        head: where the log stands.
        pieces: entries as received; payloads may be withheld.

    Raises:
        Rejected: the codes of `record.entry.decode_entry`; ``record.chain.log`` for an entry of
            another log, ``record.chain.seq`` for a gap or a repetition, ``record.chain.prev`` when
            an entry does not name the one before it, ``record.chain.clock`` when its clock does not
            rise. Evidence: the header that did not fit.
    """
    log, frontier, last, clock = head
    seq = frontier.size
    entries: list[Entry] = []
    append = entries.append
    for raw, salt, payload in pieces:
        entry = decode_entry(raw, salt, payload)
        header = entry.header
        if header.log != log:
            raise _unfit("record.chain.log", N_("An entry belongs to another log."), raw)
        if header.seq != seq:
            raise _unfit("record.chain.seq", N_("An entry is missing or repeated."), raw)
        if header.prev != last:
            raise _unfit(
                "record.chain.prev", N_("An entry does not continue the log we hold."), raw
            )
        if header.clock <= clock:
            raise _unfit("record.chain.clock", N_("An entry's clock does not rise."), raw)
        last = entry.id
        clock = header.clock
        seq += 1
        append(entry)
    grown, kept = extend(frontier, [entry.id for entry in entries])
    return Extension(LogHead(log, grown, last, clock), entries, kept)


def _unfit(code: str, sentence: str, raw: bytes) -> Rejected:
    return Rejected(code, sentence, evidence=raw)
