"""Trees of any size: proofs hold where they should, and nowhere else (docs/spec/01-record.md §5)."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from detente.record.tree import (
    EMPTY,
    KEPT_LEVEL,
    consistency_path,
    extend,
    frontier_at,
    inclusion_path,
    verify_consistency,
    verify_inclusion,
)
from detente.seals.hashing import leaf_hash, node_hash
from detente.terms.errors import Rejected

LEAVES = [leaf_hash(at.to_bytes(2, "big")) for at in range(1500)]
KEPT = {(one.level, one.index): one.hash for one in extend(EMPTY, LEAVES)[1]}
SIZES = st.integers(1, len(LEAVES))


def _node(level: int, index: int) -> bytes:
    """Read as a store does: large subtrees kept, small ones computed again."""
    if level >= KEPT_LEVEL:
        return KEPT[level, index]
    if level == 0:
        return LEAVES[index]
    return node_hash(_node(level - 1, 2 * index), _node(level - 1, 2 * index + 1))


def _holds(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except Rejected:
        return False
    return True


@given(SIZES, st.lists(st.integers(0, 1500), max_size=5))
def test_the_root_does_not_depend_on_how_the_log_grew(size: int, cuts: list[int]) -> None:
    """Attack 8: batches of any sizes; and read again from what a store keeps."""
    frontier, start = EMPTY, 0
    for cut in [*sorted(min(cut, size) for cut in cuts), size]:
        frontier, _ = extend(frontier, LEAVES[start:cut])
        start = cut
    assert frontier == frontier_at(size, _node)
    assert frontier.root() == extend(EMPTY, LEAVES[:size])[0].root()


@given(SIZES, st.data())
def test_an_inclusion_proof_holds_for_its_own_leaf_only(size: int, data: st.DataObject) -> None:
    """RFC 9162 §2.1.3, with any other leaf, place or size tried on it."""
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, len(LEAVES) - 1))
    root, path = frontier_at(size, _node).root(), inclusion_path(index, size, _node)
    verify_inclusion(LEAVES[index], index, size, path, root)
    assert _holds(verify_inclusion, LEAVES[other], index, size, path, root) == (other == index)
    assert _holds(verify_inclusion, LEAVES[index], other, size, path, root) == (other == index)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        bad = [*path[:at], leaf_hash(path[at]), *path[at + 1 :]]
        assert not _holds(verify_inclusion, LEAVES[index], index, size, bad, root)


@given(SIZES, st.data())
def test_a_consistency_proof_holds_for_its_own_trees_only(size: int, data: st.DataObject) -> None:
    """RFC 9162 §2.1.4, with any other older size tried on it."""
    first = data.draw(st.integers(1, size))
    other = data.draw(st.integers(1, len(LEAVES)))
    new, old = frontier_at(size, _node).root(), frontier_at(first, _node).root()
    path = consistency_path(first, size, _node)
    verify_consistency(first, old, size, new, path)
    if other != first:
        wrong = frontier_at(other, _node).root()
        assert not _holds(verify_consistency, first, wrong, size, new, path)
        assert not _holds(verify_consistency, other, wrong, size, old, path)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        bad = [*path[:at], leaf_hash(path[at]), *path[at + 1 :]]
        assert not _holds(verify_consistency, first, old, size, new, bad)
