"""What an author had seen, and the one order in which every node shows the record.

Carries out docs/spec/02-order.md. *Seen* is a map from log to the number of its entries in the
causal past; an entry is judged by it alone. The total order is (ordinal of the first complete
minute that covers the entry, clock, log, position); it extends happens-before and does not depend
on the order of arrival. Sources: Lamport 1978 (clock); Kleppmann 2022 (validity by causal past).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from detente.record.entry import Header
from detente.terms.ids import Ref

Seen = Mapping[bytes, int]
"""Log → number of its first entries that are in the causal past."""

NOT_COVERED: Final = 2**63
"""Ordinal of entries that no complete minute covers yet: after all that one covers."""


def includes(seen: Seen, ref: Ref) -> bool:
    """Tell whether the causal past `seen` holds the entry that `ref` names by position."""
    return seen.get(ref.log, 0) > ref.seq


def join(pasts: Iterable[Seen]) -> dict[bytes, int]:
    """Return the union of several causal pasts."""
    union: dict[bytes, int] = {}
    for past in pasts:
        for log, size in past.items():
            if size > union.get(log, 0):
                union[log] = size
    return union


def covers(outer: Seen, inner: Seen) -> bool:
    """Tell whether everything in `inner` is in `outer` too."""
    return all(outer.get(log, 0) >= size for log, size in inner.items())


def expected_clock(previous: int, referenced: Iterable[int]) -> int:
    """Return the only clock an entry may carry: one more than all it names."""
    return 1 + max(previous, *referenced, 0)


def order_key(header: Header, ordinal: int = NOT_COVERED) -> tuple[int, int, bytes, int]:
    """Return the place of an entry in the total order, for sorting.

    Args:
        header: of the entry.
        ordinal: of the first complete minute that covers it, or `NOT_COVERED`.
    """
    return (ordinal, header.clock, header.log, header.seq)
