"""Two paired nodes in folders of their own, and the processes that serve them on loopback.

The pairing is the real one, over a link. Keys are sealed with little memory, because the cost of
guessing a passphrase is not what is measured here (`benchmarks.start` uses the usual cost).
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from detente.node.client import Client, connect, is_served
from detente.node.house import House, open_house
from detente.node.secrets import VARIABLE, ask_secret
from detente.node.setup import create_node
from detente.node.stage import free_port
from detente.terms.ids import Lane

NAMES: Final = ("a", "b")
_LIMIT_S: Final = 600.0


def use_secret(folder: Path) -> None:
    """Make a passphrase for everything below `folder`, known to this process and its children."""
    path = folder / "secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("a passphrase for measurements only\n", encoding="utf-8")
    os.environ[VARIABLE] = str(path)
    os.environ["XDG_STATE_HOME"] = str(folder / "state")


class Served:
    """One served node, and the events that it tells."""

    def __init__(self, folder: Path, **settings: str) -> None:
        environment = {
            **os.environ,
            "DETENTE_LIFE_MARK": str(folder.with_suffix(".mark")),
            "DETENTE_MINUTE_AFTER_S": "86400",
            "DETENTE_LOG_LEVEL": "error",
            **settings,
        }
        self.folder = folder
        self._log = folder.with_suffix(".log").open("ab")
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.served", str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._log, env=environment,
        )  # fmt: skip
        self.pid = self._process.pid
        self._events: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            self._events.put(json.loads(line))
        self._events.put(None)

    def wait(self, wanted: Callable[[dict[str, Any]], bool], limit_s: float = _LIMIT_S) -> float:
        """Return the monotonic second of the next event that is wanted; others are dropped."""
        end = time.monotonic() + limit_s
        while True:
            try:
                event = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise RuntimeError(f"{self.folder}: nothing came in {limit_s} s") from None
            if event is None:
                raise RuntimeError(f"{self.folder} stopped; see its .log")
            if wanted(event):
                return float(event["at"]) / 1e9

    def wait_table(self, what: str, size: int) -> float:
        """Return the second at which a table log had `size` entries ``held`` or under a ``receipt``."""
        return self.wait(
            lambda one: one["what"] == what and one["lane"] == Lane.TABLE and one["size"] >= size
        )

    def client(self) -> Client:
        """Return a client over the node's socket."""
        while not is_served(self.folder):
            time.sleep(0.01)
        return connect(self.folder, ask_secret)

    def stop(self) -> None:
        """Stop in good order; end it when that takes too long."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Pair:
    """The folders of two nodes that share one open dialogue.

    Args:
        folder: holds the folders ``a`` and ``b``, their marks and logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def node(self, name: str) -> Path:
        """Return the folder of a node."""
        return self.folder / name

    def serve(self, name: str, **settings: str) -> Served:
        """Start a node; returns before it is ready."""
        return Served(self.node(name), **settings)

    def open(self, name: str) -> House:
        """Open a node in this process, for writing."""
        os.environ["DETENTE_LIFE_MARK"] = str(self.node(name).with_suffix(".mark"))
        try:
            return open_house(self.node(name), ask_secret)
        finally:
            del os.environ["DETENTE_LIFE_MARK"]

    def copy(self, folder: Path) -> Pair:
        """Return a copy, both nodes at rest, in place of whatever was in `folder`."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return Pair(folder)


def make_pair(folder: Path, memory_mib: int = 8) -> Pair:
    """Make two nodes, pair them over a real link, and have both open the dialogue.

    Args:
        folder: emptied first.
        memory_mib: what unlocking a key costs.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pair = Pair(folder)
    for name in NAMES:
        address = f"127.0.0.1:{free_port()}"
        create_node(
            pair.node(name), f"Side {name.upper()}", "en", [address], [address], "head",
            ask_secret, time.time_ns() // 1_000_000, memory_mib,
        )  # fmt: skip
    with (
        pair.serve("a") as one,
        pair.serve("b") as other,
        one.client() as inviting,
        other.client() as joining,
    ):
        _talk(inviting, joining)
    return pair


def _talk(inviting: Client, joining: Client) -> None:
    text = inviting.call("pair.invite", languages=["en"])["text"]
    joining.call("pair.join", text=text)
    clients = (inviting, joining)

    def number(client: Client) -> str:
        rows = client.call("pair.list")
        return (rows[0]["number"] or "") if rows else ""

    _until(lambda: all(map(number, clients)))
    heard = [number(client) for client in clients]
    for client, text in zip(clients, reversed(heard), strict=True):
        client.confirm_pairing(
            text, how="telephone", head="head", head_name="A head", head_role="head of delegation"
        )
    _until(lambda: all(_entries(client) >= 6 for client in clients))
    proposal = inviting.act(
        "opening.proposal", {"title": "Measuring", "purpose": "To measure.", "lang": "en"}
    )
    _until(lambda: _entries(joining) >= 7)
    joining.act("opening.consent", {"proposal": proposal["mark"]})
    _until(lambda: all(_entries(client) >= 8 and _is_received(client) for client in clients))


def _entries(client: Client) -> int:
    talks = client.call("status")["dialogues"]
    return int(talks[0]["entries"]) if talks else 0


def _is_received(client: Client) -> bool:
    return not client.call("status")["dialogues"][0]["not_received"][0]["entries"]


def _until(done: Callable[[], bool], limit_s: float = 60.0) -> None:
    end = time.monotonic() + limit_s
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("the two nodes did not come together")
        time.sleep(0.05)
