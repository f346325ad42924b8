"""Matrix Synapse (PyPI) with PostgreSQL: two homeservers that federate over TLS on loopback.

The set-up favours Synapse: presence off, limits raised, no key servers to ask, caches doubled. It runs in
an environment of its own under the folder of measurements, made on first use from
``peers/synapse.txt``. Timed: from A's client's PUT until B's client, in a long poll, has the message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from benchmarks import meter
from benchmarks.grow import TEXT
from benchmarks.peers.certificates import make_authority
from benchmarks.peers.peer import Measured, Missing, running, version, wait_port
from benchmarks.peers.postgres import cluster

_PORTS: Final = {"a": (8491, 8481), "b": (8492, 8482)}
"""Name → federation port, which is in the server's name, and client port."""
_SECRET: Final = "registration"
_WARM: Final = 5
_REQUIREMENTS: Final = Path(__file__).with_name("synapse.txt")


def one_message(folder: Path, count: int) -> Measured:
    """Return the median milliseconds of one message."""
    programs = _environment(folder.parent / "synapse")
    place = folder / "synapse"
    place.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        sockets = stack.enter_context(cluster(folder / "postgres", tuple(_PORTS)))
        make_authority(place, "localhost")
        for name in _PORTS:
            _start(programs, place, name, sockets, stack)
        times = _talk(max(10, count // 4))
    ask = "from importlib.metadata import version; print(version('matrix-synapse'))"
    found = version(str(programs / "python"), "-c", ask)
    return Measured(f"Synapse {found} pair", meter.median(times[_WARM:]))


def _environment(folder: Path) -> Path:
    """Return the folder of programs of an environment that has Synapse, making it where needed."""
    programs = folder / "bin"
    if not (folder / "complete").exists():
        try:
            subprocess.run(
                [sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True
            )
            subprocess.run(
                [programs / "pip", "install", "--quiet", "--require-hashes", "-r", _REQUIREMENTS],
                check=True, capture_output=True, text=True, timeout=900,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise Missing(f"not installed: pip could not ({type(error).__name__})") from None
        (folder / "complete").touch()
    return programs


def _start(programs: Path, folder: Path, name: str, sockets: str, stack: ExitStack) -> None:
    federation, client = _PORTS[name]
    config = folder / f"{name}.json"  # YAML is a superset of JSON
    config.write_text(json.dumps(_config(folder, name, federation, client, sockets)), "utf-8")
    command = [str(programs / "python"), "-m", "synapse.app.homeserver", "-c", str(config)]
    subprocess.run([*command, "--generate-keys"], check=False, capture_output=True, cwd=folder)
    environment = {**os.environ, "SSL_CERT_FILE": str(folder / "authority.crt")}
    process = stack.enter_context(
        running(command, folder / f"{name}.log", cwd=folder, env=environment)
    )
    wait_port("127.0.0.1", client, process, 120)
    wait_port("127.0.0.1", federation, process)


def _config(folder: Path, name: str, federation: int, client: int, sockets: str) -> dict[str, Any]:
    much = {"per_second": 10**6, "burst_count": 10**6}
    log = folder / f"{name}.log.json"
    log.write_text(json.dumps({"version": 1, "root": {"level": "WARNING"}}), "utf-8")
    return {
        "server_name": f"localhost:{federation}",
        "pid_file": str(folder / f"{name}.pid"),
        "signing_key_path": str(folder / f"{name}.signing.key"),
        "media_store_path": str(folder / f"{name}.media"),
        "log_config": str(log),
        "report_stats": False,
        "suppress_key_server_warning": True,
        "macaroon_secret_key": name,
        "registration_shared_secret": _SECRET,
        "tls_certificate_path": str(folder / "localhost.crt"),
        "tls_private_key_path": str(folder / "localhost.key"),
        "federation_custom_ca_list": [str(folder / "authority.crt")],
        "trusted_key_servers": [],
        "federation_ip_range_blacklist": [],
        "ip_range_blacklist": [],
        "presence": {"enabled": False},
        "listeners": [
            {"port": federation, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": True,
             "resources": [{"names": ["federation"]}]},
            {"port": client, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": False,
             "resources": [{"names": ["client"]}]},
        ],
        "database": {
            "name": "psycopg2",
            "args": {"user": "synapse", "dbname": name, "host": sockets, "cp_min": 5, "cp_max": 10},
        },
        "rc_message": much, "rc_registration": much, "rc_admin_redaction": much,
        "rc_login": {"address": much, "account": much, "failed_attempts": much},
        "rc_joins": {"local": much, "remote": much}, "rc_joins_per_room": much,
        "rc_invites": {"per_room": much, "per_user": much, "per_issuer": much},
        "rc_federation": {"window_size": 1000, "sleep_limit": 10**6, "sleep_delay": 1,
                          "reject_limit": 10**6, "concurrent": 50},
        "federation_rr_transactions_per_room_per_second": 1000,
        "federation": {"destination_min_retry_interval": "1s", "destination_retry_multiplier": 1,
                       "destination_max_retry_interval": "5s"},
        "caches": {"global_factor": 2},
    }  # fmt: skip


class Web:
    """One client of one homeserver, over a connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=90)
        self._connection.connect()
        self._connection.sock.setsockopt(6, 1, 1)  # TCP_NODELAY
        self.token = ""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer of ``/_matrix/client/v3`` or of another full path."""
        where = path if path.startswith("/_") else f"/_matrix/client/v3{path}"
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body)
        self._connection.request(method, where, data, headers)
        answer = self._connection.getresponse()
        plain = json.loads(answer.read())
        if answer.status != 200:
            raise Missing(f"Synapse answered {answer.status}: {plain.get('errcode')}")
        return plain

    def register(self, name: str) -> str:
        """Make an account and return its full id."""
        where = "/_synapse/admin/v1/register"
        nonce = self.call("GET", where)["nonce"]
        text = f"{nonce}\0{name}\0secret\0notadmin".encode()
        mac = hmac.new(_SECRET.encode(), text, hashlib.sha1).hexdigest()
        made = self.call(
            "POST", where,
            {"nonce": nonce, "username": name, "password": "secret", "admin": False, "mac": mac},
        )  # fmt: skip
        self.token = made["access_token"]
        return str(made["user_id"])


def _talk(count: int) -> list[float]:
    sender, reader = (Web(client) for _, client in _PORTS.values())
    sender.register("anna")
    guest = reader.register("bert")
    room = sender.call("POST", "/createRoom", {"preset": "private_chat", "invite": [guest]})[
        "room_id"
    ]
    path = urllib.parse.quote(room)
    for _ in range(100):
        if room in reader.call("GET", "/sync?timeout=100").get("rooms", {}).get("invite", {}):
            break
    via = room.partition(":")[2]
    reader.call("POST", f"/join/{path}?server_name={urllib.parse.quote(via)}", {})
    return _time(sender, reader, path, _WARM + count)


def _time(sender: Web, reader: Web, path: str, count: int) -> list[float]:
    arrived: dict[str, float] = {}
    news = threading.Condition()
    stop = threading.Event()

    def read() -> None:
        since = ""
        while not stop.is_set():
            found = reader.call("GET", f"/sync?timeout=2000{since}")
            at = time.perf_counter()
            since = f"&since={urllib.parse.quote(found['next_batch'])}"
            with news:
                for joined in found.get("rooms", {}).get("join", {}).values():
                    arrived.update({one["event_id"]: at for one in joined["timeline"]["events"]})
                news.notify_all()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    time.sleep(2)  # B is in the room only once A has told it so
    times = []
    for number in range(count):
        began = time.perf_counter()
        body = {"msgtype": "m.text", "body": TEXT}
        sent = sender.call("PUT", f"/rooms/{path}/send/m.room.message/{number}", body)["event_id"]
        with news:
            if not news.wait_for(lambda: sent in arrived, 30):  # noqa: B023 - called before it changes
                raise Missing("Synapse did not deliver a message in 30 s")
        times.append(1000 * (arrived[sent] - began))
    stop.set()
    thread.join(10)
    return times
