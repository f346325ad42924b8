"""Claims about statements and what is attached to them (docs/spec/22-statements.md)."""

from __future__ import annotations

from detente.charter.act import Link, place
from detente.protocols.statements import rules, state, view
from detente.protocols.statements.entries import (
    CORRECTION,
    STATEMENT,
    TRANSLATION,
    WITHDRAWAL,
    Correction,
    Grade,
    Statement,
    Translation,
    Withdrawal,
)
from detente.protocols.statements.state import EMPTY, Statements
from detente.terms.ids import Ref
from tests.unit.protocols.spoken import NOWHERE, Spoken

SAID = Statement("We shall see.", "en", None, None)


def _table() -> Spoken[Statements]:
    return Spoken(rules, state, EMPTY)


def _correction(ref: Ref, text: str = "We shall see to it.") -> Correction:
    return Correction(ref, text, "en", "a slip")


def _translation(ref: Ref, text: str = "Nous verrons.") -> Translation:
    return Translation(ref, text, "fr", "the interpreter", Grade.WORKING, machine=False)


def test_nothing_said_is_ever_erased() -> None:
    """Corrected twice and withdrawn: the first wording stays, and all that was done to it."""
    table = _table()
    said = table.do(0, STATEMENT, SAID)
    table.do(0, CORRECTION, _correction(said.ref, "first"))
    table.do(0, CORRECTION, _correction(said.ref, "second"))
    table.do(0, WITHDRAWAL, Withdrawal(said.ref, "misunderstood"))
    kept = table.state.said[place(said.ref)]
    assert kept.body == SAID
    assert [one.body.text for one in kept.corrections] == ["first", "second"]
    assert [one.body.reason for one in kept.withdrawals] == ["misunderstood"]


def test_what_was_seen_withdrawn_is_neither_corrected_nor_withdrawn_again() -> None:
    """docs/spec/22-statements.md §2; acts that had not seen the withdrawal stand."""
    table = _table()
    said = table.do(0, STATEMENT, SAID)
    table.do(0, WITHDRAWAL, Withdrawal(said.ref, ""))
    for kind, body in ((CORRECTION, _correction(said.ref)), (WITHDRAWAL, Withdrawal(said.ref, ""))):
        assert table.broken(0, kind, body) == "statements.withdrawn"
        table.do(0, kind, body, past=[said], epoch=kind)
    kept = table.state.said[place(said.ref)]
    assert (len(kept.corrections), len(kept.withdrawals)) == (1, 2)
    table.do(1, TRANSLATION, _translation(said.ref))  # translating it is still allowed
    table.do(0, STATEMENT, SAID)


def test_translations_are_kept_side_by_side_and_attributed() -> None:
    """A later one replaces none; the original governs always. Any entry can be translated."""
    table = _table()
    said = table.do(0, STATEMENT, SAID)
    table.do(1, TRANSLATION, _translation(said.ref))
    official = _translation(said.ref, "On verra.")._replace(grade=Grade.OFFICIAL, machine=True)
    table.do(0, TRANSLATION, official)
    table.do(1, TRANSLATION, _translation(NOWHERE, "Autre chose."))
    shown = view.show_translations(table.state, place(said.ref))
    assert [(one["party"], one["text"], one["grade"], one["machine"]) for one in shown] == [
        (1, "Nous verrons.", "working", False),
        (0, "On verra.", "official", True),
    ]
    assert [one["by"] for one in shown] == ["the interpreter"] * 2
    assert len(view.show_translations(table.state, place(NOWHERE))) == 1
    assert view.show_translations(table.state, place(said.ref)._replace(seq=99)) == []


def test_statements_name_an_agenda_item_and_a_statement_or_nothing() -> None:
    """docs/spec/22-statements.md §2: an item is kind 72, an answer names a statement of any party."""
    table = _table()
    other = NOWHERE._replace(seq=5)
    for body, expected in (
        (SAID, ()),
        (SAID._replace(item=NOWHERE), (Link(NOWHERE, frozenset({72})),)),
        (SAID._replace(reply_to=other), (Link(other, frozenset({STATEMENT})),)),
        (
            SAID._replace(item=NOWHERE, reply_to=other),
            (Link(NOWHERE, frozenset({72})), Link(other, frozenset({STATEMENT}))),
        ),
    ):
        assert rules.links(table.draft(0, STATEMENT, body)) == expected


def test_corrections_and_withdrawals_are_of_ones_own_and_translations_of_anybodys() -> None:
    """Nobody corrects another party's words."""
    table = _table()
    for kind, body, link in (
        (CORRECTION, _correction(NOWHERE), Link(NOWHERE, frozenset({STATEMENT}), "own")),
        (WITHDRAWAL, Withdrawal(NOWHERE, ""), Link(NOWHERE, frozenset({STATEMENT}), "own")),
        (TRANSLATION, _translation(NOWHERE), Link(NOWHERE, frozenset())),
    ):
        assert rules.links(table.draft(0, kind, body)) == (link,)
    assert table.ignores(0, CORRECTION, _correction(NOWHERE))
    assert table.ignores(0, WITHDRAWAL, Withdrawal(NOWHERE, ""))


def test_a_statement_is_shown_with_everything_attached() -> None:
    """In the order of the record."""
    table = _table()
    said = table.do(0, STATEMENT, SAID)
    answer = table.do(1, STATEMENT, Statement("سنرى", "ar", NOWHERE, said.ref))
    table.do(0, CORRECTION, _correction(said.ref))
    table.do(0, WITHDRAWAL, Withdrawal(said.ref, "misunderstood"))
    table.do(1, TRANSLATION, _translation(said.ref))
    first, second = view.show(table.state)
    assert first["at"] == place(said.ref)
    assert first["text"] == "We shall see."
    assert [one["text"] for one in first["corrections"]] == ["We shall see to it."]
    assert (first["withdrawn"], first["withdrawal_reason"]) == (True, "misunderstood")
    assert [one["text"] for one in first["translations"]] == ["Nous verrons."]
    assert second == view.show_one(table.state, place(answer.ref))
    assert (second["item"], second["reply_to"]) == (NOWHERE, said.ref)
    assert (second["withdrawn"], second["withdrawal_reason"]) == (False, "")
