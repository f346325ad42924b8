"""The stage of the demonstration: two real node processes on loopback, and a line between them to cut.

The relay forwards bytes and knows nothing of them; cutting it is what a bulldozer does to a cable.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from detente.node.client import Client, connect, is_served
from detente.node.secrets import ask_secret
from detente.terms.errors import N_, Unavailable

_START_S: Final = 30.0
_PIECE: Final = 65536


class Relay:
    """Forwards connections from one loopback port to another, until it is cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = True
        self._pairs: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self._open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)  # the limit was for connecting; a quiet line is not a broken one
            self._pairs |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(_PIECE):
                other.sendall(piece)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            self._pairs.discard(end)

    def cut(self) -> None:
        """Break every connection and let none through."""
        self._open = False
        for end in list(self._pairs):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        """Let connections through again."""
        self._open = True

    def close(self) -> None:
        """Stop for good."""
        self.cut()
        self._listening.close()


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Stage:
    """Folder, passphrase and processes of the demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._clients: dict[str, Client] = {}
        self.ports: dict[str, int] = {}
        self.relays: dict[str, Relay] = {}
        self._environment = dict(os.environ)

    def clear(self) -> None:
        """Remove what an earlier run left behind, and make the folder and one passphrase anew."""
        stop_left_behind(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        secret = self.folder / "secret"
        handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
        self._environment["DETENTE_SECRET_FILE"] = str(secret.absolute())
        self._environment["DETENTE_MINUTE_AFTER_S"] = "1"
        os.environ["DETENTE_SECRET_FILE"] = self._environment["DETENTE_SECRET_FILE"]

    def lay_line(self, names: list[str]) -> None:
        """Give each node a port, and a relay by which the other reaches it."""
        for name in names:
            self.ports[name] = free_port()
            self.relays[name] = Relay(self.ports[name])

    def node(self, name: str) -> Path:
        """Return the folder of a node."""
        return self.folder / name

    def life_mark(self, name: str) -> Path:
        """Return where a node keeps its life mark, so that its settings can name it.

        It lies in this folder, so that clearing removes it too; named in the settings, it is found
        by every later command, whatever the environment.
        """
        return (self.folder / "state" / f"{name}.mark").absolute()

    def start(self, name: str) -> None:
        """Start a node and wait until it answers."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
                [sys.executable, "-m", "detente", "--dir", str(self.node(name)), "serve"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment,
                start_new_session=True,
            )  # fmt: skip
        self._processes[name] = process
        (self.folder / f"{name}.pid").write_text(str(process.pid))
        self.wait(lambda: is_served(self.node(name)), _START_S)

    def kill(self, name: str) -> None:
        """Kill a node without a word of warning."""
        self._forget(name)
        process = self._processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def client(self, name: str) -> Client:
        """Return a client of a running node; keys unlocked through it stay unlocked here."""
        if name not in self._clients:
            self._clients[name] = connect(self.node(name), ask_secret)
        return self._clients[name]

    def _forget(self, name: str) -> None:
        client = self._clients.pop(name, None)
        if client is not None:
            client.close()

    def wait(self, done: Callable[[], bool], seconds: float = 20.0) -> None:
        """Wait until something is so. Raises `Unavailable` ``demo.wait`` when it takes too long."""
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise Unavailable(
                    "demo.wait",
                    N_("The demonstration waited too long for a node."),
                    N_("See its log in {folder}."),
                    folder=str(self.folder),
                )
            time.sleep(0.05)

    def is_up(self) -> bool:
        """Tell whether all nodes still run."""
        return all(process.poll() is None for process in self._processes.values())

    def stop(self) -> None:
        """Stop everything in an orderly way."""
        for name in list(self._clients):
            self._forget(name)
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()
        for relay in self.relays.values():
            relay.close()
        for name in self._processes:
            (self.folder / f"{name}.pid").unlink(missing_ok=True)


def stop_left_behind(folder: Path) -> None:
    """End nodes of an earlier demonstration in the same folder that were not stopped."""
    for path in folder.glob("*.pid"):
        with suppress(ValueError, OSError):
            pid = int(path.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"detente" in command and b"serve" in command:
                os.kill(pid, signal.SIGTERM)
                for _ in range(100):
                    if not Path(f"/proc/{pid}").exists():
                        break
                    time.sleep(0.05)
