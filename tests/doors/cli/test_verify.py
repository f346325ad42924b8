"""`detente verify`: no node, and exit codes that never take a fault of ours for a bad record."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detente.cli import verify, visit
from detente.cli.render import verified
from detente.verify.report import ActShown, Outcome, Report, Sentence
from tests.doors.cli.conftest import Cli


@pytest.fixture(autouse=True)
def no_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever verifies may have no node and trust none."""

    def refuse(_directory: Path) -> None:
        raise AssertionError("verify asked for a node")

    monkeypatch.setattr(visit, "connect_node", refuse)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"c2sp.org/tlog-proof@v1\n", b"detente bundle 1\n"]
)
def test_what_is_no_whole_bundle_cannot_be_told_or_is_bad(
    data: bytes, cli: Cli, tmp_path: Path
) -> None:
    """Never 0, and never an exception."""
    (tmp_path / "x").write_bytes(data)
    ran = cli("verify", "x")
    assert ran.code in {1, 2}
    assert ran.out
    assert cli("verify", "-", typed=data).out == ran.out


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.INTACT, 0), (Outcome.BAD, 1), (Outcome.CANNOT_TELL, 2)]
)
def test_the_exit_code_is_the_outcome(
    outcome: Outcome, code: int, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody reads the words to their end."""
    (tmp_path / "x").write_bytes(b"x")
    monkeypatch.setattr(
        "detente.verify.bundle.verify_bundle", lambda _source, _progress: Report(outcome)
    )
    assert cli("verify", "x").code == code
    assert cli("verify", "x", "--json").code == code

    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("detente.cli.screen.Screen.print", broken)
    monkeypatch.setattr(verify, "silence_output", lambda: None)
    assert cli("verify", "x").code == code


@pytest.mark.parametrize("error", [ValueError("boom"), OSError(5, "Input/output error")])
def test_a_fault_of_ours_or_of_the_disk_cannot_tell(
    error: Exception, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 would accuse somebody."""
    (tmp_path / "x").write_bytes(b"x")

    def fail(*_: object) -> Report:
        raise error

    monkeypatch.setattr("detente.verify.bundle.verify_bundle", fail)
    ran = cli("verify", "x")
    assert ran.code == verify.CANNOT_TELL
    assert "boom" not in ran.all


def test_a_file_is_read_again_from_its_beginning(tmp_path: Path) -> None:
    """A record with a proof of misconduct is judged in two passes."""
    path = tmp_path / "x"
    path.write_bytes(b"some bytes")
    source = verify._source(path)
    assert b"".join(source) == b"some bytes" == b"".join(source)
    assert list(verify._chunks(io.BytesIO(b""))) == []


def test_many_acts_are_counted_per_person_unless_all_are_asked_for() -> None:
    """Who signed what, on one screen."""
    acts = tuple(
        ActShown(f"A-{n}", "statements.statement", "A", "N. \x1bNabil" if n % 3 else "", "Envoy", 0)
        for n in range(verified.MOST_ACTS + 1)
    )
    found = Report(Outcome.INTACT, acts=acts)
    brief = "\n".join(map(str, verified.report(found, all_acts=False)))
    assert "34 acts signed by N. <U+001B>Nabil, Envoy, for A." in brief
    assert "17 acts signed with the root key of A." in brief
    assert "A-7" not in brief
    whole = "\n".join(map(str, verified.report(found, all_acts=True)))
    assert "A-7: Statement, signed by N. <U+001B>Nabil, Envoy, for A." in whole


def test_words_from_a_record_cannot_command_the_terminal() -> None:
    """Names in a report come from whoever wrote the bundle."""
    planted = Sentence("x", "It says {name}.", {"name": "\x1b[2J\u202e"})
    out = "\n".join(
        map(str, verified.report(Report(Outcome.BAD, doubts=(planted,)), all_acts=True))
    )
    assert "It says <U+001B>[2J<U+202E>." in out
