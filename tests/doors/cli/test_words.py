"""The words themselves: the agreed sentences, in the reader's language, wherever the text runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from detente.cli import words
from detente.cli.render import acts, entry, pieces, standing, talks
from tests.doors.cli.conftest import Cli
from tests.doors.cli.fake_client import ANSWERS, NINE, PARTIES, STATEMENT, FakeClient

MINUTE = 60_000
SENT = {"step": "recorded", "time": NINE + 14 * MINUTE, "by": "A"}
RECEIVED = {"step": "received", "time": NINE + 15 * MINUTE, "by": "B"}
ACKNOWLEDGED = {
    "step": "acknowledged", "time": NINE + 21 * MINUTE, "by": "B", "role": "duty officer",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "route", "sentence"),
    [
        ("hotline.message", [SENT], "Sent 09:14 UTC. Not yet received by their node."),
        (
            "hotline.message",
            [SENT, RECEIVED],
            "Received by the node of South (B) 09:15 UTC. Nobody has acknowledged it.",
        ),
        (
            "hotline.message",
            [SENT, RECEIVED, ACKNOWLEDGED],
            "Acknowledged by the duty officer, South (B), 09:21 UTC.",
        ),
        (
            "hotline.message",
            [SENT, RECEIVED, {**ACKNOWLEDGED, "actor": {"name": "N. N.", "role": "Duty Officer"}}],
            "Acknowledged by the duty officer, South (B), 09:21 UTC.",
        ),
        (
            "hotline.message",
            [SENT, RECEIVED, {**ACKNOWLEDGED, "actor": {"name": "N. N.", "role": "driver"}}],
            'Acknowledged by the driver, South (B), 09:21 UTC, who signs as "duty officer".',
        ),
        ("statements.statement", [SENT, RECEIVED], "Received by the node of South (B) 09:15 UTC."),
    ],
)
def test_sent_received_and_acknowledged_are_three_things(
    kind: str, route: list[dict[str, Any]], sentence: str
) -> None:
    """A machine's receipt is never called read, and only a person acknowledges."""
    shown = {"kind": kind, "time": SENT["time"], "route": route}
    assert list(acts.state_of(shown, PARTIES)) == [sentence]


def _text(blocks: Any) -> str:
    return "\n".join(str(block) for block in blocks)


def test_status_answers_whose_move_it_is_and_whose_fault_a_silence(
    cli: Cli, node: FakeClient
) -> None:
    """An unreached node is said to be unreached, with what happens to our work meanwhile."""
    out = cli("status").out
    for sentence in (
        "North: our node is running.",
        "Talks on the crossing  [3da55fcc7d]  open ●",
        "North (A) (ours)  ·  South (B)",
        "B-9  answer: detente reply B-9",
        "With South (B) since 2025-11-25 09:00 UTC: word on an agenda item, A-5.",
        "We have not reached the node of South (B) since 2025-11-25 11:02 UTC. Your work is saved",
        "will be sent.  not reached ○",
        "The address b.example:7400 does not answer. Next: Check it.",
        "2 entries of ours are not yet received by the node of B.",
        "From B-7 on, entries are held until A-13 arrives.",
        "1 entry is void.",
        "Final up to: A-4, B-3.",
        "1 pairing is under way",
    ):
        assert sentence in out


def test_our_own_node_not_running_is_said_to_be_ours(cli: Cli, node: FakeClient) -> None:
    """Otherwise people blame the other side."""
    node.is_remote = False
    out = cli("status").out
    assert "our node is not running" in out
    assert "detente serve" in out


def test_a_dispute_and_a_node_that_only_reads_are_said_before_anything_else() -> None:
    """With what it means and what to do; the talk itself is as open as it was."""
    found = {
        **ANSWERS["status"]["dialogues"][0],
        "dispute": "minutes",
        "closed": {
            "code": "x",
            "sentence": "No mark at {path}.",
            "next_step": "Wait.",
            "details": {"path": "/m"},
        },
    }
    out = _text(standing.status({"party": {"name": "N"}, "serving": True, "dialogues": [found]}))
    assert "open ●" in out
    assert "our node only reads ■  No mark at /m. Next: Wait." in out
    assert "Your work is saved" not in out
    assert "bad ■  Our record and theirs differ" in out


def test_every_state_is_a_word_and_a_shape_of_its_own() -> None:
    """Without colour and without shape, the word is enough; without words, the shape helps."""
    for name, (word, shape, _color) in pieces.STATES.items():
        assert str(pieces.state(name)) == f"{word} {shape}"
        assert len(shape) == 1
    groups = (("up", "down"), ("good", "look", "bad"), ("actual", "exercise", "test"))
    for group in groups:
        assert len({pieces.STATES[name][1] for name in group}) == len(group)


def test_an_unknown_state_or_kind_keeps_its_own_word() -> None:
    """A newer node may say what this program has no words for."""
    assert str(pieces.state("melted")) == "melted ◇"
    assert pieces.kind("kind 4711") == "kind 4711"


def test_empty_pages_say_what_to_do_first(cli: Cli, node: FakeClient) -> None:
    """No page says "no data"."""
    for verb in ("agenda", "questions", "hotline", "delegates", "pair.list"):
        node.answers[verb] = []
    node.answers["opening"] = {"open": False, "proposals": []}
    node.answers["log"] = {"rows": [], "total": 0}
    pages = (
        ("agenda",),
        ("ask", "--list"),
        ("hotline",),
        ("delegate",),
        ("pair",),
        ("open",),
        ("log",),
    )
    for argv in pages:
        assert "detente " in cli(*argv).out


def test_no_name_is_cut_and_nothing_in_a_pipe_is_wrapped(cli: Cli, node: FakeClient) -> None:
    """A party or a person is never shown by half a name."""
    name = "The Delegation of the Very Long Name to the Talks on the Crossing " * 3
    node.answers["delegates"][0]["name"] = name
    assert name.strip() in cli("delegate").out
    terminal = cli("delegate", terminal=True).out
    assert terminal.count("Very") == 3
    assert "…" not in terminal


def test_a_redirected_table_has_no_trailing_blanks_and_no_colour(
    cli: Cli, node: FakeClient
) -> None:
    """So that it can be compared, searched and mailed."""
    out = cli("log").out
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())
    assert "A-12   2025-11-25 09:00 UTC  A. Ahmadi (A)  Statement: We are ready" in out


@pytest.mark.parametrize("extra", [(), ("--no-color",)])
def test_colour_is_used_on_a_terminal_unless_declined(
    extra: tuple[str, ...], cli: Cli, node: FakeClient
) -> None:
    """NO_COLOR and --no-color are the same wish."""
    out = cli("doctor", *extra, terminal=True).out
    assert ("\x1b[32m" in out) == (not extra)


def test_hidden_characters_of_the_other_side_are_pointed_out(cli: Cli, node: FakeClient) -> None:
    """They are shown by number in the text, and named below it."""
    node.shown["A-12"]["text"] = "We shall \u202enot."
    node.shown["A-12"]["flags"] = [
        {"position": 9, "codepoint": 0x202E, "name": "RIGHT-TO-LEFT OVERRIDE"}
    ]
    out = cli("show", "A-12").out
    assert "  We shall <U+202E>not." in out
    assert "  at 10: RIGHT-TO-LEFT OVERRIDE" in out


def test_a_void_entry_says_by_which_rule() -> None:
    """It stands in the record and counts for nothing; both sides see the same."""
    out = _text(entry.whole({**STATEMENT, "standing": "void", "reason": "charter.revoked"}))
    assert "void ◌" in out
    assert "It counts for nothing, by rule charter.revoked." in out


@pytest.mark.parametrize(
    ("argv", "environ", "language"),
    [
        (["--lang", "ar", "say"], {"DETENTE_LANG": "fr"}, "ar"),
        (["say", "--lang=ar"], {}, "ar"),
        (["say", "--", "--lang=ar"], {"DETENTE_LANG": "fr"}, "fr"),
        (["say"], {"LC_MESSAGES": "fr_FR.UTF-8", "LANG": "de_DE"}, "fr_FR.UTF-8"),
        (["say"], {"LC_ALL": "C", "LANG": "de_DE"}, "C"),
        ([], {}, "en"),
    ],
)
def test_the_language_is_asked_for_in_this_order(
    argv: list[str], environ: dict[str, str], language: str
) -> None:
    """What is typed, what is set for us, what the system says."""
    assert words.wanted_language(argv, environ) == language


def test_a_place_that_a_translation_invents_does_not_break_the_sentence() -> None:
    """A slip in a catalogue must not hide a fault from the person."""
    assert words.fill("Only {nothing}.", {"what": "x"}) == "Only {nothing}."
    assert words.fill("{what", {"what": "x"}) == "{what"


def test_values_that_run_the_other_way_are_set_apart() -> None:
    """Unicode Standard Annex 9: a name must not drag the words around it with it."""
    assert words._("Signed by {name}.", name="نبيل") == "Signed by \u2068نبيل\u2069."
    assert words._("Signed by {name}.", name="Nabil") == "Signed by Nabil."
    assert words.count_("{n} entry", "{n} entries", 2) == "2 entries"


def test_the_whole_command_line_speaks_the_reader_s_language() -> None:
    """Help, results and faults, from the first line: `--lang` wins over what the system says."""
    environ = {**os.environ, "LC_ALL": "C.UTF-8"}
    environ.pop("DETENTE_LANG", None)
    argv = [sys.executable, "-m", "detente", "verify", "--lang", "ar", "no-such-file"]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert done.stderr.splitlines()[0] == "لم يُفهم: لا يوجد ملف \u2068no-such-file\u2069."
    argv = [sys.executable, "-m", "detente", "--help"]
    environ["DETENTE_LANG"] = "ar_EG.UTF-8"
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("الاستعمال: detente")
    assert "اعرض هذه الرسالة واخرج." in done.stdout


def test_a_language_without_a_catalogue_is_english() -> None:
    """Better words in another language than none."""
    argv = [sys.executable, "-m", "detente", "--lang", "tlh", "verify", "no-such-file"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    told, fault, *_ = done.stderr.splitlines()
    assert told.startswith("There are no words in tlh here, so English is spoken. There are:")
    assert fault == "Not understood: There is no file no-such-file."
    done = subprocess.run([*argv, "--json"], capture_output=True, text=True, check=False)
    assert json.loads(done.stderr)["error"]["code"] == "cli.verify.file"


def test_every_answer_is_shown_with_its_mark_the_earlier_ones_first(
    cli: Cli, node: FakeClient
) -> None:
    """A side that changed its answer said both, and the record holds both."""
    out = cli("ask", "--list").out
    places = [
        out.index(words)
        for words in (
            "North (A) had declined to answer, A-18.", "A-19:", "Later.", "A-20:", "Now.",
            "North (A) declines to answer, A-21.",
        )
    ]  # fmt: skip
    assert places == sorted(places)


def hotline_out(now: int, **how: object) -> str:
    (message,) = ANSWERS["hotline"]
    return _text(talks.hotline([{**message, **how}], PARTIES, now))


def test_what_a_hotline_message_asks_for_is_said_with_its_instant() -> None:
    """docs/spec/25-hotline.md §1.4: wishes; by whose clock they run is plain from the instant."""
    sent = NINE + 14 * MINUTE
    asked = {"acknowledge_within_s": 600, "reply_within_s": 7200}
    out = hotline_out(sent, **asked)
    assert "Asked to acknowledge within 10 min, by 2025-11-25 09:24 UTC." in out
    assert "Asked to reply within 2 h, by 2025-11-25 11:14 UTC." in out
    late = hotline_out(sent + 601_000, **asked)
    assert (
        "Acknowledgement due 2025-11-25 09:24 UTC, not received from South (B). Cause unknown."
        in late
    )
    assert "due" not in hotline_out(sent + 601_000, **asked, outstanding=[]).lower()
    assert "Asked" not in hotline_out(sent)
    assert "within 90 s" in hotline_out(sent, acknowledge_within_s=90)
    assert "within 1 d" in hotline_out(sent, acknowledge_within_s=86_400)


def test_status_says_what_is_due_and_what_is_overdue() -> None:
    """Before the time it is asked for; after it, not received, for whatever reason."""
    found = {
        **ANSWERS["status"]["dialogues"][0],
        "waiting_for_us": [
            {"mark": "B-L4", "what": "acknowledge", "since": NINE, "due": NINE + MINUTE}
        ],
        "with_them": [
            {"mark": "A-L2", "what": "acknowledge", "since": NINE, "due": NINE + 5 * MINUTE,
             "letter": "B"}
        ],
    }  # fmt: skip
    page = {"party": {"name": "N"}, "serving": True, "dialogues": [found]}
    out = _text(standing.status(page, NINE + 2 * MINUTE))
    assert "Due 2025-11-25 09:01 UTC, not received. Cause unknown." in out
    assert "Asked for by 2025-11-25 09:05 UTC." in out
