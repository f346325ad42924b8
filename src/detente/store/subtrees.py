"""Roots of perfect subtrees of a log: kept ones read, smaller ones computed from identifiers.

Carries out docs/spec/01-record.md §5 (RFC 6962 §2.1). Every engine keeps what `record.tree.extend`
hands out, subtrees of 2**8 leaves and more: one row for 128 entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import apsw

from detente.record.tree import KEPT_LEVEL
from detente.store.faults import damaged
from detente.store.rows import fetch, key_of
from detente.terms.errors import N_, Bug

_CACHED_BLOCKS: Final = 64
"""Blocks of 256 leaves whose nodes are remembered: about 2 MB, enough for proofs near the heads."""

Levels = list[list[bytes]]


def levels_of(leaves: Sequence[bytes]) -> Levels:
    """Return the nodes over 2**k leaves, by level: leaves first, root last."""
    levels = [list(leaves)]
    while len(below := levels[-1]) > 1:
        levels.append(
            [sha256(b"\x01" + below[at] + below[at + 1]).digest() for at in range(0, len(below), 2)]
        )
    return levels


def check_complete(size: int, level: int, index: int) -> None:
    """Refuse to speak of a subtree that the log does not fill."""
    if level < 0 or index < 0 or (index + 1) << level > size:
        raise Bug(f"subtree {level}/{index} of a log of {size}")


class Subtrees:
    """Reader of one connection, with a memory of the blocks last used."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._blocks: dict[tuple[int, int], Levels] = {}

    def node(self, log: int, level: int, index: int) -> bytes:
        """Return the root over stored leaves [index << level, (index + 1) << level)."""
        if level >= KEPT_LEVEL:
            one = "select hash from node_hash where log=? and level=? and i=?"
            rows = fetch(self._connection, one, log, level, index)
            if not rows or type(rows[0][0]) is not bytes:
                raise damaged(N_("a node of a tree is missing"))
            kept: bytes = rows[0][0]
            return kept
        block = index >> (KEPT_LEVEL - level)
        levels = self._blocks.get((log, block))
        if levels is None:
            levels = self._read_block(log, block, level, index)
            if len(levels[0]) < 1 << KEPT_LEVEL:
                return levels[level][0]
        return levels[level][index & (1 << KEPT_LEVEL - level) - 1]

    def forget(self) -> None:
        """Drop what is remembered, because entries were taken back."""
        self._blocks.clear()

    def _read_block(self, log: int, block: int, level: int, index: int) -> Levels:
        """Return all levels of a full block, which is remembered, or of the subtree asked for."""
        leaves = self._leaves(log, block << KEPT_LEVEL, (block + 1) << KEPT_LEVEL)
        if len(leaves) == 1 << KEPT_LEVEL:
            if len(self._blocks) >= _CACHED_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            levels = self._blocks[log, block] = levels_of(leaves)
            return levels
        first = (index << level) - (block << KEPT_LEVEL)
        part = leaves[first : first + (1 << level)]
        if len(part) != 1 << level:
            raise damaged(N_("entries are missing"))
        return levels_of(part)

    def _leaves(self, log: int, start: int, end: int) -> list[bytes]:
        some = "select id from entry where n>=? and n<?"
        rows = fetch(self._connection, some, key_of(log, start), key_of(log, end))
        if any(type(leaf) is not bytes for (leaf,) in rows):
            raise damaged(N_("an entry is not as it was written"))
        return [leaf for (leaf,) in rows]
