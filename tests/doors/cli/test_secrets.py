"""Secrets: asked for unseen or read from a private file; never in an argument, an output or a trace."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from detente.cli import faults
from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import FakeClient

PLANTED = "correct-horse-battery-staple"


@pytest.fixture
def secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets"
    path.write_text(f"{PLANTED}\nhead = other-{PLANTED}\n")
    path.chmod(0o600)
    monkeypatch.setenv("DETENTE_SECRET_FILE", str(path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return path


def _init(cli: Cli, *more: str) -> int:
    return cli("--dir", "a", "init", "--name", "North", "--memory", "8", *more).code


def test_no_file_of_a_node_and_no_output_holds_a_passphrase(
    cli: Cli, secret_file: Path, tmp_path: Path
) -> None:
    """What was made, said and refused is searched for the planted passphrase."""
    said = cli("--dir", "a", "init", "--name", "North", "--memory", "8").all
    said += cli("--dir", "a", "init", "--name", "North", "--verbose").all
    said += cli("--dir", "a", "status").all
    secret_file.write_text("wrong\n")
    refused = cli("--dir", "a", "status", "--verbose")
    assert refused.code == 2
    assert PLANTED not in said + refused.all
    made = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(made) > 5
    assert not any(PLANTED.encode() in path.read_bytes() for path in made)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_file_that_others_can_read_is_refused(
    mode: int, cli: Cli, secret_file: Path
) -> None:
    """A passphrase that others can read is none."""
    secret_file.chmod(mode)
    ran = cli("--dir", "a", "init", "--name", "North", "--memory", "8")
    assert ran.code == 2
    assert "chmod 600" in ran.err
    assert PLANTED not in ran.all


def test_an_unexpected_exception_shows_places_and_no_values(cli: Cli, node: FakeClient) -> None:
    """Whatever a library puts into its message, the screen gets the type and the lines only."""
    node.fault = ValueError(f"cannot decode {PLANTED}")
    quiet, verbose = cli("agenda"), cli("agenda", "--verbose")
    assert (quiet.code, verbose.code) == (70, 70)
    assert "ValueError" in quiet.err
    assert "fake_client.py" in verbose.err
    assert "fake_client.py" not in quiet.err
    assert PLANTED not in quiet.all + verbose.all


def test_the_planted_fault_would_be_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """A door that printed the message would fail the test above."""
    faults.show_unexpected(ValueError(PLANTED), as_json=False, verbose=True)
    assert PLANTED not in capsys.readouterr().err
    sys.excepthook(ValueError, ValueError(PLANTED), None)
    assert PLANTED in capsys.readouterr().err


def test_passphrases_are_typed_unseen_and_twice(tmp_path: Path) -> None:
    """On a real terminal: nothing typed is echoed, and two that differ make no node."""
    environ = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    environ.pop("DETENTE_SECRET_FILE", None)
    argv = ["-m", "detente", "--dir", str(tmp_path / "a"), "init", "--name", "N", "--memory", "8"]
    code, seen = _on_terminal(argv, environ, [PLANTED, PLANTED + "x"])
    assert code == 2
    assert b"Passphrase of root" in seen
    assert b"[secret.differs]" in seen
    assert PLANTED.encode() not in seen
    assert not (tmp_path / "a" / "party.card").exists()


#: Makes the terminal on standard input the session's own, so that /dev/tty is it, and goes on.
_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
)


def _on_terminal(argv: list[str], environ: dict[str, str], lines: list[str]) -> tuple[int, bytes]:
    """Run a Python command on a terminal of its own, typing a line after each prompt."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *argv],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = bytearray()
    typed = 0
    watchdog = threading.Timer(60, running.kill)
    watchdog.start()
    while True:
        try:
            data = os.read(ours, 4096)
        except OSError:  # the terminal closed with its last process
            break
        if not data:
            break
        seen += data
        if seen.rstrip(b" ").endswith(b":") and typed < len(lines):
            os.write(ours, lines[typed].encode() + b"\n")
            typed += 1
    watchdog.cancel()
    os.close(ours)
    return running.wait(), bytes(seen)


def test_no_process_carries_a_passphrase_in_its_arguments(
    secret_file: Path, tmp_path: Path
) -> None:
    """While a command runs, its arguments and environment are searched as any user could."""
    running = subprocess.Popen(
        [sys.executable, "-m", "detente", "--dir", str(tmp_path / "a"), "init", "--name", "N",
         "--memory", "8"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    listed = Path(f"/proc/{running.pid}/cmdline").read_bytes()
    surroundings = Path(f"/proc/{running.pid}/environ").read_bytes()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert PLANTED.encode() not in listed + surroundings + out + err


def test_every_key_may_have_a_passphrase_of_its_own(cli: Cli, secret_file: Path) -> None:
    """`head = …` in the secret file is the head's alone: the node's does not open it."""
    assert _init(cli) == 0
    secret_file.write_text(f"{PLANTED}\n")
    assert cli("--dir", "a", "status").code == 0
    from detente.node.client import connect
    from detente.terms.errors import Refused

    with connect(Path("a")) as client, pytest.raises(Refused) as refused:
        client.unlock("head")
    assert PLANTED not in str(refused.value)
