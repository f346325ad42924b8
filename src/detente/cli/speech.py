"""Options that several commands for speaking share: the text, its language, the item it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.faults import Usage
from detente.cli.words import N_, _
from detente.terms.text import is_language_tag


def check_language(value: str) -> str:
    """Return the code of a language as it was said, when it has the form of one.

    Asked before a text is written, so that nobody loses a draft over it.

    Raises:
        Usage: ``cli.language``.
    """
    if value and not is_language_tag(value):
        raise Usage(
            "cli.language",
            N_("{lang} is not the code of a language."),
            N_("Write it as en, ar-EG or zh-Hant (BCP 47)."),
            lang=value,
        )
    return value


TextArgument = Annotated[
    str | None,
    typer.Argument(
        help=_("The text; - reads it from a pipe. Without it, your editor opens."),
        metavar="TEXT",
        show_default=False,
    ),
]
TextFile = Annotated[
    Path | None,
    typer.Option("--file", "-f", help=_("Take the text from this file (UTF-8)."), metavar="PATH"),
]
Language = Annotated[
    str,
    typer.Option(
        "--text-lang",
        help=_("Language the text is written in, as en or ar-EG."),
        metavar="CODE",
        show_default=True,
        callback=check_language,
    ),
]
Item = Annotated[
    str,
    typer.Option("--item", help=_("Agenda item it belongs to."), metavar="MARK"),
]
Reason = Annotated[
    str,
    typer.Option("--reason", help=_("Why, in a few words; may be left out."), metavar="TEXT"),
]
Mark = Annotated[
    str,
    typer.Argument(help=_("Entry, as A-12."), metavar="MARK"),
]
Yes = Annotated[
    bool,
    typer.Option("--yes", help=_("Do not ask for confirmation.")),
]
DEFAULT_LANGUAGE = "en"
