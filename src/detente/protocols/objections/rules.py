"""Rules of objections (docs/spec/23-objections.md §2)."""

from __future__ import annotations

from typing import Final

from detente.charter.act import Act, Bar, Link, has_seen
from detente.protocols.objections import entries
from detente.protocols.objections.state import Objections, find
from detente.terms.errors import N_, Violation

BARS: Final = {entries.LIFTING: Bar(frozenset({entries.LIFTING}))}
"""Act → earlier acts that can make it void (docs/spec/06-dialogue.md §2.3)."""


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    if act.kind == entries.OBJECTION:
        return (Link(act.body.to, frozenset(), "theirs"),)
    return (Link(act.body.objection, frozenset({entries.OBJECTION}), "own"),)


def check(state: Objections, act: Act) -> None:
    """Check an objection or its lifting.

    Raises:
        Violation: ``objections.lifted`` for lifting again what its author had seen lifted.
    """
    if act.kind != entries.LIFTING:
        return
    raised = find(state, act.body.objection)
    if raised and any(has_seen(act.seen, lifted.where) for lifted in raised.liftings):
        raise Violation("objections.lifted", N_("This objection is no longer maintained already."))
