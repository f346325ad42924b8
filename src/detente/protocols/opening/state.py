"""What the acts of opening amount to (docs/spec/20-opening.md §3)."""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, has_seen, joined_act, place
from detente.protocols.opening import entries
from detente.record.order import Seen
from detente.terms.ids import Ref


class Proposed(NamedTuple):
    """One proposal of opening and what was answered to it."""

    act: Done
    body: entries.Proposal
    consents: tuple[Done, ...] = ()
    refusals: tuple[Done, ...] = ()


class Opening(NamedTuple):
    """All proposals of opening, by place."""

    proposals: Map[Place, Proposed]


EMPTY = Opening(Map())


def apply(state: Opening, act: Act) -> Opening:
    """Return the state with one more counted act."""
    if act.kind == entries.PROPOSAL:
        proposed = Proposed(done(act), act.body)
        return Opening(state.proposals.set(place(act.ref), proposed))
    known = find(state, act.body.proposal)
    if known is None:
        return state
    if act.kind == entries.CONSENT:
        known = known._replace(consents=joined_act(known.consents, done(act)))
    else:
        known = known._replace(refusals=joined_act(known.refusals, done(act)))
    return Opening(state.proposals.set(known.act.where, known))


def find(state: Opening, ref: Ref) -> Proposed | None:
    """Return the proposal that a reference names."""
    return state.proposals.get(place(ref))


def is_open(state: Opening, parties: int, seen: Seen | None = None) -> bool:
    """Tell whether every party has proposed or consented to one opening within a causal past.

    Args:
        parties: number of parties.
        seen: causal past, or None for all that the record holds.
    """
    return any(_consented(proposed, seen) >= parties for proposed in state.proposals.values())


def _consented(proposed: Proposed, seen: Seen | None) -> int:
    acts = (proposed.act, *proposed.consents)
    return len({act.party for act in acts if seen is None or has_seen(seen, act.where)})
