"""Proof that somebody signed two histories, made from what we hold and what was shown to us.

Carries out docs/spec/02-order.md §6. Only an exact proof, which shows where the histories part, enters
the record; a proof by roots alone is kept as evidence and stops the log, because it would let a
party unsay its own past by contradicting it.
"""

from __future__ import annotations

from detente.desk.book import Book
from detente.record.checkpoint import Checkpoint, verify_checkpoint
from detente.record.entry import decode_header
from detente.record.fork import Fork, Leaves, Roots, verify_fork
from detente.record.tree import (
    NodeReader,
    consistency_path,
    extend,
    frontier_at,
    inclusion_path,
)
from detente.seals.hashing import leaf_hash, node_hash
from detente.terms.errors import N_, Rejected
from detente.terms.ids import LogId


def stored_tree(book: Book, log: LogId) -> NodeReader:
    """Return the reader of a log's stored tree."""
    return lambda level, at: book.store.node_hash(log, level, at)


def root_at(book: Book, log: LogId, size: int) -> bytes:
    """Return the root of the first `size` entries that we hold of a log; 1 <= size <= held."""
    return frontier_at(size, stored_tree(book, log)).root()


def contradiction(book: Book, theirs: Checkpoint) -> Fork | None:
    """Return a proof by roots when a signed checkpoint contradicts what we hold, else None.

    Args:
        theirs: a checkpoint whose signatures were verified, of a size we hold.
    """
    log = theirs.log
    held = book.heads[log].size
    if not 0 < theirs.size <= held:
        return None
    ours_at = root_at(book, log, theirs.size)
    if ours_at == theirs.root:
        return None
    larger = book.store.checkpoint(log, theirs.size)
    if larger is None:
        return None
    path = consistency_path(theirs.size, larger.size, stored_tree(book, log))
    return Fork(theirs, larger, Roots(ours_at, tuple(path)))


def exact_proof(
    book: Book, log: LogId, start: int, headers: tuple[bytes, ...], theirs: Checkpoint
) -> Fork:
    """Return the proof by two headers at one place.

    Args:
        start: position of the first of `headers`; the histories agree below it.
        headers: of the other history, up to the size of `theirs`.
        theirs: the checkpoint that covers them.

    Raises:
        Rejected: ``exchange.headers`` when the headers do not lead to the checkpoint or do not
            differ from ours: then nothing is shown.
    """
    node = book.state.logs[log].node
    verify_checkpoint(node, theirs)
    other = [leaf_hash(raw) for raw in headers]
    if theirs.log != log or start > book.heads[log].size or start + len(other) != theirs.size:
        raise _shows_nothing()
    base = frontier_at(start, stored_tree(book, log))
    if extend(base, other)[0].root() != theirs.root:
        raise _shows_nothing()
    ours = [entry.id for entry in book.store.entries(log, start, len(other))]
    at = next((i for i, (a, b) in enumerate(zip(ours, other, strict=False)) if a != b), None)
    if at is None:
        raise _shows_nothing()
    position = start + at
    own = book.store.checkpoint(log, position + 1)
    entry = book.store.entry(log, position)
    if own is None or entry is None or own.size > book.heads[log].size:
        raise _shows_nothing()
    their_tree = _spliced(book, log, start, other)
    ours_shown = (entry.raw, tuple(inclusion_path(position, own.size, stored_tree(book, log))))
    theirs_shown = (headers[at], tuple(inclusion_path(position, theirs.size, their_tree)))
    if own.size <= theirs.size:
        fork = Fork(own, theirs, Leaves(position, *ours_shown, *theirs_shown))
    else:
        fork = Fork(theirs, own, Leaves(position, *theirs_shown, *ours_shown))
    verify_fork(node, fork)
    decode_header(headers[at])
    return fork


def _spliced(book: Book, log: LogId, start: int, other: list[bytes]) -> NodeReader:
    """Return the reader of a tree whose leaves are ours below `start` and `other` from there on."""

    def node(level: int, at: int) -> bytes:
        first, last = at << level, (at + 1) << level
        if last <= start:
            return book.store.node_hash(log, level, at)
        if level == 0:
            return other[first - start]
        return node_hash(node(level - 1, 2 * at), node(level - 1, 2 * at + 1))

    return node


def _shows_nothing() -> Rejected:
    return Rejected("exchange.headers", N_("The headers shown do not prove two histories."))
