"""Claims about questions and their answers (docs/spec/24-questions.md)."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Link, place
from detente.protocols.questions import rules, state, view
from detente.protocols.questions.entries import REPLY, REQUEST, Answer, Reply, Request
from detente.protocols.questions.state import EMPTY, Questions, latest_answers
from detente.terms.ids import Ref
from tests.unit.protocols.spoken import NOWHERE, Spoken

BODY = Request(("How much?", "When?", "Why?"), "en", None)


def _table(parties: int = 2) -> Spoken[Questions]:
    return Spoken(rules, state, EMPTY, parties)


def _reply(to: Ref, *answers: Answer) -> Reply:
    return Reply(to, answers, "en")


def _says(number: int, text: str) -> Answer:
    return Answer(number, declined=False, text=text)


def test_questions_are_answered_number_by_number_and_the_last_answer_counts() -> None:
    """docs/spec/24-questions.md §3.1: several replies may follow each other."""
    table = _table()
    asked = table.do(0, REQUEST, BODY)
    table.do(1, REPLY, _reply(asked.ref, _says(1, "ten"), _says(3, "because")))
    table.do(1, REPLY, _reply(asked.ref, _says(1, "twelve")))
    kept = table.state.asked[place(asked.ref)]
    answers = latest_answers(kept, 1)
    assert {number: answer.text for number, answer in answers.items()} == {
        1: "twelve",
        3: "because",
    }
    assert latest_answers(kept, 0) == {}
    assert len(kept.replies) == 2


def test_a_question_may_be_declined_with_or_without_a_reason() -> None:
    """A declined answer is a position; an open question is none."""
    table = _table()
    asked = table.do(0, REQUEST, BODY)
    declined = (Answer(1, declined=True, text=""), Answer(2, declined=True, text="not yet decided"))
    done = table.do(1, REPLY, _reply(asked.ref, *declined))
    (row,) = view.show(table.state, 2)
    here = {"at": place(done.ref), "declined": True, "before": []}
    assert [question["answers"][1] for question in row["questions"]] == [
        {**here, "text": ""}, {**here, "text": "not yet decided"}, None,
    ]  # fmt: skip


def test_earlier_answers_stay_beside_the_last_one() -> None:
    """Both stand in the record; a page that shows the last one only would hide a change of mind."""
    table = _table()
    asked = table.do(0, REQUEST, BODY)
    first = table.do(1, REPLY, _reply(asked.ref, Answer(2, declined=True, text="")))
    second = table.do(1, REPLY, _reply(asked.ref, _says(2, "Gate 7."), _says(1, "ten")))
    last = table.do(1, REPLY, _reply(asked.ref, _says(2, "Gate 8.")))
    (row,) = view.show(table.state, 2)
    answer = row["questions"][1]["answers"][1]
    assert (answer["text"], answer["at"]) == ("Gate 8.", place(last.ref))
    assert answer["before"] == [
        {"at": place(first.ref), "declined": True, "text": ""},
        {"at": place(second.ref), "declined": False, "text": "Gate 7."},
    ]


def test_only_numbers_that_were_asked_are_answered_and_each_once_in_a_reply() -> None:
    """docs/spec/24-questions.md §2.2."""
    table = _table()
    asked = table.do(0, REQUEST, BODY)
    for answers in (
        (_says(4, "x"),),
        (_says(1, "x"), _says(1, "y")),
        (_says(1, "x"), _says(9, "y")),
    ):
        assert table.broken(1, REPLY, _reply(asked.ref, *answers)) == "questions.number"
    table.do(1, REPLY, _reply(asked.ref, _says(3, "x"), _says(1, "y")))


def test_an_answer_without_words_must_be_a_refusal() -> None:
    """docs/spec/24-questions.md §2.3: silence is not recorded as an answer."""
    table = _table()
    asked = table.do(0, REQUEST, BODY)
    for ref in (asked.ref, NOWHERE):
        assert table.broken(1, REPLY, _reply(ref, _says(1, "x"), _says(2, ""))) == "questions.empty"


def test_requests_may_name_an_item_and_replies_name_anothers_request() -> None:
    """docs/spec/24-questions.md §2.1 and §2.2."""
    table = _table()
    assert rules.links(table.draft(0, REQUEST, BODY)) == ()
    with_item = table.draft(0, REQUEST, BODY._replace(item=NOWHERE))
    assert rules.links(with_item) == (Link(NOWHERE, frozenset({72})),)
    reply = _reply(NOWHERE, _says(1, "x"))
    link = Link(NOWHERE, frozenset({REQUEST}), "theirs")
    assert rules.links(table.draft(1, REPLY, reply)) == (link,)
    assert table.ignores(1, REPLY, reply)


def test_each_question_is_shown_with_each_partys_last_answer() -> None:
    """In the order of the record; whoever asked does not answer."""
    table = _table(3)
    asked = table.do(0, REQUEST, BODY._replace(item=NOWHERE))
    table.do(2, REQUEST, Request(("Who?",), "fr", None))
    done = table.do(1, REPLY, _reply(asked.ref, _says(2, "soon")))
    first, second = view.show(table.state, 3)
    expected: dict[str, Any] = {"number": 2, "text": "When?"}
    soon = {"at": place(done.ref), "declined": False, "text": "soon", "before": []}
    expected["answers"] = {1: soon, 2: None}
    assert first["questions"][1] == expected
    assert (first["at"], first["party"], first["item"]) == (place(asked.ref), 0, NOWHERE)
    assert (second["lang"], second["questions"][0]["answers"]) == ("fr", {0: None, 1: None})
