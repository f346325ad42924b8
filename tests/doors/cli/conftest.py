"""Runs command lines in this process, with a fake node, a fake keyboard and a fake terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from detente.cli import main, visit, waiting
from tests.doors.cli.fake_client import FakeClient


class Ran(NamedTuple):
    """What a command line did."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


class _Stream(io.TextIOWrapper):
    """A standard stream that claims to be a terminal, or not."""

    def __init__(self, data: bytes = b"", *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8", write_through=True)
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode("utf-8")


Cli = Callable[..., Ran]


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    """Put a fake node in the place of the real one."""
    fake = FakeClient()
    monkeypatch.setattr(visit, "connect_node", lambda _directory: fake)
    return fake


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Return a function that runs one command line as `detente` would."""
    for name in ("DETENTE_DIR", "DETENTE_LANG", "LANGUAGE", "NO_COLOR", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(tmp_path)
    passed: list[float] = []
    monkeypatch.setattr(waiting, "pause", passed.append)
    monkeypatch.setattr(waiting, "now_s", lambda: sum(passed))

    def run(*argv: str, typed: str | bytes = "", terminal: bool = False) -> Ran:
        data = typed.encode() if isinstance(typed, str) else typed
        streams = [_Stream(data, is_terminal=terminal)]
        streams += [_Stream(is_terminal=terminal) for _ in range(2)]
        with monkeypatch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            code = main.run(argv)
        return Ran(code, streams[1].text(), streams[2].text())

    return run


def bodies(node: FakeClient) -> list[Any]:
    """Return the bodies of the acts that were entered."""
    return [body for _kind, body in node.entered]
