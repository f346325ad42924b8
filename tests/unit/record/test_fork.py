"""Claims about proofs of two histories: what holds, and what proves nothing (docs/spec/02-order.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detente.record.checkpoint import encode_checkpoint, sign_checkpoint
from detente.record.encoding import decode, encode
from detente.record.fork import Fork, Leaves, Roots, decode_fork, encode_fork, verify_fork
from detente.record.tree import EMPTY, consistency_path, extend, inclusion_path
from detente.seals.hashing import leaf_hash
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, LogId
from detente.terms.limits import PAYLOAD_BYTES
from tests.unit.record.logs import LOG, NODE, Written, digest, node, reader, write

COMMON = write(4)
ONE = write(5, "one", after=COMMON)
"""Nine entries; the first four are those of `TWO`."""
TWO = write(3, "two", after=COMMON)
"""Seven entries."""


def _shown(log: Written, at: int, size: int) -> tuple[bytes, tuple[bytes, ...]]:
    return log.entries[at].raw, tuple(inclusion_path(at, size, reader(log.leaves)))


def by_leaves(small: Written, large: Written, at: int = 4) -> Fork:
    sizes = len(small.entries), len(large.entries)
    return Fork(
        small.checkpoint(),
        large.checkpoint(),
        Leaves(at, *_shown(small, at, sizes[0]), *_shown(large, at, sizes[1])),
    )


def by_roots(small: Written, large: Written) -> Fork:
    size, of = len(small.entries), len(large.entries)
    root = large.checkpoint(size).root
    path = consistency_path(size, of, reader(large.leaves))
    return Fork(small.checkpoint(), large.checkpoint(), Roots(root, tuple(path)))


LEAVES = by_leaves(TWO, ONE)
ROOTS = by_roots(TWO, ONE)
EQUAL = by_roots(TWO, Written(ONE.head, ONE.entries[:7]))


def _proves_nothing(fork: Fork, key: Any = NODE.public) -> None:
    with pytest.raises(Rejected):
        verify_fork(key, fork)


def test_two_headers_at_one_place_prove_two_histories_and_where_they_part() -> None:
    """Attack 1: the proof needs the node's public key and nothing else."""
    assert verify_fork(NODE.public, LEAVES) == 4
    same_size = by_leaves(TWO, Written(ONE.head, ONE.entries[:7]))
    assert verify_fork(NODE.public, same_size) == 4
    assert verify_fork(NODE.public, decode_fork(encode_fork(LEAVES))) == 4


def test_two_headers_after_the_fork_do_not_claim_to_show_its_place() -> None:
    """Histories that parted earlier differ also in what their entries name before them."""
    assert verify_fork(NODE.public, by_leaves(TWO, ONE, at=5)) == 0


def test_two_roots_prove_two_histories_without_their_place() -> None:
    """Attack 2: two checkpoints of one size, or a smaller one later, without any entry."""
    assert verify_fork(NODE.public, ROOTS) == 0
    assert verify_fork(NODE.public, EQUAL) == 0
    assert isinstance(EQUAL.shown, Roots)
    assert EQUAL.shown.path == ()


def test_a_proof_fits_into_an_entry() -> None:
    """Attack 1: portable; under 10 KiB."""
    for fork in (LEAVES, ROOTS, EQUAL):
        data = encode_fork(fork)
        assert len(data) < 10 * 1024
        assert decode_fork(data) == fork


def test_one_history_is_no_fork() -> None:
    """Attack 3: the same log twice, at the same size or grown, in both forms of proof."""
    longer = Written(ONE.head, ONE.entries)
    shorter = Written(ONE.head, ONE.entries[:7])
    _proves_nothing(by_leaves(shorter, longer, at=4))
    _proves_nothing(by_leaves(longer, longer, at=4))
    _proves_nothing(by_roots(shorter, longer))
    _proves_nothing(by_roots(longer, longer))
    _proves_nothing(Fork(shorter.checkpoint(), longer.checkpoint(), ROOTS.shown))


def test_a_proof_that_accuses_another_key_is_refused() -> None:
    """Attack 3: whoever signed is accused, and nobody else."""
    for fork in (LEAVES, ROOTS):
        _proves_nothing(fork, node("B").public)
        stranger = TWO.checkpoint(key=node("B"))
        _proves_nothing(fork._replace(smaller=stranger))
        _proves_nothing(fork._replace(smaller=stranger), node("B").public)


def test_two_logs_of_one_node_are_no_two_histories_of_one() -> None:
    """Attack 3: a node signs its line and its table with one key; whoever mixes them shows nothing."""
    line = write(7, "line", log=LogId(digest("the line of the same node")))
    assert line.checkpoint().signer == TWO.checkpoint().signer
    _proves_nothing(by_leaves(line, ONE))
    _proves_nothing(by_roots(line, ONE))
    talk = DialogueId(digest("another talk"))
    elsewhere = sign_checkpoint(NODE, talk, LOG, 7, TWO.checkpoint().root, 1)
    _proves_nothing(LEAVES._replace(smaller=elsewhere))
    _proves_nothing(ROOTS._replace(smaller=elsewhere))


def test_sizes_of_a_proof_stand_in_order_and_above_zero() -> None:
    """Nothing can be shown about an empty tree, whatever was signed about it."""
    empty = sign_checkpoint(NODE, TWO.checkpoint().dialogue, LOG, 0, EMPTY.root(), 1)
    root = ONE.checkpoint().root
    for shown in (Roots(root, ()), Roots(EMPTY.root()[::-1], ()), LEAVES.shown):
        _proves_nothing(Fork(empty, ONE.checkpoint(), shown))
        _proves_nothing(Fork(empty, empty, shown))
    assert verify_fork(NODE.public, by_leaves(TWO, ONE)) == 4
    _proves_nothing(by_leaves(ONE, TWO))  # the same in the other order: one form of each proof


def _altered(fork: Fork) -> list[Fork]:
    """Return the proof with each field of both checkpoints altered, one by one."""
    found: list[Fork] = []
    for which in ("smaller", "larger"):
        checkpoint = getattr(fork, which)
        ed25519, mldsa = checkpoint.signature
        changes: list[dict[str, Any]] = [
            {"dialogue": DialogueId(digest("elsewhere"))}, {"log": LogId(digest("another"))},
            {"size": checkpoint.size + 1}, {"size": checkpoint.size - 1}, {"size": 0},
            {"root": digest("root")}, {"root": b""}, {"signer": node("B").public.print},
            {"time": checkpoint.time + 1}, {"signature": Signature(b"", mldsa)},
            {"signature": Signature(ed25519, b"")}, {"signature": Signature(ed25519, mldsa[::-1])},
        ]  # fmt: skip
        found += [fork._replace(**{which: checkpoint._replace(**change)}) for change in changes]
    return found


def test_a_proof_with_any_field_altered_proves_nothing() -> None:
    """Attack 3 (false accusation): every field of both checkpoints, in both forms of proof."""
    for fork in (LEAVES, ROOTS, EQUAL):
        for altered in _altered(fork):
            _proves_nothing(altered)
        _proves_nothing(fork._replace(smaller=fork.larger, larger=fork.smaller))
        _proves_nothing(fork._replace(larger=fork.smaller))
        elsewhere: dict[str, Any] = {"dialogue": DialogueId(digest("elsewhere"))}
        _proves_nothing(
            fork._replace(
                smaller=fork.smaller._replace(**elsewhere), larger=fork.larger._replace(**elsewhere)
            )
        )


def _changed_paths(path: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    changed = [path[1:], path[:-1], (*path, path[0]), (*path, b""), (b"", *path[1:])]
    return changed + [(*path[:at], digest(""), *path[at + 1 :]) for at in range(len(path))]


def test_what_is_shown_must_lead_to_what_was_signed() -> None:
    """Attack 3: every part of the shown leaves and roots altered, one by one."""
    leaves, roots = LEAVES.shown, ROOTS.shown
    assert isinstance(leaves, Leaves)
    assert isinstance(roots, Roots)
    other = COMMON.entries[3].raw
    altered: list[Leaves | Roots] = [
        leaves._replace(at=3), leaves._replace(at=5), leaves._replace(at=7),
        leaves._replace(at=2**64 - 1),
        leaves._replace(smaller_header=leaves.larger_header),
        leaves._replace(larger_header=leaves.smaller_header),
        leaves._replace(smaller_header=other), leaves._replace(larger_header=other),
        leaves._replace(smaller_header=b""), leaves._replace(larger_header=leaves.larger_header + b"\0"),
        *(leaves._replace(smaller_path=path) for path in _changed_paths(leaves.smaller_path)),
        *(leaves._replace(larger_path=path) for path in _changed_paths(leaves.larger_path)),
        roots._replace(root=TWO.checkpoint().root), roots._replace(root=digest("any")),
        roots._replace(root=b""),
        *(roots._replace(path=path) for path in _changed_paths(roots.path)),
    ]  # fmt: skip
    for shown in altered:
        _proves_nothing(LEAVES._replace(shown=shown))
    assert isinstance(EQUAL.shown, Roots)
    _proves_nothing(EQUAL._replace(shown=EQUAL.shown._replace(path=(digest(""),))))
    _proves_nothing(EQUAL._replace(shown=EQUAL.shown._replace(root=digest("any"))))


def test_a_node_that_signed_garbage_in_place_of_an_entry_has_still_signed_two_histories() -> None:
    """A leaf that is no header at all proves the fork, but not where it began."""
    garbage = [*TWO.leaves]
    garbage[5] = leaf_hash(b"no header")
    root = extend(EMPTY, garbage)[0].root()
    signed = sign_checkpoint(NODE, TWO.checkpoint().dialogue, LOG, 7, root, 1)
    path = tuple(inclusion_path(5, 7, reader(garbage)))
    fork = Fork(signed, ONE.checkpoint(), Leaves(5, b"no header", path, *_shown(ONE, 5, 9)))
    assert verify_fork(NODE.public, fork) == 0


def _tail(change: Callable[[list[Any]], object]) -> bytes:
    fields: list[Any] = decode(encode_fork(LEAVES), PAYLOAD_BYTES)
    change(fields)
    return encode(fields)


@pytest.mark.parametrize(
    "tail",
    [
        [], b"", "", None, 7, [0], [1], [2], [2, 4, b"h", [], b"h", []], [True],
        [False], [False, b"r" * 32, []],
        [True, 4, b"h", [], b"h", []], [0, b"r" * 32], [0, b"r" * 32, [], 0], [0, b"r" * 32, b""],
        [0, b"r" * 32, ""], [0, "r" * 32, []], [0, b"r" * 32, ["x"]], [0, b"r" * 32, [7]],
        [2, b"r" * 32, []], [1, True, b"h", [], b"h", []], [1, b"4", b"h", [], b"h", []],
        [1, 4, "h", [], b"h", []], [1, 4, b"h", b"", b"h", []], [1, 4, b"h", [], b"h", None],
        [1, 4, b"h", [], b"h"], [1, 4, b"h", [], b"h", [], 0], ["0", b"r" * 32, []],
    ],
)  # fmt: skip
def test_a_proof_of_any_other_form_is_refused_and_crashes_nothing(tail: Any) -> None:
    """Attack 25: what is shown may be anything at all; a proof comes from whoever wants to accuse."""
    data = _tail(lambda fields: fields.__setitem__(2, tail))
    with pytest.raises(Rejected) as fault:
        decode_fork(data)
    assert fault.value.code == "record.fork"


def test_a_proof_without_two_checkpoints_is_refused() -> None:
    """Also garbage and more than may travel."""
    checkpoint = encode_checkpoint(LEAVES.smaller)
    for plain in ([], [checkpoint], [checkpoint] * 2, [checkpoint] * 4, b"abc", "abc", 7, None):
        with pytest.raises(Rejected) as fault:
            decode_fork(encode(plain))
        assert fault.value.code == "record.fork"
    for first, second in ((b"", b""), ("", checkpoint), (checkpoint, 7)):
        with pytest.raises(Rejected):
            decode_fork(encode([first, second, [0, b"r" * 32, []]]))
    for data in (b"", b"\xff", bytes(PAYLOAD_BYTES + 1)):
        with pytest.raises(Rejected):
            decode_fork(data)
