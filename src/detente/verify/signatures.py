"""Checkpoints and receipts of a bundle: both halves of every signature, and every root.

Carries out docs/spec/11-bundle.md §5, steps 3, 4 and 6. Signatures are checked as they are read, roots
as soon as the log has grown to the size signed for.

Invariants: a checkpoint holds only under the key that names its log; a receipt only under a node
key of another party; a signature with one half missing or wrong is a fault, never a lesser one.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter.founding import Founding
from detente.record.bundle import LogPapers, Signed
from detente.record.checkpoint import verify_checkpoint
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint
from detente.verify.shelf import Shelf, ShelvedLog


class Statement(NamedTuple):
    """What remains of a checkpoint or receipt once its signatures are checked."""

    size: int
    is_receipt: bool
    signer: KeyPrint
    root: bytes
    time: int


class Signatures:
    """All checkpoints and receipts of one bundle."""

    def __init__(self, founding: Founding, shelf: Shelf) -> None:
        self._dialogue = founding.dialogue
        self._shelf = shelf
        self._keys: dict[KeyPrint, tuple[int, PublicKey]] = {}
        self._waiting: dict[int, list[Statement]] = {}
        self._sorted = False
        self.newest: dict[tuple[int, KeyPrint | None], Statement] = {}
        """(log, signer) → newest statement; None for the log's own node."""
        self.received: dict[int, list[tuple[int, int]]] = {}
        """Log → (size, seconds) of every receipt for it."""
        self.strangers = 0
        """Receipts by keys that belong to nobody here."""
        for party, documents in enumerate(founding.documents):
            for document in documents:
                self._know(party, document.node_key())

    def _know(self, party: int, key: PublicKey) -> None:
        self._keys[key.print] = (party, key)

    def know(self, papers: LogPapers) -> None:
        """Take note of the key of a log; whether it is its party's is found out by judging."""
        self._know(papers.party, papers.node)

    def party_of(self, signer: KeyPrint) -> int:
        """Return the party whose node key it is said to be."""
        return self._keys[signer][0]

    def key_of(self, signer: KeyPrint) -> PublicKey | None:
        """Return a node key by its print."""
        return self._keys[signer][1] if signer in self._keys else None

    def take(self, signed: Signed) -> None:
        """Check the signatures of a checkpoint or receipt.

        Raises:
            Rejected: ``verify.checkpoint`` for another dialogue or a receipt by the log's own party;
                ``record.checkpoint.signer``; ``seals.signature``.
        """
        number, is_receipt, checkpoint = signed
        papers = self._shelf.logs[number].papers
        if checkpoint.dialogue != self._dialogue or checkpoint.log != papers.log:
            raise _misplaced()
        key: PublicKey | None = papers.node
        if is_receipt:
            party, key = self._keys.get(checkpoint.signer, (-1, None))
            if party == papers.party:
                raise _misplaced()
        if key is None:
            self.strangers += 1
            return
        verify_checkpoint(key, checkpoint)
        _, _, size, root, signer, time, _ = checkpoint
        statement = Statement(size, is_receipt, signer, root, time)
        self._waiting.setdefault(number, []).append(statement)
        self.newest[number, signer if is_receipt else None] = statement
        if is_receipt:
            self.received.setdefault(number, []).append((size, time))
        else:
            self._shelf.logs[number].covered = size

    def reached(self, number: int) -> Statement | None:
        """Compare the roots of all sizes that a log has reached.

        Returns:
            The first statement whose root is not that of the entries here, else None.
        """
        if not self._sorted:
            for statements in self._waiting.values():
                statements.sort(reverse=True)
            self._sorted = True
        log: ShelvedLog = self._shelf.logs[number]
        waiting = self._waiting.get(number, [])
        size = len(log.leaves)
        while waiting and waiting[-1].size <= size:
            statement = waiting.pop()
            root = log.head.root() if statement.size == size else log.leaves.root_at(statement.size)
            if root != statement.root:
                return statement
            if not statement.is_receipt:
                log.intact = statement.size
        return None

    def unreached(self, number: int) -> Statement | None:
        """Return the largest statement about more entries than are here."""
        return max(self._waiting.get(number, []), default=None)


def _misplaced() -> Rejected:
    return Rejected(
        "verify.checkpoint", N_("A checkpoint or receipt belongs to another log or dialogue.")
    )
