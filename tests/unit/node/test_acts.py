"""A client looks for itself before it signs: a node between it and the record that lies about drafts.

docs/spec/06-dialogue.md §6.4 and §6.5; the planted faults are what a tampered node would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from detente.desk.write import Draft
from detente.node.client import Client, InProcess
from detente.node.plain import HEADERS, Json, bytes64, text64
from detente.record.entry import act_statement
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Refused, Rejected, Unavailable
from detente.terms.ids import DialogueId
from detente.terms.limits import MIB
from tests.unit.node.houses import Meeting

SAID = {"text": "Once.", "lang": "en"}
STATEMENT = "statements.statement"
Lie = Callable[[dict[str, Any], Json], Json]


class Liar(InProcess):
    """A node whose answers, and refusals, are changed on their way to the client."""

    def __init__(self, meeting: Meeting) -> None:
        super().__init__(meeting.a.folder, meeting.a.passphrase)
        self.lies: dict[str, Lie] = {}
        self.asked: list[str] = []

    def parts(self, verb: str, arguments: dict[str, Any]) -> Iterator[Json]:
        """Answer."""
        self.asked.append(verb)
        if verb in self.lies and verb == "act.commit":
            yield {"result": self.lies[verb](arguments, None)}
            return
        for part in super().parts(verb, arguments):
            yield (
                {"result": self.lies[verb](arguments, part["result"])}
                if (verb in self.lies and "result" in part)
                else part
            )

    def signed(self) -> int:
        """Return how many signatures it was given."""
        return self.asked.count("act.commit")


@pytest.fixture
def liar(meeting: Meeting) -> Iterator[Liar]:
    """Return a node that lies once it is told how."""
    made = Liar(meeting)
    yield made
    made.close()


@pytest.fixture
def client(meeting: Meeting, liar: Liar) -> Client:
    """Return a client of the node that lies."""
    return Client(meeting.a.folder, liar, meeting.a.passphrase)


def redrafted(answer: Json, change: Callable[[Draft], Draft]) -> Json:
    """Return a draft's answer with another draft, whose statement fits it."""
    draft = change(from_bytes(Draft, bytes64(answer["draft"]), MIB, "test"))
    draft = draft._replace(statement=act_statement(draft.dialogue, draft.header, draft.body))
    return {**answer, "draft": text64(to_bytes(draft)), "statement": text64(draft.statement)}


def moved(_: Any = None, __: Any = None) -> Json:
    """Say that the place is taken."""
    raise Refused("desk.moved", "Another entry was made meanwhile.")


def say_through(liar: Liar, client: Client, text: str) -> None:
    """Let another act be entered while a draft waits."""
    lies, liar.lies = liar.lies, {}
    client.act(STATEMENT, {**SAID, "text": text}, actor="head")
    liar.lies = lies


def test_a_draft_for_another_dialogue_gets_no_signature(liar: Liar, client: Client) -> None:
    """Whether it was named, shown before, or neither."""
    elsewhere = DialogueId(bytes(31) + b"\x07")
    here = client.call("status")["dialogues"][0]["id"]
    liar.lies["act.draft"] = lambda _, answer: redrafted(
        {**answer, "dialogue": elsewhere.hex()}, lambda draft: draft._replace(dialogue=elsewhere)
    )
    for named in ("", here[:10]):
        with pytest.raises(Rejected, match=r"desk\.draft"):
            client.act(STATEMENT, SAID, dialogue=named, actor="head")
    with pytest.raises(Rejected, match=r"desk\.draft"):
        client.preview(STATEMENT, SAID, dialogue=here[:10], actor="head")
    assert liar.signed() == 0


def test_the_dialogue_that_was_shown_first_is_the_one_that_is_meant(
    liar: Liar, client: Client
) -> None:
    """A node that shows the readers of one dialogue and drafts for another."""
    liar.lies["act.draft"] = lambda _, answer: {**answer, "dialogue": "ff" * 32}
    client.preview(STATEMENT, SAID, actor="head")
    with pytest.raises(Rejected, match=r"desk\.draft"):
        client.act(STATEMENT, SAID, actor="head")
    assert liar.signed() == 0


def test_a_feigned_move_gets_no_second_signature(liar: Liar, client: Client) -> None:
    """With the same place again, the next one, or one far away: one wish, one signature."""
    liar.lies["act.commit"] = moved
    with pytest.raises(Rejected, match=r"desk\.again"):
        client.act(STATEMENT, SAID, actor="head")
    assert liar.signed() == 1
    for ahead in (1, HEADERS + 1):
        step = iter((0, ahead))
        liar.asked.clear()
        liar.lies["act.draft"] = lambda _, answer, step=step: redrafted(  # type: ignore[misc]
            answer,
            lambda d: d._replace(header=d.header._replace(seq=d.header.seq + next(step))),
        )
        with pytest.raises(
            (Rejected, Unavailable), match=r"desk\.again|client\.moved|api\.headers"
        ):
            client.act(STATEMENT, SAID, actor="head")
        assert liar.signed() == 1


def test_another_act_after_the_first_signature_is_a_second_one(liar: Liar, client: Client) -> None:
    """Nobody is told that nothing was signed when something was."""
    seen: list[Json] = []

    def swap(_: Any, answer: Json) -> Json:
        seen.append(answer)
        other = DialogueId(bytes(32))
        first = len(seen) == 1
        return answer if first else redrafted(answer, lambda d: d._replace(dialogue=other))

    liar.lies.update({"act.draft": swap, "act.commit": moved})
    with pytest.raises(Rejected, match=r"desk\.again"):
        client.act(STATEMENT, SAID, actor="head")
    assert liar.signed() == 1


def test_an_act_that_was_really_overtaken_is_signed_again(liar: Liar, client: Client) -> None:
    """The honest case, and an end to it when it never stops."""
    left = [2]

    def overtake(_: Any, __: Any) -> Json:
        say_through(liar, client, f"Overtaking, {left[0]}.")
        left[0] -= 1
        if not left[0]:
            del liar.lies["act.commit"]
        return moved()

    liar.lies["act.commit"] = overtake
    done = client.act(STATEMENT, SAID, actor="head")
    said = [row["line"] for row in client.call("log")["rows"]]
    assert said.count(SAID["text"]) == 1
    assert done["kind"] == STATEMENT
    left[0] = 100
    liar.lies["act.commit"] = overtake
    with pytest.raises(Unavailable, match=r"client\.moved"):
        client.act(STATEMENT, {**SAID, "text": "Never."}, actor="head")
    assert "Never." not in [row["line"] for row in client.call("log")["rows"]]


def test_an_act_that_was_stored_is_not_signed_again(liar: Liar, client: Client) -> None:
    """A node that commits it and says that it did not."""

    def keep(arguments: dict[str, Any], _: Any) -> Json:
        del liar.lies["act.commit"]
        client.call("act.commit", **arguments)
        liar.lies["act.commit"] = moved
        return moved()

    liar.lies["act.commit"] = keep
    with pytest.raises(Rejected, match=r"desk\.again"):
        client.act(STATEMENT, SAID, actor="head")
    assert [row["line"] for row in client.call("log")["rows"]].count(SAID["text"]) == 1


def test_a_mandate_named_by_its_delegate_is_looked_up_by_the_client(
    liar: Liar, client: Client
) -> None:
    """The end of another mandate than the one named is not signed; the honest one is."""
    for key, name in (("duty", "nabil"), ("backup", "duty")):
        client.create_delegate(key)
        grant = {"delegate": key, "name": name, "role": "envoy", "scopes": ["speak"]}
        client.act("charter.grant", grant, actor="head")

    def swap(arguments: dict[str, Any], _: Json) -> Json:
        lies, liar.lies = liar.lies, {}
        body = {**arguments["body"], "grant": "duty"}
        answer = client.call("act.draft", **{**arguments, "body": body})
        liar.lies = lies
        return answer

    liar.lies["act.draft"] = swap
    wish = {"grant": "nabil", "reason": ""}
    with pytest.raises(Rejected, match=r"desk\.draft"):
        client.act("charter.revocation", wish, actor="head")
    liar.lies.clear()
    client.act("charter.revocation", wish, actor="head")
    state = {row["name"]: row["state"] for row in client.call("delegates")}
    assert (state["nabil"], state["duty"]) == ("revoked", "holds")
    client.act("charter.revocation", {"grant": "Head", "reason": ""}, actor="root")


@pytest.mark.parametrize(
    "change",
    [
        {"genesis": None}, {"logs": None}, {"logs": {"x": ["", 0]}}, {"logs": {"aa": ["bb", -1]}},
        {"logs": []}, {"grant": ["", ""]},
    ],
)  # fmt: skip
def test_a_node_that_says_nothing_of_use_gets_no_signature(
    liar: Liar, client: Client, change: dict[str, Any]
) -> None:
    """Garbage beside a draft is a fault of the node, never one of the program."""
    liar.lies["act.draft"] = lambda _, answer: {**answer, **change}
    with pytest.raises((Rejected, Refused), match=r"desk\.draft|api\.argument"):
        client.act(STATEMENT, SAID, actor="head")
    assert liar.signed() == 0


def test_headers_are_shown_of_logs_that_are_here(client: Client) -> None:
    """The verb that the client looks with."""
    log = client.call("show", mark="A-1")["log"]
    assert len(client.call("headers", log=log, first=0, count=HEADERS)) >= 2
    for wrong in (
        {"log": "zz"}, {"log": "aa" * 32}, {"first": -1}, {"count": 0}, {"count": HEADERS + 1},
    ):  # fmt: skip
        with pytest.raises(Refused, match=r"api\.headers"):
            client.call("headers", **{"log": log, "first": 0, "count": 1, **wrong})
