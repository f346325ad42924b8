"""Rules of the hotline (docs/spec/25-hotline.md §2)."""

from __future__ import annotations

from typing import Final

from detente.charter.act import Act, Bar, Link, has_seen
from detente.protocols.hotline import entries
from detente.protocols.hotline.state import Hotline, find
from detente.terms.errors import N_, Violation

BARS: Final = {entries.ACKNOWLEDGEMENT: Bar(frozenset({entries.ACKNOWLEDGEMENT}))}
"""Act → earlier acts that can make it void (docs/spec/06-dialogue.md §2.3)."""


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    if act.kind == entries.MESSAGE:
        return ()
    return (Link(act.body.of, frozenset({entries.MESSAGE}), "theirs"),)


def check(state: Hotline, act: Act) -> None:
    """Check a hotline act.

    Raises:
        Violation: ``hotline.repeated`` when the same person acknowledges a message twice.
    """
    if act.kind != entries.ACKNOWLEDGEMENT:
        return
    sent = find(state, act.body.of)
    if sent and any(
        one.act.actor == act.actor and has_seen(act.seen, one.act.where)
        for one in sent.acknowledged
    ):
        raise Violation("hotline.repeated", N_("You have already acknowledged this message."))
