"""Grave acts: shown whole with their readers, and done only after a typed yes."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.record.genesis import LEAST_PER_HOUR, Quotas
from tests.doors.cli.conftest import Cli, bodies
from tests.doors.cli.fake_client import PAIRING, FakeClient

NUMBER = str(PAIRING["number"])
FLASH = (
    "hotline", "send", "--status", "actual", "--precedence", "flash",
    "Our aircraft has lost its way.",
)  # fmt: skip
#: Command line → what must be seen before it is done.
GRAVE = {
    FLASH: ("ACTUAL", "│ Our aircraft has lost its way.", "South"),
    ("withdraw", "A-12", "--reason", "Old."): ("│ We are ready to meet", "│ Old.", "South"),
    ("agenda", "withdraw", "A-4"): ("stays readable", "South"),
    ("delegate", "revoke", "A. Ahmadi"): ("A-L1: A. Ahmadi, head of delegation", "South"),
    ("pair", "confirm", "--heard", NUMBER, "--how", "telephone"): ("South", "telephone", "head"),
    ("pair", "renew"): ("New keys",),
    ("pair", "cut", "A-L7", "A-40"): ("A-L7, A-40", "South"),
    ("restore", "--new-epoch"): ("only when no other node", "for ever", "restored"),
}


@pytest.mark.parametrize("argv", GRAVE, ids=" ".join)
@pytest.mark.parametrize("answer", ["\n", "no\n", "y\n", "", "yes please\n"])
def test_only_a_typed_yes_is_one(
    argv: tuple[str, ...], answer: str, cli: Cli, node: FakeClient
) -> None:
    """An empty line, a habit or the end of the input must not send anything."""
    ran = cli(*argv, typed=answer, terminal=True)
    assert ran.code == 2
    assert "[cli.unconfirmed]" in ran.err
    assert node.entered == []
    assert "restore.new_epoch" not in [verb for verb, _ in node.asked]


@pytest.mark.parametrize("argv", GRAVE, ids=" ".join)
def test_what_is_done_and_who_will_read_it_is_seen_before_the_yes(
    argv: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """The exact text, the readers, the question; then it is done."""
    ran = cli(*argv, typed="yes\n", terminal=True)
    assert ran.code == 0
    for words in GRAVE[argv]:
        assert words in ran.err
    assert ran.err.rstrip().endswith("Type yes to go on:")
    assert node.entered or argv[0] == "restore"


@pytest.mark.parametrize("argv", GRAVE, ids=" ".join)
def test_nobody_to_ask_is_not_a_yes(argv: tuple[str, ...], cli: Cli, node: FakeClient) -> None:
    """In a script --yes must be said; the words to say it are in the refusal."""
    ran = cli(*argv, typed="yes\n")
    assert (ran.code, node.entered) == (64, [])
    assert "--yes" in ran.err
    assert cli(*argv, "--yes").code == 0


@pytest.mark.parametrize(
    ("status", "precedence", "words"),
    [
        ("actual", "priority", "ACTUAL: this message is meant."),
        ("exercise", "flash", "EXERCISE: the other side sees it marked as an exercise"),
        ("test", "flash", "TEST: this tests the line only"),
    ],
)
def test_each_status_of_a_hotline_message_has_words_of_its_own(
    status: str, precedence: str, words: str, cli: Cli, node: FakeClient
) -> None:
    """An exercise must not read like the real thing, nor the real thing like an exercise."""
    ran = cli("hotline", "send", "--status", status, "--precedence", precedence, "Text.")
    assert ran.code == 0
    assert words in ran.err
    assert ran.err.count("ACTUAL") == (status == "actual")
    assert bodies(node)[0]["status"] == status


def test_the_number_is_shown_typed_and_confirmed(cli: Cli, node: FakeClient) -> None:
    """Pairing: our number in four groups, theirs as heard, the channel, a yes."""
    ran = cli("pair", "confirm", typed=f"{NUMBER}\nthe telephone\nAda\nyes\n", terminal=True)
    assert ran.code == 0
    assert f"Our number:   {NUMBER}" in ran.err
    assert "The key head may then speak for our party, as Ada, head of delegation." in ran.err
    (body,) = bodies(node)
    assert (body["heard"], body["how"]) == (NUMBER.replace(" ", ""), "the telephone")
    assert (body["head"], body["head_name"]) == ("head", "Ada")


@pytest.mark.parametrize(
    "typed", ["52836448418215798808", "52836-44841-82157-98808", " 52836  44841 82157 98808 "]
)
def test_the_number_may_be_typed_in_any_grouping(typed: str, cli: Cli, node: FakeClient) -> None:
    """People write digits in different ways."""
    cli("pair", "confirm", typed=f"{typed}\ntelephone\nAda\nyes\n", terminal=True)
    assert bodies(node)[0]["heard"] == NUMBER.replace(" ", "")


def test_digits_of_other_scripts_are_digits(cli: Cli, node: FakeClient) -> None:
    """A number heard in Arabic may be typed in Arabic digits."""
    typed = NUMBER.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    cli("pair", "confirm", typed=f"{typed}\ntelephone\nAda\nyes\n", terminal=True)
    assert bodies(node)[0]["heard"] == NUMBER.replace(" ", "")


def test_a_slip_is_asked_again_and_a_number_that_differs_twice_goes_to_the_node(
    cli: Cli, node: FakeClient
) -> None:
    """The node drops a pairing whose numbers differ; a slip of the finger should not do that."""
    wrong = "11111 11111 11111 11111"
    lines = f"1234\n{wrong}\n{NUMBER}\ntelephone\nAda\nyes\n"
    ran = cli("pair", "confirm", typed=lines, terminal=True)
    assert "20 digits in four groups" in ran.err
    assert "That is not our number" in ran.err
    assert bodies(node)[0]["heard"] == NUMBER.replace(" ", "")
    ran = cli("pair", "confirm", typed=f"{wrong}\n{wrong}\n", terminal=True)
    assert bodies(node)[1]["heard"] == "1" * 20
    assert "Confirm?" not in ran.err
    assert "Over which channel" not in ran.err


def test_a_wrong_number_said_on_the_line_asks_for_nothing_more(cli: Cli, node: FakeClient) -> None:
    """Nobody should read that a dialogue is founded, and say yes, before they read of a difference."""
    ran = cli("pair", "confirm", "--heard", "1" * 20, terminal=True)
    assert "Confirm?" not in ran.err
    assert bodies(node)[0]["heard"] == "1" * 20


def test_whoever_waits_is_told_what_stands_in_the_way_once(cli: Cli, node: FakeClient) -> None:
    """The other side may have dropped the pairing; only its own node knows, and nothing else says so."""
    trouble = {"code": "pairing.ended", "sentence": "They ended it.", "next_step": "Ask them."}
    waiting = {**PAIRING, "number": None, "stage": "answered", "trouble": trouble}
    node.answers["pair.list"] = [waiting]
    ran = cli("pair", "join", "detente-invitation:SU5W", "--wait", "30", terminal=True)
    assert ran.err.count("They ended it. Next: Ask them.") == 1


def test_joining_for_later_shows_the_number_and_asks_nothing(cli: Cli, node: FakeClient) -> None:
    """One person at two nodes, or with one terminal, goes on with `pair confirm`."""
    ran = cli("pair", "join", "--later", "detente-invitation:SU5W", terminal=True)
    assert ran.code == 0
    assert f"Our number:   {NUMBER}" in ran.out
    assert "detente pair confirm" in ran.out
    assert "Type the number" not in ran.err
    assert node.entered == []


def test_the_one_pairing_with_a_number_is_meant(cli: Cli, node: FakeClient) -> None:
    """An invitation that nobody answered must not ask for a token."""
    idle = {**PAIRING, "token": "ee" * 16, "number": None, "stage": "invited", "their_name": ""}
    node.answers["pair.list"] = [idle, PAIRING]
    said = ("--heard", NUMBER, "--how", "telephone", "--yes")
    assert cli("pair", "confirm", *said).code == 0
    assert "Pairing eeeeeeee with nobody yet (we invited)." in cli("pair").out
    node.answers["pair.list"] = [PAIRING, {**PAIRING, "token": "ff" * 16}]
    assert cli("pair", "confirm", *said).code == 64


def test_an_invitation_that_could_not_be_written_is_dropped(cli: Cli, node: FakeClient) -> None:
    """Else it stays under way for ever, and nobody has it."""
    Path("invitation").write_text("mine", "utf-8")
    ran = cli("pair", "invite", "--out", "invitation")
    assert (ran.code, "[cli.file.exists]" in ran.err) == (2, True)
    assert ("pair.cancel", {"token": PAIRING["token"]}) in node.asked
    assert Path("invitation").read_text("utf-8") == "mine"


def test_the_number_is_never_filled_in(cli: Cli, node: FakeClient) -> None:
    """An empty line is not the number on the screen."""
    ran = cli("pair", "confirm", typed="\n\nyes\n", terminal=True)
    assert (ran.code, node.entered) == (2, [])
    assert cli("pair", "confirm").code == 64


def test_what_is_fixed_by_confirming_is_read_before_the_number(cli: Cli, node: FakeClient) -> None:
    """04-pairing.md §2.5: words, languages and limits are the inviting side's proposal; both see them."""
    for argv in (("pair", "status"), ("pair", "confirm")):
        ran = cli(*argv, typed=f"{NUMBER}\ntelephone\nyes\n", terminal=True)
        shown = ran.out if argv[1] == "status" else ran.err[: ran.err.index("Read the number")]
        assert "Set of words: states. Languages: en, fr" in shown
        assert "512.0 MiB stored on the table and 64.0 MiB on the line" in shown
        assert "at most 256.0 KiB" in shown
        assert "not the usual ones" not in shown


def test_limits_that_are_not_usual_are_warned_of_before_the_number(
    cli: Cli, node: FakeClient
) -> None:
    """04-pairing.md §2.5: with --yes as well."""
    small = Quotas(line_bytes_per_hour=LEAST_PER_HOUR)._asdict()
    terms = {**PAIRING["terms"], "quotas": small, "languages": ["en\u202e"]}
    node.answers["pair.list"] = [{**PAIRING, "terms": terms}]
    argv = ("pair", "confirm", "--heard", "1" * 20, "--how", "telephone", "--yes")
    for ran in (cli("pair", "status"), cli(*argv)):
        shown = ran.out + ran.err
        assert "512.0 KiB on the line" in shown
        assert "These limits are not the usual ones" in shown
        assert "\u202e" not in shown


def test_before_the_other_card_has_come_there_is_nothing_to_confirm(
    cli: Cli, node: FakeClient
) -> None:
    """The sentence says how to see when it is there."""
    node.answers["pair.list"] = [{**PAIRING, "number": None, "stage": "invited"}]
    ran = cli("pair", "confirm", terminal=True)
    assert ran.code == 2
    assert "has not arrived yet" in ran.err
    assert "detente pair status" in ran.err


def test_joining_in_one_go_waits_compares_confirms_and_says_what_comes_next(
    cli: Cli, node: FakeClient
) -> None:
    """First contact in one command, with the progress in words."""
    waiting = {**PAIRING, "number": None, "stage": "answered", "inviting": False}
    rows = iter([[waiting], [waiting], [PAIRING], [PAIRING], [PAIRING], []])
    node.answers["pair.list"] = lambda: next(rows)
    lines = f"{NUMBER}\ntelephone\nAda\nyes\n"
    ran = cli("pair", "join", "detente-invitation:SU5W", typed=lines, terminal=True)
    assert ran.code == 0
    places = [
        ran.err.index(words)
        for words in (
            "Waiting for the other side's card.", "Our number:", "Confirm?", "Waiting for the other",
        )
    ]  # fmt: skip
    assert places[:3] == sorted(places[:3])
    assert "Confirmed here. Waiting for the other side to confirm." in ran.err
    assert "The dialogue with South is founded." in ran.out
    assert "detente open propose" in ran.out


def test_waiting_is_bounded_and_says_how_to_go_on(cli: Cli, node: FakeClient) -> None:
    """Nobody is left before a screen that never changes."""
    node.answers["pair.list"] = [{**PAIRING, "number": None, "stage": "answered"}]
    ran = cli("pair", "join", "detente-invitation:SU5W", "--wait", "0", terminal=True)
    assert ran.code == 2
    assert "Go on when it is there: detente pair confirm" in ran.err
