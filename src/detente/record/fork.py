"""Proof that a node signed two histories of one log.

Carries out docs/spec/02-order.md §6. Two checkpoints of one log, both signed by its node key, whose
trees cannot both be prefixes of one history. Either the smaller tree is shown to differ from the
beginning of the larger (*roots*), or two different headers are shown at one position (*leaves*),
which also fixes the place of the fork. A proof needs nothing but the node's public key.

Invariants: a proof that does not hold changes nothing; the accuser's word is never needed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from detente.record.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    verify_checkpoint,
)
from detente.record.encoding import decode, encode
from detente.record.entry import decode_header
from detente.record.tree import verify_consistency, verify_inclusion
from detente.seals.hashing import leaf_hash
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Rejected
from detente.terms.limits import PAYLOAD_BYTES

_ROOTS: Final = 0
_LEAVES: Final = 1


class Roots(NamedTuple):
    """The larger tree's own beginning, of the smaller one's size, has another root."""

    root: bytes
    """Root of the first `smaller.size` leaves of the larger tree."""
    path: tuple[bytes, ...]
    """Consistency proof from that root to the larger tree; empty for equal sizes."""


class Leaves(NamedTuple):
    """Two headers at one position."""

    at: int
    """Position of the two headers."""
    smaller_header: bytes
    smaller_path: tuple[bytes, ...]
    larger_header: bytes
    larger_path: tuple[bytes, ...]


class Fork(NamedTuple):
    """Two checkpoints of one log, the smaller first, and what shows that they contradict."""

    smaller: Checkpoint
    larger: Checkpoint
    shown: Roots | Leaves


def verify_fork(key: PublicKey, fork: Fork) -> int:
    """Check the proof under the node key that owns the log.

    Returns:
        The number of first entries common to both histories as far as the proof shows: the index of
        the differing entry when both headers name the same entry before it, else 0.

    Raises:
        Rejected: ``record.fork`` or a signature's code; then nothing is shown and nothing changes.
    """
    smaller, larger, shown = fork
    if smaller[:2] != larger[:2] or not 0 < smaller.size <= larger.size:
        raise _no_proof()
    # The record allows only the key that names the log to sign for it; both lines must be its.
    verify_checkpoint(key, smaller)
    verify_checkpoint(key, larger)
    if isinstance(shown, Roots):
        if shown.root == smaller.root:
            raise _no_proof()
        verify_consistency(smaller.size, shown.root, larger.size, larger.root, shown.path)
        return 0
    first, second = shown.smaller_header, shown.larger_header
    if first == second:
        raise _no_proof()
    verify_inclusion(leaf_hash(first), shown.at, smaller.size, shown.smaller_path, smaller.root)
    verify_inclusion(leaf_hash(second), shown.at, larger.size, shown.larger_path, larger.root)
    try:
        same_before = decode_header(first).prev == decode_header(second).prev
    except Rejected:
        return 0
    return shown.at if same_before else 0


def encode_fork(fork: Fork) -> bytes:
    """Return the canonical bytes of a proof (about 7 to 10 KiB)."""
    smaller, larger, shown = fork
    if isinstance(shown, Roots):
        tail: list[object] = [_ROOTS, shown.root, list(shown.path)]
    else:
        tail = [
            _LEAVES,
            shown.at,
            shown.smaller_header,
            list(shown.smaller_path),
            shown.larger_header,
            list(shown.larger_path),
        ]
    return encode([encode_checkpoint(smaller), encode_checkpoint(larger), tail])


def decode_fork(data: bytes) -> Fork:
    """Return the proof of canonical bytes, not yet verified.

    Raises:
        Rejected: ``record.fork`` for wrong form.
    """
    fields = decode(data, PAYLOAD_BYTES, "record.fork")
    try:
        smaller, larger, tail = fields
        return Fork(
            decode_checkpoint(_bytes(smaller)),
            decode_checkpoint(_bytes(larger)),
            _decode_tail(tail),
        )
    except (TypeError, ValueError):
        raise _no_proof() from None


def _decode_tail(tail: Any) -> Roots | Leaves:
    kind, *shown = _list(tail)
    if type(kind) is not int or kind not in (_ROOTS, _LEAVES):
        raise ValueError
    if kind == _ROOTS:
        root, path = shown
        return Roots(_bytes(root), _path(path))
    index, first, first_path, second, second_path = shown
    if type(index) is not int:
        raise ValueError
    return Leaves(index, _bytes(first), _path(first_path), _bytes(second), _path(second_path))


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError
    return value


def _path(value: Any) -> tuple[bytes, ...]:
    return tuple(_bytes(item) for item in _list(value))


def _no_proof() -> Rejected:
    return Rejected("record.fork", N_("What was given as proof of two histories proves nothing."))
