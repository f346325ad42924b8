"""Writes docs/guides/cli.md from the commands themselves, so that the two cannot differ.

`scripts/cli-reference` writes the page; with --check it only fails when the page is out of date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from detente.cli.grammar import SECTIONS, is_shared
from detente.cli.main import PROGRAM, build_app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guides" / "cli.md"

HEAD = """\
# The command line

This page is made from the commands themselves by `scripts/cli-reference`.
What `detente COMMAND --help` says is the same.

With a running node (`detente serve`) a command speaks to it through the socket in its directory.
Without one, a command opens the node itself, for as long as it takes.

## What every command understands

Options may stand before or after the name of the command.

{shared}

The program itself, named without a command:

{own}

### Variables

| variable | for |
|---|---|
| `DETENTE_DIR` | directory of the node, where `--dir` is not given |
| `DETENTE_SECRET_FILE` | file with passphrases, mode 0600; see below |
| `DETENTE_LANG` | language of the words, as `ar` |
| `NO_COLOR` | no colour, whatever its value |
| `VISUAL`, `EDITOR` | editor for texts that are not given on the line |
| `XDG_RUNTIME_DIR` | where a draft lies while it is edited |

Each setting of a node can be overridden by a variable too: `listen` by `DETENTE_LISTEN`, and so on.

A passphrase is never an argument.
It is asked for at the terminal, unseen, and twice when it is new; or it is read from a file that
`DETENTE_SECRET_FILE` names and only you can read: its first line serves every key, and a line
`name = passphrase` after it serves the key of that name.

### Results, notes and progress

Results go to standard output.
Questions, progress and faults go to standard error, so that a pipe holds results alone.
With `--json` a result is one JSON value in ASCII, and a fault is one line
`{{"error": {{"code": …, "sentence": …, "next_step": …}}}}` on standard error.
Long work shows a bar on a terminal and plain lines elsewhere.

A text is given on the line, with `--file`, as `-` from a pipe, or in your editor.
Characters that a reader could not see or could misread are refused, and their places shown.
The same characters in a text of the other side are shown by their numbers: `<U+202E>`.

### Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | something that was checked is wrong (`doctor`) |
| 2 | refused: our own side asked for what the rules forbid, or did not confirm |
| 3 | rejected: bytes from elsewhere are wrong |
| 4 | not available now; the same command may succeed later |
| 64 | the command line cannot be understood |
| 70 | a fault of this program |
| 130 | interrupted |

`detente verify` has its own: 0 intact, 1 bad, 2 cannot tell, 64 not called as its help says.
"""


def options_table(context: Any, params: list[Any]) -> str:
    """Return a table of options or arguments."""
    rows = ["| option | for |", "|---|---|"]
    for param in params:
        record = param.get_help_record(context)
        if record is not None:
            name = record[0] if param.param_type_name == "option" else param.metavar or record[0]
            rows.append(f"| `{name.replace('|', chr(92) + '|')}` | {escape(record[1])} |")
    return "\n".join(rows) if len(rows) > 2 else ""


def escape(text: str) -> str:
    """Return text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def describe(command: Any, context: Any, path: str, level: int) -> Iterator[str]:
    """Yield the part of the page about one command and, for a group, about its commands."""
    yield f"{'#' * level} {path}"
    yield " ".join((command.help or "").split())
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{path} {pieces}\n```"
    own = [
        param
        for param in command.get_params(context)
        if not is_shared(param) and param.name != "help"
    ]
    if table := options_table(context, own):
        yield table
    if command.epilog:
        yield f"```sh\n{command.epilog}\n```"
    for name, inner in getattr(command, "commands", {}).items():
        inner_context = type(context)(inner, info_name=name, parent=context)
        yield from describe(inner, inner_context, f"{path} {name}", level + 1)


def page() -> str:
    """Return the whole page."""
    root = get_command(build_app())
    context = root.make_context(PROGRAM, ["status"], resilient_parsing=True)
    params = root.get_params(context)
    shared = options_table(context, [param for param in params if is_shared(param)])
    own = options_table(context, [param for param in params if not is_shared(param)])
    parts = [HEAD.format(shared=shared, own=own).rstrip()]
    for title, names in SECTIONS:
        parts.append(f"## {title}")
        for name in names.split():
            command = root.commands[name]  # type: ignore[attr-defined]
            inner = type(context)(command, info_name=name, parent=context)
            parts += describe(command, inner, f"{PROGRAM} {name}", 3)
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the page, or say whether it is current."""
    parser = argparse.ArgumentParser(description="Write docs/guides/cli.md from the commands.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of date")
    fresh = page()
    if not parser.parse_args().check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(fresh, "utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text("utf-8") == fresh:
        return 0
    print("docs/guides/cli.md is out of date: run scripts/cli-reference", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
