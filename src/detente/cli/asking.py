"""Asks the person at the keyboard: to confirm a grave act, to type a number, to say something.

Questions stand on standard error and answers come from standard input, so that the result of a
command can still go into a pipe. Secrets are never asked for here: `detente.node.secrets` does that.

Invariants: a grave act is never confirmed by default, by an empty line or by the end of the input.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final

from detente.cli.faults import Usage
from detente.cli.screen import Screen
from detente.cli.words import N_, _
from detente.terms.errors import Refused
from detente.terms.text import show_foreign

_FRAME: Final = "  │ "


def is_person_there() -> bool:
    """Tell whether somebody can answer: standard input is a terminal."""
    return sys.stdin.isatty()


def ask_line(question: str) -> str:
    """Ask for one line; the end of the input is an empty answer."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def need_person(missing: str) -> None:
    """Refuse when nobody is there to be asked.

    Args:
        missing: the option that says the same without being asked.

    Raises:
        Usage: ``cli.unattended``.
    """
    if not is_person_there():
        raise Usage(
            "cli.unattended",
            N_("This needs an answer, and there is no terminal to ask on."),
            N_("Say it with {option}."),
            option=missing,
        )


def confirm(screen: Screen, lines: Iterable[str], question: str) -> None:
    """Show what is about to be done, and go on only when the person types yes.

    Args:
        lines: exact text and who will read it, shown as they are.
        question: what yes would mean.

    Raises:
        Refused: ``cli.unconfirmed`` for any other answer.
        Usage: ``cli.unattended`` when there is nobody to ask.
    """
    need_person("--yes")
    screen.note(*lines)
    yes = _("yes")
    answer = ask_line(_("{question} Type {yes} to go on:", question=question, yes=yes))
    if answer.casefold() not in {"yes", yes.casefold()}:
        raise Refused("cli.unconfirmed", N_("Not confirmed; nothing was done."))


def framed(text: str) -> list[str]:
    """Return `text` as it will stand in the record, set apart line by line."""
    return [_FRAME + line for line in show_foreign(text).split("\n")]
