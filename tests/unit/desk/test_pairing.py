"""Pairing at the desk: in order, out of order, twice, too late, by strangers, and across restarts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detente.charter import pairing
from detente.charter.document import RootSignature, sign_with_root
from detente.charter.pairing import (
    Answer,
    Approval,
    FoundingTerms,
    Invitation,
    Pairing,
    Reveal,
    Stage,
)
from detente.desk.book import Book
from detente.desk.pairing import PairingDesk
from detente.record.genesis import Quotas
from detente.seals import labels
from detente.store.drawer import MemoryDrawer
from detente.store.memory import MemoryStore
from detente.terms.errors import Refused, Rejected
from detente.terms.ids import DialogueId
from detente.terms.times import HOUR
from detente.testing.clock import HandClock
from detente.testing.dice import SeededDice
from detente.testing.keys import card_of, party_named
from detente.testing.parties import START_MS

TERMS = FoundingTerms(("en",), "states", Quotas(), START_MS)


class Desk:
    """One party at its desk, with a root key at hand."""

    def __init__(self, name: str, clock: HandClock | None = None) -> None:
        self.party = party_named(name)
        self.clock = clock or HandClock()
        self.drawer = MemoryDrawer()
        self.store = MemoryStore()
        self._starts = 0
        self.start()

    def start(self) -> None:
        """Start, or start again: only drawer and store are left from before."""
        self._starts += 1
        dice = SeededDice(f"{self.party.name}{self._starts}")
        self.desk = PairingDesk(self.drawer, self.store, self.clock, dice, card_of(self.party))

    def invite(self) -> Invitation:
        return self.desk.invite(TERMS, HOUR).invitation

    def take(self, message: Any) -> Any:
        """Take a message, return the answer."""
        return self.desk.take(message)[1]

    def state(self) -> Pairing:
        (state,) = self.desk.pending()
        return state

    def sign(self, label: bytes, data: bytes) -> tuple[RootSignature, ...]:
        return (sign_with_root(self.party.root, label, data),)

    def confirm(self, heard: str) -> Approval:
        token = self.state().invitation.token
        asked = self.desk.prepare(token, heard, "by telephone", None)
        state = self.desk.confirm(
            token, heard, self.sign(labels.SIGN_GENESIS, asked.genesis),
            self.sign(labels.SIGN_ACT, asked.confirmation),
        )  # fmt: skip
        return pairing.approval(state)

    def found(self) -> DialogueId | None:
        (state,) = self.desk.pending()
        return self.desk.found(state)


def two() -> tuple[Desk, Desk]:
    clock = HandClock()
    return Desk("Arla", clock), Desk("Borduria", clock)


def compare(a: Desk, b: Desk) -> str:
    """Bring two desks as far as the number."""
    invitation = a.invite()
    b.take(a.take(b.take(invitation)))
    number = a.state().number()
    assert number == b.state().number()
    assert len(number) == 20
    return number


def code(call: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises((Refused, Rejected)) as fault:
        call(*arguments)
    assert isinstance(fault.value, Refused | Rejected)
    assert fault.value.sentence
    return fault.value.code


def test_two_sides_that_compare_found_the_same_dialogue() -> None:
    """04-pairing.md §2: five messages, one number, one genesis; the first entries follow."""
    a, b = two()
    number = compare(a, b)
    ours, theirs = a.confirm(number), b.confirm(number)
    assert a.found() is None
    a.take(theirs)
    b.take(ours)
    dialogues = {a.found(), b.found()}
    assert len(dialogues) == 1
    (dialogue,) = dialogues
    assert dialogue is not None
    for desk in (a, b):
        assert desk.desk.pending() == []
        book = Book(desk.store, dialogue, desk.party.id)
        assert len(desk.desk.first_entries(dialogue)) == 2
        assert book.own in (0, 1)


def test_a_restart_after_every_step_loses_nothing() -> None:
    """Every step is kept before it is answered; a number that was checked is checked again."""
    a, b = two()

    def restart() -> None:
        a.start()
        b.start()

    invitation = a.invite()
    restart()
    answer = b.take(invitation)
    restart()
    reveal = a.take(answer)
    restart()
    b.take(reveal)
    restart()
    number = a.state().number()
    token = a.state().invitation.token
    asked = a.desk.prepare(token, number, "by telephone", None)
    restart()
    signed = a.sign(labels.SIGN_GENESIS, asked.genesis), a.sign(labels.SIGN_ACT, asked.confirmation)
    assert code(a.desk.confirm, token, number, *signed) == "pairing.unprepared"
    ours, theirs = a.confirm(number), b.confirm(number)
    restart()
    a.take(theirs)
    restart()
    b.take(ours)
    restart()
    assert a.found() == b.found() is not None


def test_another_number_drops_the_pairing_for_good() -> None:
    """04-pairing.md §2.6: nothing of it may be used again, whoever sends it."""
    a, b = two()
    number = compare(a, b)
    wrong = f"{(int(number) + 1) % 10**20:020}"
    token = a.state().invitation.token
    assert code(a.desk.prepare, token, wrong, "", None) == "pairing.number"
    assert a.desk.pending() == []
    approval = b.confirm(number)
    assert code(a.take, approval) == "pairing.unknown"
    assert code(a.desk.prepare, token, number, "", None) == "pairing.unknown"
    assert a.store.dialogues() == []
    assert not a.desk.is_inviting()


@pytest.mark.parametrize("heard", ["", "1", "x" * 20, " ", "0" * 19])
def test_what_is_no_number_drops_it_too(heard: str) -> None:
    """A door that lets an empty line through founds nothing."""
    a, b = two()
    number = compare(a, b)
    if heard != number:
        assert code(a.desk.prepare, a.state().invitation.token, heard, "", None) == "pairing.number"
        assert a.store.dialogues() == []


def test_spaces_and_hyphens_in_the_number_are_how_people_write() -> None:
    """04-pairing.md §4.2."""
    a, b = two()
    number = compare(a, b)
    a.confirm(f" {number[:5]}-{number[5:10]} {number[10:]} ")


def test_an_invitation_that_has_expired_is_used_by_neither_side() -> None:
    """Neither to answer nor to be answered."""
    a, b = two()
    invitation = a.invite()
    answer = b.take(invitation)
    a.clock.advance(HOUR + 1)
    late = Desk("Cadia", a.clock)
    assert code(late.take, invitation) == "pairing.expired"
    assert code(a.take, answer) == "pairing.expired"
    assert not a.desk.is_inviting()
    assert a.state().stage is Stage.INVITED


def test_a_second_answer_of_somebody_else_is_refused_and_the_first_goes_on() -> None:
    """Whoever saw the invitation can answer it; the first answer is the one that is compared."""
    a, b = two()
    invitation = a.invite()
    reveal = a.take(b.take(invitation))
    other = Desk("Cadia", a.clock)
    assert code(a.take, other.take(invitation)) == "pairing.again"
    assert a.take(Answer(invitation.token, b.desk.card, b.state().nonce)) == reveal
    b.take(reveal)
    assert a.state().number() == b.state().number()


def test_messages_of_another_invitation_are_of_no_use() -> None:
    """The token names the pairing; one that nobody knows names nothing."""
    a, b = two()
    compare(a, b)
    stranger = Desk("Cadia", a.clock)
    invitation = stranger.invite()
    answer = Desk("Doria", a.clock).take(invitation)
    for message in (answer, answer._replace(token=bytes(16)), Approval(bytes(16), ())):
        assert code(a.take, message) == "pairing.unknown"


def test_a_card_that_was_not_announced_is_refused_and_spoils_nothing() -> None:
    """Somebody in the middle shows another card, nonce or terms; the true reveal is still taken."""
    a, b = two()
    invitation = a.invite()
    reveal: Reveal = a.take(b.take(invitation))
    for changed in (
        reveal._replace(card=card_of(party_named("Cadia"))),
        reveal._replace(nonce=bytes(32)),
        reveal._replace(terms=reveal.terms._replace(terms="labour")),
        reveal._replace(terms=reveal.terms._replace(time=reveal.terms.time + 1)),
    ):
        assert code(b.take, changed) == "pairing.commitment"
    b.take(reveal)
    assert b.state().number() == a.state().number()


def test_somebody_in_the_middle_leaves_two_different_numbers() -> None:
    """The attack that pairing is about: each side pairs with him, and their numbers differ."""
    a, b = two()
    to_a, to_b = Desk("Cadia", a.clock), Desk("Cadia", a.clock)
    a_invites = a.invite()
    to_a.take(a.take(to_a.take(a_invites)))
    b.take(to_b.take(b.take(to_b.invite())))
    assert a.state().number() == to_a.state().number()
    assert b.state().number() == to_b.state().number()
    assert a.state().number() != b.state().number()
    assert code(a.desk.prepare, a_invites.token, b.state().number(), "", None) == "pairing.number"


def test_our_own_invitation_is_no_invitation_for_us() -> None:
    """Pasted into the wrong window, before and after it was answered."""
    a, b = two()
    invitation = a.invite()
    assert code(a.take, invitation) == "pairing.self"
    a.take(b.take(invitation))
    assert code(a.take, invitation) == "pairing.self"
    assert a.state().stage is Stage.COMPARING


def test_every_message_may_come_twice() -> None:
    """A link that breaks repeats; so does a courier."""
    a, b = two()
    invitation = a.invite()
    answer = b.take(invitation)
    assert b.take(invitation) == answer
    reveal = a.take(answer)
    assert a.take(answer) == reveal
    for _ in range(2):
        assert b.take(reveal) is None
    number = a.state().number()
    ours, theirs = a.confirm(number), b.confirm(number)
    assert a.take(answer) == reveal
    for _ in range(2):
        a.take(theirs)
    dialogue = a.found()
    assert a.take(theirs) == ours
    b.take(ours)
    assert b.found() == dialogue
    assert b.take(ours) == theirs


def test_an_approval_with_another_signature_is_rejected() -> None:
    """By another root, over another genesis, with one half altered, or with nothing in it."""
    a, b = two()
    number = compare(a, b)
    approval = b.confirm(number)
    (signature,) = approval.signatures
    other = Desk("Cadia").sign(labels.SIGN_GENESIS, b.state().genesis())[0]
    wrong = b.sign(labels.SIGN_GENESIS, b"another genesis")[0]
    half = signature._replace(mldsa=bytes((signature.mldsa[0] ^ 1,)) + signature.mldsa[1:])
    for signatures in ((), (other,), (wrong,), (half,), (signature._replace(ed25519=bytes(64)),)):
        code(a.take, approval._replace(signatures=signatures))
        assert not a.state().their_signatures
    a.confirm(number)
    a.take(approval)
    assert a.found() is not None


def test_our_own_confirmation_needs_our_root_over_what_was_prepared() -> None:
    """A delegate's or a stranger's signature founds nothing."""
    a, b = two()
    number = compare(a, b)
    token = a.state().invitation.token
    asked = a.desk.prepare(token, number, "by telephone", None)
    right = a.sign(labels.SIGN_GENESIS, asked.genesis), a.sign(labels.SIGN_ACT, asked.confirmation)
    wrong = b.sign(labels.SIGN_GENESIS, asked.genesis), b.sign(labels.SIGN_ACT, asked.confirmation)
    for genesis, act in (
        (wrong[0], right[1]),
        (right[0], wrong[1]),
        ((), right[1]),
        (right[0], ()),
    ):
        code(a.desk.confirm, token, number, genesis, act)
    assert a.state().stage is Stage.COMPARING
    a.desk.confirm(token, number, *right)


def test_a_pairing_that_was_cancelled_is_over() -> None:
    """On this side; and a second invitation may stand beside a first."""
    a, b = two()
    first, second = a.invite(), a.invite()
    assert len(a.desk.pending()) == 2
    a.desk.cancel(first.token)
    assert code(a.take, b.take(first)) == "pairing.unknown"
    assert code(a.desk.cancel, first.token) == "pairing.unknown"
    assert a.desk.is_open(second.token)
    assert a.desk.is_inviting()
    a.desk.cancel(second.token)
    assert not a.desk.is_inviting()
