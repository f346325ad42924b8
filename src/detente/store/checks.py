"""What every engine refuses before it writes: the same conditions, the same codes.

Invariant: a method of a unit checks here first, so that it either does all it says or nothing.
"""

from __future__ import annotations

from detente.ports import Judgement
from detente.record.chain import Extension, LogHead
from detente.record.checkpoint import Checkpoint
from detente.store.rows import SEQ_LIMIT
from detente.terms.errors import N_, Bug, Refused
from detente.terms.ids import short


def check_extends(stored: LogHead, extension: Extension) -> None:
    """Check that entries begin where their log ends and continue its last entry.

    Raises:
        Refused: ``store.gap``: the log has moved since the caller read it, or entries are missing;
            ``store.limit`` beyond 2**40 entries.
    """
    head, entries, _ = extension
    start = head.size - len(entries)
    fits = start == stored.size and (
        entries[0].header.seq == start and entries[0].header.prev == stored.head
        if entries
        else head == stored
    )
    if not fits:
        raise Refused(
            "store.gap",
            N_("Log {log} has {size} entries; what was to be added begins at {start}."),
            N_("Read the log again and add to its end."),
            log=short(stored.log),
            size=stored.size,
            start=start,
        )
    check_size(head.size)


def check_judgement(size: int, admitted: int, judgement: Judgement) -> None:
    """Check that a judgement speaks of stored entries that have none yet."""
    if not admitted <= judgement.admitted <= size:
        raise Bug(f"judging {judgement.admitted} of {size} entries after {admitted}")
    for seq in (*judgement.verdicts, *judgement.seen):
        if not admitted <= seq < judgement.admitted:
            raise Bug(f"a judgement of entry {seq} among {admitted} to {judgement.admitted}")


def check_size(size: int) -> None:
    """Check that a checkpoint speaks of a size that a log here can reach."""
    if size >= SEQ_LIMIT:
        raise _beyond_limit()


def check_same_root(kept: Checkpoint, checkpoint: Checkpoint) -> None:
    """Check that no other root was kept for the same size of the same log."""
    if kept.root != checkpoint.root:
        raise Bug(f"two roots for size {checkpoint.size} of log {short(checkpoint.log)}")


def check_cut(stored: LogHead, size: int, receipted: int) -> None:
    """Check that entries to be taken back are there and that nobody gave a receipt for them."""
    if not 0 <= size <= stored.size:
        raise Bug(f"cutting log {short(stored.log)} of {stored.size} entries at {size}")
    if receipted > size:
        raise Refused(
            "store.sent",
            N_("Entries of log {log} up to {receipted} left this node; they cannot be taken back."),
            log=short(stored.log),
            receipted=receipted,
        )


def unknown_dialogue(dialogue: bytes) -> Refused:
    """Return the refusal of a dialogue that the store does not hold."""
    return Refused(
        "store.dialogue",
        N_("This store holds no dialogue {dialogue}."),
        N_("See `detente status` for those it holds."),
        dialogue=short(dialogue),
    )


def unknown_log(log: bytes) -> Refused:
    """Return the refusal of a log that the store does not hold."""
    return Refused("store.log", N_("This store holds no log {log}."), log=short(log))


def already_held(what: bytes) -> Refused:
    """Return the refusal to add a dialogue or log a second time."""
    return Refused("store.known", N_("This store holds {what} already."), what=short(what))


def _beyond_limit() -> Refused:
    """Return the refusal of a position or size of 2**40 or more."""
    return Refused("store.limit", N_("A log of 2**40 entries or more is not kept."))
