"""What becomes of an entry that is well formed: counted, void, not understood, or withheld.

Carries out docs/spec/02-order.md §3. *Rejected* entries never enter, and *held* ones wait at the end
of their log for what they name; neither has a verdict. A verdict follows from the entry's causal
past alone and never changes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple


class Standing(IntEnum):
    """The four verdicts."""

    COUNTED = 0
    VOID = 1
    """Well signed, but the rules did not allow it there; stays in the record, changes nothing."""
    NOT_UNDERSTOOD = 2
    """Of a kind this program does not know: kept, relayed, shown raw."""
    WITHHELD = 3
    """The payload is not here, so nobody here can say."""


class Verdict(NamedTuple):
    """Standing and, for void entries, the stable code of the rule that was broken."""

    standing: Standing
    reason: str = ""


COUNTED: Final = Verdict(Standing.COUNTED)
NOT_UNDERSTOOD: Final = Verdict(Standing.NOT_UNDERSTOOD)
WITHHELD: Final = Verdict(Standing.WITHHELD)


def void(reason: str) -> Verdict:
    """Return the verdict of an entry that broke the rule named by `reason`."""
    return Verdict(Standing.VOID, reason)
