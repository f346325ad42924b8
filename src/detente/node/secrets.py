"""Where secrets come from: a prompt, or a file that only its owner can read. Never an argument.

The file is named by ``DETENTE_SECRET_FILE`` (a service manager's credential, say) and holds one
passphrase on its first line; lines ``name = passphrase`` after it hold those of single keys.
"""

from __future__ import annotations

import getpass
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from detente.seals.secrets import Secret
from detente.terms.errors import N_, Refused

VARIABLE = "DETENTE_SECRET_FILE"
LEAST_CHARS = 8
"""Of a new passphrase: fewer are guessed whatever one guess costs. No upper bound, no required signs."""
Ask = Callable[[str, bool], Secret]
"""(name of the key, whether to ask twice) → its passphrase."""
Say = Callable[..., str]
"""(message, values for its places) → the message in the reader's language."""


def _say_plainly(message: str, **values: str) -> str:
    return message.format(**values)


def ask_secret(name: str, twice: bool = False, say: Say = _say_plainly) -> Secret:
    """Return the passphrase of a key, from the file if one is named, else from the terminal.

    Args:
        name: ``node``, ``root`` or a delegate's key name.
        twice: for a new passphrase: asks again and compares.
        say: puts the prompts into the reader's language.

    Raises:
        Refused: ``secret.file``, ``secret.differs``, ``secret.terminal``; ``secret.short`` for a new one.
    """
    path = os.environ.get(VARIABLE)
    if path:
        found = _from_file(Path(path), name)
        return _checked(found, name) if twice else found
    if not _is_terminal_here():
        raise Refused(
            "secret.terminal",
            N_("There is no terminal to ask for the passphrase of {name}."),
            N_("Name a file with DETENTE_SECRET_FILE that only you can read."),
            name=name,
        )
    first = _ask(say(N_("Passphrase of {name}: "), name=name))
    if twice and first != _ask(say(N_("The same again: "))):
        raise Refused("secret.differs", N_("The two passphrases differ."), N_("Begin again."))
    made = Secret(first.encode())
    return _checked(made, name) if twice else made


def _checked(fresh: Secret, name: str) -> Secret:
    """Return a new passphrase, unless it would be guessed at once (``secret.short``)."""
    if len(fresh.reveal().decode()) < LEAST_CHARS:
        raise Refused(
            "secret.short",
            N_("The new passphrase of {name} has fewer than {least} characters."),
            N_("Several words that you can remember are best."),
            name=name,
            least=LEAST_CHARS,
        )
    return fresh


def _is_terminal_here() -> bool:
    """Tell whether `getpass` finds a terminal; without one it would read what is piped in."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return sys.stdin is not None and sys.stdin.isatty()
    return True


def _ask(prompt: str) -> str:
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise Refused(
            "secret.none", N_("No passphrase was given."), N_("Nothing was done.")
        ) from None


def _from_file(path: Path, name: str) -> Secret:
    try:
        mode = path.stat().st_mode
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refused(
            "secret.file", N_("The secret file {path} cannot be read."), path=str(path)
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Refused(
            "secret.file",
            N_("The secret file {path} can be read by others."),
            N_("Restrict it: chmod 600 {path}"),
            path=str(path),
        )
    for line in lines[1:]:
        key, separator, value = line.partition(" = ")
        if separator and key.strip() == name:
            return Secret(value.encode())
    return Secret((lines[0] if lines else "").encode())
