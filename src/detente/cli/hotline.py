"""Commands for the hotline: urgent messages, and a person's acknowledgement of them.

Invariants: whether a message is meant, an exercise or a test is never assumed; an actual flash
message is shown in full, with its readers, before it leaves.
"""

from __future__ import annotations

import re
import time
from enum import StrEnum
from typing import Annotated, Final

import typer

from detente.cli import asking
from detente.cli.acting import Grave, enter
from detente.cli.faults import Usage
from detente.cli.grammar import command, default_command, new_group
from detente.cli.speech import DEFAULT_LANGUAGE, Language, Mark, TextArgument, TextFile, Yes
from detente.cli.text_in import take_short, take_text
from detente.cli.visit import Visit
from detente.cli.words import N_, _

_DURATION: Final = re.compile(r"(\d{1,8})([smhd]?)")
_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class Status(StrEnum):
    """Whether a message is meant."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Precedence(StrEnum):
    """How soon a message must be before a person."""

    FLASH = "flash"
    IMMEDIATE = "immediate"
    PRIORITY = "priority"
    ROUTINE = "routine"


#: What is said about a message before it leaves and after, so that nobody mistakes one for another.
_MEANING: Final = {
    Status.ACTUAL: N_(
        "ACTUAL: this message is meant. It will alarm the other side's duty officer."
    ),
    Status.EXERCISE: N_("EXERCISE: the other side sees it marked as an exercise; it is not meant."),
    Status.TEST: N_("TEST: this tests the line only; its words mean nothing."),
}


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(
        _("Show hotline messages, send one, or acknowledge one."),
        "detente hotline\n"
        'detente hotline send --status test --precedence routine "Line test."\n'
        'detente hotline acknowledge B-L4 --role "Duty officer"',
        parent=app,
        name="hotline",
    )
    default_command(group)(show)
    command(
        group,
        "send",
        _("Send a message over the hotline. --status has no default: say what it is."),
        'detente hotline send --status test --precedence routine "Line test."\n'
        'detente hotline send --status actual --precedence flash --to "Duty officer" \\\n'
        '  --acknowledge-within 10m "Our aircraft has lost its way. It is unarmed."',
    )(send)
    command(
        group,
        "acknowledge",
        _("Acknowledge a message: a person here has it. This is not agreement."),
        'detente hotline acknowledge B-L4 --role "Duty officer"',
    )(acknowledge)


def show(visit: Visit) -> None:
    """Show all messages."""
    from detente.cli.render import talks

    now = time.time_ns() // 1_000_000
    visit.show(visit.about("hotline"), talks.hotline, parties=visit.parties(), now=now)


def seconds(name: str, words: str) -> int:
    """Return a duration such as ``90s``, ``10m`` or ``2h`` in seconds; empty is none.

    Raises:
        Usage: ``cli.duration``.
    """
    if not words:
        return 0
    found = _DURATION.fullmatch(words.strip())
    if found is None:
        raise Usage(
            "cli.duration",
            N_("{option}: {words} is not a duration."),
            N_("Write it as 90s, 10m, 2h or 1d."),
            option=name,
            words=words,
        )
    return int(found.group(1)) * _SECONDS[found.group(2)]


def send(
    visit: Visit,
    status: Annotated[
        Status,
        typer.Option(
            "--status",
            help=_("actual: meant. exercise: seen as an exercise. test: tests the line only."),
        ),
    ],
    precedence: Annotated[
        Precedence,
        typer.Option("--precedence", help=_("How soon it must be before a person.")),
    ],
    text: TextArgument = None,
    file: TextFile = None,
    to: Annotated[
        str, typer.Option("--to", help=_("For whom on the other side."), metavar="ROLE")
    ] = "",
    text_lang: Language = DEFAULT_LANGUAGE,
    acknowledge_within: Annotated[
        str,
        typer.Option("--acknowledge-within", help=_("As 10m; asked for."), metavar="DURATION"),
    ] = "",
    reply_within: Annotated[
        str, typer.Option("--reply-within", help=_("As 2h; asked for."), metavar="DURATION")
    ] = "",
    yes: Yes = False,
) -> int:
    """Enter a message."""
    body = {
        "status": status.value,
        "precedence": precedence.value,
        "addressee": take_short("--to", to),
        "text": take_text(text, file),
        "lang": text_lang,
        "acknowledge_within_s": seconds("--acknowledge-within", acknowledge_within),
        "reply_within_s": seconds("--reply-within", reply_within),
    }
    meaning = _(_MEANING[status])
    grave = None
    if status is Status.ACTUAL and precedence is Precedence.FLASH:
        lines = [meaning, "", *asking.framed(str(body["text"])), ""]
        grave = Grave(lines, _("Send this message now?"), yes)
    elif not visit.options.json:
        visit.screen.note(meaning)
    return enter(visit, "hotline.message", body, grave=grave)


def acknowledge(
    visit: Visit,
    mark: Mark,
    role: Annotated[
        str,
        typer.Option(
            "--role", help=_("Your function, as the other side will read it."), metavar="ROLE"
        ),
    ],
    note: Annotated[
        str, typer.Option("--note", help=_("A few words; may be left out."), metavar="TEXT")
    ] = "",
) -> int:
    """Enter an acknowledgement."""
    body = {
        "of": mark,
        "role": take_short("--role", role),
        "note": take_short("--note", note),
    }
    return enter(visit, "hotline.acknowledgement", body)
