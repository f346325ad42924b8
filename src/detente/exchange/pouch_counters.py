"""Numbers of pouches between us and one party: which comes next, which came, which did not.

Carries out docs/spec/10-pouch.md §8. Every pouch from one party to another has the next number in
its dialogue and names the one before by digest. The numbers decide nothing: an import is judged by
its entries alone, so a pouch may come late, twice or never. They only let people be told.

Invariants: memory is bounded whatever numbers a sender claims; nothing here is raised.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from detente.exchange.frames import Digest
from detente.exchange.pouch_manifest import STATIC, Addressee
from detente.record.shapes import Chars
from detente.terms.errors import N_, Fault
from detente.terms.ids import PartyId

SPANS: Final = 256
"""Separate gaps that are remembered per sender; the oldest are forgotten first."""


class Span(NamedTuple):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class Counters(NamedTuple):
    """The pouches between us and one party in one dialogue, for the drawer."""

    sealed: int
    """Number of our newest pouch to it; 0 before the first."""
    sealed_digest: Digest | None
    """Manifest digest of that pouch."""
    imported: int
    """Highest number of its pouches to us that was imported."""
    imported_digest: Digest | None
    missing: Annotated[tuple[Span, ...], Chars(0, SPANS)]
    """Numbers below `imported` that were not; ascending."""


NO_POUCHES: Final = Counters(0, None, 0, None, ())


class Noted(NamedTuple):
    """What one imported pouch says about the series."""

    counters: Counters
    number: int
    is_repeated: bool
    """Its number had been imported before."""
    is_parted: bool
    """It does not follow on the one we imported just before it, or came twice and differs."""

    def notices(self) -> tuple[Fault, ...]:
        """Return what a person should read, to be shown and not raised; mostly nothing."""
        found: list[Fault] = []
        if self.is_repeated:
            found.append(
                Fault(
                    "pouch.repeated",
                    N_("Pouch {number} from this sender was imported before; nothing changes."),
                    number=self.number,
                )
            )
        if self.is_parted:
            found.append(
                Fault(
                    "pouch.parted",
                    N_("Pouch {number} does not continue the sender's pouches as we know them."),
                    N_("Its entries were checked as always. Ask the sender about a restored copy."),
                    number=self.number,
                )
            )
        if self.counters.missing:
            found.append(
                Fault(
                    "pouch.missing",
                    N_("These pouches from this sender have not come: {numbers}."),
                    N_("The next pouch carries all that we have not receipted; or ask for a copy."),
                    numbers=format_spans(self.counters.missing),
                )
            )
        return tuple(found)


def next_addressee(counters: Counters, party: PartyId) -> Addressee:
    """Return the manifest line of our next pouch to `party`, sealed for its static key."""
    return Addressee(party, counters.sealed + 1, counters.sealed_digest, STATIC)


def note_sealed(counters: Counters, digest: bytes) -> Counters:
    """Return the counters after our next pouch, whose manifest has `digest`.

    Keep them before the pouch leaves: a number that was given away must not be given again. One
    that was kept and never left shows to the other side as a pouch that did not come.
    """
    return counters._replace(sealed=counters.sealed + 1, sealed_digest=digest)


def note_imported(counters: Counters, line: Addressee, digest: bytes) -> Noted:
    """Return what a pouch that was read to its end says, and the counters after it.

    Call it for whole pouches only, so that a second copy of a damaged one is not taken for a
    repetition.

    Args:
        line: our own line of the manifest.
        digest: the manifest's.
    """
    number = line.counter
    if number > counters.imported:
        follows = number > counters.imported + 1 or line.previous == counters.imported_digest
        missing = counters.missing
        if number > counters.imported + 1:
            missing = (*missing, Span(counters.imported + 1, number - 1))[-SPANS:]
        after = counters._replace(imported=number, imported_digest=digest, missing=missing)
        return Noted(after, number, is_repeated=False, is_parted=not follows)
    if any(first <= number <= last for first, last in counters.missing):
        after = counters._replace(missing=_without(counters.missing, number)[-SPANS:])
        return Noted(after, number, is_repeated=False, is_parted=False)
    is_other = number == counters.imported and digest != counters.imported_digest
    return Noted(counters, number, is_repeated=not is_other, is_parted=is_other)


def format_spans(spans: tuple[Span, ...]) -> str:
    """Return numbers as people write them: ``3, 5–7``."""
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans)


def _without(spans: tuple[Span, ...], number: int) -> tuple[Span, ...]:
    kept: list[Span] = []
    for span in spans:
        halves = (
            Span(span.first, min(span.last, number - 1)),
            Span(max(span.first, number + 1), span.last),
        )
        kept += [half for half in halves if half.first <= half.last]
    return tuple(kept)
