"""Claims about objections (docs/spec/23-objections.md)."""

from __future__ import annotations

from detente.charter.act import Link, place
from detente.protocols.objections import rules, state, view
from detente.protocols.objections.entries import LIFTING, OBJECTION, Lifting, Objection
from detente.protocols.objections.state import EMPTY, Objections
from tests.unit.protocols.spoken import NOWHERE, Spoken

BODY = Objection(NOWHERE, "Not what was agreed.", "en")


def _table() -> Spoken[Objections]:
    return Spoken(rules, state, EMPTY)


def test_an_objection_is_maintained_until_its_own_party_lifts_it() -> None:
    """Nothing else follows from it; lifted, it stays readable."""
    table = _table()
    raised = table.do(0, OBJECTION, BODY)
    (row,) = view.show(table.state)
    assert row == {
        "at": place(raised.ref), "party": 0, "to": NOWHERE, "grounds": "Not what was agreed.",
        "lang": "en", "maintained": True,
    }  # fmt: skip
    table.do(0, LIFTING, Lifting(raised.ref, "resolved"))
    (row,) = view.show(table.state)
    assert not row["maintained"]
    assert row["grounds"] == "Not what was agreed."


def test_an_objection_is_lifted_once() -> None:
    """docs/spec/23-objections.md §2: unless the first lifting had not been seen."""
    table = _table()
    raised = table.do(0, OBJECTION, BODY)
    table.do(0, LIFTING, Lifting(raised.ref, ""))
    assert table.broken(0, LIFTING, Lifting(raised.ref, "")) == "objections.lifted"
    table.do(0, LIFTING, Lifting(raised.ref, ""), past=[raised], epoch=1)
    assert len(table.state.raised[place(raised.ref)].liftings) == 2
    again = table.do(0, OBJECTION, BODY)  # a new one may be raised
    assert [row["maintained"] for row in view.show(table.state)] == [False, True]
    assert place(again.ref) in table.state.raised


def test_one_objects_to_others_entries_and_lifts_ones_own_objection() -> None:
    """Objecting to one's own words is what a correction is for."""
    table = _table()
    assert rules.links(table.draft(0, OBJECTION, BODY)) == (Link(NOWHERE, frozenset(), "theirs"),)
    lifting = table.draft(0, LIFTING, Lifting(NOWHERE, ""))
    assert rules.links(lifting) == (Link(NOWHERE, frozenset({OBJECTION}), "own"),)
    assert table.ignores(0, LIFTING, Lifting(NOWHERE, ""))
