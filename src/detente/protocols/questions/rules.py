"""Rules of questions and replies (docs/spec/24-questions.md §2)."""

from __future__ import annotations

from detente.charter.act import Act, Link
from detente.protocols.questions import entries
from detente.protocols.questions.state import Questions, find
from detente.terms.errors import N_, Violation

_ITEM = frozenset({72})  # agenda.item: a number of the list of kinds, not of this protocol


def links(act: Act) -> tuple[Link, ...]:
    """Return the entries that the act names."""
    if act.kind == entries.REPLY:
        return (Link(act.body.to, frozenset({entries.REQUEST}), "theirs"),)
    return (Link(act.body.item, _ITEM),) if act.body.item else ()


def check(state: Questions, act: Act) -> None:
    """Check a reply against the request it answers.

    Raises:
        Violation: ``questions.number`` for a number that was not asked or stands twice;
            ``questions.empty`` for an answer without text that is not a refusal.
    """
    if act.kind != entries.REPLY:
        return
    asked = find(state, act.body.to)
    numbers = [answer.number for answer in act.body.answers]
    if asked and (max(numbers) > len(asked.body.questions) or len(set(numbers)) != len(numbers)):
        raise Violation(
            "questions.number",
            N_("The request has questions 1 to {count}; each is answered at most once in a reply."),
            count=len(asked.body.questions),
        )
    if any(not answer.text and not answer.declined for answer in act.body.answers):
        raise Violation(
            "questions.empty",
            N_("An answer has no text."),
            N_("Write the answer, or decline the question."),
        )
