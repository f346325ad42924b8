"""Messages and who acknowledged them (docs/spec/25-hotline.md §3)."""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter.act import Act, Done, Place, done, joined_to, place
from detente.protocols.acks import Acknowledged
from detente.protocols.hotline import entries
from detente.terms.ids import Ref


class Sent(NamedTuple):
    """One message and its acknowledgements, in the order of the record."""

    act: Done
    body: entries.Message
    acknowledged: tuple[Acknowledged, ...] = ()


class Hotline(NamedTuple):
    """All messages by place."""

    sent: Map[Place, Sent]


EMPTY = Hotline(Map())


def apply(state: Hotline, act: Act) -> Hotline:
    """Return the state with one more counted act."""
    if act.kind == entries.MESSAGE:
        return Hotline(state.sent.set(place(act.ref), Sent(done(act), act.body)))
    sent = find(state, act.body.of)
    if sent is None:
        return state
    acknowledged = joined_to(sent.acknowledged, Acknowledged(done(act), act.body.role))
    return Hotline(state.sent.set(sent.act.where, sent._replace(acknowledged=acknowledged)))


def find(state: Hotline, ref: Ref) -> Sent | None:
    """Return the message that a reference names."""
    return state.sent.get(place(ref))
