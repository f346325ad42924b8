"""Claims about the bodies of all protocols: their bounds, scopes and places (docs/spec/05-kinds.md)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter.entries import SCOPES
from detente.dialogue.kinds import BY_NAME, KINDS
from detente.protocols.agenda import entries as agenda
from detente.protocols.hotline import entries as hotline
from detente.protocols.objections import entries as objections
from detente.protocols.opening import entries as opening
from detente.protocols.questions import entries as questions
from detente.protocols.statements import entries as statements
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Rejected
from detente.terms.limits import PAYLOAD_BYTES, TEXT_CHARS
from tests.unit.protocols.spoken import NOWHERE

LONG = "x" * (TEXT_CHARS + 1)
ITEM = agenda.Item("Water", "x" * TEXT_CHARS, "en")
STATEMENT = statements.Statement("\u65e5" * TEXT_CHARS, "ja", NOWHERE, None)
TRANSLATION = statements.Translation(
    NOWHERE, "x", "en", "", statements.Grade.OFFICIAL, machine=True
)
MESSAGE = hotline.Message(
    hotline.Status.ACTUAL, hotline.Precedence.ROUTINE, "", "x" * 4000, "en", 0, 31_536_000
)
ACK = hotline.Acknowledgement(NOWHERE, "r", "")
REQUEST = questions.Request(("x",) * 100, "en", None)
REPLY = questions.Reply(NOWHERE, (questions.Answer(100, declined=True, text=""),) * 100, "en")
PROPOSAL = opening.Proposal("t" * 200, "p", "x" * 35)
OBJECTION = objections.Objection(NOWHERE, "g", "en")
GOOD: list[Any] = [
    ITEM, agenda.Agreement(NOWHERE), agenda.Withdrawal(NOWHERE, ""), agenda.Decline(NOWHERE, "x" * 2000),
    STATEMENT, TRANSLATION, statements.Correction(NOWHERE, "x", "en", ""),
    statements.Withdrawal(NOWHERE, ""), MESSAGE, ACK, REQUEST, REPLY, PROPOSAL,
    opening.Consent(NOWHERE), opening.Refusal(NOWHERE, ""), OBJECTION, objections.Lifting(NOWHERE, ""),
]  # fmt: skip
BAD: list[Any] = [
    ITEM._replace(title=""), ITEM._replace(title="x" * 201), ITEM._replace(text=""),
    ITEM._replace(text=LONG), ITEM._replace(lang="e"), ITEM._replace(lang="x" * 36),
    agenda.Decline(NOWHERE, "x" * 2001), STATEMENT._replace(text=""), STATEMENT._replace(text=LONG),
    TRANSLATION._replace(text=""), TRANSLATION._replace(by="x" * 121), MESSAGE._replace(text=""),
    MESSAGE._replace(text="x" * 4001), MESSAGE._replace(addressee="x" * 121),
    MESSAGE._replace(acknowledge_within_s=31_536_001), ACK._replace(role=""),
    ACK._replace(role="x" * 121), ACK._replace(note="x" * 2001), REQUEST._replace(questions=()),
    REQUEST._replace(questions=("x",) * 101), REQUEST._replace(questions=("",)),
    REPLY._replace(answers=()), REPLY._replace(answers=REPLY.answers + REPLY.answers[:1]),
    REPLY._replace(answers=(questions.Answer(0, declined=True, text=""),)),
    REPLY._replace(answers=(questions.Answer(101, declined=True, text=""),)),
    REPLY._replace(answers=(questions.Answer(1, declined=False, text=LONG),)),
    PROPOSAL._replace(title=""), PROPOSAL._replace(purpose=""), OBJECTION._replace(grounds=""),
]  # fmt: skip


@pytest.mark.parametrize("body", GOOD, ids=lambda body: type(body).__name__)
def test_every_body_comes_back_from_its_one_encoding(body: Any) -> None:
    """Round trip, at the upper ends of what is allowed."""
    data = to_bytes(body)
    assert from_bytes(type(body), data, PAYLOAD_BYTES, "form") == body


def test_fields_of_bodies_are_bounded() -> None:
    """Attack 23: every limit of docs/spec/05-kinds.md, just beyond it."""
    for body in BAD:
        with pytest.raises(Rejected):
            from_bytes(type(body), to_bytes(body), PAYLOAD_BYTES, "form")


def test_the_list_of_kinds_holds_every_body_once() -> None:
    """A number is never used for two things; names are stable and say their protocol."""
    bodies = [kind.body for kind in KINDS.values()]
    assert len(set(bodies)) == len(bodies)
    assert {type(body) for body in GOOD} <= set(bodies)
    assert len(BY_NAME) == len(KINDS)
    assert all(KINDS[number].number == number for number in KINDS)


def test_acts_need_a_scope_that_can_be_granted_or_the_root() -> None:
    """Every act of a protocol is covered by some mandate."""
    for kind in KINDS.values():
        assert kind.is_machine or kind.scope in {*SCOPES, "root"}


def test_what_binds_needs_another_scope_than_what_is_said() -> None:
    """A delegate that may speak does not thereby open dialogues or set the agenda."""
    for module in (opening, agenda):
        assert {kind.scope for kind in module.KINDS} == {"bind"}
    for module in (statements, objections, questions):
        assert {kind.scope for kind in module.KINDS} == {"speak"}


def test_a_message_over_the_hotline_says_whether_it_is_meant() -> None:
    """docs/spec/25-hotline.md §1.2: no default stands in for a person's word."""
    assert not hotline.Message._field_defaults
