"""Commands for questions and replies."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from detente.cli.acting import enter
from detente.cli.asking import is_person_there
from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.speech import (
    DEFAULT_LANGUAGE,
    Item,
    Language,
    Mark,
    TextArgument,
    TextFile,
)
from detente.cli.text_in import check_text, edit, take_short, take_text
from detente.cli.visit import Visit
from detente.cli.words import N_, _

_STATEMENT = "statements.statement"
_REQUEST = "questions.request"
#: A line of its own that begins the answer to a question: [2]
_NUMBER = re.compile(r"^\[(\d{1,3})\][ \t]*$", re.MULTILINE)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "ask",
        _("Ask the other side one or more questions; they are numbered from 1."),
        'detente ask "When may the inspectors enter?" "Through which gate?"\ndetente ask --list',
    )(ask)
    command(
        app,
        "reply",
        _("Reply to a request of the other side, or to a statement."),
        'detente reply B-9 "On 4 December."\n'
        'detente reply B-9 --number 2 "Through the north gate." --decline 1\n'
        "detente reply B-9 --file answers.txt    # each answer under its number: [1]",
    )(reply)


def ask(
    visit: Visit,
    questions: Annotated[
        list[str] | None,
        typer.Argument(
            help=_("The questions. Without one, your editor opens: one question per paragraph."),
            metavar="QUESTION...",
            show_default=False,
        ),
    ] = None,
    file: TextFile = None,
    text_lang: Language = DEFAULT_LANGUAGE,
    item: Item = "",
    listing: Annotated[
        bool, typer.Option("--list", help=_("Show all requests and what was answered."))
    ] = False,
) -> int:
    """Enter a request, or list all of them."""
    if listing:
        from detente.cli.render import talks

        visit.show(visit.about("questions"), talks.questions, parties=visit.parties())
        return 0
    body: dict[str, Any] = {"questions": _questions(questions or [], file), "lang": text_lang}
    if item:
        body["item"] = item
    return enter(visit, _REQUEST, body)


def _questions(given: list[str], file: Path | None) -> list[str]:
    if len(given) > 1 or (given and given[0] != "-"):
        if file is not None:
            raise Usage(
                "cli.text.twice",
                N_("The text was given twice, on the line and as a file."),
                N_("Give one of them."),
            )
        return [check_text(one) for one in given]
    text = take_text(given[0] if given else None, file)
    return [one.strip("\n") for one in re.split(r"\n\s*\n", text) if one.strip()]


def reply(
    visit: Visit,
    mark: Mark,
    text: TextArgument = None,
    file: TextFile = None,
    number: Annotated[
        int | None,
        typer.Option(
            "--number", "-n", help=_("Question that the text answers."), metavar="NUMBER", min=1
        ),
    ] = None,
    decline: Annotated[
        list[int] | None,
        typer.Option(
            "--decline",
            help=_("Question that is declined; may be repeated."),
            metavar="NUMBER",
            min=1,
        ),
    ] = None,
    why: Annotated[
        str, typer.Option("--why", help=_("Reason for what is declined."), metavar="TEXT")
    ] = "",
    text_lang: Language = DEFAULT_LANGUAGE,
) -> int:
    """Enter a reply to whatever `mark` names."""
    asked = visit.about("show", mark=mark)
    kind = str(asked.get("kind", ""))
    if kind == _STATEMENT:
        words = {"text": take_text(text, file), "lang": text_lang, "reply_to": mark}
        return enter(visit, _STATEMENT, words)
    if kind != _REQUEST:
        raise Usage(
            "cli.reply.kind",
            N_("{mark} is neither a request nor a statement."),
            N_("See what it is with: detente show {mark}"),
            mark=mark,
        )
    reason = take_short("--why", why)
    answers: list[dict[str, Any]] = [
        {"number": one, "declined": True, "text": reason} for one in decline or []
    ]
    if text is not None or file is not None or not answers:
        answers = [*_answers(asked, text, file, number), *answers]
    body = {
        "to": mark,
        "answers": sorted(answers, key=lambda one: int(one["number"])),
        "lang": text_lang,
    }
    return enter(visit, "questions.reply", body)


def _answers(
    asked: dict[str, Any], text: str | None, file: Path | None, number: int | None
) -> list[dict[str, Any]]:
    questions = [str(one) for one in (asked.get("fields") or {}).get("questions") or []]
    if number is None and text is None and file is None and is_person_there():
        return split_answers(check_text(edit(answer_sheet(questions))))
    given = take_text(text, file)
    if number is None and _NUMBER.search(given):
        return split_answers(given)
    if number is None and len(questions) != 1:
        raise Usage(
            "cli.reply.number",
            N_("{mark} has {count} questions."),
            N_("Say which one the text answers: --number 1"),
            mark=str(asked.get("mark", "")),
            count=len(questions),
        )
    return [{"number": number or 1, "declined": False, "text": given}]


def answer_sheet(questions: list[str]) -> str:
    """Return what the editor shows for a reply: a place for each answer, the questions on top."""
    quoted = "".join(f"({number}) {question}\n" for number, question in enumerate(questions, 1))
    places = "\n".join(f"[{number}]\n" for number in range(1, len(questions) + 1))
    return f"{quoted}\n{places}"


def split_answers(sheet: str) -> list[dict[str, Any]]:
    """Return the answers of a sheet; what stands before the first number is not part of any.

    A number with nothing under it is left unanswered.

    Raises:
        Usage: ``cli.reply.sheet`` when no answer stands under a number.
    """
    parts = _NUMBER.split(sheet)
    answers = [
        {"number": int(number), "declined": False, "text": text.strip("\n")}
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
        if text.strip()
    ]
    if not answers:
        raise Usage(
            "cli.reply.sheet",
            N_("No answer stands under the number of its question."),
            N_("Write each answer under a line such as [1]."),
        )
    return answers
