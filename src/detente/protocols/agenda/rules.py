"""Rules of the agenda (docs/spec/21-agenda.md §2)."""

from __future__ import annotations

from typing import Final

from detente.charter.act import Act, Bar, Link, has_seen
from detente.protocols.agenda import entries
from detente.protocols.agenda.state import Agenda, find
from detente.terms.errors import N_, Violation

_WHOSE = {entries.AGREEMENT: "theirs", entries.DECLINE: "theirs", entries.WITHDRAWAL: "own"}

BARS: Final = {entries.AGREEMENT: Bar(frozenset({entries.WITHDRAWAL}), "theirs")}
"""Act → earlier acts that can make it void (docs/spec/06-dialogue.md §2.3)."""


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    if act.kind == entries.ITEM:
        return ()
    return (Link(act.body.item, frozenset({entries.ITEM}), _WHOSE[act.kind]),)


def check(state: Agenda, act: Act) -> None:
    """Check an act on the agenda.

    Raises:
        Violation: ``agenda.withdrawn`` for an agreement by a party that had seen the withdrawal.
    """
    if act.kind != entries.AGREEMENT:
        return
    item = find(state, act.body.item)
    if item and any(has_seen(act.seen, gone.where) for gone in item.withdrawals):
        raise Violation(
            "agenda.withdrawn",
            N_("This item was withdrawn."),
            N_("Propose it as an item of your own."),
        )
