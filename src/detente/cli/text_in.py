"""Takes in the text of an act: from the line, a file, standard input or the person's editor.

Carries out docs/spec/00-terms.md §5 for our own side: what nobody could see is refused here, with its
place, before anything reaches the node (which checks again). Line ends of other systems, a leading
byte order mark and line feeds at the end are ways of storing a file, not text, and are dropped.

Invariants: the text is otherwise passed on exactly; a draft in the editor lies in a file that only its
owner can read, and is removed afterwards.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from detente.cli.asking import is_person_there
from detente.cli.faults import Misread, Usage
from detente.cli.words import N_, _
from detente.terms.errors import Refused, Unavailable
from detente.terms.text import Flag, find_flags, quote_foreign

_STDIN: Final = "-"
_AROUND: Final = 12
"""Characters shown on either side of a hidden one: enough to find it by."""


def take_text(argument: str | None, file: Path | None, first: str = "") -> str:
    """Return the text that the person gave in whichever way.

    Args:
        argument: as typed; ``-`` reads standard input; None opens the editor on a terminal.
        file: path of a UTF-8 text; ``-`` reads standard input.
        first: what the draft in the editor begins with.

    Raises:
        Usage: ``cli.text.twice``, ``cli.text.none``, ``cli.text.file``.
        Refused: ``cli.text.empty``, ``cli.text.encoding``, ``cli.text.hidden``.
    """
    if argument is not None and file is not None:
        raise Usage(
            "cli.text.twice",
            N_("The text was given twice, on the line and as a file."),
            N_("Give one of them."),
        )
    return check_text(_gather(argument, file, first))


def check_text(text: str) -> str:
    """Return `text` when it may be entered.

    Raises:
        Refused: ``cli.text.empty`` or ``cli.text.hidden``, which shows every place.
    """
    if not text.strip():
        raise Refused(
            "cli.text.empty", N_("The text is empty."), N_("Nothing was entered; write something.")
        )
    if flags := find_flags(text):
        raise Misread(
            "cli.text.hidden",
            N_("The text holds what a reader could not see or could misread. Nothing was entered."),
            N_("Take it out, or type the passage anew, and try again."),
            tuple(_place(text, flag) for flag in flags),
        )
    return text


def take_short(name: str, value: str) -> str:
    """Return a short text from an option (a title, a reason), checked in the same way.

    Raises:
        Refused: ``cli.text.hidden``.
    """
    if value and find_flags(value):
        raise Misread(
            "cli.text.hidden",
            N_("{option} holds what a reader could not see or could misread."),
            N_("Take it out, or type the passage anew, and try again."),
            tuple(_place(value, flag) for flag in find_flags(value)),
            option=name,
        )
    return value


def _gather(argument: str | None, file: Path | None, first: str) -> str:
    if argument == _STDIN or (file is not None and str(file) == _STDIN):
        return _decode(sys.stdin.buffer.read())
    if file is not None:
        return _decode(_read(file))
    if argument is not None:
        return argument
    if not is_person_there():
        raise Usage(
            "cli.text.none",
            N_("There is no text."),
            N_("Give it on the line, with --file, or as - from a pipe."),
        )
    return edit(first)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise Usage(
            "cli.text.file",
            N_("There is no file {file} to take the text from."),
            N_("Check its name."),
            file=str(file),
        ) from None


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "cli.text.encoding",
            N_("The text is not UTF-8: byte {position} cannot be read."),
            N_("Save it as UTF-8 and try again."),
            position=error.start,
        ) from None
    return text.replace("\r\n", "\n").rstrip("\n")


def edit(first: str = "") -> str:
    """Let the person write in their editor, and return what they saved.

    Raises:
        Unavailable: ``cli.editor`` when the editor cannot be started or fails.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    # Memory rather than disk where the system offers it: a draft may be more private than an act.
    folder = os.environ.get("XDG_RUNTIME_DIR")
    handle, name = tempfile.mkstemp(
        prefix="detente-", suffix=".txt", dir=folder if folder and Path(folder).is_dir() else None
    )
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as draft:
            draft.write(first)
        try:
            done = subprocess.run([*shlex.split(editor), name], check=False)  # noqa: S603
        except OSError:
            done = None
        if done is None or done.returncode != 0:
            raise Unavailable(
                "cli.editor",
                N_("The editor {editor} did not end well; nothing was entered."),
                N_("Set EDITOR to an editor you have, or give the text with --file."),
                editor=editor,
            )
        return _decode(path.read_bytes())
    finally:
        path.unlink(missing_ok=True)


def _place(text: str, flag: Flag) -> str:
    before = text[: flag.position]
    line, column = before.count("\n") + 1, flag.position - (before.rfind("\n") + 1) + 1
    start = max(flag.position - _AROUND, 0)
    around = text[start : flag.position + _AROUND + 1]
    return _(
        "line {line}, column {column}: {name} (U+{code}) in “{around}”",
        line=line,
        column=column,
        name=flag.name,
        code=f"{flag.codepoint:04X}",
        around=quote_foreign(around, 4 * _AROUND),
    )
