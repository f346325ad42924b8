"""The leaves of one log in memory, packed: 32 bytes an entry, and the subtrees kept above them.

For whoever reads a whole log without a store. Roots and proofs of any prefix follow from it.
Source: RFC 6962 §2.1 (docs/spec/01-record.md §5). Invariant: append-only.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from detente.record.tree import KEPT_LEVEL, Kept, frontier_at
from detente.terms.ids import DIGEST_BYTES


class Leaves:
    """Leaf hashes of a log, in order."""

    def __init__(self) -> None:
        self._packed = bytearray()
        self._kept: dict[tuple[int, int], bytes] = {}

    def __len__(self) -> int:
        return len(self._packed) // DIGEST_BYTES

    def append(self, leaves: Iterable[bytes], kept: Iterable[Kept]) -> None:
        """Add leaves, and the subtrees that `record.tree.extend` returned for them."""
        self._packed += b"".join(leaves)
        for level, index, node in kept:
            self._kept[level, index] = node

    def leaf(self, at: int) -> bytes:
        """Return the leaf at position `at`; 0 <= at < len(self)."""
        return bytes(self._packed[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES])

    def packed(self, start: int, end: int) -> bytes:
        """Return the leaves of positions [start, end), joined."""
        return bytes(self._packed[start * DIGEST_BYTES : end * DIGEST_BYTES])

    def node(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree over leaves [index << level, (index + 1) << level)."""
        if level >= KEPT_LEVEL:
            return self._kept[level, index]
        row = [self.leaf(at) for at in range(index << level, (index + 1) << level)]
        while len(row) > 1:
            row = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(row[0::2], row[1::2], strict=True)
            ]
        return row[0]

    def root_at(self, size: int) -> bytes:
        """Return the RFC 6962 root of the first `size` leaves."""
        return frontier_at(size, self.node).root()
