"""Words on the line that cannot be meant: each gets a sentence that says what to type instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import REQUEST, FakeClient


@pytest.mark.parametrize(
    "argv",
    [
        ("say", "x", "--text-lang", "english please"),
        ("translate", "B-7", "x", "--text-lang", "fr !!"),
        ("correct", "A-12", "x", "--text-lang", "zzzzzz-99999999999"),
        ("open", "propose", "Talks", "To talk.", "--text-lang", "e"),
        ("pair", "announce", "--name", "North", "--name-lang", "en_US"),
        ("init", "--name", "North", "--name-lang", "?"),
    ],
    ids=" ".join,
)
def test_what_is_no_language_is_refused_before_anything_is_written(
    argv: tuple[str, ...], cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """It would stand in the record for good; and nobody loses a draft over it."""
    ran = cli(*argv)
    assert (ran.code, "[cli.language]" in ran.err) == (64, True)
    assert "BCP 47" in ran.err
    assert node.entered == []
    assert not list(tmp_path.iterdir())


def test_only_a_statement_is_corrected(cli: Cli, node: FakeClient) -> None:
    """The refusal speaks of the entry, and not of a field of an act that nobody asked for."""
    node.shown["B-9"] = REQUEST
    ran = cli("correct", "B-9", "y")
    assert (ran.code, node.entered) == (64, [])
    assert "B-9 is not a statement." in ran.err


def test_what_an_option_may_be_is_said_to_its_end(cli: Cli, node: FakeClient) -> None:
    """A list that breaks off in the middle helps nobody."""
    ran = cli("delegate", "grant", "nabil", "--role", "Envoy", "--may", "fly")
    assert ran.code == 64
    for scope in ("speak", "bind", "hotline", "acknowledge", "grant"):
        assert f"'{scope}'" in ran.err


def test_a_dialogue_that_is_not_here_is_not_shown_as_another(cli: Cli, node: FakeClient) -> None:
    """And one that is here is shown alone."""
    other = {**node.answers["status"]["dialogues"][0], "id": "ab" * 32, "short": "ab" * 5}
    node.answers["status"]["dialogues"].append(other)
    ran = cli("status", "-d", "ffff")
    assert (ran.code, "[cli.dialogue]" in ran.err) == (64, True)
    assert "ab" * 5 not in cli("status", "-d", "3DA5").out
    assert "ab" * 5 in cli("status").out


def test_a_folder_is_not_called_a_file_that_is_missing(
    cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """Each wrong path has its own word."""
    assert f"{tmp_path} is a folder." in cli("verify", str(tmp_path)).err
    assert "There is no file nowhere to take" in cli("say", "--file", "nowhere").err


def test_who_has_no_address_is_not_told_of_joining_over_a_link(cli: Cli, node: FakeClient) -> None:
    """The other side could not do it."""
    made = cli("pair", "invite")
    assert made.code == 0
    assert "detente pair join INVITATION" in made.out
    node.answers["pair.invite"]["addresses"] = []
    made = cli("pair", "invite")
    assert "by file: detente pair take" in made.out
    assert "pair join" not in made.out


def test_a_folder_that_is_not_there_is_not_made_into_a_file(
    cli: Cli, node: FakeClient, tmp_path: Path
) -> None:
    """The stick was not mounted, and a pouch of its name in the home folder reaches nobody."""
    ran = cli("pouch", "write", "usb-stick/")
    assert (ran.code, "[cli.pouch.folder]" in ran.err) == (64, True)
    assert "pouch.write" not in [verb for verb, _ in node.asked]
    (tmp_path / "usb-stick").mkdir()
    assert cli("pouch", "write", "usb-stick/").code == 0
    assert cli("pouch", "write", "a.pouch").code == 0
