"""git: a push of many signed commits into a bare repository behind ``git daemon`` on loopback.

Commits are signed with one SSH Ed25519 key, chained, with an empty tree and the text as message; they are
made outside git and indexed into A, then pushed once. No encryption on the way, which favours git; the
receiver checks object hashes and no signature. `verified` is what ``git verify-commit`` does.
"""

from __future__ import annotations

import base64
import os
import resource
import shutil
import struct
import subprocess
import time
import zlib
from hashlib import sha1, sha512
from pathlib import Path
from typing import Final

import nacl.bindings

from benchmarks.grow import TEXT
from benchmarks.peers.peer import Measured, need, running, version, wait_port
from detente.node.stage import free_port

_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # the empty tree
_WHO: Final = "Side A <a@a.test> 1790000000 +0000"
_SEED: Final = bytes(32)
_COMMIT_TYPE: Final = 1
_TREE_TYPE: Final = 2
_SETTINGS: Final = (
    ("core.fsync", "committed"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("gpg.format", "ssh"),
)


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


_PUBLIC, _PRIVATE = nacl.bindings.crypto_sign_seed_keypair(_SEED)
_KEY: Final = _string(b"ssh-ed25519") + _string(_PUBLIC)


def _signature(message: bytes) -> str:
    """Return an armoured SSH signature in the namespace ``git`` (OpenSSH PROTOCOL.sshsig)."""
    hashed = sha512(message).digest()
    parts = _string(b"git") + _string(b"") + _string(b"sha512")
    signed = nacl.bindings.crypto_sign(b"SSHSIG" + parts + _string(hashed), _PRIVATE)[:64]
    inner = _string(b"ssh-ed25519") + _string(signed)
    blob = b"SSHSIG" + struct.pack(">I", 1) + _string(_KEY) + parts + _string(inner)
    text = base64.b64encode(blob).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return "\n ".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----"])


def _commits(count: int) -> list[tuple[str, bytes]]:
    """Return (object name, object) of `count` chained signed commits."""
    made: list[tuple[str, bytes]] = []
    parent = ""
    for number in range(count):
        head = f"tree {_TREE}\n{parent}author {_WHO}\ncommitter {_WHO}\n"
        text = f"\n{number} {TEXT}\n"
        signature = _signature((head + text).encode())
        body = f"{head}gpgsig {signature}\n{text}".encode()
        name = sha1(b"commit %d\0%b" % (len(body), body)).hexdigest()
        made.append((name, body))
        parent = f"parent {name}\n"
    return made


def _pack(commits: list[tuple[str, bytes]]) -> bytes:
    """Return a pack of the empty tree and the commits (gitformat-pack)."""
    pieces = [b"PACK" + struct.pack(">II", 2, len(commits) + 1)]
    for kind, body in [(_TREE_TYPE, b""), *((_COMMIT_TYPE, body) for _, body in commits)]:
        size = len(body)
        byte, size = kind << 4 | size & 15, size >> 4
        while size:
            pieces.append(bytes((byte | 0x80,)))
            byte, size = size & 0x7F, size >> 7
        pieces += (bytes((byte,)), zlib.compress(body, 1))
    packed = b"".join(pieces)
    return packed + sha1(packed).digest()


def _git(folder: Path, *words: str, data: bytes | None = None) -> str:
    environment = {**os.environ, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        input=data,
        capture_output=True,
        env=environment,
        check=True,
    )
    return done.stdout.decode().strip()


def _repository(folder: Path) -> None:
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--bare", "--initial-branch", "main")
    for name, value in _SETTINGS:
        _git(folder, "config", name, value)


def _filled(folder: Path, count: int) -> list[tuple[str, bytes]]:
    commits = _commits(count)
    _repository(folder)
    _git(folder, "index-pack", "--stdin", data=_pack(commits))
    _git(folder, "update-ref", "refs/heads/main", commits[-1][0])
    return commits


def pushed(folder: Path, count: int, runs: int) -> Measured:
    """Return commits per second of one push of `count`, the median of several."""
    need("git")
    place = folder / "git"
    shutil.rmtree(place, ignore_errors=True)
    _filled(place / "a.git", count)
    port = free_port()
    daemon = ["git", "daemon", "--enable=receive-pack", "--export-all", "--listen=127.0.0.1",
              f"--port={port}", f"--base-path={place}", "--reuseaddr", str(place)]  # fmt: skip
    rates = []
    with running(daemon, folder / "git.log") as process:
        wait_port("127.0.0.1", port, process)
        for run in range(runs):
            _repository(place / f"b{run}.git")
            began = time.monotonic()
            _git(place / "a.git", "push", "--quiet", f"git://127.0.0.1:{port}/b{run}.git", "main")
            rates.append(count / (time.monotonic() - began))
    shutil.rmtree(place)
    return Measured(version("git", "--version") + ", push", sorted(rates)[len(rates) // 2])


def verified(folder: Path, count: int) -> Measured:
    """Return signed commits that ``git verify-commit`` checks per second of processor time."""
    need("git", "ssh-keygen")
    place = folder / "git-verify"
    shutil.rmtree(place, ignore_errors=True)
    commits = _filled(place, count)
    signers = place / "signers"
    signers.write_text(f"a@a.test ssh-ed25519 {base64.b64encode(_KEY).decode()}\n", "ascii")
    _git(place, "config", "gpg.ssh.allowedSignersFile", str(signers))
    before = _spent()
    _git(place, "verify-commit", *(name for name, _ in commits))
    rate = count / (_spent() - before)
    shutil.rmtree(place)
    return Measured(version("git", "--version") + ", verify-commit", rate)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
