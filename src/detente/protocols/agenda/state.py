"""What the acts on the agenda amount to (docs/spec/21-agenda.md §3).

An agreement and a withdrawal that had not seen each other make the item *contested*: nobody picks a
winner; a further withdrawal that has seen the agreements ends it, and whoever wants it back proposes
it anew.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, joined_act, place
from detente.protocols.agenda import entries
from detente.terms.ids import Ref


class Status(StrEnum):
    """How an item stands."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    CONTESTED = "contested"


class Tabled(NamedTuple):
    """One item and all acts on it."""

    act: Done
    body: entries.Item
    agreements: tuple[Done, ...] = ()
    withdrawals: tuple[Done, ...] = ()
    declines: tuple[Done, ...] = ()


class Agenda(NamedTuple):
    """All items, by place."""

    items: Map[Place, Tabled]


EMPTY = Agenda(Map())


def apply(state: Agenda, act: Act) -> Agenda:
    """Return the state with one more counted act."""
    if act.kind == entries.ITEM:
        return Agenda(state.items.set(place(act.ref), Tabled(done(act), act.body)))
    item = find(state, act.body.item)
    if item is None:
        return state
    here = done(act)
    if act.kind == entries.AGREEMENT:
        item = item._replace(agreements=joined_act(item.agreements, here))
    elif act.kind == entries.WITHDRAWAL:
        item = item._replace(withdrawals=joined_act(item.withdrawals, here))
    else:
        item = item._replace(declines=joined_act(item.declines, here))
    return Agenda(state.items.set(item.act.where, item))


def find(state: Agenda, ref: Ref) -> Tabled | None:
    """Return the item that a reference names."""
    return state.items.get(place(ref))


def status(item: Tabled, parties: int) -> Status:
    """Return how an item stands among `parties` parties.

    A party's last word counts: an agreement after its own decline, or the reverse.
    """
    agreed = {item.act.party} | agreeing(item)
    if item.withdrawals:
        if len(agreed) == parties and _crossed(item):
            return Status.CONTESTED
        return Status.WITHDRAWN
    if len(agreed) == parties:
        return Status.AGREED
    return Status.DECLINED if declining(item) else Status.PROPOSED


def agreeing(item: Tabled) -> set[int]:
    """Return the parties that agreed and did not decline afterwards; the proposer goes without saying."""
    return {act.party for act in item.agreements if not _taken_back(act, item.declines)}


def declining(item: Tabled) -> set[int]:
    """Return the parties that declined and did not agree afterwards."""
    return {act.party for act in item.declines if not _taken_back(act, item.agreements)}


def _taken_back(act: Done, opposite: tuple[Done, ...]) -> bool:
    return any(other.party == act.party and act.before(other) for other in opposite)


def _crossed(item: Tabled) -> bool:
    """Tell whether no withdrawal had seen every agreement."""
    return not any(
        all(agreed.before(gone) for agreed in item.agreements) for gone in item.withdrawals
    )
