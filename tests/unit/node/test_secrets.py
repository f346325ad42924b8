"""Where passphrases come from: a private file, a terminal, and nothing else."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from detente.node import secrets
from detente.node.secrets import VARIABLE, ask_secret
from detente.terms.errors import Refused
from tests.locations import ROOT


def secret_file(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.fixture
def name_file(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    return lambda path: monkeypatch.setenv(VARIABLE, str(path))


def test_each_key_has_its_own_line_and_the_first_is_for_all_others(
    tmp_path: Path, name_file: Callable[[Path], None]
) -> None:
    """Several keys, one file; a passphrase may hold what divides names from values."""
    name_file(secret_file(tmp_path, "for all\nroot = a = b \nhead = Паро́ль\n"))
    assert ask_secret("node").reveal() == b"for all"
    assert ask_secret("root").reveal() == b"a = b "
    assert ask_secret("head", False).reveal() == "Паро́ль".encode()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o677])
def test_a_file_that_others_can_reach_is_refused(
    tmp_path: Path, name_file: Callable[[Path], None], mode: int
) -> None:
    """For the group, for everybody, to read or to write."""
    path = secret_file(tmp_path, "secret words\n", mode)
    name_file(path)
    with pytest.raises(Refused) as refusal:
        ask_secret("node")
    assert refusal.value.code == "secret.file"
    assert "chmod 600" in refusal.value.next_step
    assert "secret words" not in str(refusal.value)


@pytest.mark.parametrize("what", ["missing", "a folder", "no text"])
def test_a_file_that_cannot_be_read_is_refused_without_asking_elsewhere(
    tmp_path: Path, name_file: Callable[[Path], None], what: str
) -> None:
    """A service whose credential is gone must not wait at a prompt that nobody sees."""
    path = tmp_path / "missing"
    if what == "a folder":
        path.mkdir(mode=0o700)
    elif what == "no text":
        path = secret_file(tmp_path, b"\xff\xfe\xfd")
    name_file(path)
    with pytest.raises(Refused) as refusal:
        ask_secret("node")
    assert refusal.value.code == "secret.file"


def test_a_new_passphrase_is_typed_twice_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the finger would lock its owner out for ever."""
    typed = iter(["one", "two", "the same", "the same", "once"])
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(secrets, "_is_terminal_here", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _: next(typed))
    with pytest.raises(Refused) as refusal:
        ask_secret("root", True)
    assert refusal.value.code == "secret.differs"
    assert ask_secret("root", True).reveal() == b"the same"
    assert ask_secret("root").reveal() == b"once"


@pytest.mark.parametrize("word", ["", "x", "1234567", "Пароль"])
def test_a_new_passphrase_that_is_guessed_at_once_is_refused(
    word: str, tmp_path: Path, name_file: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a prompt or a file; one that is in use already still opens its key."""
    name_file(secret_file(tmp_path, f"{word}\n"))
    with pytest.raises(Refused) as refusal:
        ask_secret("root", True)
    assert refusal.value.code == "secret.short"
    assert word not in str(refusal.value) or not word
    assert ask_secret("root").reveal() == word.encode()
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(secrets, "_is_terminal_here", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda _: word)
    with pytest.raises(Refused) as refusal:
        ask_secret("root", True)
    assert refusal.value.code == "secret.short"


def test_the_end_of_the_input_at_the_prompt_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D is a way of saying no, and no fault of the program."""

    def end(_: str) -> str:
        raise EOFError

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(secrets, "_is_terminal_here", lambda: True)
    monkeypatch.setattr(getpass, "getpass", end)
    with pytest.raises(Refused) as refusal:
        ask_secret("node")
    assert refusal.value.code == "secret.none"


def test_without_a_terminal_what_is_piped_in_is_never_taken_for_a_passphrase() -> None:
    """`echo TEXT | detente say -` without a terminal must not try TEXT on the key, nor wait for ever."""
    program = (
        "from detente.node.secrets import ask_secret\n"
        "from detente.terms.errors import Refused\n"
        "try:\n    print(ask_secret('node').reveal())\n"
        "except Refused as fault:\n    print(fault.code)\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    environment["PYTHONPATH"] = str(ROOT / "src")
    done = subprocess.run(
        [sys.executable, "-c", program], input=b"not a passphrase\n", capture_output=True,
        check=True, env=environment, start_new_session=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.decode().split() == ["secret.terminal"]
    assert b"not a passphrase" not in done.stderr
