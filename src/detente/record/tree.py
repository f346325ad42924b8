"""The RFC 6962 Merkle tree over the entries of one log.

Carries out docs/spec/01-record.md §5. Sources: RFC 6962 §2.1 and RFC 9162 §2.1.3-2.1.4. A tree
without leaves has the root SHA-256(""), and no proof: a size of zero is refused on either side of
a consistency proof, because nothing can be shown about it.

Invariants: pure arithmetic over given hashes; verification raises, it never returns a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from detente.seals.hashing import EMPTY_ROOT, node_hash
from detente.terms.errors import N_, Rejected

NodeReader = Callable[[int, int], bytes]
"""(level, index) → hash of the perfect subtree over leaves [index << level, (index + 1) << level)."""

KEPT_LEVEL: Final = 8
"""Perfect subtrees from 2**8 leaves upwards are kept; smaller ones are computed again."""

PROOF_HASHES: Final = 64
"""A proof of a tree with fewer than 2**64 leaves never has more on one side."""


class Frontier(NamedTuple):
    """Size of a tree and the roots of its perfect subtrees, largest first: all that growth needs."""

    size: int
    peaks: tuple[bytes, ...]

    def root(self) -> bytes:
        """Return the RFC 6962 root."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


EMPTY: Final = Frontier(0, ())


class Kept(NamedTuple):
    """One perfect subtree that just became complete."""

    level: int
    index: int  # type: ignore[assignment]  # the word of the RFC, over tuple.index
    hash: bytes


def extend(frontier: Frontier, leaves: Sequence[bytes]) -> tuple[Frontier, list[Kept]]:
    """Return the frontier after appending `leaves`, and the subtrees of `KEPT_LEVEL` or more.

    Args:
        frontier: state before.
        leaves: leaf hashes, oldest first.
    """
    size = frontier.size
    peaks = list(frontier.peaks)
    kept: list[Kept] = []
    for leaf in leaves:
        node = leaf
        level = 0
        position = size
        while position & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            position >>= 1
            level += 1
            if level >= KEPT_LEVEL:
                kept.append(Kept(level, position, node))
        peaks.append(node)
        size += 1
    return Frontier(size, tuple(peaks)), kept


def frontier_at(size: int, node: NodeReader) -> Frontier:
    """Return the frontier of the tree's first `size` leaves."""
    peaks = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(peaks))


def _range_root(start: int, end: int, node: NodeReader) -> bytes:
    """Return the RFC 6962 hash of leaves [start, end), start being a multiple of the left split."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    split = 1 << ((count - 1).bit_length() - 1)
    return node_hash(
        node(split.bit_length() - 1, start >> (split.bit_length() - 1)),
        _range_root(start + split, end, node),
    )


def inclusion_path(index: int, size: int, node: NodeReader) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (RFC 6962 §2.1.1).

    Args:
        index: 0 <= index < size.
        node: reader of perfect subtrees within `size`.
    """
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = 1 << ((end - start - 1).bit_length() - 1)
        middle = start + split
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    path.reverse()
    return path


def consistency_path(first: int, second: int, node: NodeReader) -> list[bytes]:
    """Return the proof that the tree of `first` leaves is a prefix of that of `second`.

    Args:
        first, second: 0 < first <= second. Equal sizes have the empty proof.
    """
    path: list[bytes] = []
    start, end, whole = 0, second, True
    # Walk down as RFC 6962 §2.1.2 SUBPROOF does, collecting the sibling at every step.
    while first != end:
        split = 1 << ((end - start - 1).bit_length() - 1)
        middle = start + split
        if first <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, end, node))
    path.reverse()
    return path


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that `leaf` stands at `index` in the tree of `size` leaves with `root` (RFC 9162 §2.1.3.2).

    Raises:
        Rejected: ``record.tree.inclusion``.
    """
    if not 0 <= index < size or len(path) > PROOF_HASHES or len(leaf) != 32 or len(root) != 32:
        raise _bad("record.tree.inclusion")
    low, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != 32:
            raise _bad("record.tree.inclusion")
        if low & 1 or low == last:
            node = node_hash(sibling, node)
            while not low & 1 and low:
                low >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        low >>= 1
        last >>= 1
    if last != 0 or node != root:
        raise _bad("record.tree.inclusion")


def verify_consistency(
    first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]
) -> None:
    """Check that the tree (first, first_root) is a prefix of (second, second_root) (RFC 9162 §2.1.4.2).

    Raises:
        Rejected: ``record.tree.consistency``; also for a size of zero.
    """
    if not 0 < first <= second or len(path) > 2 * PROOF_HASHES:
        raise _bad("record.tree.consistency")
    if first == second:
        if path or first_root != second_root:
            raise _bad("record.tree.consistency")
        return
    nodes = list(path)
    if first & (first - 1) == 0:
        nodes.insert(0, first_root)
    if not nodes or any(len(node) != 32 for node in nodes):
        raise _bad("record.tree.consistency")
    low, last = first - 1, second - 1
    while low & 1:
        low >>= 1
        last >>= 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise _bad("record.tree.consistency")
        if low & 1 or low == last:
            old = node_hash(node, old)
            new = node_hash(node, new)
            while not low & 1 and low:
                low >>= 1
                last >>= 1
        else:
            new = node_hash(new, node)
        low >>= 1
        last >>= 1
    if last != 0 or old != first_root or new != second_root:
        raise _bad("record.tree.consistency")


def _bad(code: str) -> Rejected:
    return Rejected(code, N_("A proof about a log does not hold."))
