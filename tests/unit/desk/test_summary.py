"""Where a dialogue stands: sent, received, acknowledged and answered are different things."""

from __future__ import annotations

from typing import Any

from detente.desk.marks import mark_of
from detente.desk.summary import summarise
from detente.protocols.agenda import entries as agenda
from detente.protocols.hotline import entries as hotline
from detente.protocols.opening import entries as opening
from detente.protocols.questions import entries as questions
from detente.terms.ids import Ref
from detente.testing.world import World

DATA = (str, int, bool, type(None), list, dict)


def look(world: World, index: int) -> dict[str, Any]:
    """Return a summary, which holds plain data only."""
    node = world.nodes[index]
    found = summarise(node.book, node.writer, node.upkeep)

    def check(value: Any) -> None:
        assert isinstance(value, DATA), value
        for one in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            check(one)

    check(found)
    return found


def waits(world: World, index: int) -> list[tuple[str, str]]:
    return [(one["what"], one["mark"]) for one in look(world, index)["waiting_for_us"]]


def act(world: World, index: int, kind: str, body: Any) -> tuple[Ref, str]:
    world.clock.advance(1000)
    ref = world.nodes[index].act(kind, body)
    return ref, mark_of(world.nodes[index].book, (ref.log, ref.seq))


def test_both_sides_see_the_same_but_for_whose_it_is() -> None:
    """What waits for us there is with them here."""
    world = World(2, "summaries")
    world.say(0)
    act(world, 1, "questions.request", questions.Request(("When?",), "en", None))
    world.sync()
    a, b = look(world, 0), look(world, 1)
    for field in (
        "id",
        "title",
        "open",
        "entries",
        "acts",
        "void",
        "terms",
        "dispute",
        "final_upto",
    ):
        assert a[field] == b[field], field
    assert sorted(a["newest"]) == sorted(b["newest"])
    assert [one["letter"] for one in a["parties"] if one["own"]] == ["A"]
    assert [one["letter"] for one in b["parties"] if one["own"]] == ["B"]
    assert [{**one, "letter": "A"} for one in a["waiting_for_us"]] == b["with_them"]
    assert a["with_them"] == b["waiting_for_us"] == []


def test_what_was_not_receipted_is_counted_apart_from_what_was_sent() -> None:
    """Not received while the line is cut; received when the other node says so."""
    world = World(2, "receipts")
    world.sync()
    world.cut()
    for _ in range(3):
        world.say(0)
    assert look(world, 0)["not_received"] == [{"letter": "B", "entries": 3}]
    assert look(world, 1)["not_received"] == [{"letter": "A", "entries": 0}]
    world.sync()
    assert look(world, 0)["not_received"] == [{"letter": "B", "entries": 0}]


def test_the_opening_waits_for_whoever_has_not_consented() -> None:
    """Also where three talk and one has."""
    world = World(3, "three", is_open=False)
    world.open()
    proposal = opening.Proposal("Another", "To go on.", "en")
    assert look(world, 0)["open"]
    assert waits(world, 1) == []
    act(world, 1, "opening.proposal", proposal)
    world.sync()
    assert look(world, 0)["open"]


def test_each_kind_of_move_waits_until_it_was_made() -> None:
    """Acknowledgement, agenda and answers: each ends by the act that answers it, and by no other."""
    world = World(2, "moves")
    message = hotline.Message(
        hotline.Status.TEST, hotline.Precedence.ROUTINE, "", "Line test.", "en", 60, 0
    )
    sent, sent_mark = act(world, 0, "hotline.message", message)
    item, item_mark = act(world, 0, "agenda.item", agenda.Item("Item", "Words.", "en"))
    asked, asked_mark = act(
        world, 0, "questions.request", questions.Request(("One?", "Two?"), "en", None)
    )
    world.sync()
    assert waits(world, 1) == [
        ("acknowledge", sent_mark), ("agenda", item_mark), ("answer", asked_mark),
    ]  # fmt: skip
    world.say(1, "We have read all of it.")
    assert len(waits(world, 1)) == 3
    act(world, 1, "hotline.acknowledgement", hotline.Acknowledgement(sent, "Duty officer", ""))
    act(world, 1, "agenda.decline", agenda.Decline(item, ""))
    first = questions.Reply(asked, (questions.Answer(1, False, "Yes."),), "en")
    act(world, 1, "questions.reply", first)
    assert waits(world, 1) == [("answer", asked_mark)]
    second = questions.Reply(asked, (questions.Answer(2, True, ""),), "en")
    act(world, 1, "questions.reply", second)
    assert waits(world, 1) == []
    world.sync()
    assert look(world, 0)["with_them"] == []


def test_a_node_that_may_not_write_says_why_and_what_to_do() -> None:
    """Code, sentence and next step, as a door shows them."""
    world = World(2, "closed")
    node = world.nodes[0]
    assert look(world, 0)["closed"] is None
    node.restore(node.backup())
    closed = look(world, 0)["closed"]
    assert closed["code"] == "desk.restored"
    assert closed["sentence"]


def test_final_is_said_by_marks_and_only_of_what_both_entered() -> None:
    """One side's minute alone makes nothing final."""
    world = World(2, "final")
    world.say(0)
    world.sync()
    world.nodes[0].upkeep.make_minute()
    world.sync()
    assert look(world, 0)["final_upto"] == look(world, 1)["final_upto"] == []
    world.minute()
    assert len(look(world, 0)["final_upto"]) == 4


def test_what_was_asked_for_in_time_says_by_when() -> None:
    """docs/spec/25-hotline.md §1.4: counted from the message's own time; nothing is due without a wish."""
    world = World(2, "due")
    for within_s in (600, 0):
        body = hotline.Message(
            hotline.Status.TEST, hotline.Precedence.ROUTINE, "", "Line test.", "en", within_s, 0
        )
        act(world, 0, "hotline.message", body)
    waiting = look(world, 0)["with_them"]
    assert [one["due"] and one["due"] - one["since"] for one in waiting] == [600_000, 0]
