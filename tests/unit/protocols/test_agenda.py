"""Claims about the agenda (docs/spec/21-agenda.md)."""

from __future__ import annotations

import pytest

from detente.charter.act import Act, Link, place
from detente.protocols.agenda import rules, state, view
from detente.protocols.agenda.entries import (
    AGREEMENT,
    DECLINE,
    ITEM,
    WITHDRAWAL,
    Agreement,
    Decline,
    Item,
    Withdrawal,
)
from detente.protocols.agenda.state import EMPTY, Agenda, Status
from tests.unit.protocols.spoken import NOWHERE, Spoken

BODY = Item("Water", "Sharing of the river.", "en")


class _Table:
    """An agenda among some parties, of whom the first proposed an item."""

    def __init__(self, parties: int = 2) -> None:
        self.parties = parties
        self.spoken: Spoken[Agenda] = Spoken(rules, state, EMPTY, parties)
        self.item = self.spoken.do(0, ITEM, BODY)

    def agree(self, seat: int, past: list[Act] | None = None) -> Act:
        return self.spoken.do(seat, AGREEMENT, Agreement(self.item.ref), past=past)

    def decline(self, seat: int, past: list[Act] | None = None) -> Act:
        return self.spoken.do(seat, DECLINE, Decline(self.item.ref, ""), past=past)

    def withdraw(self, past: list[Act] | None = None) -> Act:
        return self.spoken.do(0, WITHDRAWAL, Withdrawal(self.item.ref, ""), past=past)

    def status(self) -> Status:
        return state.status(self.spoken.state.items[place(self.item.ref)], self.parties)


def test_an_item_stands_on_the_agenda_when_every_party_has_agreed() -> None:
    """docs/spec/21-agenda.md §3.2: the proposer goes without saying."""
    table = _Table(3)
    assert table.status() is Status.PROPOSED
    table.agree(1)
    assert table.status() is Status.PROPOSED
    table.agree(1)  # said twice is not said by two
    assert table.status() is Status.PROPOSED
    table.agree(2)
    assert table.status() is Status.AGREED


def test_a_partys_last_word_counts() -> None:
    """docs/spec/21-agenda.md §3.1: agreed, declined, agreed again; one decline is enough."""
    table = _Table(3)
    table.decline(1)
    assert table.status() is Status.DECLINED
    table.agree(2)
    assert table.status() is Status.DECLINED
    table.agree(1)
    assert table.status() is Status.AGREED
    table.decline(1)
    assert table.status() is Status.DECLINED


def test_two_words_of_one_party_that_had_not_seen_each_other_both_stand() -> None:
    """Only what was seen is taken back: agreement counts, and so does the decline when one is missing."""
    table = _Table(3)
    table.agree(1, past=[table.item])
    table.spoken.do(1, DECLINE, Decline(table.item.ref, ""), past=[table.item], epoch=1)
    assert table.status() is Status.DECLINED
    table.agree(2)
    assert table.status() is Status.AGREED


def test_a_proposer_takes_its_item_back() -> None:
    """Before or after others agreed: agreeing to discuss binds nobody to go on."""
    for agreeing in (False, True):
        table = _Table()
        if agreeing:
            table.agree(1)
        table.withdraw()
        assert table.status() is Status.WITHDRAWN


def test_an_agreement_and_a_withdrawal_that_crossed_make_the_item_contested() -> None:
    """Attack 10: nobody picks a winner, whichever arrived first and whatever their clocks say."""
    table = _Table()
    agreed = table.agree(1, past=[table.item])
    table.withdraw(past=[table.item])
    assert table.status() is Status.CONTESTED
    again = _Table()
    again.withdraw(past=[again.item])
    again.agree(1, past=[again.item])
    assert again.status() is Status.CONTESTED
    # A withdrawal that has seen the agreement ends it.
    table.withdraw(past=[agreed])
    assert table.status() is Status.WITHDRAWN


def test_a_withdrawal_that_missed_one_of_two_agreements_is_contested() -> None:
    """With three parties: it is withdrawn only when all agreements had been seen."""
    table = _Table(3)
    first = table.agree(1, past=[table.item])
    table.agree(2, past=[table.item])
    table.withdraw(past=[first])
    assert table.status() is Status.CONTESTED


def test_a_withdrawal_before_all_had_agreed_ends_the_item() -> None:
    """There was nothing to contest yet."""
    table = _Table(3)
    table.agree(1, past=[table.item])
    table.withdraw(past=[table.item])
    assert table.status() is Status.WITHDRAWN


def test_nobody_agrees_to_what_it_had_seen_withdrawn() -> None:
    """docs/spec/21-agenda.md §2.2; a decline or a second withdrawal is no harm."""
    table = _Table()
    body = Agreement(table.item.ref)
    gone = table.withdraw()
    assert table.spoken.broken(1, AGREEMENT, body) == "agenda.withdrawn"
    assert table.spoken.broken(1, AGREEMENT, body, past=[gone]) == "agenda.withdrawn"
    table.agree(1, past=[table.item])  # had not seen it
    table.decline(1)
    table.withdraw()
    table.spoken.do(1, ITEM, BODY)  # it may propose the same itself


@pytest.mark.parametrize(
    ("kind", "body", "whose"),
    [
        (AGREEMENT, Agreement(NOWHERE), "theirs"),
        (DECLINE, Decline(NOWHERE, ""), "theirs"),
        (WITHDRAWAL, Withdrawal(NOWHERE, ""), "own"),
    ],
)
def test_acts_name_an_item_of_the_right_side(
    kind: int, body: Agreement | Decline | Withdrawal, whose: str
) -> None:
    """docs/spec/21-agenda.md §2.1: one agrees to others' items and takes back one's own."""
    table = _Table()
    act = table.spoken.draft(1, kind, body)
    assert rules.links(act) == (Link(NOWHERE, frozenset({ITEM}), whose),)
    assert table.spoken.ignores(1, kind, body)
    assert rules.links(table.item) == ()


def test_the_agenda_is_shown_in_the_order_of_the_record() -> None:
    """With status and who stands where; a word that was taken back is not shown as held."""
    table = _Table(3)
    second = table.spoken.do(1, ITEM, Item("Salt", "Of the sea.", "fr"))
    table.decline(1)
    table.agree(2)
    rows = view.show(table.spoken.state, 3)
    assert [row["title"] for row in rows] == ["Water", "Salt"]
    assert rows[0] == {
        "at": place(table.item.ref), "party": 0, "title": "Water", "text": "Sharing of the river.",
        "lang": "en", "status": "declined", "agreed": [2], "declined": [1],
    }  # fmt: skip
    assert rows[1]["at"] == place(second.ref)
    table.agree(1)
    row = view.show(table.spoken.state, 3)[0]
    assert (row["status"], row["agreed"], row["declined"]) == ("agreed", [1, 2], [])
    table.decline(1)
    row = view.show(table.spoken.state, 3)[0]
    assert (row["status"], row["agreed"], row["declined"]) == ("declined", [2], [1])
