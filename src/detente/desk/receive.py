"""What a courier brings: checked, judged, stored, and only then receipted.

Carries out docs/spec/09-exchange.md §5 and 06-dialogue.md §3. The same functions serve link and pouch.
Invariants: nothing enters that no signed checkpoint of the log's own node covers; a receipt is
signed for what is in the same transaction and handed out after it; a batch that does not fit
changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.charter.document import read_document
from detente.desk.book import Book, Judged
from detente.desk.misconduct import contradiction, exact_proof, stored_tree
from detente.desk.write import Writer
from detente.dialogue.minutes import final_sizes
from detente.exchange.frames import Batch, Headers
from detente.ports import Clock, Keyring, LogInfo
from detente.record.chain import Extension, Piece, extend_log
from detente.record.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from detente.record.entry import decode_entry, decode_payload
from detente.record.fork import encode_fork
from detente.record.genesis import log_id
from detente.record.shapes import from_bytes
from detente.record.tree import frontier_at, verify_consistency
from detente.seals.hashing import leaf_hash
from detente.terms.errors import N_, Rejected
from detente.terms.ids import Lane, LogId, PartyId
from detente.terms.limits import PAYLOAD_BYTES


class Taken(NamedTuple):
    """What became of a batch."""

    log: LogId
    size: int
    """Entries of the log that we hold now."""
    receipt: Checkpoint | None
    """Our receipt, already stored."""
    fresh: int
    """Entries that were new."""


class Parted(NamedTuple):
    """A log that its node has signed in two versions: what to ask for, to prove where they part."""

    log: LogId
    start: int


class Receiver:
    """Takes what arrives into one book."""

    def __init__(self, book: Book, writer: Writer, keyring: Keyring, clock: Clock) -> None:
        self._book = book
        self._writer = writer
        self._keyring = keyring
        self._clock = clock
        self._verified: dict[LogId, Checkpoint] = {}

    def take_batch(self, batch: Batch) -> Taken | Parted:
        """Take entries of one log.

        Raises:
            Rejected: ``exchange.log``, ``exchange.gap``, ``record.*``, ``seals.*``: nothing changed.
            Unavailable: the store; nothing changed.
        """
        book = self._book
        log = LogId(batch.log)
        if log not in book.heads:
            self._introduce(log, batch)
        self._verify(batch.checkpoint, log)
        head = book.heads[log]
        if log in book.stands:
            # Frozen: two histories are proven. What else it offers is neither taken nor answered.
            return Taken(log, head.size, None, 0)
        if batch.start > head.size:
            raise Rejected("exchange.gap", N_("Entries arrived that leave a gap before them."))
        pieces = self._new_pieces(batch, log, head.size)
        if pieces is None:
            return Parted(log, self.agreed_below(log))
        if not pieces and batch.checkpoint.size < head.size:
            return Taken(log, head.size, None, 0)  # an older part of what we hold, sent again
        try:
            extension = extend_log(head, pieces)
        except Rejected as fault:
            if fault.code == "record.chain.prev":
                return Parted(log, self.agreed_below(log))
            raise
        self._covered(extension, batch)
        return self._keep(extension, batch.checkpoint)

    def _new_pieces(self, batch: Batch, log: LogId, size: int) -> list[Piece] | None:
        """Return the pieces that we do not hold; None when one we hold is another than ours."""
        known = size - batch.start
        for raw, mine in zip(
            batch.pieces[:known], self._book.store.entries(log, batch.start, known), strict=False
        ):
            if leaf_hash(raw.raw) != mine.id:
                return None
        return list(batch.pieces[known:])

    def _covered(self, extension: Extension, batch: Batch) -> None:
        end, root = extension.head.size, extension.head.root()
        checkpoint = batch.checkpoint
        if checkpoint.size < end:
            raise Rejected(
                "exchange.uncovered", N_("Entries arrived that no signed checkpoint covers.")
            )
        if checkpoint.size == end:
            if root != checkpoint.root:
                raise Rejected(
                    "exchange.root", N_("Entries do not lead to the checkpoint that was signed.")
                )
        elif end:
            verify_consistency(end, root, checkpoint.size, checkpoint.root, batch.path)

    def _verify(self, checkpoint: Checkpoint, log: LogId) -> None:
        if checkpoint == self._verified.get(log):
            return
        if checkpoint.dialogue != self._book.id or checkpoint.log != log:
            raise Rejected("exchange.log", N_("A checkpoint belongs to another log."))
        verify_checkpoint(self._book.state.logs[log].node, checkpoint)
        self._verified[log] = checkpoint

    def _keep(self, extension: Extension, checkpoint: Checkpoint) -> Taken:
        book = self._book
        log, size = extension.head.log, extension.head.size
        complete = checkpoint.size == size
        own = book.state.logs[log].party == book.own
        judged: Judged | None = None
        receipt = None
        if complete and not own:
            receipt = sign_checkpoint(
                self._keyring.node(), book.id, log, size, checkpoint.root, self._clock.now() // 1000
            )
        if extension.entries:
            judged = book.judge(log, extension.entries)
        known = complete and self._is_known(checkpoint)
        if extension.entries or not known:
            with book.store.unit() as unit:
                if extension.entries and judged:
                    unit.append(extension)
                    book.write_judgements(unit, judged)
                if complete and not known:
                    unit.keep_checkpoint(checkpoint)
                if receipt:
                    unit.keep_receipt(receipt)
        if judged:
            book.accept(judged, extension.head)
        return Taken(log, size, receipt, len(extension.entries))

    def _is_known(self, checkpoint: Checkpoint) -> bool:
        kept = self._book.store.checkpoint(checkpoint.log, checkpoint.size)
        return kept is not None and kept.size == checkpoint.size

    def agreed_below(self, log: LogId) -> int:
        """Return a size up to which both histories agree: what a complete minute covers."""
        return final_sizes(self._book.state).get(log, 0)

    def take_checkpoint(self, data: bytes) -> Parted | None:
        """Compare a signed checkpoint of the other side's heads with what we hold.

        Returns:
            What to ask for when it contradicts ours; the proof by roots is kept then.
        """
        checkpoint = decode_checkpoint(data)
        log = checkpoint.log
        if log not in self._book.heads:
            return None
        self._verify(checkpoint, log)
        fork = contradiction(self._book, checkpoint)
        if fork is None:
            return None
        with self._book.store.unit() as unit:
            unit.keep_evidence(self._book.id, "fork", encode_fork(fork))
        return Parted(log, self.agreed_below(log))

    def take_headers(self, shown: Headers) -> bool:
        """Make the exact proof of two histories from headers, and enter it into the record.

        Returns:
            Whether a proof was entered. Raises `Rejected` when the headers show nothing.
        """
        log = LogId(shown.log)
        checkpoint = decode_checkpoint(shown.checkpoint)
        if log not in self._book.heads or log in self._book.stands:
            return False
        proof = encode_fork(exact_proof(self._book, log, shown.start, shown.headers, checkpoint))
        with self._book.store.unit() as unit:
            unit.keep_evidence(self._book.id, "fork", proof)
        self._writer.enter(Lane.LINE, charter_entries.FORK, charter_entries.ForkProof(proof))
        return True

    def take_receipt(self, data: bytes) -> Checkpoint | None:
        """Take another node's receipt for a log that we hold.

        Returns:
            The receipt, stored; None when it was known or is for more than we hold.

        Raises:
            Rejected: a wrong signer or signature, or a root that is not ours.
        """
        receipt = decode_checkpoint(data)
        book = self._book
        log = receipt.log
        head = book.heads.get(log)
        if head is None or receipt.dialogue != book.id or not 0 < receipt.size <= head.size:
            return None
        signers = {standing.node.print: standing for standing in book.state.logs.values()}
        signer = signers.get(receipt.signer)
        if signer is None or signer.party == book.state.logs[log].party:
            raise Rejected(
                "exchange.receipt", N_("A receipt is signed by nobody who could give it.")
            )
        known = [
            one for one in book.store.receipts(log, receipt.size) if one.signer == receipt.signer
        ]
        if known and known[0].size == receipt.size:
            return None
        verify_checkpoint(signer.node, receipt)
        root = (
            head.root()
            if receipt.size == head.size
            else frontier_at(receipt.size, stored_tree(book, log)).root()
        )
        if receipt.root != root:
            with book.store.unit() as unit:
                unit.keep_evidence(book.id, "receipt", encode_checkpoint(receipt))
            raise Rejected(
                "exchange.receipt.root",
                N_("The other side gave a receipt for entries that differ from ours."),
                N_("See: detente doctor."),
            )
        with book.store.unit() as unit:
            unit.keep_receipt(receipt)
        return receipt

    def _introduce(self, log: LogId, batch: Batch) -> None:
        """Open a log that was not known: its first entry says whose it is."""
        if batch.start != 0 or not batch.pieces:
            raise Rejected("exchange.gap", N_("A new log does not begin with its opening."))
        entry = decode_entry(*batch.pieces[0])
        if entry.payload is None or entry.header.kind != charter_entries.OPENING:
            raise Rejected("exchange.log", N_("A new log does not begin with its opening."))
        body = from_bytes(
            charter_entries.Opening,
            decode_payload(entry.payload).body,
            PAYLOAD_BYTES,
            "exchange.log",
        )
        party = PartyId(body.party)
        index = self._book.founding.genesis.index_of(party)
        if index < 0 or body.epoch > 10_000:
            raise Rejected("exchange.log", N_("A log belongs to nobody in this dialogue."))
        versions = self._book.state.charter.versions[index]
        keys = {
            version.document.node_key().print: version.document.node_key() for version in versions
        }
        if body.document is not None and body.node not in keys:
            last = versions[-1]
            key = read_document(body.document, (last.raw, last.document)).node_key()
            keys[key.print] = key
        node = next((key for name, key in keys.items() if name == body.node), None)
        if (
            node is None
            or log_id(self._book.id, party, node.print, body.epoch, Lane(body.lane)) != log
        ):
            raise Rejected("exchange.log", N_("A log is not what its opening says."))
        verify_checkpoint(node, batch.checkpoint)
        info = LogInfo(log, party, node, body.epoch, Lane(body.lane))
        with self._book.store.unit() as unit:
            unit.open_log(self._book.id, info)
        self._book.open_log(info)
