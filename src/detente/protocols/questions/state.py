"""Requests and the answers to each of their questions (docs/spec/24-questions.md §3)."""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, joined_to, place
from detente.protocols.questions import entries
from detente.terms.ids import Ref


class Replied(NamedTuple):
    """One reply."""

    act: Done
    body: entries.Reply


class Asked(NamedTuple):
    """One request and its replies, in the order of the record."""

    act: Done
    body: entries.Request
    replies: tuple[Replied, ...] = ()


class Questions(NamedTuple):
    """All requests by place."""

    asked: Map[Place, Asked]


EMPTY = Questions(Map())


def apply(state: Questions, act: Act) -> Questions:
    """Return the state with one more counted act."""
    if act.kind == entries.REQUEST:
        return Questions(state.asked.set(place(act.ref), Asked(done(act), act.body)))
    asked = find(state, act.body.to)
    if asked is None:
        return state
    replies = joined_to(asked.replies, Replied(done(act), act.body))
    return Questions(state.asked.set(asked.act.where, asked._replace(replies=replies)))


def find(state: Questions, ref: Ref) -> Asked | None:
    """Return the request that a reference names."""
    return state.asked.get(place(ref))


def latest_answers(asked: Asked, party: int) -> dict[int, entries.Answer]:
    """Return a party's last answer to each question, by number."""
    return {
        answer.number: answer
        for reply in asked.replies
        if reply.act.party == party
        for answer in reply.body.answers
    }
