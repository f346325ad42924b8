"""Wishes into bodies: plain data of any shape becomes an act, or a refusal that names the field."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.desk.intents import find_kind, read_intent
from detente.dialogue.kinds import BY_NAME, KINDS
from detente.protocols.hotline.entries import Precedence, Status
from detente.protocols.questions.entries import Answer
from detente.record.shapes import to_bytes
from detente.terms.errors import Refused
from detente.terms.ids import Lane
from detente.terms.limits import TEXT_CHARS
from detente.testing.world import World

WORLD = World(2, "intents")
BOOK = WORLD.nodes[0].book
ACTS = sorted(kind.name for kind in KINDS.values() if not kind.is_machine)
#: Kinds whose bodies the node itself puts together, from keys and marks.
ELSEWHERE = {"charter.grant", "charter.revocation", "charter.cut", "charter.confirmation"}


def read(kind: str, **wish: Any) -> Any:
    return read_intent(BOOK, find_kind(kind), wish)


def code_of(kind: str, **wish: Any) -> str:
    with pytest.raises(Refused) as refusal:
        read(kind, **wish)
    return refusal.value.code


def test_what_may_be_empty_may_be_left_out() -> None:
    """A form sends empty strings, a program leaves the field out: both mean the same."""
    short = read("statements.statement", text="Yes.", lang="en")
    long = read("statements.statement", text="Yes.", lang="en", item="", reply_to=None)
    assert short == long
    assert (short.item, short.reply_to) == (None, None)


def test_marks_become_references_and_words_become_choices() -> None:
    """Whoever writes a wish never sees a digest."""
    said = WORLD.say(0)
    statement = read("statements.statement", text="As said.", lang="en", reply_to="A-2")
    assert statement.reply_to == said
    message = read(
        "hotline.message", status="test", precedence="flash", addressee="", text="Line test.",
        lang="en", acknowledge_within_s=60, reply_within_s=0,
    )  # fmt: skip
    assert (message.status, message.precedence) == (Status.TEST, Precedence.FLASH)
    reply = read("questions.reply", to="A-2", answers=[{"number": 2, "declined": True}], lang="en")
    assert reply.answers == (Answer(2, True, ""),)


@pytest.mark.parametrize("status", ["", "ACTUAL", "real", None, 1, ["test"], {"a": 1}])
def test_the_status_of_a_hotline_message_is_never_guessed(status: Any) -> None:
    """Whether it is meant is said in one of three words, or nothing is sent."""
    wish = {"precedence": "flash", "addressee": "", "text": "x", "lang": "en"}
    assert code_of("hotline.message", status=status, **wish) == "intent.choice"
    assert code_of("hotline.message", **wish) == "intent.choice"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"text": "x", "lang": "en", "extra": 1}, "extra"),
        ({"text": "x"}, "lang"),
        ({"lang": "en"}, "text"),
        ({"text": "", "lang": "en"}, "text"),
        ({"text": 7, "lang": "en"}, "text"),
        ({"text": ["x"], "lang": "en"}, "text"),
        ({"text": "x", "lang": "en", "reply_to": 7}, "reply_to"),
        ({"text": "x", "lang": "en", "reply_to": ["A-1"]}, "reply_to"),
    ],
)
def test_the_field_that_does_not_fit_is_named(wish: dict[str, Any], field: str) -> None:
    """Not "invalid input": which one."""
    with pytest.raises(Refused) as refusal:
        read("statements.statement", **wish)
    assert refusal.value.code == "intent.field"
    assert refusal.value.details["field"] == field


def test_a_text_that_is_too_long_hears_how_long_it_may_be() -> None:
    """Whoever wrote it wants to know by how much."""
    with pytest.raises(Refused) as refusal:
        read("statements.statement", text="x" * 100_000, lang="en")
    assert refusal.value.code == "intent.length"
    assert refusal.value.details == {"name": "text", "count": 100_000, "most": TEXT_CHARS}


@pytest.mark.parametrize("lang", ["e", "english please", "fr !!", "zzzzzz-99999999999", "en_US"])
def test_what_is_no_language_is_not_entered_as_one(lang: str) -> None:
    """BCP 47, by its form: it stands in the record for good."""
    assert code_of("statements.statement", text="x", lang=lang) == "intent.language"
    assert code_of("questions.request", questions=["x"], lang=lang) == "intent.language"


def test_an_entry_without_words_is_not_translated() -> None:
    """A consent or a minute has nothing to translate; what is withheld may have."""
    said = WORLD.say(0)
    mark = f"A-{said.seq}"
    how: dict[str, Any] = {"text": "Oui.", "lang": "fr", "grade": "working", "by": ""}
    assert read("statements.translation", of=mark, **how).of == said
    consent = next(
        f"{letter}-{entry.header.seq}"
        for letter, log in (("A", BOOK.own_log(Lane.TABLE)), *_logs_of_b())
        for entry in BOOK.store.entries(log, 0, 5)
        if entry.header.kind == BY_NAME["opening.consent"].number
    )
    assert code_of("statements.translation", of=consent, **how) == "intent.wordless"


def _logs_of_b() -> list[tuple[str, Any]]:
    return [
        ("B", log)
        for log, standing in BOOK.state.logs.items()
        if standing.party == 1 and standing.lane == Lane.TABLE
    ]


@pytest.mark.parametrize("questions", ["When?", 7, {"a": "b"}, True, "", [["When?"]], [7], []])
def test_several_texts_are_given_as_a_list_of_texts(questions: Any) -> None:
    """One text in their place would become one question per letter."""
    assert code_of("questions.request", questions=questions, lang="en") == "intent.field"


@pytest.mark.parametrize("name", ["", "statement", "charter.opening", "record.minute", "x.y"])
def test_what_is_no_act_of_a_person_is_not_found(name: str) -> None:
    """A door cannot enter what only the node enters."""
    with pytest.raises(Refused) as refusal:
        find_kind(name)
    assert refusal.value.code == "intent.kind"


@pytest.mark.parametrize(
    "text",
    ["a\u202eb", "a\u200bb", "a\x00b", "a\x1bb", "a\ud800b", "\ufeffa", "a\u2066b", "a\x9bb"],
)
def test_text_with_what_readers_would_not_see_is_refused_with_its_place(text: str) -> None:
    """00-terms.md §5, at the last place before it is signed; surrogates are no text at all."""
    wishes: list[tuple[str, dict[str, Any]]] = [
        ("statements.statement", {"text": text, "lang": "en"}),
        ("statements.withdrawal", {"of": "A-0", "reason": text}),
        ("questions.request", {"questions": ["x", text], "lang": "en"}),
        ("questions.reply", {"to": "A-0", "answers": [{"number": 1, "text": text}], "lang": "en"}),
    ]
    for kind, wish in wishes:
        assert code_of(kind, **wish) == "intent.hidden", kind


@pytest.mark.parametrize("mark", ["Z-1", "A-999999", "A_1", "A-\n1", "12", "A-", "A.99-1", "AB-1"])
def test_a_mark_that_names_nothing_is_refused(mark: str) -> None:
    """In the words of marks, not of fields."""
    assert code_of("statements.withdrawal", of=mark, reason="") in ("mark.form", "mark.unknown")


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=30)
    | st.sampled_from(["A-1", "A-2", "en", "actual", "flash", "working"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(sorted(set(ACTS) - ELSEWHERE)), st.data())
def test_no_plain_data_is_a_fault_of_the_program(name: str, data: st.DataObject) -> None:
    """Whatever a program sends: a body that can be encoded, or a refusal."""
    kind = find_kind(name)
    fields: Any = kind.body
    wish = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(fields._fields, _PLAIN)))
    with contextlib.suppress(Refused):
        assert to_bytes(read_intent(BOOK, kind, wish))
