"""Progress, QR codes and files: what commands do beside their result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detente.cli.qr import put_codes
from detente.cli.screen import harmless
from detente.terms.errors import Refused
from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import FakeClient


def test_progress_in_a_pipe_is_a_line_for_each_tenth(cli: Cli, node: FakeClient) -> None:
    """A log that holds every step is unreadable, and one that holds none says nothing."""
    lines = cli("backup", "b").err.splitlines()
    assert lines[0] == "Entries: 0/100"
    assert lines[-1] == "Entries: 100/100"
    assert len(lines) == 11


def test_progress_on_a_terminal_is_a_bar_beside_the_result(cli: Cli, node: FakeClient) -> None:
    """It is drawn on standard error and gone when the result stands."""
    ran = cli("backup", "b", terminal=True)
    assert "100/100" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", ran.err)
    assert "Entries" not in ran.out


def test_programs_get_no_progress(cli: Cli, node: FakeClient) -> None:
    """With --json, standard error holds faults alone."""
    assert cli("backup", "b", "--json").err == ""


def test_harmless_reaches_every_text_of_plain_data() -> None:
    """Keys, lists in lists, and nothing that is no text."""
    data = {"a\x1b": ["\u202e", ("x\x07", 1, None, True)]}
    assert harmless(data) == {"a<U+001B>": ["<U+202E>", ["x<U+0007>", 1, None, True]]}


def test_an_invitation_becomes_a_code_to_print_or_to_show(
    cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """One code in one file, readable by its owner alone; or blocks on the terminal."""
    assert cli("pair", "invite", "--qr", "code.svg").code == 0
    svg = tmp_path / "code.svg"
    assert svg.read_bytes().startswith(b"<?xml")
    assert svg.stat().st_mode & 0o777 == 0o600
    shown = cli("pair", "invite", "--qr", "terminal").out
    assert "█" in shown
    assert "1/1" in shown
    refused = cli("pair", "invite", "--qr", "code.png")
    assert (refused.code, "[cli.qr]" in refused.err) == (64, True)


def test_several_codes_get_numbered_files(tmp_path: Path) -> None:
    """A card is too long for one code that a camera reads."""
    written = put_codes(["ONE", "TWO", "THREE"], str(tmp_path / "card.svg"))
    assert [Path(one).name for one in written] == [
        "card-1of3.svg", "card-2of3.svg", "card-3of3.svg",
    ]  # fmt: skip


def test_no_command_writes_over_a_file(cli: Cli, node: FakeClient, tmp_path: Path) -> None:
    """A second export under the same name must not destroy the first."""
    (tmp_path / "here").write_text("kept")
    for argv in (("pair", "card", "--out", "here"), ("pair", "invite", "--out", "here"),
                 ("pair", "take", "here", "--out", "here")):  # fmt: skip
        ran = cli(*argv)
        assert (ran.code, "[cli.file.exists]" in ran.err) == (2, True)
    assert (tmp_path / "here").read_text() == "kept"
    with pytest.raises(Refused):
        put_codes(["X"], str(_taken(tmp_path / "x.svg")))


def _taken(path: Path) -> Path:
    path.touch()
    return path


def test_a_missing_or_unreadable_file_is_the_system_s_refusal(cli: Cli, node: FakeClient) -> None:
    """With the path and the reason, and without a trace."""
    ran = cli("say", "--file", "no-such-file")
    assert (ran.code, "[cli.text.file]" in ran.err) == (64, True)
    ran = cli("pair", "take", "no-such-file")
    assert ran.code == 4
    assert "No such file or directory no-such-file" in ran.err
    assert "Traceback" not in ran.err


def test_pairing_messages_are_taken_as_text_or_as_files(
    cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """Whether it came by mail or on a stick."""
    (tmp_path / "message").write_bytes(b"\x83raw")
    (tmp_path / "text").write_text("detente-invitation:SU5W\n")
    assert cli("pair", "take", "message", "--out", "next").code == 0
    assert cli("pair", "join", "text", "--wait", "1").code == 0
    assert cli("pair", "join", "-", "--wait", "1", typed="detente-invitation:SU5W\n").code == 0
    taken = [arguments for verb, arguments in node.asked if verb in {"pair.take", "pair.join"}]
    assert taken == [{"message": "g3Jhdw=="}, *[{"text": "detente-invitation:SU5W"}] * 2]
    assert (tmp_path / "next").read_bytes() == b"NEXT"
    assert cli("pair", "join", "neither").code == 64
