"""A log that is not known yet: its first entry says whose it is, and must be right.

Carries out docs/spec/09-exchange.md §5.6 and 03-charter.md §3.2. Invariant: a log is opened only for a node
key that a document of its party names, under a name that follows from dialogue, party, key and epoch.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.desk.book import Book
from detente.dialogue.owners import find_owner
from detente.exchange.frames import LOGS, Batch
from detente.ports import LogInfo
from detente.record.entry import decode_entry, decode_payload
from detente.record.genesis import log_id
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, Lane, LogId, PartyId
from detente.terms.limits import PAYLOAD_BYTES


def introduce(book: Book, log: LogId, batch: Batch) -> LogInfo | None:
    """Return whose log a batch begins; None when the document that names its key is not here yet.

    Raises:
        Rejected: ``exchange.gap``, ``exchange.log`` or a fault of the entry or document.
    """
    if batch.start != 0 or not batch.pieces:
        raise Rejected("exchange.gap", N_("A new log does not begin with its opening."))
    entry = decode_entry(*batch.pieces[0])
    if entry.payload is None or entry.header.kind != charter_entries.OPENING:
        raise Rejected("exchange.log", N_("A new log does not begin with its opening."))
    payload = decode_payload(entry.payload)
    body = from_bytes(charter_entries.Opening, payload.body, PAYLOAD_BYTES, "exchange.log")
    party, seats = PartyId(body.party), book.founding.genesis
    index = seats.index_of(party)
    # Epoch 0 is the founding's. Every node applies the same bound, so that the logs of all fit into
    # one greeting.
    if index < 0 or not 0 < body.epoch < LOGS // (2 * len(seats.seats)):
        raise Rejected("exchange.log", N_("A log belongs to nobody in this dialogue."))
    lane = Lane(body.lane)
    if log_id(book.id, party, KeyPrint(body.node), body.epoch, lane) != log:
        raise Rejected("exchange.log", N_("A log is not what its opening says."))
    node = find_owner(book.state.charter.versions[index], body)
    return LogInfo(log, party, node, body.epoch, lane) if node else None
