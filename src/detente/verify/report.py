"""What a verification found out, as plain frozen values.

Carries out docs/spec/11-bundle.md §6. A report says how far the record is proven, who signed what,
what is final, and what cannot be told from the bundle. It never says that somebody was right.

Invariants: *intact* means that every entry here is signed for, judged and complete as far as
anything in the bundle says; whatever is less is *cannot tell*; only what contradicts itself is
*bad*. Wording is equal for every party.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

EARLIER: Final = "earlier"
"""Reason of entries whose claimed time lies before that of one they name."""
LATER: Final = "later"
"""Reason of entries whose claimed time lies after a receipt for them."""


class Outcome(StrEnum):
    """The three answers."""

    INTACT = "intact"
    BAD = "bad"
    CANNOT_TELL = "cannot tell"


class Subject(StrEnum):
    """What was verified."""

    RECORD = "record"
    ENTRY = "entry"


EXIT_CODES: Final = {Outcome.INTACT: 0, Outcome.BAD: 1, Outcome.CANNOT_TELL: 2}
EXIT_USAGE: Final = 64
"""For a door that was not called as its help says."""


class Sentence(NamedTuple):
    """A sentence that a door translates and fills; text among the values is foreign."""

    code: str
    """Stable, dotted."""
    message: str
    """Message id with ``{name}`` places."""
    values: dict[str, str | int]


class Damage(NamedTuple):
    """The first thing that does not hold."""

    what: Sentence
    mark: str
    """Entry at which it was found; empty when it was no entry's."""


class PartyShown(NamedTuple):
    """One party, under the name it gave itself."""

    letter: str
    name: str
    id: str
    """The whole identifier in hexadecimal: this, and not the name, is to be compared."""


class LogShown(NamedTuple):
    """One log as far as it was checked."""

    letter: str
    lane: str
    """``line`` or ``table``."""
    epoch: int
    entries: int
    intact: int
    """How many first entries are proven: chained, and covered by a checkpoint whose root agrees."""
    last_intact: str
    """Mark of the last of them; empty for none."""
    signed_at: int
    """Seconds since 1970 UTC at which its node says that it signed the newest; 0 for never."""
    uncovered: str
    """Marks of entries that nobody's checkpoint covers; empty for none."""


class ActShown(NamedTuple):
    """One counted act of a person."""

    mark: str
    kind: str
    letter: str
    name: str
    role: str
    """Empty, like the name, for an act of the party's root key."""
    time: int
    """Milliseconds since 1970 UTC, as its author claims."""


class EntryShown(NamedTuple):
    """One proven entry and what it says."""

    mark: str
    kind: str
    letter: str
    actor: str
    """Print of the key that its header names, in hexadecimal; empty for the node itself."""
    time: int
    """Milliseconds since 1970 UTC, as its author claims."""
    is_here: bool
    """Whether its payload is here; without it only the above is known."""
    lang: str
    text: str
    """Exactly as it stands in the record."""
    fields: dict[str, Any]
    """Its whole body, entries named by their marks, bytes in hexadecimal; empty when not understood."""
    card: dict[str, Any] | None
    """The party's document that it brings, in brief."""


class Stretch(NamedTuple):
    """Neighbouring entries of one log that share a fate."""

    first: str
    last: str
    entries: int
    reason: str
    """Code of the rule for void entries, the mark waited for by held ones, how misdated; else empty."""


class MinuteShown(NamedTuple):
    """One complete minute: all that it covers is final."""

    ordinal: int
    marks: tuple[str, ...]
    """Last entry of each log below it."""
    entries: int
    agrees: bool | None
    """Whether roots and digest follow from the entries here; None when withheld payloads forbid to tell."""


class ReceiptShown(NamedTuple):
    """How far another party's node says that it holds a log."""

    upto: str
    """Mark of the last entry."""
    letter: str
    """Of the party that receipted."""
    time: int
    """Seconds since 1970 UTC at which it says it did."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one verification."""

    outcome: Outcome
    subject: Subject = Subject.RECORD
    dialogue: str = ""
    """Identifier in hexadecimal; empty when the founding could not be read."""
    digest: str = ""
    """SHA-256 of all bytes read, in hexadecimal."""
    parties: tuple[PartyShown, ...] = ()
    entries: int = 0
    logs: tuple[LogShown, ...] = ()
    acts: tuple[ActShown, ...] = ()
    minutes: tuple[MinuteShown, ...] = ()
    void: tuple[Stretch, ...] = ()
    not_understood: tuple[Stretch, ...] = ()
    withheld: tuple[Stretch, ...] = ()
    """Entries whose payload is not here."""
    unjudged: tuple[Stretch, ...] = ()
    """Entries whose payload is here and that rest on one that is not."""
    held: tuple[Stretch, ...] = ()
    misdated: tuple[Stretch, ...] = ()
    """Entries whose claimed time does not fit the others': `EARLIER` or `LATER`."""
    receipts: tuple[ReceiptShown, ...] = ()
    misconduct: tuple[Sentence, ...] = ()
    """Proofs, each good without anybody's word."""
    damage: Damage | None = None
    doubts: tuple[Sentence, ...] = ()
    """Why it cannot be told."""
    remarks: tuple[Sentence, ...] = ()
    """What is worth knowing and changes nothing."""
    shown: tuple[EntryShown, ...] = ()
    """Entries that were asked for; the one entry of a proof always."""

    def exit_code(self) -> int:
        """Return 0 for intact, 1 for bad, 2 for cannot tell."""
        return EXIT_CODES[self.outcome]

    def withheld_entries(self) -> int:
        """Return how many payloads are not here."""
        return sum(stretch.entries for stretch in self.withheld)

    def to_plain(self) -> dict[str, Any]:
        """Return the report as dictionaries, lists, strings and numbers, for machines."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(item) for key, item in value._asdict().items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.value if isinstance(value, StrEnum) else value
