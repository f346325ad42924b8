"""Enters acts: the one way from a command to an entry, and the words for what became of it.

A grave act is first drafted, so that what the rules forbid is refused before anybody is asked; then its
text and its readers are shown, and only a typed yes lets it be signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from detente.cli import asking
from detente.cli.visit import Visit
from detente.cli.words import _
from detente.terms.text import show_foreign

Body = dict[str, Any]


class Grave(NamedTuple):
    """What is shown and asked before an act that cannot be taken back lightly."""

    lines: Sequence[str]
    """What the act does, with its exact text."""
    question: str
    is_agreed: bool
    """Whether ``--yes`` was given."""


def enter(
    visit: Visit, kind: str, body: Body, *, actor: str = "", grave: Grave | None = None
) -> int:
    """Draft, sign and commit one act, and say what became of it.

    Args:
        kind: dotted name of the entry kind.
        body: its fields; other entries are named by their marks.
        actor: who acts, where it is not the delegate of ``--as``.
        grave: for an act that needs a confirmation.
    """
    from detente.cli.render import acts

    who = actor or visit.options.actor
    dialogue = visit.options.dialogue
    if grave is not None and not grave.is_agreed:
        asking.need_person("--yes")
        draft = visit.client.preview(kind, body, dialogue=dialogue, actor=who)
        lines = [*grave.lines, readers(draft.get("readers") or [])]
        asking.confirm(visit.screen, lines, grave.question)
    done = visit.client.act(kind, body, dialogue=dialogue, actor=who)
    visit.show(done, acts.entered)
    return 0


def readers(names: Sequence[Any]) -> str:
    """Return the sentence that says who will read what is sent."""
    return _(
        "It will be read by {parties}, and by whoever is shown the record; it cannot be removed.",
        parties=show_foreign(", ".join(map(str, names))) or "–",
    )
