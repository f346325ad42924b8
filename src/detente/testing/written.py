"""One log as its author writes it: a chain of entries, signed on demand, that can also part in two.

Writes through the same pure functions as a node. A branch shares the first entries and nothing
after them: two branches that are both signed are what a fork proof shows.
"""

from __future__ import annotations

from collections.abc import Mapping

from detente.record.chain import Piece, extend_log, start_log
from detente.record.checkpoint import Checkpoint, sign_checkpoint
from detente.record.entry import Entry
from detente.record.fork import Fork
from detente.record.fork import Leaves as TwoLeaves
from detente.record.genesis import log_id
from detente.record.leaves import Leaves
from detente.record.tree import inclusion_path
from detente.seals.signing import PrivateKey
from detente.terms.ids import DialogueId, Lane, LogId, PartyId


class WrittenLog:
    """One log with all that was signed about it."""

    def __init__(
        self,
        dialogue: DialogueId,
        party: tuple[int, PartyId],
        node: PrivateKey,
        epoch: int,
        lane: Lane,
    ) -> None:
        self.dialogue = dialogue
        self.party = party
        self.node = node
        self.epoch = epoch
        self.lane = lane
        self.id: LogId = log_id(dialogue, party[1], node.public.print, epoch, lane)
        self.head = start_log(dialogue, self.id)
        self.entries: list[Entry] = []
        self.leaves = Leaves()
        self.checkpoints: list[Checkpoint] = []
        self.receipts: list[Checkpoint] = []
        self.pasts: list[Mapping[bytes, int]] = []
        """Causal pasts of judged entries in other logs."""
        self.named: dict[bytes, int] = {}
        """How far its own references reach into other logs."""

    @property
    def size(self) -> int:
        """Return the number of entries."""
        return len(self.entries)

    def extend(self, pieces: list[Piece]) -> list[Entry]:
        """Add entries at the end. Raises `Rejected` when they do not fit."""
        extension = extend_log(self.head, pieces)
        self.head = extension.head
        self.entries += extension.entries
        for entry in extension.entries:
            self.named.update((ref.log, ref.seq + 1) for ref in entry.header.refs)
        self.leaves.append([entry.id for entry in extension.entries], extension.kept)
        return extension.entries

    def root_at(self, size: int) -> bytes:
        """Return the root of the first `size` entries."""
        return self.leaves.root_at(size)

    def sign(
        self, time_s: int, size: int | None = None, by: PrivateKey | None = None
    ) -> Checkpoint:
        """Sign the first `size` entries, all by default; by the log's own node, or as a receipt."""
        wanted = self.size if size is None else size
        key = by or self.node
        signed = sign_checkpoint(key, self.dialogue, self.id, wanted, self.root_at(wanted), time_s)
        kept = self.checkpoints if by is None else self.receipts
        if all((one.size, one.signer) != (signed.size, signed.signer) for one in kept[-4:]):
            kept.append(signed)
        return signed

    def branch(self, at: int) -> WrittenLog:
        """Return another history of this log, the same below position `at`; nothing of it is signed."""
        other = WrittenLog(self.dialogue, self.party, self.node, self.epoch, self.lane)
        other.extend([Piece(*entry[1:2], *entry[3:]) for entry in self.entries[:at]])
        return other


def prove_fork(one: WrittenLog, other: WrittenLog, time_s: int) -> Fork:
    """Return the proof by two headers at the first place where two signed branches differ."""
    at = next(
        i for i, (a, b) in enumerate(zip(one.entries, other.entries, strict=False)) if a.id != b.id
    )
    small, large = sorted((one, other), key=lambda log: log.size)
    return Fork(
        small.sign(time_s),
        large.sign(time_s),
        TwoLeaves(
            at,
            small.entries[at].raw,
            tuple(inclusion_path(at, small.size, small.leaves.node)),
            large.entries[at].raw,
            tuple(inclusion_path(at, large.size, large.leaves.node)),
        ),
    )
