"""Prosody 0.12 with lua-unbound and lua-dbi-sqlite3 (Debian): two servers, one message at a time.

``a.test`` on 127.0.0.11 and ``b.test`` on 127.0.0.12; TLS between the servers required, certificates
self-signed with dialback; clients in the clear, which favours Prosody. Both archives (`mod_mam`, SQL on
SQLite) are written before delivery. Nothing is signed, chained or encrypted end to end. Timed: from
the sender's write until the recipient's client has read the message.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks import meter
from benchmarks.grow import TEXT
from benchmarks.peers.certificates import make_server
from benchmarks.peers.peer import Measured, Missing, need, running, version, wait_port
from benchmarks.peers.xmpp import Account, Stream

HOSTS: Final = {"a.test": "127.0.0.11", "b.test": "127.0.0.12"}
_WARM: Final = 20
_CONFIG: Final = """
run_as_root = true
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
interfaces = {{ "{address}" }}
modules_enabled = {{ "saslauth", "tls", "dialback", "disco", "mam" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
s2s_require_encryption = true
s2s_secure_auth = false
storage = "sql"
sql = {{ driver = "SQLite3", database = "{folder}/archive.sqlite" }}
default_archive_policy = true
unbound = {{ resolvconf = false, hoststxt = "{hosts}", forward = {{ "127.0.0.1@{dns}" }} }}
log = {{ warn = "{folder}/prosody.log" }}
VirtualHost "{host}"
  ssl = {{ certificate = "{folder}/{host}.crt", key = "{folder}/{host}.key" }}
"""


class NoNames:
    """A name server on loopback that knows no name, so that the servers fall back to their hosts file."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                query, where = self._socket.recvfrom(2048)
            except OSError:
                return
            end = query.find(b"\0", 12) + 5  # the question: name, type, class (RFC 1035 §4.1.2)
            flags = b"\x81\x83"  # answer, recursion as asked, no such name
            self._socket.sendto(query[:2] + flags + query[4:6] + bytes(6) + query[12:end], where)

    def close(self) -> None:
        """Stop answering."""
        self._socket.close()


def one_message(folder: Path, count: int) -> Measured:
    """Return the median milliseconds of one message, archives on SQLite's default journal."""
    return _measure(folder / "prosody", count, "delete")


def one_message_wal(folder: Path, count: int) -> Measured:
    """Return the same with the archives in write-ahead mode, `synchronous=FULL`: its best."""
    return _measure(folder / "prosody", count, "wal")


def _measure(folder: Path, count: int, journal: str) -> Measured:
    need("prosody", "prosodyctl")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = NoNames()
    try:
        with ExitStack() as stack:
            for host in HOSTS:
                _start(folder, host, names.port, journal, stack)
            sender, reader = (
                stack.enter_context(Stream(HOSTS[host], Account("user", host, "secret")))
                for host in HOSTS
            )
            times = [_one(sender, reader, number) for number in range(_WARM + count)]
    finally:
        names.close()
    found = version("prosodyctl", "--config", str(folder / "a.test/prosody.cfg.lua"), "about")
    return Measured(f"{found} pair, {journal} journal", meter.median(times[_WARM:]))


def _one(sender: Stream, reader: Stream, number: int) -> float:
    began = time.perf_counter()
    sender.send(
        f"<message to='user@b.test' type='chat' id='m{number}'><body>{TEXT}</body></message>"
    )
    reader.read_until(f"id='m{number}'", "</message>")
    return 1000 * (time.perf_counter() - began)


def _start(folder: Path, host: str, dns: int, journal: str, stack: ExitStack) -> None:
    place = folder / host
    (place / "certs").mkdir(parents=True)
    hosts = folder / "hosts"
    hosts.write_text("".join(f"{address} {name}\n" for name, address in HOSTS.items()), "ascii")
    config = place / "prosody.cfg.lua"
    config.write_text(
        _CONFIG.format(folder=place, address=HOSTS[host], hosts=hosts, dns=dns, host=host), "utf-8"
    )
    make_server(place, host)
    with sqlite3.connect(place / "archive.sqlite") as archive:
        archive.execute(f"pragma journal_mode={journal}")
    register = ["prosodyctl", "--root", "--config", str(config), "register", "user", host, "secret"]
    done = subprocess.run(register, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"prosodyctl: {(done.stdout + done.stderr).strip()[-80:]}")
    process = stack.enter_context(
        running(["prosody", "--config", str(config), "-F"], place / "out.log", env=dict(os.environ))
    )
    wait_port(HOSTS[host], 5222, process)
