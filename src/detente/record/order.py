"""What an author had seen, and the one order in which every node shows the record.

Carries out docs/spec/02-order.md. *Seen* is a map from log to the number of its entries in the
causal past; an entry is judged by it alone. The total order is (ordinal of the first complete
minute that covers the entry, clock, log, position); it extends happens-before and does not depend
on the order of arrival. Sources: Lamport 1978 (clock); Kleppmann 2022 (validity by causal past).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from detente.record.entry import Header

Seen = Mapping[bytes, int]
"""Log → number of its first entries that are in the causal past."""

NOT_COVERED: Final = 2**63
"""Ordinal of entries that no complete minute covers yet: after all that one covers."""


def covers(outer: Seen, inner: Seen) -> bool:
    """Tell whether everything in `inner` is in `outer` too."""
    return all(outer.get(log, 0) >= size for log, size in inner.items())


def order_key(header: Header, ordinal: int = NOT_COVERED) -> tuple[int, int, bytes, int]:
    """Return the place of an entry in the total order, for sorting.

    Args:
        header: of the entry.
        ordinal: of the first complete minute that covers it, or `NOT_COVERED`.
    """
    return (ordinal, header.clock, header.log, header.seq)
