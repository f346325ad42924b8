"""Commands for the opening of a dialogue: nothing is discussed before all sides consented."""

from __future__ import annotations

from typing import Annotated

import typer

from detente.cli.acting import enter
from detente.cli.grammar import command, default_command, new_group
from detente.cli.speech import (
    DEFAULT_LANGUAGE,
    Language,
    Mark,
    Reason,
    TextArgument,
    TextFile,
)
from detente.cli.text_in import take_short, take_text
from detente.cli.visit import Visit
from detente.cli.words import _


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(
        _("Show whether the dialogue is open, or propose, consent to and refuse its opening."),
        'detente open propose "Talks on the crossing" "To agree opening hours of the crossing."\n'
        "detente open consent B-2",
        parent=app,
        name="open",
    )
    default_command(group)(show)
    command(
        group,
        "propose",
        _("Propose to open the dialogue, with its purpose."),
        'detente open propose "Talks on the crossing" "To agree opening hours of the crossing."',
    )(propose)
    command(
        group,
        "consent",
        _("Consent to a proposal of the other side."),
        "detente open consent B-2",
    )(consent)
    command(
        group,
        "refuse",
        _("Refuse a proposal, with or without a reason; consent stays possible."),
        'detente open refuse B-2 --reason "Not before the elections."',
    )(refuse)


def show(visit: Visit) -> None:
    """Show the state of the opening."""
    from detente.cli.render import talks

    visit.show(visit.about("opening"), talks.opening, parties=visit.parties())


def propose(
    visit: Visit,
    title: Annotated[str, typer.Argument(help=_("Title of the dialogue."), metavar="TITLE")],
    text: TextArgument = None,
    file: TextFile = None,
    text_lang: Language = DEFAULT_LANGUAGE,
) -> int:
    """Enter a proposal."""
    body = {
        "title": take_short("TITLE", title),
        "purpose": take_text(text, file),
        "lang": text_lang,
    }
    return enter(visit, "opening.proposal", body)


def consent(visit: Visit, mark: Mark) -> int:
    """Enter a consent."""
    return enter(visit, "opening.consent", {"proposal": mark})


def refuse(visit: Visit, mark: Mark, reason: Reason = "") -> int:
    """Enter a refusal."""
    body = {"proposal": mark, "reason": take_short("--reason", reason)}
    return enter(visit, "opening.refusal", body)
