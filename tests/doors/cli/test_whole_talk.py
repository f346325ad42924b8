"""A whole talk between two real nodes that no wire connects, typed as two people would type it.

First contact goes by files and everything else by pouches; at the end the record is exported and
verified. It also holds the shapes of the answers that `fake_client` makes up.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest

from detente.node.client import Client
from tests.doors.cli.conftest import Cli, Ran
from tests.doors.cli.fake_client import ANSWERS, SHOWN, FakeClient


class Sides:
    """Two nodes and the person at each."""

    def __init__(self, cli: Cli) -> None:
        self._cli = cli
        self._pouches = 0

    def do(self, side: str, *argv: str, typed: str = "") -> Ran:
        ran = self._cli("--dir", side, *argv, typed=typed)
        assert ran.code == 0, ran.err
        return ran

    def read(self, side: str, *argv: str) -> Any:
        return json.loads(self.do(side, *argv, "--json").out)

    def carry(self, sender: str, reader: str) -> Any:
        self._pouches += 1
        name = f"{self._pouches}.age"
        self.do(sender, "pouch", "write", name)
        return self.read(reader, "pouch", "read", name)


@pytest.fixture
def sides(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sides:
    secret = tmp_path / "secret"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    monkeypatch.setenv("DETENTE_SECRET_FILE", str(secret))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    both = Sides(cli)
    for side, name in (("a", "North"), ("b", "South")):
        both.do(side, "init", "--name", name, "--memory", "8")
    _pair(both)
    return both


def _pair(sides: Sides) -> None:
    sides.do("a", "pair", "invite", "--out", "invitation")
    sides.do("b", "pair", "take", "invitation", "--out", "answer")
    sides.do("a", "pair", "take", "answer", "--out", "reveal")
    sides.do("b", "pair", "take", "reveal")
    number = sides.read("a", "pair")[0]["number"]
    assert number == sides.read("b", "pair")[0]["number"]
    said = ("--heard", number, "--how", "telephone", "--yes", "--head-name")
    sides.do("a", "pair", "confirm", *said, "A. Ahmadi", "--out", "a-approval")
    sides.do("b", "pair", "take", "a-approval")
    confirmed = sides.do("b", "pair", "confirm", *said, "N. Nabil", "--out", "b-approval")
    assert "is founded" in confirmed.out
    assert "is founded" in sides.do("a", "pair", "take", "b-approval").out


def _talk(sides: Sides) -> dict[str, str]:
    """Hold a talk and return the marks of what was said."""
    marks: dict[str, str] = {}

    def say(side: str, name: str, *argv: str) -> None:
        marks[name] = sides.read(side, *argv)["mark"]

    sides.carry("a", "b")
    say("a", "proposal", "open", "propose", "Talks on the crossing", "To agree opening hours.")
    sides.carry("a", "b")
    say("b", "consent", "open", "consent", marks["proposal"])
    say("b", "item", "agenda", "propose", "Hours", "When the crossing is open.")
    sides.carry("b", "a")
    say("a", "agreed", "agenda", "agree", marks["item"])
    say("a", "statement", "say", "From eight to six.", "--item", marks["item"])
    say("a", "request", "ask", "On Fridays too?", "On holidays?")
    say("a", "flash", "hotline", "send", "--status", "exercise", "--precedence", "flash", "Drill.")
    sides.carry("a", "b")
    say("b", "objection", "object", marks["statement"], "Six is too late.")
    say("b", "translation", "translate", marks["statement"], "من الثامنة إلى السادسة.",
        "--text-lang", "ar", "--by", "N. Nabil")  # fmt: skip
    say("b", "reply", "reply", marks["request"], "Yes.", "--number", "1", "--decline", "2")
    say("b", "ack", "hotline", "acknowledge", marks["flash"], "--role", "Duty officer")
    sides.carry("b", "a")
    say("a", "correction", "correct", marks["statement"], "From eight to five.")
    say("b", "lifted", "withdraw", marks["objection"], "--yes")
    sides.carry("a", "b")
    sides.carry("b", "a")
    return marks


def test_a_talk_by_files_and_pouches_alone_is_verified_at_the_end(sides: Sides, cli: Cli) -> None:
    """Nothing but carried files connects the two; both see the same record, and anyone can check it."""
    marks = _talk(sides)
    _check_reading(sides, marks)
    _check_words(sides, marks)
    sides.do("a", "export", "talks.bundle")
    intact = cli("verify", "talks.bundle")
    assert intact.code == 0
    assert intact.out.startswith("intact ●  Record intact up to ")
    assert "Statement, signed by A. Ahmadi" in intact.out
    sides.do("b", "export", "public.bundle", "--redacted", "--release", marks["statement"])
    text = b"From eight to six."
    assert text in Path("public.bundle").read_bytes()
    assert b"To agree opening hours." not in Path("public.bundle").read_bytes()
    assert cli("verify", "public.bundle", "--json").code in {0, 2}
    sides.do("b", "export", "a.proof", "--entry", marks["statement"])
    assert cli("verify", "a.proof").out.startswith(f"intact ●  Entry {marks['statement']} stands")
    data = Path("talks.bundle").read_bytes()
    Path("altered.bundle").write_bytes(data.replace(text, b"From eight to ten."))
    Path("cut.bundle").write_bytes(data[: len(data) // 2])
    assert cli("verify", "altered.bundle").code == 1
    assert cli("verify", "cut.bundle").code == 2


def _check_reading(sides: Sides, marks: dict[str, str]) -> None:
    """Both sides read the same, in the shapes that the fake node has."""
    lists = ("agenda",), ("open",), ("ask", "--list"), ("object", "--list"), ("delegate",)
    for argv in (*lists, ("hotline",)):
        ours, theirs = sides.read("a", *argv), sides.read("b", *argv)
        if argv == ("hotline",):
            for row in (*ours, *theirs):
                row["received"] = []  # each side knows of receipts as they were carried
        assert ours == theirs
    verbs = {"agenda": "agenda", "opening": "open", "hotline": "hotline", "log": "log"}
    for verb, command in verbs.items():
        _assert_same_shape(sides.read("a", command), ANSWERS[verb], verb)
    _assert_same_shape(sides.read("a", "show", marks["statement"]), SHOWN["A-12"], "show")
    found = sides.read("a", "status")["dialogues"][0]
    assert set(found) >= set(ANSWERS["status"]["dialogues"][0])


def _assert_same_shape(real: Any, fake: Any, where: str) -> None:
    if isinstance(fake, dict) and fake and not all(len(key) == 1 for key in fake):
        missing = set(fake) - set(real)
        assert not missing, f"{where}: a real node gives no {missing}"
        for key, value in fake.items():
            if key not in {"fields", "answers"}:
                _assert_same_shape(real[key], value, f"{where}.{key}")
    elif isinstance(fake, list) and fake and real:
        _assert_same_shape(real[0], fake[0], where)
    elif fake is not None and real is not None:
        assert isinstance(real, type(fake)), where


def _check_words(sides: Sides, marks: dict[str, str]) -> None:
    shown = sides.do("a", "show", marks["statement"]).out
    assert f"Objected to by {marks['objection']}:\n  Six is too late." in shown
    assert "the original governs:\n  \u2068من الثامنة إلى السادسة.\u2069" in shown
    assert f"Corrected by {marks['correction']}:\n  From eight to five." in shown
    asked = sides.do("a", "ask", "--list").out
    assert "declines to answer" in asked
    assert "      Yes." in asked
    acknowledged = sides.do("b", "hotline").out
    assert "Acknowledged by the head of delegation, South" in acknowledged
    assert 'who signs as "Duty officer"' in acknowledged
    assert "Nothing waits for us." in sides.do("a", "status").out
    assert sides.read("a", "show", marks["statement"])["final"], "minutes go by pouch as well"
    assert f"objects to {marks['statement']}  no longer maintained" in (
        sides.do("a", "object", "--list").out
    )


def test_a_restored_node_waits_until_it_is_shown_its_own_head(sides: Sides) -> None:
    """Backup, rehearsal, restore: and then it does not write a second history."""
    sides.do("a", "backup", "a.backup")
    assert "Nothing was changed." in sides.do("x", "restore", "a.backup", "--rehearse").out
    assert not Path("x").exists()
    sides.do("x", "restore", "a.backup")
    refused = sides._cli("--dir", "x", "open", "propose", "Talks", "To talk.")
    assert (refused.code, "[desk.restored]" in refused.err) == (2, True)
    assert "our node only reads ■  This node was restored" in sides.do("x", "status").out
    sides.do("x", "restore", "--new-epoch", "--yes")
    again = sides._cli("--dir", "x", "restore", "--new-epoch", "--yes")
    assert (again.code, "[epoch.needless]" in again.err) == (2, True)
    mark = sides.read("x", "open", "propose", "Talks", "To talk.")["mark"]
    assert re.match(r"[AB]\.[123]-", mark)


def test_the_fake_node_has_the_methods_of_the_real_one() -> None:
    """A fake that drifted would let a wrong call pass."""
    for name, method in inspect.getmembers(FakeClient, inspect.isfunction):
        if name.startswith("_"):
            continue
        real = inspect.signature(getattr(Client, name)).parameters
        fake = inspect.signature(method).parameters
        assert list(fake) == list(real), name


def test_a_new_card_is_shown_as_people_compare_it(sides: Sides) -> None:
    """Version, names, addresses and prints; the thousands of bytes of its keys only as data."""
    done = sides.read("a", "pair", "announce", "--address", "north.example:7400")
    (mark,) = done["entries"]
    out = sides.do("a", "show", mark).out
    for words in (
        "Card, version 2:", "name (en): North", "addresses: north.example:7400",
        "print of the node key: ", "print of a root key: ", "with --json",
    ):  # fmt: skip
        assert words in out
    assert len(out) < 1500
    shown = sides.read("a", "show", mark)
    assert len(shown["fields"]["signed"]["document"]) > 5000
    assert shown["card"]["version"] == 2
    mandate = sides.do("a", "show", f"{mark[0]}-L1").out
    assert "bytes, whole with --json" in mandate
    assert len(mandate) < 1500


def test_a_healthy_node_opens_a_new_epoch_only_when_a_person_insists(sides: Sides) -> None:
    """02-order.md §8: the openings say "restored" for ever, so a wrong command must not write them."""
    before = sides.read("a", "status")["dialogues"][0]["newest"]
    refused = sides._cli("--dir", "a", "restore", "--new-epoch", "--yes")
    assert (refused.code, "[epoch.needless]" in refused.err) == (2, True)
    assert "--anyway" in refused.err
    assert sides.read("a", "status")["dialogues"][0]["newest"] == before
    done = sides.do("a", "restore", "--new-epoch", "--anyway", "--yes")
    assert "A new epoch is open." in done.out
