"""Every command that a page shows exists, and the ten lines of the README work as they stand."""

from __future__ import annotations

import os
import pty
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from typer.main import get_command

from detente.cli.main import build_app
from tests.docs.pages import DOCS
from tests.locations import ROOT

_BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(detente [^`]+)`")
_NUMBER: Final = re.compile(r"Our number: +([0-9 ]+[0-9])")
_PAGES: Final = (ROOT / "README.md", *sorted((DOCS / "guides").glob("*.md")))


@cache
def _program() -> Any:
    return get_command(build_app())


def commands_of(text: str) -> Iterator[list[str]]:
    """Yield the words of every command of ours in a text."""
    shown = [
        line for block in _BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()
    ]
    shown += _INLINE.findall(text)
    for line in shown:
        for part in re.split(r"&&|\|", line.partition(" #")[0]):
            words = shlex.split(part)
            if words and words[0] == "detente":
                yield words[1:]


def fault_of(words: list[str]) -> str:
    """Return what is wrong with a command, or nothing."""
    shared = {"-C": 1, "--dir": 1, "-d": 1, "--dialogue": 1, "--as": 1, "--json": 0}
    command: Any = _program()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in {"COMMAND", "--help", "--install-completion", "--show-completion", "…"}:
            return ""
        if word in shared:
            del rest[: shared[word]]
        elif getattr(command, "commands", None) and not word.startswith("-"):
            if word not in command.commands:
                return f"detente {' '.join(words)}: there is no {word}"
            command = command.commands[word]
        elif word.startswith("-") and word != "-":
            options = {
                name: one for one in command.params for name in one.opts + one.secondary_opts
            }
            name = word.partition("=")[0]
            if name not in options:
                return f"detente {' '.join(words)}: there is no option {name}"
            if not getattr(options[name], "is_flag", False) and "=" not in word:
                del rest[:1]
    return ""


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.name)
def test_every_command_shown_exists_with_its_options(path: Path) -> None:
    """What a page says to type can be typed."""
    faults = [fault_of(words) for words in commands_of(path.read_text("utf-8"))]
    assert [fault for fault in faults if fault] == []


def test_commands_are_found_in_blocks_and_in_lines() -> None:
    """Both are what a reader copies."""
    found = list(
        commands_of(
            "Try `detente status`.\n\n```sh\ndetente -C a log  # all\nls | detente say -\n```\n"
        )
    )
    assert found == [["-C", "a", "log"], ["say", "-"], ["status"]]


@pytest.mark.parametrize("line", ["fly", "say --fly", "pair fly", "hotline send --fly x"])
def test_a_planted_command_is_caught(line: str) -> None:
    """A command, an option, a command in a group."""
    assert fault_of(line.split())


# -- the ten lines ---------------------------------------------------------------------------------


def _ten_lines() -> list[str]:
    blocks = _BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    (block,) = (one for one in blocks if "pair confirm" in one)
    return [line.partition(" #")[0].strip() for line in block.splitlines()][1:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Typist:
    """Types lines in a folder, as a reader would, answering what is asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.number = ""
        """The number that was shown last: what a person reads to the other."""
        secret = folder / "secret"
        secret.touch(mode=0o600)
        secret.write_text("only for this test\n", "utf-8")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._environment = {
            **os.environ, "PATH": path, "DETENTE_SECRET_FILE": str(secret),
            "XDG_STATE_HOME": str(folder / "state"),
        }  # fmt: skip
        self.serving: list[subprocess.Popen[bytes]] = []

    def type(self, line: str) -> str:
        """Type one line; return what it printed."""
        line = line.replace("127.0.0.1:7400", f"127.0.0.1:{self._port}")
        if line.endswith(" serve"):
            process = subprocess.Popen(
                shlex.split(line), cwd=self._folder, env=self._environment, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self.serving.append(process)
            assert process.stdout is not None
            return process.stdout.readline().decode()  # it says so once it is there
        if " init " in line:
            line += " --memory 8"
        return self._converse(line)

    def _converse(self, line: str) -> str:
        """Run a line at a terminal of its own, and answer each question as it is asked."""
        keyboard, terminal = pty.openpty()
        process = subprocess.Popen(
            line, shell=True, cwd=self._folder, env=self._environment, stdin=terminal,
            stdout=terminal, stderr=terminal, start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        said, asked = "", 0
        with os.fdopen(keyboard, "r+b", buffering=0) as screen, suppress(OSError):
            while piece := screen.read(4096):  # its end is an error
                said += piece.decode("utf-8", "replace")
                for question, answer in self._answers():
                    place = said.find(question, asked)
                    if place >= 0:
                        asked = place + len(question)
                        screen.write(answer.encode() + b"\n")
        assert process.wait(60) == 0, f"{line}\n{said}"
        for number in _NUMBER.findall(said):
            self.number = number
        return said

    def _answers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Type the number that they read to you:", self.number),
            ("Over which channel did you compare it?", "by telephone"),
            ("Name of the person with the key", "A. Ahmadi"),
            ("Type yes to go on:", "yes"),
        )

    def stop(self) -> None:
        """End the nodes that were started here."""
        for process in self.serving:
            process.terminate()
        for process in self.serving:
            process.wait(20)
            if process.stdout is not None:
                process.stdout.close()


def test_the_ten_lines_of_the_readme_work(tmp_path: Path) -> None:
    """From two empty folders to a verified record, by the lines that a first reader types."""
    lines = _ten_lines()
    assert len(lines) == 10
    typist, said = Typist(tmp_path), list[str]()
    try:
        for line in lines:
            said.append(typist.type(line))
    finally:
        typist.stop()
    assert "Record intact" in said[-1]
    assert "Type the number" not in said[5]
    assert [one.count("Our number:") for one in said] == [0, 0, 0, 0, 0, 1, 1, 1, 0, 0]
    assert "A. Ahmadi, head of delegation" in said[6]
    assert "The dialogue with North is founded." in said[7]
