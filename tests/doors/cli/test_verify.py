"""`detente verify`: no node, and exit codes that never take a fault of ours for a bad record."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from detente.cli import verify, visit
from detente.cli.render import verified
from detente.verify.report import ActShown, EntryShown, Outcome, Report, Sentence
from tests.bundles import bundle, talk
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


def test_an_entry_of_a_bundle_is_shown_with_its_text(cli: Cli, tmp_path: Path) -> None:
    """Whoever gets the file has no other way to read it."""
    (tmp_path / "x").write_bytes(bundle())
    ran = cli("verify", "x", "--show", "A-2", "--show", "B-1")
    assert ran.code == 0
    assert "A-2  Statement" in ran.out
    assert "  Statement 0." in ran.out
    assert f"Signed by {talk().parties[0].name} head, head, for A, with the key" in ran.out
    assert "proposal: A-1" in ran.out
    told = json.loads(cli("verify", "x", "--show", "A-2", "--json").out)
    assert [one["text"] for one in told["shown"]] == ["Statement 0."]
    assert json.loads(cli("verify", "x", "--json").out)["shown"] == []


def test_a_mark_that_is_not_in_the_file_is_said_to_be_missing(cli: Cli, tmp_path: Path) -> None:
    """And no outcome is given that a script might take for an answer about it."""
    (tmp_path / "x").write_bytes(bundle())
    ran = cli("verify", "x", "--show", "A-99")
    assert (ran.code, ran.out) == (64, "")
    assert "has the mark A-99" in ran.err


def test_a_shown_text_cannot_command_the_terminal() -> None:
    """What is read here was written by somebody whom nobody here trusts."""
    one = EntryShown(
        "A-2", "statements.statement", "A", "ab" * 32, 0, True, "en", "one\x1b[2J\ntwo\u202e", {}, None
    )  # fmt: skip
    out = "\n".join(map(str, verified.report(Report(Outcome.INTACT, shown=(one,)), all_acts=False)))
    assert "one<U+001B>[2J" in out
    assert "two<U+202E>" in out
    assert f"For A, under the key {'ab' * 32}." in out
    other = one._replace(actor="", is_here=False, text="")
    out = "\n".join(
        map(str, verified.report(Report(Outcome.INTACT, shown=(other,)), all_acts=False))
    )
    assert "By the node of A." in out
    assert "Its text is not here." in out
