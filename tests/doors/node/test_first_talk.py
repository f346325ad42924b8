"""The first talk, as two people hold it who have read the first page and nothing else.

Every step is one command in a process of its own; both nodes are served; nothing is reached into.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.node.stage import free_port
from detente.terms.errors import Refused
from tests.doors.node.sides import MEMORY_MIB, Side, settle, start, until

WEST = "Westland"
EAST = "Остландия"


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Return two people with an empty folder each; only the first can be dialled."""
    west = Side(tmp_path / "west side", "node", DETENTE_MINUTE_AFTER_S="0.5")
    east = Side(tmp_path / "east side", "node", DETENTE_MINUTE_AFTER_S="0.5")
    yield west, east
    for side in (west, east):
        side.kill()


# Fifty processes one after the other, on a machine that may do other things.
@pytest.mark.timeout(240)
def test_first_contact_a_talk_and_a_verified_record(sides: tuple[Side, Side]) -> None:
    """Clauses 4, 8, 9 and 10, from two empty folders to files that a stranger can check."""
    west, east = sides
    set_up(west, east)
    pair(west, east)
    marks = hold_talk(west, east)
    look_back(west, east, marks)
    export_and_verify(west, east, marks)


def set_up(west: Side, east: Side) -> None:
    """Make both nodes and serve them."""
    port = free_port()
    where = f"127.0.0.1:{port}"
    made = west.ask(
        "init", "--name", WEST, "--address", where, "--listen", where, "--memory", MEMORY_MIB
    )
    assert made["keys"] == ["root", "node", "head"]
    east.say("init", "--name", EAST, "--name-lang", "ru", "--memory", MEMORY_MIB)
    assert west.refused("init", "--name", "Again")["code"] == "setup.exists"
    assert west.refused("say", "To nobody.")["code"] == "node.dialogue"
    assert east.refused("pair", "join", "detente-invitation:AAAA")["code"] == "cli.pair.stopped"
    start(west, east)


def pair(west: Side, east: Side) -> None:
    """Invite, join, read the number aloud, confirm on both sides."""
    invitation = west.ask("pair", "invite", "--language", "en", "--language", "ru")["text"]
    (joined,) = east.ask("pair", "join", invitation, "--wait", "30")
    (invited,) = west.ask("pair")
    assert joined["number"] == invited["number"]
    assert joined["their_name"] == WEST
    assert invited["their_name"] == EAST
    for side, heard, name in ((west, joined, "Ada"), (east, invited, "Борис")):
        side.say(
            "pair", "confirm", "--heard", heard["number"], "--how", "by telephone",
            "--head-name", name, "--yes", "--wait", "30" if side is east else "0",
        )  # fmt: skip
    until(lambda: west.is_linked() and east.is_linked())
    settle(west, east)


def hold_talk(west: Side, east: Side) -> dict[str, str]:
    """Say one of everything there is to say; return the marks."""
    marks: dict[str, str] = {}

    def act(side: Side, name: str, *words: str) -> None:
        marks[name] = side.act(*words)
        other = east if side is west else west
        until(lambda: stands(other, marks[name]), what=f"{name} to arrive")

    act(west, "proposal", "open", "propose", "A crossing", "To agree opening hours.")
    act(east, "consent", "open", "consent", marks["proposal"])
    act(east, "item", "agenda", "propose", "Часы", "Часы работы.", "--text-lang", "ru")
    act(west, "agreement", "agenda", "agree", marks["item"])
    act(west, "second item", "agenda", "propose", "Gates", "Which gates.")
    act(east, "decline", "agenda", "decline", marks["second item"], "--reason", "Не сейчас.")
    act(east, "statement", "say", "Мы готовы.", "--text-lang", "ru", "--item", marks["item"])
    act(west, "translation", "translate", marks["statement"], "We are ready.", "--text-lang", "en")
    act(west, "reply", "reply", marks["statement"], "So are we, on Monday.")
    act(
        west, "correction", "correct", marks["reply"], "So are we, on Tuesday.", "--reason", "Date."
    )
    act(
        east,
        "objection",
        "object",
        marks["correction"],
        "Во вторник праздник.",
        "--text-lang",
        "ru",
    )
    act(west, "withdrawal", "withdraw", marks["reply"], "--reason", "Overtaken.", "--yes")
    act(west, "questions", "ask", "When?", "Through which gate?")
    answer = ("--number", "1", "В среду.", "--decline", "2", "--why", "Не решено.")
    act(east, "answers", "reply", marks["questions"], *answer, "--text-lang", "ru")
    act(east, "flash", "hotline", "send", "--status", "exercise", "--precedence", "flash",
        "--acknowledge-within", "10m", "Учение: проверка линии.", "--text-lang", "ru")  # fmt: skip
    act(west, "acknowledgement", "hotline", "acknowledge", marks["flash"], "--role", "Duty officer")
    return marks


def stands(side: Side, mark: str) -> bool:
    """Tell whether a side holds an entry and counts it."""
    try:
        return bool(side.client.call("show", mark=mark)["standing"] == "counted")
    except Refused:
        return False


def look_back(west: Side, east: Side, marks: dict[str, str]) -> None:
    """Both sides are shown the same talk, and whose move it is."""
    settle(west, east)
    until(lambda: stays_final(west, east), 40, "both minutes")
    logs = [[bare(row) for row in look(side, "log", limit=200)["rows"]] for side in (west, east)]
    assert logs[0] == logs[1]
    assert all(row["standing"] == "counted" for row in logs[0])
    assert [bare(row) for row in west.ask("log", "--limit", "200")["rows"]] == logs[0]
    for name, mark in marks.items():
        shown = [bare(look(side, "show", mark=mark)) for side in (west, east)]
        assert shown[0] == shown[1], name
    flash = west.ask("show", marks["flash"])
    assert [row["step"] for row in flash["route"]] == ["recorded", "received", "acknowledged"]
    assert {one["what"] for one in look(east, "show", mark=marks["reply"])["attached"]} == {
        "correction",
        "withdrawal",
    }
    for verb in ("agenda", "questions", "objections", "opening", "delegates"):
        assert look(west, verb) == look(east, verb), verb
    assert {row["mark"] for row in east.ask("agenda")} == {marks["item"], marks["second item"]}
    for side in (west, east):
        talk = side.status()
        assert (talk["open"], talk["void"], talk["held"], talk["dispute"]) == (True, 0, [], None)
        assert talk["waiting_for_us"] == []
    assert EAST in west.say("status").out
    assert east.run("doctor", "--json").code == 0


def look(side: Side, verb: str, **how: Any) -> Any:
    """Return what a command of reading would print for programs."""
    return side.client.call(verb, **how)


def stays_final(west: Side, east: Side) -> bool:
    """Tell whether everything that people said is final on both sides."""
    rows = [row for side in (west, east) for row in side.client.call("log", limit=200)["rows"]]
    return all(row["final"] for row in rows if row["actor"])


def bare(data: dict[str, Any]) -> dict[str, Any]:
    """Return what both sides must be shown alike: without times at which receipts came."""
    hidden = {"received", "route"}
    return {key: value for key, value in data.items() if key not in hidden}


def export_and_verify(west: Side, east: Side, marks: dict[str, str]) -> None:
    """Each side exports; somebody with no node checks, also what is redacted, torn or altered."""
    stranger = Side(west.place.parent / "stranger", "no node")
    outcomes = []
    for number, side in enumerate((west, east)):
        path = str(west.place / f"talk {number}.bundle")
        side.say("export", path)
        assert side.refused("export", path)["code"] == "export.exists"
        outcomes.append(verified(stranger, path, 0))
    assert outcomes[0]["dialogue"] == outcomes[1]["dialogue"]
    assert outcomes[0]["acts"] == outcomes[1]["acts"]
    assert {act["name"] for act in outcomes[0]["acts"] if act["name"]} == {"Ada", "Борис"}
    assert "intact" in stranger.run("verify", str(west.place / "talk 0.bundle")).out

    redacted = west.place / "redacted.bundle"
    east.say("export", str(redacted), "--redacted", "--release", marks["statement"])
    told = verified(stranger, str(redacted), 0)
    assert told["entries"] == outcomes[0]["entries"]
    assert told["withheld"]
    confirmed = [act["letter"] for act in told["acts"] if act["kind"] == "charter.confirmation"]
    assert confirmed == ["A", "B"], "who may speak for whom goes along in any export"
    data = redacted.read_bytes()
    assert "Мы готовы.".encode() in data
    for word in ("We are ready.", "В среду.", "So are we", "Учение"):
        assert word.encode() not in data

    proof = str(west.place / "statement.proof")
    west.say("export", proof, "--entry", marks["statement"])
    verified(stranger, proof, 0)
    whole = (west.place / "talk 0.bundle").read_bytes()
    at = whole.find(b"So are we, on Monday.")
    for name, made, code in (
        ("altered", whole[:at] + b"N" + whole[at + 1 :], 1),
        ("torn", whole[: len(whole) // 2], 2),
        ("no bundle", b"Dear all, we agreed.", 2),
    ):
        (west.place / name).write_bytes(made)
        done = stranger.run("verify", str(west.place / name), "--json")
        assert done.code == code, (name, done)
    assert stranger.run("verify", str(west.place / "not there")).code == 64
    assert stranger.run("verify").code == 64
    assert stranger.run("verify", proof, "--no-such-option").code == 64


def verified(stranger: Side, path: str, code: int) -> Any:
    """Have a file checked by somebody without a node, and return the report."""
    done = stranger.run("verify", path, "--json")
    assert done.code == code, done
    return done.data()
