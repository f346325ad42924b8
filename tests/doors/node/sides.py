"""One side of a talk as its people have it: a folder, a command line, a process that can be killed.

Nothing here reaches into a node. What is asked goes through the command line or the same client that
it uses; what is awaited is awaited for a bounded time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from detente.node.client import Client, connect, is_served
from detente.seals.secrets import Secret
from tests.locations import ROOT

T = TypeVar("T")
MEMORY_MIB = "8"
"""The least that is allowed: passphrases of tests protect nothing."""
_COMMAND_S = 60.0
_START_S = 40.0
_PAUSE_S = 0.02


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    def data(self) -> Any:
        """Return what it printed for programs."""
        return json.loads(self.out)

    def error(self) -> Any:
        """Return the fault that it printed for programs."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]


def until(
    ask: Callable[[], T | None],
    seconds: float = 30.0,
    what: str = "",
    tell: Callable[[], object] = lambda: "",
) -> T:
    """Return the first answer that is true; fail when none comes in time, and `tell` how it stands."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {what or ask} {tell()}"
        time.sleep(_PAUSE_S)
    return answer


class Side:
    """One node and the people who use it.

    Args:
        place: holds the node's folder, its secrets and what lies outside a node's folder.
        name: of the folder.
        settings: variables such as ``DETENTE_HEARTBEAT_S`` for every command and process.
        before: words to put before every command, as ``ip netns exec NAME``.
    """

    def __init__(self, place: Path, name: str, *before: str, **settings: str) -> None:
        self.place = place
        self.name = name
        self.folder = place / name
        self.log = place / f"{name}.log"
        self.secrets = {
            one: f"{name} {one} passphrase" for one in ("node", "root", "head", "duty", "backup")
        }
        self.before = before
        self.settings = {"DETENTE_MINUTE_AFTER_S": "3600", **settings}
        self.process: subprocess.Popen[bytes] | None = None
        self._client: Client | None = None
        self._write_secrets()

    def _write_secrets(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        lines = [self.secrets["node"], *(f"{key} = {word}" for key, word in self.secrets.items())]
        handle = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    @property
    def secret_file(self) -> Path:
        """Return where the passphrases lie."""
        return self.place / f"{self.name}.secret"

    def environment(self) -> dict[str, str]:
        """Return the environment of every command and process: little, and nothing secret."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.place),
            "XDG_STATE_HOME": str(self.place / "state"),
            "DETENTE_SECRET_FILE": str(self.secret_file),
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONPYCACHEPREFIX": str(ROOT / "var" / "cache" / "python"),
            "PYTHONUNBUFFERED": "1",
            "LC_ALL": "C.UTF-8",
            **self.settings,
        }

    def command(self, *words: str) -> list[str]:
        """Return a command line of this side."""
        return [*self.before, sys.executable, "-m", "detente", "--dir", str(self.folder), *words]

    # -- the command line ------------------------------------------------------------------

    def run(self, *words: str, typed: str = "", seconds: float = _COMMAND_S) -> Done:
        """Run one command to its end, without a terminal."""
        done = subprocess.run(
            self.command(*words), input=typed.encode(), capture_output=True, check=False,
            env=self.environment(), timeout=seconds, start_new_session=True,
        )  # fmt: skip
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def say(self, *words: str, typed: str = "") -> Done:
        """Run one command that has to succeed."""
        done = self.run(*words, typed=typed)
        assert done.code == 0, (words, done)
        return done

    def ask(self, *words: str) -> Any:
        """Run one command that has to succeed, and return its data."""
        return self.say(*words, "--json").data()

    def refused(self, *words: str, code: int = 2) -> Any:
        """Run one command that has to fail with this exit code, and return its fault."""
        done = self.run(*words, "--json")
        assert done.code == code, (words, done)
        error = done.error()
        assert error["sentence"]
        return error

    def act(self, *words: str) -> str:
        """Enter one act by the command line and return its mark."""
        mark: str = self.ask(*words)["mark"]
        return mark

    # -- the process -----------------------------------------------------------------------

    def spawn(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start a serving process, and do not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("serve"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment() | settings, start_new_session=True,
            )  # fmt: skip
        return self.process

    def start(self, **settings: str) -> Side:
        """Serve, and wait until the node answers."""
        self.spawn(**settings)
        self.wait_served()
        return self

    def wait_served(self) -> None:
        """Wait until the process that was spawned answers; fail when it ends instead."""
        process = self.process
        assert process is not None

        def answers() -> bool:
            assert process.poll() is None, self.logged()
            return is_served(self.folder)

        until(answers, _START_S, f"{self.name} to serve")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the serving process."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """End the serving process without a word of warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End the serving process in an orderly way and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        self.hang_up()
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(_START_S)
        finally:
            process.kill()
            process.wait()

    def logged(self) -> str:
        """Return what the serving processes have written so far."""
        return self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""

    def events(self) -> list[dict[str, Any]]:
        """Return the events that were logged, in order."""
        lines = self.logged().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    # -- the same, faster ------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """Return a client that stays connected, with keys that stay unlocked."""
        if self._client is None:
            self._client = connect(self.folder, self.passphrase)
        return self._client

    def passphrase(self, name: str, twice: bool = False) -> Secret:
        """Give the passphrase of a key (`node.secrets.Ask`)."""
        return Secret(self.secrets[name].encode())

    def hang_up(self) -> None:
        """Drop the client."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def status(self) -> Any:
        """Return where the one dialogue of this side stands."""
        return self.client.call("status")["dialogues"][0]

    def letter(self) -> str:
        """Return the letter of this side."""
        letter: str = next(one["letter"] for one in self.status()["parties"] if one["own"])
        return letter

    def is_linked(self) -> bool:
        """Tell whether the link is up."""
        return bool(self.status()["peers"][0]["link"] == "up")

    def say_quickly(self, text: str) -> str:
        """Enter a statement and return its mark."""
        body = {"text": text, "lang": "en"}
        mark: str = self.client.act("statements.statement", body, actor="head")["mark"]
        return mark

    def texts(self) -> list[str]:
        """Return the texts of all statements, in the order of the record."""
        rows = self.client.call("log", limit=1000)["rows"]
        return [row["line"] for row in rows if row["kind"] == "statements.statement"]


def start(*sides: Side) -> None:
    """Serve all of them, and wait until every node answers."""
    for side in sides:
        side.spawn()
    for side in sides:
        side.wait_served()


def have_settled(*sides: Side) -> bool:
    """Tell whether all hold the same and everything was receipted."""
    seen = [side.status() for side in sides]
    return all(
        sorted(one["newest"]) == sorted(seen[0]["newest"])
        and not any(row["entries"] for row in one["not_received"])
        and not one["held"]
        for one in seen
    )


def settle(*sides: Side, seconds: float = 40.0) -> None:
    """Wait until all hold the same and everything was receipted."""

    def tell() -> str:
        return json.dumps({side.name: side.status() for side in sides}, indent=1)

    until(lambda: have_settled(*sides), seconds, "both sides to agree", tell)


def rows_of(side: Side, words: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the rows of the log without what each side knows for itself (times of receipts)."""
    rows = side.client.call("log", limit=1000)["rows"]
    assert all(row.keys() >= set(words) for row in rows)
    return [{key: value for key, value in row.items() if key != "received"} for row in rows]
