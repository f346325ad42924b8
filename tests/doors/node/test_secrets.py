"""What must never be seen: passphrases, seeds and texts, planted and then looked for everywhere.

Texts stand in the record by design, and nowhere else on disk. What is looked at is what an attacker on
the same machine would look at: processes, files, modes, logs, error outputs.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.keyring.files import NODE, ROOT, KeyFiles
from detente.record.encoding import decode
from detente.seals.secrets import open_secret
from tests.doors.node.pairs import Pair
from tests.doors.node.sides import Side, settle, start

PLANTED = "planted words that only people may read"
RECORDS = ("record.sqlite", "record.sqlite-wal", "drawer.sqlite", "drawer.sqlite-wal")


def seeds_of(side: Side) -> list[bytes]:
    """Return every private seed of a node, by opening its keys as their owners would."""
    found: list[bytes] = []
    keys = side.folder / "keys"
    for path in sorted(keys.rglob("*.key")):
        label = f"{path.stem}-key" if path.stem in (NODE, ROOT) else "delegate-key"
        plain = open_secret(path.read_bytes(), side.secrets[path.stem].encode(), label)
        found += decode(plain, 1000, "test") if path.stem == NODE else [plain]
    return [seed for seed in found if isinstance(seed, bytes)]


def forms(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as it might be written by accident."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    yield base64.b64encode(secret).rstrip(b"=")[:-1]
    yield base64.urlsafe_b64encode(secret).rstrip(b"=")[:-1]
    if len(secret) == 64:
        yield from (form for half in (secret[:32], secret[32:]) for form in forms(half))


def secrets_of(side: Side) -> list[bytes]:
    """Return all that is secret about a side, in all forms."""
    words = [word.encode() for word in side.secrets.values()]
    return [form for one in (*words, *seeds_of(side)) for form in forms(one)]


def expect_none(where: str, data: bytes, secrets: Iterable[bytes]) -> None:
    """No secret stands in some bytes."""
    for secret in secrets:
        assert secret not in data, f"{where} holds {secret[:12]!r}…"


def processes_of(side: Side) -> Iterator[Path]:
    """Yield the places where the system shows the serving process."""
    assert side.process is not None
    place = Path("/proc") / str(side.process.pid)
    yield place
    yield from (place / "task").iterdir()


def test_nothing_secret_can_be_seen_from_outside_a_serving_node(pair: Pair) -> None:
    """Command lines and environments of its processes, and whatever it and its commands print."""
    pair.connect()
    pair.a.say_quickly(PLANTED)
    settle(*pair.sides)
    printed = b""
    for words in (
        ["status"], ["doctor"], ["pair", "card"], ["delegate"], ["backup", str(pair.place / "a.backup")],
        ["export", str(pair.place / "a.bundle")], ["delegate", "create", "duty"],
    ):  # fmt: skip
        done = pair.a.run(*words, "--verbose")
        printed += (done.out + done.err).encode()
    secrets = secrets_of(pair.a)
    expect_none("an output", printed, secrets)
    for place in processes_of(pair.a):
        for name in ("cmdline", "environ", "comm"):
            if (place / name).exists():
                expect_none(str(place / name), (place / name).read_bytes(), secrets)
    assert (
        str(pair.a.secret_file).encode()
        in next(processes_of(pair.a)).joinpath("environ").read_bytes()
    )
    for side in pair.sides:
        logged = side.logged().encode()
        expect_none("a log", logged, [*secrets, PLANTED.encode(), b"East", b"West", b"A talk"])
        assert all({"event", "level", "timestamp"} <= event.keys() for event in side.events())


def test_no_file_of_a_node_holds_a_secret_and_every_one_is_private(pair: Pair) -> None:
    """Keys sealed; texts in the record and nowhere else; modes 0600 and 0700, the socket's too."""
    pair.connect()
    pair.a.say_quickly(PLANTED)
    settle(*pair.sides)
    secrets = secrets_of(pair.a)
    texts = [PLANTED.encode(), PLANTED.encode("utf-16-le")]
    seen = set()
    for path in sorted(pair.a.folder.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        name = path.name
        seen.add(name)
        assert not path.is_symlink()
        if path.is_dir():
            assert mode == 0o700, path
        elif name not in ("party.card", "detente.toml"):
            assert mode == 0o600, path
        if path.is_file():
            data = path.read_bytes()
            expect_none(str(path), data, secrets)
            if name not in RECORDS:
                expect_none(str(path), data, texts)
    assert {"node.sock", "record.sqlite", "node.key", "root.key", "head.key"} <= seen
    assert stat.S_IMODE(pair.a.folder.stat().st_mode) == 0o700
    assert any(PLANTED.encode() in (pair.a.folder / name).read_bytes() for name in RECORDS[:2])
    for path in (pair.place / "state").rglob("*"):
        if path.is_file():
            expect_none(str(path), path.read_bytes(), [*secrets, *texts])


def test_a_wrong_passphrase_is_refused_and_told_to_nobody(pair: Pair) -> None:
    """Typed into the wrong field, it is still somebody's secret."""
    wrong = "another planted passphrase"
    right = dict(pair.a.secrets)
    pair.a.secrets.update(dict.fromkeys(right, wrong))
    pair.a._write_secrets()
    for words in (["serve"], ["status"], ["say", PLANTED]):
        done = pair.a.run(*words, "--verbose", "--json")
        assert done.code == 2
        assert done.error()["code"] == "seals.secret.wrong"
        told = (done.out + done.err).encode()
        expect_none(
            "an error",
            told,
            [wrong.encode(), PLANTED.encode(), *(w.encode() for w in right.values())],
        )
    pair.a.secrets.update(right)
    pair.a._write_secrets()


def test_a_fault_of_the_program_shows_places_and_no_values(pair: Pair) -> None:
    """Requests that no honest door sends, with words planted in every place that can be named."""
    pair.a.start()
    sealed = base64.b64encode(PLANTED.encode()).decode()
    said = {"text": PLANTED}
    requests: list[tuple[str, dict[str, Any]]] = [
        (PLANTED, {}),
        ("show", {"mark": PLANTED}),
        ("show", {PLANTED: 1}),
        ("backup", {"path": "/nowhere/x", "passphrase": PLANTED}),
        ("backup", {"path": PLANTED, "passphrase": sealed}),
        ("act.commit", {"draft": sealed, "signatures": []}),
        ("act.draft", {"kind": "charter.grant", "actor": "00", "body": {"expires": PLANTED}}),
        ("act.draft", {"kind": "statements.statement", "actor": PLANTED, "body": said}),
        ("pair.take", {"message": PLANTED}),
        ("pouch.read", {"path": PLANTED}),
        ("export", {"path": PLANTED}),
    ]
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(20)
        folder = os.open(pair.a.folder, os.O_RDONLY)
        door.connect(f"/proc/self/fd/{folder}/node.sock")
        os.close(folder)
        with door.makefile("rwb") as line:
            for verb, arguments in requests:
                request = {"verb": verb, "arguments": arguments}
                line.write(json.dumps(request).encode() + b"\n")
                line.flush()
                told = json.loads(line.readline())
                while "progress" in told:
                    told = json.loads(line.readline())
                assert told["fault"]["family"] in ("Refused", "Rejected", "Unavailable"), (
                    request,
                    told,
                )
    expect_none("the log", pair.a.logged().encode(), [PLANTED.encode()])


def test_a_secret_file_that_others_can_read_starts_nothing(pair: Pair) -> None:
    """With the command that mends it."""
    pair.a.secret_file.chmod(0o644)
    for words in (["serve"], ["status"]):
        fault = pair.a.refused(*words)
        assert fault["code"] == "secret.file"
        assert "chmod 600" in fault["next_step"]
    pair.a.secret_file.chmod(0o600)


def test_a_stolen_folder_opens_nothing_without_a_passphrase(pair: Pair) -> None:
    """Everything copied but the secret file: commands refuse, and so does a service."""
    pair.a.secret_file.unlink()
    for words in (["serve"], ["status"], ["log"]):
        assert pair.a.refused(*words)["code"] == "secret.file"
    del pair.a.settings["DETENTE_MINUTE_AFTER_S"]
    files = KeyFiles(pair.a.folder / "keys")
    assert files.public("head")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_modes_do_not_hang_on_the_mask_of_whoever_starts_the_node(pair: Pair, mask: int) -> None:
    """A service manager may start it with none."""
    before = os.umask(mask)
    try:
        start(pair.a)
    finally:
        os.umask(before)
    pair.a.say_quickly(PLANTED)
    for name in ("node.sock", *RECORDS):
        path = pair.a.folder / name
        if path.exists():
            assert stat.S_IMODE(path.lstat().st_mode) == 0o600, name
