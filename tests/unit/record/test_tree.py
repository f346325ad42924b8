"""Claims about the tree over a log (docs/spec/01-record.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from detente.record.tree import (
    EMPTY,
    KEPT_LEVEL,
    Frontier,
    Kept,
    consistency_path,
    extend,
    frontier_at,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from detente.seals.hashing import EMPTY_ROOT, leaf_hash, node_hash
from detente.terms.errors import Rejected
from tests.unit.record.logs import reader

LEAVES = [leaf_hash(bytes((at % 251, at // 251))) for at in range(600)]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root by the recursive definition of RFC 6962 §2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while 2 * split < len(leaves):
        split *= 2
    return node_hash(plain_root(leaves[:split]), plain_root(leaves[split:]))


def _refused(code: str, verify: Callable[..., None], *arguments: object) -> None:
    with pytest.raises(Rejected) as fault:
        verify(*arguments)
    assert fault.value.code == code


def test_the_root_is_that_of_the_standard_however_the_log_grew() -> None:
    """One by one, in batches, or read from stored subtrees: the same root at every size."""
    frontier = EMPTY
    assert frontier.root() == EMPTY_ROOT == plain_root([])
    for size in range(1, 70):
        frontier, _ = extend(frontier, LEAVES[size - 1 : size])
        assert frontier.root() == plain_root(LEAVES[:size])
        assert frontier == frontier_at(size, reader(LEAVES[:size]))
        assert frontier == extend(EMPTY, LEAVES[:size])[0]
        assert (
            frontier == extend(extend(EMPTY, LEAVES[: size // 3])[0], LEAVES[size // 3 : size])[0]
        )
    assert extend(frontier, [])[0] == frontier
    assert frontier_at(0, reader([])) == EMPTY


def test_every_perfect_subtree_worth_keeping_is_handed_out_once() -> None:
    """From 2**8 leaves upwards; the store needs no others to answer for any size."""
    _, kept = extend(EMPTY, LEAVES)
    read = reader(LEAVES)
    assert sorted(kept) == [
        Kept(8, 0, read(8, 0)),
        Kept(8, 1, read(8, 1)),
        Kept(9, 0, read(9, 0)),
    ]
    first, some = extend(EMPTY, LEAVES[:300])
    assert sorted([*some, *extend(first, LEAVES[300:])[1]]) == sorted(kept)
    assert all(level >= KEPT_LEVEL for level, _, _ in kept)


def test_inclusion_is_shown_for_every_leaf_and_for_no_other_place() -> None:
    """RFC 9162 §2.1.3: the path holds for its own leaf, index, size and root."""
    for size in (1, 2, 3, 7, 8, 9, 31):
        root, read = plain_root(LEAVES[:size]), reader(LEAVES[:size])
        for index in range(size):
            path = inclusion_path(index, size, read)
            verify_inclusion(LEAVES[index], index, size, path, root)
            for at, bad_size, leaf in (
                (index + 1, size, LEAVES[index]), (index, size, LEAVES[index + 1]),
                (index, index, LEAVES[index]), (-1, size, LEAVES[index]),
            ):  # fmt: skip
                _refused("record.tree.inclusion", verify_inclusion, leaf, at, bad_size, path, root)


def test_a_damaged_inclusion_proof_is_refused() -> None:
    """Each hash altered, cut, lengthened, left out, doubled; leaf and root of another size."""
    size, index = 13, 5
    root, path = plain_root(LEAVES[:size]), inclusion_path(5, 13, reader(LEAVES))
    leaf = LEAVES[index]
    for bad in _damaged(path):
        _refused("record.tree.inclusion", verify_inclusion, leaf, index, size, bad, root)
    for one in (leaf[:-1], leaf + b"\0", b""):
        _refused("record.tree.inclusion", verify_inclusion, one, index, size, path, root)
    for one in (root[:-1], b"", root + b"\0"):
        _refused("record.tree.inclusion", verify_inclusion, leaf, index, size, path, one)
    endless = [leaf] * 65
    _refused("record.tree.inclusion", verify_inclusion, leaf, 0, 2**63, endless, root)


def _damaged(path: Sequence[bytes]) -> list[list[bytes]]:
    bad: list[list[bytes]] = [[*path, path[-1]], [path[0], *path], [*path, b""], list(path[:-1])]
    for at, node in enumerate(path):
        others = (node[:-1], node + b"\0", b"", bytes((node[0] ^ 1,)) + node[1:])
        bad += [[*path[:at], other, *path[at + 1 :]] for other in others]
        bad.append([*path[:at], *path[at + 1 :]])
    return bad


def test_consistency_is_shown_for_every_pair_of_sizes_and_for_no_other() -> None:
    """RFC 9162 §2.1.4: one log's past is the beginning of its present."""
    roots = [plain_root(LEAVES[:size]) for size in range(34)]
    for second in range(1, 34):
        read = reader(LEAVES[:second])
        for first in range(1, second + 1):
            path = consistency_path(first, second, read)
            verify_consistency(first, roots[first], second, roots[second], path)
            if first < second:
                for arguments in (
                    (first, roots[first], second, roots[first], path),
                    (first, roots[second], second, roots[second], path),
                    (second, roots[second], first, roots[first], path),
                    (first, roots[first], second, roots[second], []),
                ):
                    _refused("record.tree.consistency", verify_consistency, *arguments)


def test_a_damaged_consistency_proof_is_refused() -> None:
    """Each hash altered, cut, lengthened, left out or doubled; sizes that do not fit."""
    for first, second in ((6, 13), (8, 13), (1, 2)):
        before, after = plain_root(LEAVES[:first]), plain_root(LEAVES[:second])
        for bad in _damaged(consistency_path(first, second, reader(LEAVES))):
            arguments = (first, before, second, after, bad)
            _refused("record.tree.consistency", verify_consistency, *arguments)
    one, two = plain_root(LEAVES[:5]), plain_root(LEAVES[:6])
    path = consistency_path(5, 6, reader(LEAVES))
    _refused("record.tree.consistency", verify_consistency, 5, one, 5, one, [one])
    _refused("record.tree.consistency", verify_consistency, 5, one, 5, two, [])
    _refused("record.tree.consistency", verify_consistency, -1, one, 5, two, path)
    _refused("record.tree.consistency", verify_consistency, 3, one, 2**63, two, [one] * 129)
    _refused("record.tree.consistency", verify_consistency, 4, one[:-1], 8, two, [one])


def test_equal_trees_need_no_proof() -> None:
    """The trivial case, for sizes above zero only."""
    root = plain_root(LEAVES[:5])
    assert consistency_path(5, 5, reader(LEAVES)) == []
    verify_consistency(5, root, 5, root, [])
    _refused("record.tree.consistency", verify_consistency, 0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    _refused("record.tree.consistency", verify_consistency, 0, EMPTY_ROOT, 5, root, [])


def test_a_frontier_is_all_that_growth_needs() -> None:
    """As many peaks as bits in the size: a log of a million entries fits in twenty hashes."""
    frontier, _ = extend(EMPTY, LEAVES)
    assert isinstance(frontier, Frontier)
    assert len(frontier.peaks) == frontier.size.bit_count()
