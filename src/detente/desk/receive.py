"""What a courier brings: checked, judged, stored, and only then receipted.

Carries out docs/spec/09-exchange.md §5 and 06-dialogue.md §3. The same functions serve link and pouch.
Invariants: nothing enters that no signed checkpoint of the log's own node covers; a receipt is
signed for what is in the same transaction and handed out after it; a batch that does not fit
changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.desk.book import Book
from detente.desk.introduce import Unready, introduce
from detente.desk.misconduct import (
    contradiction,
    difference,
    enter_proof,
    exact_proof,
    join_proofs,
    stored_tree,
)
from detente.desk.write import Writer
from detente.dialogue.minutes import final_sizes
from detente.exchange.frames import Batch, Headers
from detente.ports import Clock, Keyring
from detente.record.chain import Extension, LogHead, extend_log, start_log
from detente.record.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)
from detente.record.entry import decode_header
from detente.record.fork import decode_fork, encode_fork
from detente.record.tree import frontier_at, verify_consistency
from detente.seals.hashing import leaf_hash
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, LogId


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


class Early(NamedTuple):
    """Entries that cannot be taken yet and may be later.

    The document that names the log's key may still come, or somebody who needs the log; or an entry
    that raises what a freeze left.
    """

    log: LogId
    unready: Unready | None = None
    """For a log that begins: what it waits for."""


class Shown(NamedTuple):
    """What headers of a contradicting history brought."""

    entered: bool
    """Whether a proof was entered into the record."""
    ask: Parted | None
    """Where to ask on: the histories agree as far as was shown."""


class Receiver:
    """Takes what arrives into one book."""

    def __init__(self, book: Book, writer: Writer, keyring: Keyring, clock: Clock) -> None:
        self._book = book
        self._writer = writer
        self._keyring = keyring
        self._clock = clock
        self._verified: dict[LogId, Checkpoint] = {}

    def take_batch(self, batch: Batch) -> Taken | Parted | Early:
        """Take entries of one log.

        Raises:
            Rejected: ``exchange.*``, ``record.*``, ``seals.*``: nothing changed.
            Unavailable: the store; nothing changed.
        """
        book, log = self._book, LogId(batch.log)
        if any(piece.payload is None for piece in batch.pieces):
            # Nobody could judge it, so no minute would come: between nodes nothing is withheld.
            raise Rejected("exchange.payload", N_("An entry arrived without its content."))
        if log not in book.heads and batch.start:
            # Sent after its beginning, before the other side could know that we cannot take it yet.
            return Taken(log, 0, None, 0)
        info = None if log in book.heads else introduce(book, log, batch)
        if isinstance(info, Unready):
            return Early(log, info)
        head = start_log(book.id, log) if info else book.heads[log]
        self._verify(batch.checkpoint, log, info.node if info else book.state.logs[log].node)
        if batch.start > head.size:
            raise Rejected("exchange.gap", N_("Entries arrived that leave a gap before them."))
        end = batch.start + len(batch.pieces)
        stands = book.stands.get(log, end)
        at = self._difference(batch, head)
        if at is not None:
            return self._contradicted(batch, head, at) if at < stands else _nothing(head)
        if end < head.size:
            return _nothing(head)  # an older part of what we hold, sent again
        if book.stands.get(log) == head.size:
            return Early(log) if end > head.size else _nothing(head)
        pieces = batch.pieces[head.size - batch.start :]
        extension = extend_log(head, pieces)
        self._covered(extension, batch)
        if stands < extension.head.size:
            extension = extend_log(head, pieces[: stands - head.size])
        if info is not None:
            with book.store.unit() as unit:
                unit.open_log(book.id, info)
            book.open_log(info)
        return self._keep(extension, batch.checkpoint)

    def _difference(self, batch: Batch, head: LogHead) -> int | None:
        """Return where a batch leaves the history that we hold; -1 when it does before its start."""
        known = head.size - batch.start
        ours = self._book.store.entries(head.log, batch.start, known) if known else []
        for piece, mine in zip(batch.pieces, ours, strict=False):
            if leaf_hash(piece.raw) != mine.id:
                return mine.header.seq
        if not known and batch.pieces and decode_header(batch.pieces[0].raw).prev != head.head:
            return -1
        return None

    def _contradicted(self, batch: Batch, head: LogHead, at: int) -> Taken | Parted:
        """Prove two histories from the batch itself where it can be, else say what to ask for."""
        own = self._book.state.logs[head.log].party == self._book.own
        if not own and at >= 0 and batch.start + len(batch.pieces) == batch.checkpoint.size:
            headers = tuple(piece.raw for piece in batch.pieces)
            if self._accuse(head.log, batch.start, headers, batch.checkpoint).entered:
                return _nothing(self._book.heads[head.log])
        return Parted(head.log, self.agreed_below(head.log))

    def _covered(self, extension: Extension, batch: Batch) -> None:
        end, root = extension.head.size, extension.head.root()
        checkpoint = batch.checkpoint
        most = self._book.founding.genesis.quotas.payload_bytes
        if any(entry.header.length > most for entry in extension.entries):
            raise Rejected(
                "exchange.size", N_("An entry is larger than this dialogue allows: {most} bytes."),
                most=most,
            )  # fmt: skip
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

    def _verify(self, checkpoint: Checkpoint, log: LogId, node: PublicKey) -> None:
        if checkpoint == self._verified.get(log):
            return
        if checkpoint.dialogue != self._book.id or checkpoint.log != log:
            raise Rejected("exchange.log", N_("A checkpoint belongs to another log."))
        verify_checkpoint(node, checkpoint)
        self._verified[log] = checkpoint

    def _keep(self, extension: Extension, checkpoint: Checkpoint) -> Taken:
        book = self._book
        log, size = extension.head.log, extension.head.size
        complete = checkpoint.size == size
        own = book.state.logs[log].party == book.own
        receipt = self._receipt(checkpoint) if complete and not own else None
        judged = book.judge(log, extension.entries) if extension.entries else None
        known = complete and self._is_known(checkpoint)
        if judged or (complete and not known):
            try:
                with book.store.unit() as unit:
                    if judged:
                        unit.append(extension)
                        book.write_judgements(unit, judged)
                    if complete and not known:
                        unit.keep_checkpoint(checkpoint)
                    if receipt:
                        unit.keep_receipt(receipt)
            except BaseException:
                book.lookup.forget()
                raise
        if judged:
            book.accept(judged, extension.head)
            join_proofs(book, self._writer)
        return Taken(log, size, receipt, len(extension.entries))

    def _receipt(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return our receipt for a checkpoint: the one we gave before, or a new one."""
        key, (dialogue, log, size, root) = self._keyring.node(), checkpoint[:4]
        for given in self._book.store.receipts(log, size):
            if (given.signer, given.size) == (key.public.print, size):
                return given
        return sign_checkpoint(key, dialogue, log, size, root, self._clock.now() // 1000)

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
        self._verify(checkpoint, log, self._book.state.logs[log].node)
        fork = contradiction(self._book, checkpoint)
        if fork is None:
            return None
        if log not in self._book.stands and not self._has_roots(log):
            with self._book.store.unit() as unit:
                unit.keep_evidence(self._book.id, "fork", encode_fork(fork))
        agreed = self.agreed_below(log)
        return Parted(log, agreed if agreed < checkpoint.size else 0)

    def _has_roots(self, log: LogId) -> bool:
        """Tell whether a proof about a log is kept already; by roots alone more prove nothing more."""
        return any(
            kind == "fork" and decode_fork(body).smaller.log == log
            for kind, body in self._book.store.evidence(self._book.id)
        )

    def take_headers(self, shown: Headers) -> Shown:
        """Make the exact proof of two histories from headers, and enter it into the record.

        Raises:
            Rejected: when headers from the beginning do not lead to the checkpoint they come with.
        """
        log = LogId(shown.log)
        if log not in self._book.heads:
            return Shown(entered=False, ask=None)
        return self._accuse(log, shown.start, shown.headers, decode_checkpoint(shown.checkpoint))

    def _accuse(
        self, log: LogId, start: int, headers: tuple[bytes, ...], theirs: Checkpoint
    ) -> Shown:
        book = self._book
        try:
            at = difference(book, log, start, headers, theirs)
        except Rejected as fault:
            if fault.code != "exchange.headers" or not start:
                raise
            return Shown(entered=False, ask=Parted(log, 0))  # they part below where we asked
        if at is None:
            end = start + len(headers)
            ask = Parted(log, end) if headers and end < book.heads[log].size else None
            return Shown(entered=False, ask=ask)
        if at >= book.stands.get(log, at + 1):
            return Shown(entered=False, ask=None)  # what stands is not touched by it
        fork = exact_proof(book, log, start, headers, theirs, at)
        if fork is None:
            return Shown(entered=False, ask=None)
        proof = encode_fork(fork)
        with book.store.unit() as unit:
            unit.keep_evidence(book.id, "fork", proof)
        return Shown(entered=enter_proof(self._writer, proof), ask=None)

    def take_receipt(self, data: bytes) -> Checkpoint | None:
        """Take another node's receipt for a log that we hold.

        Returns:
            The receipt, stored; None when it was known, is for more than we hold, is by a key that we do
            not know yet, as of a party that has just renewed it, or is for other entries than ours. Its
            signer need not be at fault: the log's node may have shown it another history, so this is
            kept as evidence and the talk goes on.

        Raises:
            Rejected: a wrong signer or signature.
        """
        receipt = decode_checkpoint(data)
        book = self._book
        log = receipt.log
        head = book.heads.get(log)
        if head is None or receipt.dialogue != book.id or not 0 < receipt.size <= head.size:
            return None
        signer = self._signer(receipt.signer)
        if signer is None:
            return None
        party, node = signer
        if party == book.state.logs[log].party:
            raise Rejected(
                "exchange.receipt", N_("A receipt is signed by nobody who could give it.")
            )
        known = [
            one for one in book.store.receipts(log, receipt.size) if one.signer == receipt.signer
        ]
        if known and known[0].size == receipt.size:
            return None
        verify_checkpoint(node, receipt)
        root = (
            head.root()
            if receipt.size == head.size
            else frontier_at(receipt.size, stored_tree(book, log)).root()
        )
        if receipt.root != root:
            self._keep_strange(receipt)
            return None
        with book.store.unit() as unit:
            unit.keep_receipt(receipt)
        return receipt

    def _signer(self, name: KeyPrint) -> tuple[int, PublicKey] | None:
        """Return the party of a node key and the key; None for one that no document names here."""
        for party, versions in self._book.state.charter.versions.items():
            for version in versions:
                key = version.document.node_key()
                if key.print == name:
                    return party, key
        return None

    def _keep_strange(self, receipt: Checkpoint) -> None:
        """Keep one receipt for other entries than ours per log and signer; more prove nothing more."""
        if receipt.size > self._book.stands.get(receipt.log, receipt.size):
            return
        for kind, body in self._book.store.evidence(self._book.id):
            if kind == "receipt":
                known = decode_checkpoint(body)
                if (known.log, known.signer) == (receipt.log, receipt.signer):
                    return
        with self._book.store.unit() as unit:
            unit.keep_evidence(self._book.id, "receipt", encode_checkpoint(receipt))


def _nothing(head: LogHead) -> Taken:
    return Taken(head.log, head.size, None, 0)
