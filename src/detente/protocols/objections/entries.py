"""Bodies of objections (docs/spec/23-objections.md §1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import SPEAK
from detente.protocols.wording import Lang, Reason, Text
from detente.terms.ids import Lane, Ref

OBJECTION: Final = 88
LIFTING: Final = 89


class Objection(NamedTuple):
    """A party objects to an entry of another party, on stated grounds."""

    to: Ref
    grounds: Text
    lang: Lang


class Lifting(NamedTuple):
    """A party no longer maintains its own objection; the objection stays readable."""

    objection: Ref
    reason: Reason


KINDS: Final = (
    Kind(OBJECTION, "objections.objection", Lane.TABLE, SPEAK, Objection, needs_open=True),
    Kind(LIFTING, "objections.lifting", Lane.TABLE, SPEAK, Lifting, needs_open=True),
)
