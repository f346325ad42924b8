"""A log that is not known yet: its first entry says whose it is, and must be right; and there must be room.

Carries out docs/spec/06-dialogue.md §3.3 and §3.4, and 09-exchange.md §5.9. Invariants: a log is opened
only for a node key that a document of its party names, under a name that follows from dialogue, party,
key and epoch; whoever opens many logs takes room from nobody else; no more are held than a bundle lists.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.desk.book import Book
from detente.dialogue.owners import find_owner
from detente.exchange.frames import Batch
from detente.ports import LogInfo
from detente.record.entry import decode_entry, decode_payload
from detente.record.genesis import epochs_of, log_id
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, Lane, LogId, PartyId
from detente.terms.limits import LINES, LOGS, PAYLOAD_BYTES


class Unready(NamedTuple):
    """What a log waits for that begins and cannot be taken yet."""

    party: int
    node: bytes
    documents: int
    """How many documents of the party are known, none of which names the key; -1 when it lacks room."""


class Room:
    """Which further logs can be taken, as the book stands.

    Every party has a share of the logs that one frame lists, and one node key half of its party's, so
    that a stolen key leaves room for the next. Which logs of a party that opens more come first is not
    the same everywhere; so what an entry of another party waits for is taken beyond that, and honest
    nodes can read each other whatever logs they were given.
    """

    def __init__(self, book: Book) -> None:
        """Count the logs of a book."""
        self._share = LINES // book.state.parties
        self._heads = book.heads
        standings = [book.state.logs[log] for log in book.heads]
        self._of_key = Counter((one.party, bytes(one.node.print)) for one in standings)
        self._of_party: Counter[int] = Counter()
        for (party, _), logs in self._of_key.items():
            self._of_party[party] += min(logs, self._share // 2)
        shares = sum(min(logs, self._share) for logs in self._of_party.values())
        self._is_full = len(standings) - shares >= LOGS - LINES
        self._waiting = _waited_for(book)

    def takes(self, party: int, node: bytes) -> bool:
        """Tell whether a party's node key may open a further log, whoever else rests on it."""
        of_key = self._of_key[party, bytes(node)]
        return of_key < self._share // 2 and self._of_party[party] < self._share

    def has(self, log: LogId, party: int, node: bytes) -> bool:
        """Tell whether there is room for a log of a party's node key."""
        if self.takes(party, node):
            return True
        return not self._is_full and bool(self._waiting.get(log, set()) - {party})


def _waited_for(book: Book) -> dict[LogId, set[int]]:
    """Return the logs not known yet that entries here wait for, at once or over others that wait."""
    ends: dict[LogId, LogId] = {}
    found: dict[LogId, set[int]] = {}
    for log in book.held:
        way: dict[LogId, None] = {}
        at = log
        while at in book.held and at not in ends and at not in way:
            way[at] = None
            at = book.held[at].missing.log
        ends.update(dict.fromkeys(way, ends.get(at, at)))
        if ends[log] not in book.heads:
            found.setdefault(ends[log], set()).add(book.state.logs[log].party)
    return found


def introduce(book: Book, log: LogId, batch: Batch) -> LogInfo | Unready:
    """Return whose log a batch begins, or what it waits for.

    Args:
        batch: starts with the log's first entry.

    Raises:
        Rejected: ``exchange.gap``, ``exchange.log`` or a fault of the entry or document.
    """
    if not batch.pieces:
        raise Rejected("exchange.gap", N_("A new log does not begin with its opening."))
    entry = decode_entry(*batch.pieces[0])
    if entry.payload is None or entry.header.kind != charter_entries.OPENING:
        raise Rejected("exchange.log", N_("A new log does not begin with its opening."))
    payload = decode_payload(entry.payload)
    body = from_bytes(charter_entries.Opening, payload.body, PAYLOAD_BYTES, "exchange.log")
    party, seats = PartyId(body.party), book.founding.genesis
    index = seats.index_of(party)
    if index < 0 or body.epoch not in epochs_of(len(seats.seats))[1:]:  # 0 is the founding's
        raise Rejected("exchange.log", N_("A log belongs to nobody in this dialogue."))
    lane = Lane(body.lane)
    if log_id(book.id, party, KeyPrint(body.node), body.epoch, lane) != log:
        raise Rejected("exchange.log", N_("A log is not what its opening says."))
    versions = book.state.charter.versions[index]
    node = find_owner(versions, body)
    if node is None:
        return Unready(index, body.node, len(versions))
    if not Room(book).has(log, index, body.node):
        return Unready(index, body.node, -1)
    return LogInfo(log, party, node, body.epoch, lane)
