"""Bodies of statements (docs/spec/22-statements.md §1)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import SPEAK
from detente.protocols.wording import Lang, PersonName, Reason, Text
from detente.terms.ids import Lane, Ref

STATEMENT: Final = 80
TRANSLATION: Final = 81
CORRECTION: Final = 82
WITHDRAWAL: Final = 83


class Grade(StrEnum):
    """How far a translation may be relied on; the original governs always."""

    OFFICIAL = "official"
    WORKING = "working"


class Statement(NamedTuple):
    """A party states something, in its own language."""

    text: Text
    lang: Lang
    item: Ref | None
    """Agenda item that it belongs to."""
    reply_to: Ref | None
    """Statement that it answers."""


class Translation(NamedTuple):
    """A translation of any party's text, attributed and graded; a later one by a party replaces none."""

    of: Ref
    text: Text
    lang: Lang
    by: PersonName
    grade: Grade
    machine: bool
    """Whether a machine made it."""


class Correction(NamedTuple):
    """A party corrects its own statement; the first wording stays readable."""

    of: Ref
    text: Text
    lang: Lang
    reason: Reason


class Withdrawal(NamedTuple):
    """A party takes back its own statement; it stays readable and is marked so."""

    of: Ref
    reason: Reason


KINDS: Final = (
    Kind(STATEMENT, "statements.statement", Lane.TABLE, SPEAK, Statement, needs_open=True),
    Kind(TRANSLATION, "statements.translation", Lane.TABLE, SPEAK, Translation),
    Kind(CORRECTION, "statements.correction", Lane.TABLE, SPEAK, Correction, needs_open=True),
    Kind(WITHDRAWAL, "statements.withdrawal", Lane.TABLE, SPEAK, Withdrawal, needs_open=True),
)
