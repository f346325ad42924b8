"""Rules of statements (docs/spec/22-statements.md §2)."""

from __future__ import annotations

from typing import Final

from detente.charter.act import Act, Bar, Link, has_seen
from detente.protocols.statements import entries
from detente.protocols.statements.state import Statements, find
from detente.terms.errors import N_, Violation

_ITEM = frozenset({72})  # agenda.item: a number of the list of kinds, not of this protocol
_OWN = frozenset({entries.STATEMENT})

BARS: Final = dict.fromkeys(
    (entries.CORRECTION, entries.WITHDRAWAL), Bar(frozenset({entries.WITHDRAWAL}))
)
"""Act → earlier acts that can make it void (docs/spec/06-dialogue.md §2.3)."""


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    match act.kind:
        case entries.STATEMENT:
            item = (Link(act.body.item, _ITEM),) if act.body.item else ()
            reply = (Link(act.body.reply_to, _OWN),) if act.body.reply_to else ()
            return (*item, *reply)
        case entries.TRANSLATION:
            return (Link(act.body.of, frozenset()),)
    return (Link(act.body.of, _OWN, "own"),)


def check(state: Statements, act: Act) -> None:
    """Check an act on a statement.

    Raises:
        Violation: ``statements.withdrawn`` for a correction or second withdrawal of a statement
            that its author had seen withdrawn.
    """
    if act.kind not in (entries.CORRECTION, entries.WITHDRAWAL):
        return
    said = find(state, act.body.of)
    if said and any(has_seen(act.seen, gone.act.where) for gone in said.withdrawals):
        raise Violation("statements.withdrawn", N_("This statement was already withdrawn."))
