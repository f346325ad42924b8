"""Commands for what is said: statements, objections, translations, corrections, taking back."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from detente.cli import asking
from detente.cli.acting import Grave, enter
from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.speech import (
    DEFAULT_LANGUAGE,
    Item,
    Language,
    Mark,
    Reason,
    TextArgument,
    TextFile,
    Yes,
    check_language,
)
from detente.cli.text_in import take_short, take_text
from detente.cli.visit import Visit
from detente.cli.words import N_, _

#: Kind of the entry that is taken back → kind of the entry that takes it back, and its field.
_TAKES_BACK = {
    "statements.statement": ("statements.withdrawal", "of"),
    "objections.objection": ("objections.lifting", "objection"),
    "agenda.item": ("agenda.withdrawal", "item"),
}


class Grade(StrEnum):
    """How far a translation may be relied on."""

    OFFICIAL = "official"
    WORKING = "working"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "say",
        _("Make a statement in our party's name. It stands in the record for good."),
        'detente say "We are ready to meet on Monday."\n'
        "detente say --file statement.txt --item A-4\n"
        "cat statement.txt | detente say -",
    )(say)
    command(
        app,
        "object",
        _("Object to an entry of another party, on stated grounds."),
        'detente object B-7 "Article 3 was not discussed."\ndetente object --list',
    )(object_)
    command(
        app,
        "translate",
        _("Attach a translation to an entry. The original governs."),
        'detente translate B-7 --text-lang en --by "N. Nabil" --grade working "We accept."',
    )(translate)
    command(
        app,
        "correct",
        _("Correct a statement of ours. The first wording stays readable."),
        'detente correct A-12 "We are ready to meet on Tuesday." --reason "Wrong day."',
    )(correct)
    command(
        app,
        "withdraw",
        _("Take back a statement, an objection or an agenda item of ours. It stays readable."),
        'detente withdraw A-12 --reason "Overtaken by events."',
    )(withdraw)


def say(
    visit: Visit,
    text: TextArgument = None,
    file: TextFile = None,
    text_lang: Language = DEFAULT_LANGUAGE,
    item: Item = "",
    reply_to: Annotated[
        str, typer.Option("--reply-to", help=_("Statement that it answers."), metavar="MARK")
    ] = "",
) -> int:
    """Enter a statement."""
    body = {"text": take_text(text, file), "lang": text_lang}
    if item:
        body["item"] = item
    if reply_to:
        body["reply_to"] = reply_to
    return enter(visit, "statements.statement", body)


def object_(
    visit: Visit,
    mark: Annotated[
        str, typer.Argument(help=_("Entry, as A-12."), metavar="MARK", show_default=False)
    ] = "",
    text: TextArgument = None,
    file: TextFile = None,
    text_lang: Language = DEFAULT_LANGUAGE,
    listing: Annotated[
        bool, typer.Option("--list", help=_("Show all objections and which are maintained."))
    ] = False,
) -> int:
    """Enter an objection, or list all of them."""
    if listing:
        from detente.cli.render import talks

        visit.show(visit.about("objections"), talks.objections, parties=visit.parties())
        return 0
    if not mark:
        raise Usage(
            "cli.object.what",
            N_("It is not said to which entry."),
            N_("Name it by its mark: detente object B-7"),
        )
    body = {"to": mark, "grounds": take_text(text, file), "lang": text_lang}
    return enter(visit, "objections.objection", body)


def translate(
    visit: Visit,
    mark: Mark,
    text_lang: Annotated[
        str,
        typer.Option(
            "--text-lang",
            help=_("Language of the translation."),
            metavar="CODE",
            callback=check_language,
        ),
    ],
    text: TextArgument = None,
    file: TextFile = None,
    by: Annotated[str, typer.Option("--by", help=_("Who translated it."), metavar="NAME")] = "",
    grade: Annotated[
        Grade, typer.Option("--grade", help=_("How far it may be relied on."))
    ] = Grade.WORKING,
    machine: Annotated[bool, typer.Option("--machine", help=_("A machine made it."))] = False,
) -> int:
    """Enter a translation."""
    body = {
        "of": mark,
        "text": take_text(text, file),
        "lang": text_lang,
        "by": take_short("--by", by),
        "grade": grade.value,
        "machine": machine,
    }
    return enter(visit, "statements.translation", body)


def correct(
    visit: Visit,
    mark: Mark,
    text: TextArgument = None,
    file: TextFile = None,
    text_lang: Language = "",
    reason: Reason = "",
) -> int:
    """Enter a correction; without a text the editor opens with the wording as it stands."""
    stands = visit.about("show", mark=mark)
    if stands.get("kind") != "statements.statement":
        raise Usage(
            "cli.correct.kind",
            N_("{mark} is not a statement."),
            N_("See what it is with: detente show {mark}"),
            mark=mark,
        )
    body = {
        "of": mark,
        "text": take_text(text, file, first=str(stands.get("text", ""))),
        "lang": text_lang or str(stands.get("lang", DEFAULT_LANGUAGE)),
        "reason": take_short("--reason", reason),
    }
    return enter(visit, "statements.correction", body)


def withdraw(visit: Visit, mark: Mark, reason: Reason = "", yes: Yes = False) -> int:
    """Take back an act of ours, whichever kind it is of."""
    stands = visit.about("show", mark=mark)
    try:
        kind, field = _TAKES_BACK[str(stands.get("kind", ""))]
    except KeyError:
        raise Usage(
            "cli.withdraw.kind",
            N_("{mark} is not a statement, an objection or an agenda item."),
            N_("See what it is with: detente show {mark}"),
            mark=mark,
        ) from None
    grave = Grave(
        [
            _("This will be marked as taken back, and stay readable:"),
            *asking.framed(str(stands.get("text") or stands.get("fields", {}).get("title", ""))),
            *([_("Reason:"), *asking.framed(reason)] if reason else []),
        ],
        _("Take back {mark}?", mark=mark),
        yes,
    )
    body = {field: mark, "reason": take_short("--reason", reason)}
    return enter(visit, kind, body, grave=grave)
