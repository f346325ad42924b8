"""Proof that somebody signed two histories, made from what we hold and what was shown to us.

Carries out docs/spec/02-order.md §6. Only an exact proof, which shows where the histories part, enters
the record; a proof by roots alone is kept as evidence and stops the log, because it would let a
party unsay its own past by contradicting it.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.desk.book import Book
from detente.desk.write import Writer
from detente.dialogue.minutes import PLACES
from detente.dialogue.state import Frozen
from detente.record.checkpoint import Checkpoint, verify_checkpoint
from detente.record.entry import decode_payload
from detente.record.fork import Fork, Leaves, Roots, verify_fork
from detente.record.shapes import from_bytes
from detente.record.tree import (
    NodeReader,
    consistency_path,
    extend,
    frontier_at,
    inclusion_path,
)
from detente.seals.hashing import leaf_hash, node_hash
from detente.terms.errors import N_, Bug, Refused, Rejected
from detente.terms.ids import Lane, LogId
from detente.terms.limits import PAYLOAD_BYTES


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


def difference(
    book: Book, log: LogId, start: int, headers: tuple[bytes, ...], theirs: Checkpoint
) -> int | None:
    """Return the first position at which a signed history differs from ours; None for nowhere shown.

    Args:
        start: position of the first of `headers`; the histories agree below it.
        headers: of the other history, up to the size of `theirs`.
        theirs: the checkpoint that covers them.

    Raises:
        Rejected: ``exchange.headers`` when the headers do not lead to the checkpoint, or a
            signature's code: then nothing is shown.
    """
    verify_checkpoint(book.state.logs[log].node, theirs)
    other = [leaf_hash(raw) for raw in headers]
    if (
        (theirs.dialogue, theirs.log) != (book.id, log)
        or start > book.heads[log].size
        or start + len(other) != theirs.size
        or extend(frontier_at(start, stored_tree(book, log)), other)[0].root() != theirs.root
    ):
        raise Rejected(
            "exchange.headers", N_("Headers were shown that do not lead to their checkpoint.")
        )
    ours = [entry.id for entry in book.store.entries(log, start, len(other))]
    at = next((i for i, (a, b) in enumerate(zip(ours, other, strict=False)) if a != b), None)
    return None if at is None else start + at


def exact_proof(
    book: Book, log: LogId, start: int, headers: tuple[bytes, ...], theirs: Checkpoint, at: int
) -> Fork | None:
    """Return the proof by two headers at one place, or None while no checkpoint covers ours there.

    Args:
        start, headers, theirs: as `difference` took them.
        at: what it returned.
    """
    own = book.store.checkpoint(log, at + 1)
    entry = book.store.entry(log, at)
    if own is None or entry is None or own.size > book.heads[log].size:
        return None
    their_tree = _spliced(book, log, start, [leaf_hash(raw) for raw in headers])
    ours_shown = (entry.raw, tuple(inclusion_path(at, own.size, stored_tree(book, log))))
    theirs_shown = (headers[at - start], tuple(inclusion_path(at, theirs.size, their_tree)))
    if own.size <= theirs.size:
        fork = Fork(own, theirs, Leaves(at, *ours_shown, *theirs_shown))
    else:
        fork = Fork(theirs, own, Leaves(at, *theirs_shown, *ours_shown))
    verify_fork(book.state.logs[log].node, fork)
    return fork


def enter_proof(writer: Writer, proof: bytes) -> bool:
    """Enter a proof into the record; return whether it was, which it is not while we may not write."""
    try:
        writer.enter(Lane.LINE, charter_entries.FORK, charter_entries.ForkProof(proof))
    except Refused:
        return False
    return True


def join_proofs(book: Book, writer: Writer) -> bool:
    """Enter again, in our own name, proofs that only others have entered; return whether any was.

    A proof needs nobody's word. Standing in every party's log, it does not fall with the log of
    whoever found it, should that one be frozen as well.
    """
    moved = False
    for known in book.state.forks.values():
        if known[0].party == book.own:
            continue
        lowest = min(known)
        own = {one.common for one in known if book.state.logs[one.by.log].party == book.own}
        if not own or (min(own) > lowest.common and len(own) < PLACES):
            moved = enter_proof(writer, _proof_of(book, lowest)) or moved
    return moved


def _proof_of(book: Book, frozen: Frozen) -> bytes:
    entry = book.store.entry(LogId(frozen.by.log), frozen.by.seq)
    if entry is None or entry.payload is None:
        raise Bug("a counted proof has no payload")
    body = decode_payload(entry.payload).body
    return from_bytes(charter_entries.ForkProof, body, PAYLOAD_BYTES, "record.fork").proof


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
