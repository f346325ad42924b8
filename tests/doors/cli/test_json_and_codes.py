"""Results for programs, and exit codes that a script can rely on (docs/guides/cli.md)."""

from __future__ import annotations

import json

import pytest

from detente.terms.errors import Bug, Refused, Rejected, Unavailable
from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import ANSWERS, PAIRING, FakeClient

#: Command line → the verb whose answer is printed as it is.
READING = {
    ("agenda",): "agenda",
    ("open",): "opening",
    ("hotline",): "hotline",
    ("ask", "--list"): "questions",
    ("object", "--list"): "objections",
    ("delegate",): "delegates",
    ("log",): "log",
    ("pair",): "pair.list",
    ("pair", "status"): "pair.list",
    ("doctor",): "doctor",
}
OTHERS = (
    ("status",),
    ("show", "A-12"),
    ("say", "Good morning."),
    ("object", "B-9", "No."),
    ("translate", "B-9", "We accept.", "--text-lang", "en"),
    ("correct", "A-12", "Tuesday."),
    ("withdraw", "A-12", "--yes"),
    ("ask", "When?"),
    ("reply", "B-9", "Now.", "--number", "1"),
    ("agenda", "propose", "Prisoners", "Exchange."),
    ("agenda", "agree", "B-5"),
    ("agenda", "decline", "B-5"),
    ("agenda", "withdraw", "A-4", "--yes"),
    ("open", "propose", "Talks", "To talk."),
    ("open", "consent", "B-1"),
    ("open", "refuse", "B-1"),
    ("hotline", "send", "--status", "test", "--precedence", "routine", "Test."),
    ("hotline", "acknowledge", "B-L4", "--role", "Duty officer"),
    ("delegate", "create", "nabil"),
    ("delegate", "grant", "nabil", "--role", "Envoy"),
    ("delegate", "revoke", "A. Ahmadi", "--yes"),
    ("pair", "card"),
    ("pair", "invite"),
    ("pair", "confirm", "--heard", "1" * 20, "--how", "telephone", "--yes"),
    ("pair", "cancel"),
    ("pair", "address", "B", "192.0.2.7:7400"),
    ("pair", "announce", "--address", "a.example:7400"),
    ("pair", "renew", "--yes"),
    ("pair", "cut", "A-L7", "A-40", "--yes"),
    ("export", "talks.bundle"),
    ("export", "a.proof", "--entry", "A-12"),
    ("pouch", "write", "p.age"),
    ("pouch", "read", "p.age"),
    ("backup", "b.backup"),
    ("restore", "--new-epoch", "--yes"),
)


@pytest.mark.parametrize("argv", READING, ids=" ".join)
def test_json_is_the_node_s_own_answer(argv: tuple[str, ...], cli: Cli, node: FakeClient) -> None:
    """A program gets the same plain data as over the socket."""
    ran = cli(*argv, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == ANSWERS[READING[argv]]


@pytest.mark.parametrize("argv", OTHERS, ids=" ".join)
def test_every_command_speaks_json_and_nothing_beside_it(
    argv: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """One JSON value on standard output, nothing on standard error, exit code 0."""
    ran = cli(*argv, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out)
    assert ran.out.isascii()


@pytest.mark.parametrize("argv", [*READING, *OTHERS], ids=" ".join)
def test_every_command_speaks_to_people_too_and_lets_the_node_go(
    argv: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """Words, exit code 0, and no node left open behind them."""
    ran = cli(*argv)
    assert ran.code == 0
    assert len(ran.out.strip()) > 10
    assert node.is_closed


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        (Refused("a.b", "No {what}.", "Do {what}.", what="thing"), 2, "Refused"),
        (Rejected("a.b", "No {what}.", "Do {what}.", what="thing"), 3, "Rejected"),
        (Unavailable("a.b", "No {what}.", "Do {what}.", what="thing"), 4, "Not available"),
    ],
)
def test_a_fault_has_its_code_its_sentence_and_the_next_step(
    fault: Refused, code: int, word: str, cli: Cli, node: FakeClient
) -> None:
    """Each family has its exit code; the words go to standard error."""
    node.fault = fault
    ran = cli("agenda")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err == f"{word}: No thing.\nNext: Do thing.\n[a.b]\n"
    assert json.loads(cli("agenda", "--json").err) == {
        "error": {"code": "a.b", "sentence": "No thing.", "next_step": "Do thing."}
    }


def test_a_bug_is_called_one(cli: Cli, node: FakeClient) -> None:
    """Exit code 70, and where to report it."""
    node.fault = Bug("order of things")
    ran = cli("agenda")
    assert ran.code == 70
    assert "A fault of this program" in ran.err
    assert "[house.bug]" in ran.err


def test_an_interrupted_command_says_so_by_its_code(cli: Cli, node: FakeClient) -> None:
    """130, as shells expect."""
    node.fault = KeyboardInterrupt()
    assert cli("agenda").code == 130


@pytest.mark.parametrize(
    "argv",
    [
        ("sayy",),
        ("say", "--nothing"),
        ("say", "a", "b"),
        ("show",),
        ("object",),
        ("pouch",),
        ("log", "--limit", "0"),
        ("log", "--limit", "many"),
        ("hotline", "send", "--precedence", "flash", "Text."),
        ("hotline", "send", "--status", "meant", "--precedence", "flash", "Text."),
        ("hotline", "send", "--status", "test", "Text."),
        ("hotline", "send", "--status", "test", "--precedence", "flash", "--reply-within", "soon",
         "Text."),
        ("say",),
        ("say", "text", "--file", "x"),
        ("export", "x", "--release", "A-1"),
        ("restore",),
        ("restore", "x", "--new-epoch"),
        ("verify",),
        ("verify", "no-such-file"),
        ("verify", "--nothing"),
        ("delegate", "grant", "nabil", "--role", "x", "--expires", "tomorrow"),
        ("reply", "B-9", "To which?"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_line_that_cannot_be_understood_is_64_and_does_nothing(
    argv: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """A script must be able to tell its own mistake from a refusal."""
    ran = cli(*argv)
    assert (ran.code, ran.out) == (64, "")
    assert ran.err.startswith("Not understood: ")
    assert "Next: " in ran.err
    assert node.entered == []
    assert json.loads(cli(*argv, "--json").err)["error"]["code"]


def test_whether_a_hotline_message_is_meant_is_never_assumed(cli: Cli, node: FakeClient) -> None:
    """Clause of the hotline: the status has no default."""
    ran = cli("hotline", "send", "--precedence", "flash", "Text.")
    assert "--status" in ran.err
    assert node.entered == []


def test_the_doctor_s_exit_code_says_that_something_is_wrong(cli: Cli, node: FakeClient) -> None:
    """A timer that runs the doctor needs no eyes."""
    assert cli("doctor").code == 0
    node.answers["doctor"]["checks"][0]["state"] = "bad"
    assert cli("doctor").code == 1


def test_the_chosen_dialogue_and_delegate_reach_the_node(cli: Cli, node: FakeClient) -> None:
    """With several dialogues, an act must not land in another one."""
    cli("agenda", "--dialogue", "3da5")
    assert node.asked[0] == ("agenda", {"dialogue": "3da5"})
    assert cli("agenda", "--dialogue", "3da5").code == 0


def test_joining_needs_a_running_node(cli: Cli, node: FakeClient) -> None:
    """Without one, the sentence says how to go on."""
    node.is_remote = False
    ran = cli("pair", "join", "detente-invitation:SU5W")
    assert ran.code == 2
    assert "detente serve" in ran.err
    assert "detente pair take" in ran.err


def test_a_pairing_token_is_found_by_its_beginning(cli: Cli, node: FakeClient) -> None:
    """Nobody types 32 hexadecimal digits."""
    assert cli("pair", "cancel", "d911").code == 0
    assert cli("pair", "cancel", "ffff").code == 2
    node.answers["pair.list"] = [PAIRING, {**PAIRING, "token": "d911" + "11" * 14}]
    assert cli("pair", "cancel", "d911").code == 64
