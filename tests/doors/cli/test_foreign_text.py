"""Text from elsewhere: shown whole, and unable to do anything to the terminal or to the words around it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import FakeClient
from tests.doors.cli.test_json_and_codes import OTHERS, READING

#: Clears a screen, sets a window's title, hides text, changes direction, is invisible.
PLANTED = "\x1b[2J\x1b]0;owned\x07\x9b8m\u202edetrever\u2066\u200b\r\x08[red]bold[/red]:smile:"
FORBIDDEN = ("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\u200b", "\r", "\x08")
SHOWN = "<U+001B>"
#: Isolates around right-to-left words are ours, and come in pairs.
ISOLATE, END = "\u2068", "\u2069"


def _plant(data: Any) -> Any:
    """Return plain data with `PLANTED` in every text that a stranger may have chosen."""
    if isinstance(data, dict):
        return {key: one if key in _OURS else _plant(one) for key, one in data.items()}
    if isinstance(data, list):
        return [_plant(one) for one in data]
    return data + PLANTED if isinstance(data, str) else data


#: Words that our own node chose from a fixed list, by which the renderers find their way.
_OURS = frozenset(
    "kind standing what step link state stage letter by status mark id token number dialogue"
    " message card chunks sentence next_step words party".split()
)


@pytest.fixture
def hostile(node: FakeClient) -> FakeClient:
    node.answers = {verb: _plant(answer) for verb, answer in node.answers.items()}
    for row in node.answers["log"]["rows"]:
        row["party"] += PLANTED
    node.shown = {mark: _plant(one) for mark, one in node.shown.items()}
    return node


@pytest.mark.parametrize("argv", [*READING, *OTHERS], ids=" ".join)
def test_no_command_lets_foreign_text_command_the_terminal(
    argv: tuple[str, ...], cli: Cli, hostile: FakeClient
) -> None:
    """Escape sequences, overrides and hidden characters arrive as their numbers, or not at all."""
    ran = cli(*argv)
    assert [char for char in FORBIDDEN if char in ran.all] == []
    assert ran.all.count(ISOLATE) == ran.all.count(END)


@pytest.mark.parametrize("argv", [*READING, *OTHERS], ids=" ".join)
def test_not_on_a_terminal_with_colour_either(
    argv: tuple[str, ...], cli: Cli, hostile: FakeClient
) -> None:
    """There our own colours pass, and nothing of what was planted."""
    ran = cli(*argv, terminal=True)
    for planted in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\u202e", "\u200b"):
        assert planted not in ran.out


@pytest.mark.parametrize("argv", [("show", "A-12"), ("log",), ("agenda",), ("hotline",)])
def test_what_was_hidden_is_shown_by_its_number_and_mark_up_means_nothing(
    argv: tuple[str, ...], cli: Cli, hostile: FakeClient
) -> None:
    """A reader must see that something was there, and exactly what was written."""
    ran = cli(*argv)
    assert SHOWN in ran.out
    assert "[red]bold[/red]:smile:" in ran.out


def test_right_to_left_words_are_set_apart_line_by_line(cli: Cli, node: FakeClient) -> None:
    """Otherwise a full stop or a number beside them would jump to the other end of the line."""
    node.shown["A-12"]["text"] = "سلام 1.\nPlain.\nغدًا 2."
    out = cli("show", "A-12").out
    assert f"  {ISOLATE}سلام 1.{END}\n  Plain.\n  {ISOLATE}غدًا 2.{END}\n" in out


def test_faults_from_the_node_are_harmless_too(cli: Cli, node: FakeClient) -> None:
    """A name in a fault's sentence may have come from the other side."""
    from detente.terms.errors import Refused

    node.fault = Refused("a.b", "No {what}.", what=PLANTED)
    ran = cli("agenda")
    assert [char for char in FORBIDDEN if char in ran.all] == []


def test_a_wrong_command_line_is_shown_harmlessly(cli: Cli) -> None:
    """A line pasted from a message may hold anything."""
    ran = cli(f"say{PLANTED}", f"--x{PLANTED}")
    assert ran.code == 64
    assert [char for char in FORBIDDEN if char in ran.all] == []
