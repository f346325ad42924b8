"""Bodies of questions and replies (docs/spec/24-questions.md §1)."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import SPEAK
from detente.protocols.wording import Lang, Text
from detente.record.shapes import Chars, Within
from detente.terms.ids import Lane, Ref
from detente.terms.limits import QUESTIONS, TEXT_CHARS

REQUEST: Final = 92
REPLY: Final = 93


class Request(NamedTuple):
    """A party asks one or more questions; they are numbered from 1 in the order given."""

    questions: Annotated[tuple[Text, ...], Chars(1, QUESTIONS)]
    lang: Lang
    item: Ref | None


class Answer(NamedTuple):
    """The answer to one question, or that it is declined (the text then gives the reason, or nothing)."""

    number: Annotated[int, Within(1, QUESTIONS)]
    declined: bool
    text: Annotated[str, Chars(0, TEXT_CHARS)]


class Reply(NamedTuple):
    """A party answers some or all questions of a request; several replies may follow each other."""

    to: Ref
    answers: Annotated[tuple[Answer, ...], Chars(1, QUESTIONS)]
    lang: Lang


KINDS: Final = (
    Kind(REQUEST, "questions.request", Lane.TABLE, SPEAK, Request, needs_open=True),
    Kind(REPLY, "questions.reply", Lane.TABLE, SPEAK, Reply, needs_open=True),
)
