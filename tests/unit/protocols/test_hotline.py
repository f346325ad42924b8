"""Claims about the hotline (docs/spec/25-hotline.md)."""

from __future__ import annotations

from detente.charter.act import Link, place
from detente.protocols.acks import Acknowledged, outstanding
from detente.protocols.hotline import rules, state, view
from detente.protocols.hotline.entries import (
    ACKNOWLEDGEMENT,
    KINDS,
    MESSAGE,
    Acknowledgement,
    Message,
    Precedence,
    Status,
)
from detente.protocols.hotline.state import EMPTY, Hotline
from detente.terms.ids import Lane, Ref
from tests.acts import digest
from tests.unit.protocols.spoken import NOWHERE, Spoken

BODY = Message(
    Status.EXERCISE, Precedence.FLASH, "duty officer", "Boat adrift at buoy 7.", "en", 300, 0
)


def _table(parties: int = 2) -> Spoken[Hotline]:
    return Spoken(rules, state, EMPTY, parties)


def _ack(ref: Ref, role: str = "duty officer") -> Acknowledgement:
    return Acknowledgement(ref, role, "")


def test_a_message_is_outstanding_until_a_person_of_each_other_party_has_it() -> None:
    """docs/spec/25-hotline.md §3.2: the author need not acknowledge its own."""
    table = _table(3)
    sent = table.do(0, MESSAGE, BODY)
    assert view.show(table.state, 3)[0]["outstanding"] == [1, 2]
    table.do(2, ACKNOWLEDGEMENT, _ack(sent.ref))
    assert view.show(table.state, 3)[0]["outstanding"] == [1]
    table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref))
    assert view.show(table.state, 3)[0]["outstanding"] == []


def test_the_same_person_acknowledges_a_message_once() -> None:
    """docs/spec/25-hotline.md §2.2: another person of the party may, and one that had not seen it."""
    table = _table()
    sent = table.do(0, MESSAGE, BODY)
    other = table.do(0, MESSAGE, BODY)
    table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref))
    assert table.broken(1, ACKNOWLEDGEMENT, _ack(sent.ref)) == "hotline.repeated"
    table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref, "minister"), actor=digest("minister"))
    table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref), past=[sent], epoch=1)
    table.do(1, ACKNOWLEDGEMENT, _ack(other.ref))
    assert len(table.state.sent[place(sent.ref)].acknowledged) == 3


def test_acknowledgements_stand_in_the_order_of_the_record() -> None:
    """Whatever order they arrived in."""
    table = _table(3)
    sent = table.do(0, MESSAGE, BODY)
    first = table.draft(1, ACKNOWLEDGEMENT, _ack(sent.ref), past=[sent])
    second = table.draft(2, ACKNOWLEDGEMENT, _ack(sent.ref), past=[sent])
    one = state.apply(state.apply(table.state, first), second)
    other = state.apply(state.apply(table.state, second), first)
    assert one == other


def test_acknowledgements_name_a_message_of_the_other_side() -> None:
    """docs/spec/25-hotline.md §2.1."""
    table = _table()
    assert rules.links(table.draft(0, MESSAGE, BODY)) == ()
    act = table.draft(1, ACKNOWLEDGEMENT, _ack(NOWHERE))
    assert rules.links(act) == (Link(NOWHERE, frozenset({MESSAGE}), "theirs"),)
    assert table.ignores(1, ACKNOWLEDGEMENT, _ack(NOWHERE))


def test_the_hotline_stands_on_the_line_and_waits_for_no_opening() -> None:
    """docs/spec/20-opening.md §3.4: it never waits behind the table."""
    assert all(kind.lane is Lane.LINE and not kind.needs_open for kind in KINDS)


def test_a_message_is_shown_with_who_has_it_and_in_what_function() -> None:
    """docs/spec/25-hotline.md §3.1: a person's acknowledgement, never a machine's receipt."""
    table = _table()
    sent = table.do(0, MESSAGE, BODY)
    ack = table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref, "coast guard"))
    (row,) = view.show(table.state, 2)
    assert row == {
        "at": place(sent.ref), "party": 0, "time": sent.time, "status": "exercise",
        "precedence": "flash", "addressee": "duty officer", "text": "Boat adrift at buoy 7.",
        "lang": "en", "acknowledge_within_s": 300, "reply_within_s": 0,
        "acknowledged": [{
            "at": place(ack.ref), "party": 1, "role": "coast guard", "actor": ack.actor,
            "time": ack.time,
        }],
        "outstanding": [],
    }  # fmt: skip


def test_nobody_is_outstanding_when_everybody_else_has_answered() -> None:
    """Several answers of one party count once."""
    table = _table(3)
    sent = table.do(0, MESSAGE, BODY)
    table.do(1, ACKNOWLEDGEMENT, _ack(sent.ref))
    acknowledged = table.state.sent[place(sent.ref)].acknowledged
    assert isinstance(acknowledged[0], Acknowledged)
    assert outstanding(0, 3, acknowledged * 2) == [2]
    assert outstanding(2, 3, ()) == [0, 1]
