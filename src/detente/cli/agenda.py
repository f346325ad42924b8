"""Commands for the agenda of items that all parties agreed to discuss."""

from __future__ import annotations

from typing import Annotated

import typer

from detente.cli import asking
from detente.cli.acting import Grave, enter
from detente.cli.grammar import command, default_command, new_group
from detente.cli.speech import (
    DEFAULT_LANGUAGE,
    Language,
    Mark,
    Reason,
    TextArgument,
    TextFile,
    Yes,
)
from detente.cli.text_in import take_short, take_text
from detente.cli.visit import Visit
from detente.cli.words import _


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(
        _("Show the agenda, or propose, agree, decline and withdraw items."),
        'detente agenda\ndetente agenda propose "Prisoners" "Exchange of the wounded."\n'
        "detente agenda agree B-5",
        parent=app,
        name="agenda",
    )
    default_command(group)(show)
    command(
        group,
        "propose",
        _("Propose an item."),
        'detente agenda propose "Prisoners" "Exchange of the wounded."',
    )(propose)
    command(
        group,
        "agree",
        _("Agree to discuss an item of the other side; not to its content."),
        "detente agenda agree B-5",
    )(agree)
    command(
        group,
        "decline",
        _("Decline to discuss an item; it may be agreed later."),
        'detente agenda decline B-5 --reason "Not in this round."',
    )(decline)
    command(
        group,
        "withdraw",
        _("Take back an item of ours."),
        "detente agenda withdraw A-4",
    )(withdraw)


def show(visit: Visit) -> None:
    """Show all items."""
    from detente.cli.render import talks

    visit.show(visit.about("agenda"), talks.agenda, parties=visit.parties())


def propose(
    visit: Visit,
    title: Annotated[str, typer.Argument(help=_("Title of the item."), metavar="TITLE")],
    text: TextArgument = None,
    file: TextFile = None,
    text_lang: Language = DEFAULT_LANGUAGE,
) -> int:
    """Enter an item."""
    body = {
        "title": take_short("TITLE", title),
        "text": take_text(text, file),
        "lang": text_lang,
    }
    return enter(visit, "agenda.item", body)


def agree(visit: Visit, mark: Mark) -> int:
    """Enter an agreement."""
    return enter(visit, "agenda.agreement", {"item": mark})


def decline(visit: Visit, mark: Mark, reason: Reason = "") -> int:
    """Enter a decline."""
    body = {"item": mark, "reason": take_short("--reason", reason)}
    return enter(visit, "agenda.decline", body)


def withdraw(visit: Visit, mark: Mark, reason: Reason = "", yes: Yes = False) -> int:
    """Enter a withdrawal."""
    grave = Grave(
        [
            _("The item stays readable, marked as taken back."),
            *([_("Reason:"), *asking.framed(reason)] if reason else []),
        ],
        _("Take back {mark}?", mark=mark),
        yes,
    )
    body = {"item": mark, "reason": take_short("--reason", reason)}
    return enter(visit, "agenda.withdrawal", body, grave=grave)
