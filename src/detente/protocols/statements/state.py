"""What was said, and what was attached to it (docs/spec/22-statements.md §3)."""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, joined_to, place
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
        known = joined_to(state.translations.get(target, ()), Translated(here, act.body))
        return state._replace(translations=state.translations.set(target, known))
    said = state.said.get(target)
    if said is None:
        return state
    if act.kind == entries.CORRECTION:
        said = said._replace(corrections=joined_to(said.corrections, Corrected(here, act.body)))
    else:
        said = said._replace(withdrawals=joined_to(said.withdrawals, Withdrawn(here, act.body)))
    return state._replace(said=state.said.set(target, said))


def find(state: Statements, ref: Ref) -> Said | None:
    """Return the statement that a reference names."""
    return state.said.get(place(ref))
