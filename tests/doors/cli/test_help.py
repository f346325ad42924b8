"""Help: every command says what it does, shows how, and is where people look for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from detente.cli.grammar import SECTIONS
from tests.doors.cli.command_tree import Found, walk
from tests.doors.cli.conftest import Cli

COMMANDS = list(walk())
PROMISED = frozenset(
    "init serve pair delegate say object ask reply agenda hotline show log status export verify"
    " pouch backup restore doctor demo open".split()
)


@pytest.mark.parametrize("found", COMMANDS, ids=lambda found: " ".join(found.path) or "detente")
def test_every_command_shows_an_example_of_itself(found: Found, cli: Cli) -> None:
    """A person who has forgotten the options sees a line that they can change and run."""
    ran = cli(*found.path, "--help")
    assert ran.code == 0
    examples = ran.out.split("Examples:")[1]
    assert " ".join(("detente", *found.path)).split("--")[0].strip() in _without_options(examples)


def _without_options(examples: str) -> str:
    return examples.replace("detente --dir south", "detente").replace("--dir north ", "")


@pytest.mark.parametrize("found", COMMANDS, ids=lambda found: " ".join(found.path) or "detente")
def test_every_option_says_what_it_is_for_in_words_and_not_in_types(found: Found) -> None:
    """`<int range>` means nothing to a duty officer."""
    for param in found.command.get_params(found.context):
        record = param.get_help_record(found.context)
        assert record is not None, param.name
        assert record[1], param.name
        choices = param.type_descriptor.is_choice if hasattr(param, "type_descriptor") else False
        if param.param_type_name == "option" and not choices:
            assert "<" not in record[0], record[0]


@pytest.mark.parametrize("found", COMMANDS, ids=lambda found: " ".join(found.path) or "detente")
def test_json_and_language_may_be_asked_of_every_command(found: Found) -> None:
    """A program needs not know which commands speak to it."""
    names = {name for param in found.command.get_params(found.context) for name in param.opts}
    assert {"--json", "--lang", "--help"} <= names


def test_the_promised_commands_are_there() -> None:
    """The list that the documents promise."""
    names = {found.path[0] for found in COMMANDS if len(found.path) == 1}
    assert names >= PROMISED


def test_the_overview_lists_every_command_once() -> None:
    """A command under no heading would be found by nobody."""
    listed = [name for _title, names in SECTIONS for name in names.split()]
    assert sorted(listed) == sorted(found.path[0] for found in COMMANDS if len(found.path) == 1)


def test_no_option_takes_a_secret() -> None:
    """Whoever may list processes can read every argument."""
    for found in COMMANDS:
        for param in found.command.get_params(found.context):
            words = f"{param.name} {' '.join(param.opts)}".lower()
            assert not any(word in words for word in ("passphrase", "password", "secret", "pin"))


def test_options_of_every_command_stand_before_or_after_its_name(cli: Cli, node: object) -> None:
    """Nobody remembers on which side of the command --json belongs."""
    assert cli("--json", "agenda").out == cli("agenda", "--json").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_be_taught_the_commands(shell: str) -> None:
    """Completion offers commands, options and choices."""
    environ = {
        **os.environ,
        "_DETENTE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "detente hotl",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "detente hotl",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-m", "detente"], env=environ, capture_output=True, text=True, check=False
    )
    assert "hotline" in done.stdout


def test_help_needs_neither_tables_nor_cryptography() -> None:
    """Help must come at once, also on a small machine."""
    code = (
        "import sys; sys.argv = ['detente', '--help']\n"
        "from detente.__main__ import main\n"
        "main()\n"
        "heavy = {'rich', 'cryptography', 'nacl', 'apsw', 'pydantic', 'structlog', 'segno'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
