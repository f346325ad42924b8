"""What was said, and what was attached to it (docs/spec/22-statements.md §3)."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from immutables import Map

from detente.charter.act import Act, Done, Place, done, place
from detente.protocols.statements import entries
from detente.terms.ids import Ref


class Translated(NamedTuple):
    """One translation."""

    act: Done
    body: entries.Translation


class Corrected(NamedTuple):
    """One correction."""

    act: Done
    body: entries.Correction


class Withdrawn(NamedTuple):
    """One withdrawal."""

    act: Done
    body: entries.Withdrawal


_Attached = TypeVar("_Attached", Translated, Corrected, Withdrawn)


class Said(NamedTuple):
    """One statement with its corrections and withdrawals, in the order of the record."""

    act: Done
    body: entries.Statement
    corrections: tuple[Corrected, ...] = ()
    withdrawals: tuple[Withdrawn, ...] = ()


class Statements(NamedTuple):
    """All statements by place, and all translations by the place of what they translate."""

    said: Map[Place, Said]
    translations: Map[Place, tuple[Translated, ...]]


EMPTY = Statements(Map(), Map())


def apply(state: Statements, act: Act) -> Statements:
    """Return the state with one more counted act."""
    here = done(act)
    if act.kind == entries.STATEMENT:
        return state._replace(said=state.said.set(place(act.ref), Said(here, act.body)))
    target = place(act.body.of)
    if act.kind == entries.TRANSLATION:
        known = (*state.translations.get(target, ()), Translated(here, act.body))
        return state._replace(translations=state.translations.set(target, _sorted(known)))
    said = state.said.get(target)
    if said is None:
        return state
    if act.kind == entries.CORRECTION:
        said = said._replace(corrections=_sorted((*said.corrections, Corrected(here, act.body))))
    else:
        said = said._replace(withdrawals=_sorted((*said.withdrawals, Withdrawn(here, act.body))))
    return state._replace(said=state.said.set(target, said))


def _sorted(attached: tuple[_Attached, ...]) -> tuple[_Attached, ...]:
    return tuple(sorted(attached, key=lambda one: (one.act.clock, one.act.where)))


def find(state: Statements, ref: Ref) -> Said | None:
    """Return the statement that a reference names."""
    return state.said.get(place(ref))
