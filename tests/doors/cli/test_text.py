"""Our own text: taken in exactly from wherever it comes, and refused when a reader could misread it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.cli.conftest import Cli, bodies
from tests.doors.cli.fake_client import PAIRING, FakeClient

OVERRIDE = "\u202e"
#: Every command that takes our words, with a place for them.
SPEAKING = (
    ("say", "{}"),
    ("object", "B-9", "{}"),
    ("translate", "B-9", "{}", "--text-lang", "en"),
    ("translate", "B-9", "Text.", "--text-lang", "en", "--by", "{}"),
    ("correct", "A-12", "{}"),
    ("correct", "A-12", "Text.", "--reason", "{}"),
    ("withdraw", "A-12", "--yes", "--reason", "{}"),
    ("ask", "{}"),
    ("ask", "Text?", "{}"),
    ("reply", "B-9", "{}", "--number", "1"),
    ("reply", "B-9", "--decline", "1", "--why", "{}"),
    ("agenda", "propose", "{}", "Text."),
    ("agenda", "propose", "Title", "{}"),
    ("agenda", "decline", "B-5", "--reason", "{}"),
    ("open", "propose", "Title", "{}"),
    ("open", "refuse", "B-1", "--reason", "{}"),
    ("hotline", "send", "--status", "test", "--precedence", "routine", "{}"),
    ("hotline", "send", "--status", "test", "--precedence", "routine", "--to", "{}", "Text."),
    ("hotline", "acknowledge", "B-L4", "--role", "{}"),
    ("hotline", "acknowledge", "B-L4", "--role", "Officer", "--note", "{}"),
    ("delegate", "grant", "nabil", "--role", "{}"),
    ("delegate", "grant", "nabil", "--role", "Envoy", "--name", "{}"),
    ("delegate", "revoke", "A. Ahmadi", "--yes", "--reason", "{}"),
    ("pair", "cut", "A-L7", "A-40", "--yes", "--reason", "{}"),
    ("pair", "confirm", "--heard", str(PAIRING["number"]), "--yes", "--how", "{}"),
    ("pair", "announce", "--name", "{}"),
)  # fmt: skip


@pytest.mark.parametrize("argv", SPEAKING, ids=" ".join)
def test_no_command_passes_on_what_a_reader_could_not_see(
    argv: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """UTR 36, Trojan Source: an override can turn "shall not" into something else."""
    ran = cli(*(word.format(f"We shall{OVERRIDE} not.") for word in argv))
    assert ran.code == 2
    assert "[cli.text.hidden]" in ran.err
    assert "line 1, column 9" in ran.err
    assert node.entered == []
    assert OVERRIDE not in ran.all


@pytest.mark.parametrize("hidden", ["\u200b", "\u2066", "\ufeff", "e\u0301", "\x1b", "\xad"])
def test_nothing_hidden_of_any_sort_is_passed_on(hidden: str, cli: Cli, node: FakeClient) -> None:
    """Invisible, controlling, and written in another form than everybody else would."""
    ran = cli("say", f"We shall{hidden} not.")
    assert ran.code == 2
    assert "line 1, column 9" in ran.err
    assert node.entered == []


def test_the_place_of_a_hidden_character_is_shown(cli: Cli, node: FakeClient) -> None:
    """Line, column, name and number, and what stands around it."""
    ran = cli("say", f"First line.\nWe shall {OVERRIDE}not yield.")
    assert (
        "line 2, column 10: RIGHT-TO-LEFT OVERRIDE (U+202E) in “e. We shall <U+202E>not yield.”"
    ) in ran.err


def test_joiners_that_scripts_need_pass(cli: Cli, node: FakeClient) -> None:
    """Persian is not written without the zero-width non-joiner."""
    assert cli("say", "می\u200cخواهیم").code == 0
    assert bodies(node)[0]["text"] == "می\u200cخواهیم"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"One.\r\nTwo.\r\n", "One.\nTwo."),
        (b"\xef\xbb\xbfOne.\n", "One."),
        ("Ünïcödé, غدًا".encode(), "Ünïcödé, غدًا"),
        (b"  indented\n\n\tTab.\n\n", "  indented\n\n\tTab."),
    ],
)
def test_a_file_is_taken_in_exactly_but_for_how_systems_store_lines(
    data: bytes, text: str, cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """Line ends, a byte order mark and the last line feeds are storage; all else is text."""
    (tmp_path / "text").write_bytes(data)
    assert cli("say", "--file", "text").code == 0
    assert cli("say", "-", typed=data).code == 0
    assert cli("say", "--file", "-", typed=data).code == 0
    assert [body["text"] for body in bodies(node)] == [text] * 3


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\xfe", "cli.text.encoding"), (b" \n", "cli.text.empty"), (b"", "cli.text.empty")],
)
def test_what_is_no_text_is_refused(data: bytes, code: str, cli: Cli, node: FakeClient) -> None:
    """Nothing empty and nothing unreadable enters a record."""
    ran = cli("say", "-", typed=data)
    assert ran.code == 2
    assert f"[{code}]" in ran.err
    assert node.entered == []


def test_without_a_text_the_editor_opens(
    cli: Cli, node: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft is readable by its owner alone, and gone afterwards."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nstat -c %a "$2" > "$1"\necho "Written here." > "$2"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", f"{editor} {tmp_path / 'mode'}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert cli("say", terminal=True).code == 0
    assert bodies(node) == [{"text": "Written here.", "lang": "en"}]
    assert (tmp_path / "mode").read_text() == "600\n"
    assert not list(tmp_path.glob("detente-*"))


def test_a_correction_begins_with_the_wording_as_it_stands(
    cli: Cli, node: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody should have to type a statement again to correct one word."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/Monday/Tuesday/ "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    assert cli("correct", "A-12", terminal=True).code == 0
    assert bodies(node)[0]["text"] == "We are ready to meet on Tuesday.\nAt the crossing."
    assert bodies(node)[0]["lang"] == "en"


@pytest.mark.parametrize("editor", ["false", "/nowhere/editor"])
def test_an_editor_that_fails_enters_nothing(
    editor: str, cli: Cli, node: FakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving an editor by its error exit is how people change their mind."""
    monkeypatch.setenv("EDITOR", editor)
    ran = cli("say", terminal=True)
    assert ran.code == 4
    assert "[cli.editor]" in ran.err
    assert node.entered == []


def test_questions_in_a_file_stand_in_paragraphs(cli: Cli, node: FakeClient) -> None:
    """One question per paragraph, numbered in their order."""
    assert cli("ask", "-", typed="When?\n\nWhere\nexactly?\n").code == 0
    assert bodies(node)[0]["questions"] == ["When?", "Where\nexactly?"]


def test_answers_go_under_the_numbers_of_their_questions(cli: Cli, node: FakeClient) -> None:
    """What stands before the first number is the question sheet, not an answer."""
    sheet = "(1) When?\n(2) Where?\n\n[1]\nOn Monday.\n\nAt nine.\n\n[2]\n"
    assert cli("reply", "B-9", "-", "--decline", "2", "--why", "Secret.", typed=sheet).code == 0
    assert bodies(node)[0]["answers"] == [
        {"number": 1, "declined": False, "text": "On Monday.\n\nAt nine."},
        {"number": 2, "declined": True, "text": "Secret."},
    ]


def test_the_answer_sheet_shows_each_question(
    cli: Cli, node: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answers in the editor has the questions before their eyes."""
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\ncp "$1" sheet\necho "There." >> "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    assert cli("reply", "B-9", terminal=True).code == 0
    assert (tmp_path / "sheet").read_text() == "(1) When?\n(2) Where?\n\n[1]\n\n[2]\n"
    assert bodies(node)[0]["answers"] == [{"number": 2, "declined": False, "text": "There."}]


def test_a_reply_to_a_statement_is_a_statement(cli: Cli, node: FakeClient) -> None:
    """People reply to whatever stands there; the kind follows from it."""
    assert cli("reply", "A-12", "So are we.").code == 0
    assert node.entered == [
        ("statements.statement", {"text": "So are we.", "lang": "en", "reply_to": "A-12"})
    ]


@pytest.mark.parametrize(
    ("kind", "entered", "field"),
    [
        ("statements.statement", "statements.withdrawal", "of"),
        ("objections.objection", "objections.lifting", "objection"),
        ("agenda.item", "agenda.withdrawal", "item"),
    ],
)
def test_taking_back_fits_what_is_taken_back(
    kind: str, entered: str, field: str, cli: Cli, node: FakeClient
) -> None:
    """One wish, whichever protocol the entry belongs to."""
    node.shown["A-12"]["kind"] = kind
    assert cli("withdraw", "A-12", "--yes").code == 0
    assert node.entered == [(entered, {field: "A-12", "reason": ""})]


@pytest.mark.parametrize(("words", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("5", 5)])
def test_durations_are_written_as_people_say_them(
    words: str, seconds: int, cli: Cli, node: FakeClient
) -> None:
    """The record holds seconds."""
    argv = ("hotline", "send", "--status", "test", "--precedence", "routine", "Test.")
    assert cli(*argv, "--acknowledge-within", words).code == 0
    assert bodies(node)[0]["acknowledge_within_s"] == seconds
