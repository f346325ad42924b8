"""Objections and whether they are maintained (docs/spec/23-objections.md §3)."""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, joined_act, place
from detente.protocols.objections import entries
from detente.terms.ids import Ref


class Raised(NamedTuple):
    """One objection."""

    act: Done
    body: entries.Objection
    liftings: tuple[Done, ...] = ()


class Objections(NamedTuple):
    """All objections by place."""

    raised: Map[Place, Raised]


EMPTY = Objections(Map())


def apply(state: Objections, act: Act) -> Objections:
    """Return the state with one more counted act."""
    if act.kind == entries.OBJECTION:
        return Objections(state.raised.set(place(act.ref), Raised(done(act), act.body)))
    raised = find(state, act.body.objection)
    if raised is None:
        return state
    raised = raised._replace(liftings=joined_act(raised.liftings, done(act)))
    return Objections(state.raised.set(raised.act.where, raised))


def find(state: Objections, ref: Ref) -> Raised | None:
    """Return the objection that a reference names."""
    return state.raised.get(place(ref))
