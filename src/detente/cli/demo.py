"""The command that plays a whole talk between two nodes on this machine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from detente.cli.grammar import command
from detente.cli.visit import Visit
from detente.cli.words import _
from detente.terms.text import show_foreign

DIRECTORY: Final = Path("var/demo")


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""
    command(
        app,
        "demo",
        _(
            "Play a whole talk between two nodes on this machine, from first contact to a verified"
            " record."
        ),
        "detente demo\ndetente demo --exit\ndetente demo --reset",
        reach="directory",
    )(demo)


def demo(
    visit: Visit,
    leave: Annotated[
        bool, typer.Option("--exit", help=_("End by itself instead of staying up."))
    ] = False,
    reset: Annotated[
        bool,
        typer.Option(
            "--reset/--keep", help=_("Begin anew, or keep what an earlier run left behind.")
        ),
    ] = True,
) -> int:
    """Run the demonstration."""
    from detente.node.demo import run_demo

    folder = visit.options.directory or DIRECTORY
    return run_demo(folder, leave, reset, _say, _)


def _say(line: str) -> None:
    # Whoever watches through a pipe sees each line when it is said.
    sys.stdout.write(show_foreign(line) + "\n")
    sys.stdout.flush()
