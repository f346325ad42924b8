"""Minutes: both sides sign how far the record goes, and all below is final.

Carries out docs/spec/02-order.md §7. A minute lists (log, size, root) for every log, sorted by log,
and the digest of the judged entries below it. It is complete when every party has entered the same
minute. A party's minutes only grow, so complete minutes are ordered by inclusion, and an entry
that none covers sorts after all that one covers: nothing can be slipped under a complete minute.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from detente.record.encoding import decode, encode
from detente.record.order import NOT_COVERED, Seen, covers
from detente.record.verdict import Verdict
from detente.seals import labels
from detente.seals.hashing import prefix_of
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, LogId
from detente.terms.limits import PAYLOAD_BYTES


class MinuteLine(NamedTuple):
    """One log in a minute."""

    log: LogId
    size: int
    root: bytes


class Minute(NamedTuple):
    """What one party says both hold."""

    ordinal: int
    """1 for the first minute of a dialogue."""
    lines: tuple[MinuteLine, ...]
    fold: bytes
    """Digest of identifiers and verdicts of all entries below, in their total order."""

    def sizes(self) -> dict[bytes, int]:
        """Return log → size."""
        return {line.log: line.size for line in self.lines}


def encode_minute(minute: Minute) -> bytes:
    """Return the canonical body of a minute entry."""
    return encode([minute.ordinal, [list(line) for line in minute.lines], minute.fold])


def decode_minute(body: bytes) -> Minute:
    """Return the minute of a body.

    Raises:
        Rejected: ``record.minute`` for wrong form, unsorted or repeated logs.
    """
    fields = decode(body, PAYLOAD_BYTES, "record.minute")
    try:
        ordinal, lines, fold = fields
        if type(lines) is not list:
            raise ValueError
        minute = Minute(ordinal, tuple(_line(*line) for line in lines), fold)
    except (TypeError, ValueError):
        raise _bad() from None
    logs = [line.log for line in minute.lines]
    if (
        type(minute.ordinal) is not int
        or not 1 <= minute.ordinal < NOT_COVERED
        or not isinstance(minute.fold, bytes)
        or len(minute.fold) != DIGEST_BYTES
        or logs != sorted(set(logs))
    ):
        raise _bad()
    return minute


def _line(log: Any, size: Any, root: Any) -> MinuteLine:
    if not (
        isinstance(log, bytes) and len(log) == DIGEST_BYTES
        and type(size) is int
        and isinstance(root, bytes) and len(root) == DIGEST_BYTES
    ):  # fmt: skip
        raise ValueError
    return MinuteLine(LogId(log), size, root)


def grows(earlier: Minute, later: Minute) -> bool:
    """Tell whether `later` covers everything that `earlier` does and has a higher ordinal."""
    return later.ordinal > earlier.ordinal and covers(later.sizes(), earlier.sizes())


def below(minute: Minute, seen: Seen) -> bool:
    """Tell whether all that the minute lists is in the causal past `seen`."""
    return covers(seen, minute.sizes())


def fold_digest(previous: bytes, judged: Iterable[tuple[bytes, Verdict]]) -> bytes:
    """Return the digest of a stretch of the record, following on the digest of what lies below it.

    Args:
        previous: digest at the minute before; 32 zero bytes at the first.
        judged: (entry identifier, verdict), in the total order.
    """
    # Equal to ``tagged(labels.FOLD, previous, *pieces)``, without holding a million pieces at once.
    digest = sha256(prefix_of(labels.FOLD))
    digest.update(len(previous).to_bytes(8, "big") + previous)
    for entry_id, verdict in judged:
        # Without the reason: which rule an entry broke first may differ between programs.
        piece = entry_id + bytes((verdict.standing,))
        digest.update(len(piece).to_bytes(8, "big") + piece)
    return digest.digest()


def _bad() -> Rejected:
    return Rejected("record.minute", N_("A minute does not have the form of one."))
