"""Rules of opening (docs/spec/20-opening.md §2)."""

from __future__ import annotations

from typing import Final

from detente.charter.act import Act, Bar, Link, has_seen
from detente.protocols.opening import entries
from detente.protocols.opening.state import Opening, find
from detente.terms.errors import N_, Violation

BARS: Final = {entries.CONSENT: Bar(frozenset({entries.CONSENT}))}
"""Act → earlier acts that can make it void (docs/spec/06-dialogue.md §2.3)."""


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    if act.kind == entries.PROPOSAL:
        return ()
    return (Link(act.body.proposal, frozenset({entries.PROPOSAL}), "theirs"),)


def check(state: Opening, act: Act) -> None:
    """Check an act of opening.

    Raises:
        Violation: ``opening.repeated`` for a second consent of one party to one proposal.
    """
    if act.kind != entries.CONSENT:
        return
    proposal = find(state, act.body.proposal)
    if proposal is None:
        return
    for consent in proposal.consents:
        if consent.party == act.seat and has_seen(act.seen, consent.where):
            raise Violation(
                "opening.repeated", N_("This party has already consented to this opening.")
            )
