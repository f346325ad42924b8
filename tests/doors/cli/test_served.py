"""Two running nodes on loopback, spoken to through their sockets as people would."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.cli import waiting
from tests.doors.cli.conftest import Cli

_SECONDS = 60


class Node:
    """One node, served by a process of its own; commands reach it through its socket."""

    def __init__(self, cli: Cli, side: str, *init: str) -> None:
        self._cli = cli
        self._side = side
        self.run("init", "--memory", "8", *init)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "detente", "--dir", side, "serve"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()

    def run(self, *argv: str) -> str:
        ran = self._cli("--dir", self._side, *argv)
        assert ran.code == 0, ran.err
        return ran.out

    def read(self, *argv: str) -> Any:
        return json.loads(self.run(*argv, "--json"))

    def wait_for(self, *argv: str, words: str) -> str:
        """Repeat a command until its output holds the words; bounded, and never by luck alone."""
        end = time.monotonic() + _SECONDS
        while words not in (out := self.run(*argv)):
            assert time.monotonic() < end, out
        return out

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=_SECONDS)


@pytest.fixture
def nodes(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Node, Node]]:
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    monkeypatch.setenv("DETENTE_SECRET_FILE", str(secret))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DETENTE_MINUTE_AFTER_S", "1")
    monkeypatch.setattr(waiting, "pause", time.sleep)  # these nodes take their time
    monkeypatch.setattr(waiting, "now_s", time.monotonic)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    north = Node(cli, "a", "--name", "North", "--address", address, "--listen", address)
    south = Node(cli, "b", "--name", "South")
    yield north, south
    for node in (north, south):
        if node.process.poll() is None:
            node.process.kill()
        node.process.communicate()


def test_first_contact_and_a_talk_over_the_link(nodes: tuple[Node, Node]) -> None:
    """Only one side can be dialled; both numbers are equal; what one says the other receives."""
    north, south = nodes
    assert "listens on 127.0.0.1:" in north.greeting
    assert "only dials out" in south.greeting
    invitation = north.read("pair", "invite")["text"]
    joined = south.run("pair", "join", invitation, "--wait", str(_SECONDS))
    assert "Compare the number over another channel" in joined
    number = north.read("pair")[0]["number"]
    assert number in joined
    said = ("--heard", number, "--how", "telephone", "--yes")
    north.run("pair", "confirm", *said)
    told = south.run("pair", "confirm", *said, "--wait", str(_SECONDS))
    assert "The dialogue with North is founded." in told
    south.wait_for("status", words="connected ●")
    proposal = south.read("open", "propose", "Talks", "To talk.")["mark"]
    south.wait_for("show", proposal, words="Received by the node of North")
    north.run("open", "consent", proposal)
    message = north.read("hotline", "send", "--status", "test", "--precedence", "routine", "Test.")
    north.wait_for("hotline", words="Nobody has acknowledged it.")
    south.run("hotline", "acknowledge", message["mark"], "--role", "Duty officer")
    north.wait_for("hotline", words='who signs as "Duty officer"')
    north.wait_for("show", proposal, words="Final: both nodes have signed")
    assert "good ●  link" in south.run("doctor")
    assert south.stop() == 0
    north.wait_for("status", words="not reached ○")
    assert north.stop() == 0
    assert "our node is not running" in north.run("status")
