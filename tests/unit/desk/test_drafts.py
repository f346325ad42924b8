"""A draft is looked at before it is signed (docs/spec/06-dialogue.md §6)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter.document import KeyBytes
from detente.charter.entries import Grant
from detente.desk.drafts import check_draft
from detente.desk.write import Draft
from detente.dialogue.kinds import BY_NAME
from detente.protocols.questions.entries import Answer, Reply
from detente.protocols.statements.entries import Statement
from detente.record.entry import Header, act_statement
from detente.record.shapes import to_bytes
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, EntryId, KeyPrint, LogId, Ref

DIALOGUE = DialogueId(b"d" * 32)
ACTOR = KeyPrint(b"a" * 32)
ITEM = Ref(LogId(b"l" * 32), 7, EntryId(b"i" * 32))
WISH = {"text": "We agree.", "lang": "en", "item": "B-7"}


def draft_of(kind: str, body: Any, actor: KeyPrint = ACTOR) -> Draft:
    """Return a draft as a node would hand it over."""
    number = BY_NAME[kind].number
    header = Header(LogId(b"l" * 32), 3, b"p" * 32, 9, (), 1, number, actor, 0, bytes(32))
    encoded = to_bytes(body)
    return Draft(DIALOGUE, header, encoded, act_statement(DIALOGUE, header, encoded))


def test_the_draft_that_was_wished_passes() -> None:
    """The honest case."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    check_draft(draft, draft.statement, BY_NAME["statements.statement"], WISH, ACTOR)


@pytest.mark.parametrize(
    "body",
    [
        Statement("We do not agree.", "en", ITEM, None),
        Statement("We agree.", "fr", ITEM, None),
        Statement("We agree.", "en", ITEM._replace(seq=8), None),
        Statement("We agree.", "en", None, None),
    ],
)
def test_another_text_language_or_entry_is_not_signed(body: Statement) -> None:
    """A node that was tampered with hands over another act."""
    draft = draft_of("statements.statement", body)
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(draft, draft.statement, BY_NAME["statements.statement"], WISH, ACTOR)


def test_a_statement_that_is_not_of_the_draft_is_not_signed() -> None:
    """The bytes to be signed are built again from the draft."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    other = draft_of("statements.statement", Statement("We yield.", "en", ITEM, None))
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(draft, other.statement, BY_NAME["statements.statement"], WISH, ACTOR)
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(
            draft._replace(statement=other.statement), other.statement,
            BY_NAME["statements.statement"], WISH, ACTOR,
        )  # fmt: skip


def test_another_kind_or_actor_is_not_signed() -> None:
    """An act in somebody else's name, or of another kind with the same fields."""
    draft = draft_of("statements.statement", Statement("We agree.", "en", ITEM, None))
    with pytest.raises(Rejected):
        check_draft(draft, draft.statement, BY_NAME["agenda.item"], WISH, ACTOR)
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_draft(
            draft, draft.statement, BY_NAME["statements.statement"], WISH, KeyPrint(b"b" * 32)
        )


def test_a_changed_answer_among_several_is_not_signed() -> None:
    """Nested fields are compared as well."""
    wish = {
        "to": "A-7",
        "lang": "en",
        "answers": [{"number": 1, "declined": False, "text": "Yes."}],
    }
    kind = BY_NAME["questions.reply"]
    honest = draft_of("questions.reply", Reply(ITEM, (Answer(1, False, "Yes."),), "en"))
    check_draft(honest, honest.statement, kind, wish, ACTOR)
    for answers in ((Answer(1, False, "No."),), (Answer(1, False, "Yes."), Answer(2, True, ""))):
        forged = draft_of("questions.reply", Reply(ITEM, answers, "en"))
        with pytest.raises(Rejected, match=r"desk\.draft"):
            check_draft(forged, forged.statement, kind, wish, ACTOR)


def test_another_key_in_a_grant_is_not_signed() -> None:
    """A node that grants a mandate to a key of its own choosing."""
    key, other = KeyBytes(1, b"k" * 32, b"m"), KeyBytes(1, b"o" * 32, b"m")
    wish = {"key": key, "name": "N. N.", "role": "duty officer", "scopes": ["hotline"]}
    kind = BY_NAME["charter.grant"]
    honest = draft_of("charter.grant", Grant(key, "N. N.", "duty officer", ("hotline",), 0, 0))
    check_draft(honest, honest.statement, kind, wish, ACTOR)
    for forged_body in (
        Grant(other, "N. N.", "duty officer", ("hotline",), 0, 0),
        Grant(key, "N. N.", "duty officer", ("hotline", "grant"), 0, 0),
    ):
        forged = draft_of("charter.grant", forged_body)
        with pytest.raises(Rejected, match=r"desk\.draft"):
            check_draft(forged, forged.statement, kind, wish, ACTOR)
