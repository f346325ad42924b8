"""The command line as a whole: every group of commands, and the door at which every fault ends.

Invariants: whatever happens, the exit code is one of those documented in `faults`; no traceback and
no value from inside the program reaches the screen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from detente.cli import (
    agenda,
    delegate,
    demo,
    faults,
    hotline,
    node_commands,
    opening,
    pair,
    questions,
    reading,
    record,
    speak,
    upkeep,
    verify,
    words,
)
from detente.cli.grammar import new_group
from detente.cli.screen import silence_output
from detente.cli.words import _
from detente.terms.errors import Fault
from detente.terms.text import quote_foreign

#: In the order in which they are needed.
_GROUPS = (
    node_commands,
    pair,
    delegate,
    opening,
    speak,
    questions,
    agenda,
    hotline,
    reading,
    record,
    verify,
    upkeep,
    demo,
)
PROGRAM = "detente"


def build_app() -> typer.Typer:
    """Return the whole command line."""
    app = new_group(
        _("Keep talking with a party that you do not trust: each on its own node, over one signed "
          "record that anyone with a copy can verify."),
        'detente init --name "North" && detente serve\n'
        "detente pair invite\n"
        "detente status\n"
        "detente verify talks.bundle",
    )  # fmt: skip
    for group in _GROUPS:
        group.add_to(app)
    return app


@cache
def _program() -> Any:
    """Return the command line as the library runs it; made once, in the language of the process."""
    return get_command(build_app())


def run(argv: Sequence[str]) -> int:
    """Carry out one command line and return its exit code."""
    as_json, verbose = "--json" in argv, "--verbose" in argv or "-v" in argv
    if (language := words.missing_language(argv)) and not as_json:
        sys.stderr.write(
            _("There are no words in {lang} here, so English is spoken. There are: {known}",
              lang=quote_foreign(language, 40), known=", ".join(words.languages())) + "\n"
        )  # fmt: skip
    try:
        answer = _program().main(
            args=list(argv) or ["--help"], prog_name=PROGRAM, standalone_mode=False
        )
        return int(answer or 0)
    except Fault as fault:
        return faults.show_fault(fault, as_json=as_json)
    except typer.TyperException as error:
        return _show_usage(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return faults.INTERRUPTED
    except BrokenPipeError:
        silence_output()
        return 0
    except OSError as error:
        return faults.show_fault(faults.unreadable(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the last door: nothing may pass it unspoken
        return faults.show_unexpected(error, as_json=as_json, verbose=verbose)


def _show_usage(error: typer.TyperException, *, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else PROGRAM
    hint = _("See how it is used: {path} --help", path=path)
    return faults.show_usage(error.format_message(), hint, as_json=as_json)
