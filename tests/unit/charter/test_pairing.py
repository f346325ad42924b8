"""Claims about first contact: commit, reveal, and a number read aloud (docs/spec/04-pairing.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detente.charter import pairing
from detente.charter.document import RootSignature, sign_with_root
from detente.charter.founding import encode_founding, read_founding
from detente.charter.pairing import Approval, Card, FoundingTerms, Pairing, Stage
from detente.record.genesis import Quotas, decode_genesis
from detente.record.shapes import from_bytes, to_bytes
from detente.seals import labels
from detente.terms.errors import Fault, Refused, Rejected
from detente.terms.limits import KIB
from tests.parties import START_MS, Party, make_party

ARLA, BORDURIA = make_party("Arla"), make_party("Borduria", roots=3, threshold=2)
TERMS = FoundingTerms(("fr", "en", "en"), "states", Quotas(), START_MS)
TOKEN, NONCE_A, NONCE_B = b"t" * 16, b"a" * 32, b"b" * 32
UNTIL = START_MS + 1000


def _card(party: Party) -> Card:
    return Card(party.chain)


def _invited() -> Pairing:
    return pairing.invite(_card(ARLA), TERMS, NONCE_A, TOKEN, UNTIL)


def _compared() -> tuple[Pairing, Pairing]:
    """Return both sides once the number can be compared."""
    invited = _invited()
    joined, answer = pairing.answer(invited.invitation, _card(BORDURIA), NONCE_B, START_MS)
    invited, reveal = pairing.take_answer(invited, answer, START_MS)
    return invited, pairing.take_reveal(joined, reveal)


def _signed(state: Pairing, party: Party) -> tuple[RootSignature, ...]:
    genesis = state.genesis()
    return tuple(sign_with_root(one, labels.SIGN_GENESIS, genesis) for one in party.roots)


def _fault(family: type[Fault], call: Callable[..., object], *arguments: Any) -> Fault:
    """Return the fault of a call, which must have a sentence and say what to do or why not."""
    with pytest.raises(family) as fault:
        call(*arguments)
    assert fault.value.sentence
    assert str(fault.value)
    return fault.value


def test_two_parties_pair_and_found_the_same_dialogue() -> None:
    """docs/spec/04-pairing.md §2, from the invitation to the papers."""
    inviting, joining = _compared()
    assert (inviting.stage, joining.stage) == (Stage.COMPARING, Stage.COMPARING)
    assert inviting.number() == joining.number()
    assert inviting.genesis() == joining.genesis()
    assert inviting.their_document() == BORDURIA.documents[-1]
    assert joining.their_document() == ARLA.documents[-1]
    inviting = pairing.confirm(inviting, joining.number(), _signed(inviting, ARLA))
    assert pairing.papers(inviting) is None
    joining = pairing.confirm(joining, inviting.number(), _signed(joining, BORDURIA))
    assert pairing.papers(joining) is None
    joining = pairing.take_approval(joining, pairing.approval(inviting))
    inviting = pairing.take_approval(inviting, pairing.approval(joining))
    papers = pairing.papers(inviting)
    assert papers is not None
    assert papers == pairing.papers(joining)
    founding = read_founding(encode_founding(papers))
    assert founding.genesis.languages == ("en", "fr")
    assert {document[-1].name() for document in founding.documents} == {"Arla", "Borduria"}


def test_an_approval_that_comes_before_our_own_confirmation_founds_nothing() -> None:
    """docs/spec/04-pairing.md §2.8: the other side cannot hurry our people."""
    inviting, joining = _compared()
    inviting = pairing.confirm(inviting, joining.number(), _signed(inviting, ARLA))
    joining = pairing.take_approval(joining, pairing.approval(inviting))
    assert pairing.papers(joining) is None
    assert joining.stage is Stage.COMPARING
    joining = pairing.confirm(joining, inviting.number(), _signed(joining, BORDURIA))
    assert pairing.papers(joining) is not None


def test_the_number_is_twenty_digits_read_in_groups_of_five() -> None:
    """With leading zeros; read aloud, typed with or without spaces and hyphens."""
    inviting, joining = _compared()
    number = inviting.number()
    assert len(number) == 20
    assert number.isdecimal()
    grouped = pairing.group_digits(number)
    assert [len(group) for group in grouped.split(" ")] == [5, 5, 5, 5]
    for heard in (number, grouped, grouped.replace(" ", "-"), f"  {grouped} "):
        pairing.check_number(joining, heard)


def test_one_wrong_digit_ends_the_pairing_with_a_clear_word() -> None:
    """docs/spec/04-pairing.md §2.6: the sentence says what may be the matter, and what to do."""
    inviting, _ = _compared()
    number = inviting.number()
    for at in range(20):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        fault = _fault(Refused, pairing.confirm, inviting, wrong, _signed(inviting, ARLA))
        assert fault.code == "pairing.number"
        assert "between the two sides" in fault.sentence
        assert "dropped here" in fault.next_step
    for heard in ("", number[:-1], number + "0", number[::-1], "x" * 20):
        assert _fault(Refused, pairing.check_number, inviting, heard).code == "pairing.number"


def test_the_number_differs_when_anything_differs() -> None:
    """docs/spec/04-pairing.md §4.1: either card, either nonce, any of the terms, and who invited."""
    inviting, joining = _compared()
    other = Card(ARLA.renewed().chain)
    changed = [
        inviting._replace(card=other), inviting._replace(their_card=other),
        inviting._replace(nonce=NONCE_B), inviting._replace(their_nonce=NONCE_A),
        inviting._replace(inviting=False),
        *(inviting._replace(terms=TERMS._replace(**change)) for change in (
            {"languages": ("en",)}, {"terms": "labour"}, {"quotas": Quotas(200 * KIB)}, {"time": 1},
        )),
    ]  # fmt: skip
    numbers = {inviting.number(), *(one.number() for one in changed)}
    assert len(numbers) == len(changed) + 1
    assert joining.number() == inviting.number()


def test_someone_in_the_middle_gets_two_different_numbers() -> None:
    """The attacker puts its own card on both legs; its one guess does not come true.

    It must commit towards the joining side before it knows that side's nonce, and answer the
    inviting side before it knows what that side committed to.
    """
    thief_invites, thief_joins = make_party("Arla (not)"), make_party("Borduria (not)")
    for guess in range(20):
        nonce = bytes((guess,)) * 32
        invited = _invited()
        # Leg one: the inviting side and the thief, who answers in the other's place.
        leg_one, answer = pairing.answer(invited.invitation, _card(thief_joins), nonce, START_MS)
        # Leg two: the thief, who invites in the other's place, and the joining side.
        leg_two = pairing.invite(_card(thief_invites), TERMS, nonce, TOKEN, UNTIL)
        joined, theirs = pairing.answer(leg_two.invitation, _card(BORDURIA), NONCE_B, START_MS)
        invited, reveal = pairing.take_answer(invited, answer, START_MS)
        leg_one = pairing.take_reveal(leg_one, reveal)
        leg_two, revealed = pairing.take_answer(leg_two, theirs, START_MS)
        joined = pairing.take_reveal(joined, revealed)
        assert (leg_one.number(), leg_two.number()) == (invited.number(), joined.number())
        assert invited.number() != joined.number()
        fault = _fault(Refused, pairing.check_number, invited, joined.number())
        assert fault.code == "pairing.number"


def test_someone_in_the_middle_cannot_change_its_mind_after_the_answer() -> None:
    """What makes it one guess: another card, nonce or terms than committed to is refused."""
    leg = pairing.invite(_card(ARLA), TERMS, NONCE_A, TOKEN, UNTIL)
    joined, answer = pairing.answer(leg.invitation, _card(BORDURIA), NONCE_B, START_MS)
    _, reveal = pairing.take_answer(leg, answer, START_MS)
    for changed in (
        reveal._replace(nonce=NONCE_B), reveal._replace(card=_card(make_party("Thief"))),
        reveal._replace(card=Card(ARLA.renewed().chain)),
        reveal._replace(terms=TERMS._replace(terms="labour")),
    ):  # fmt: skip
        fault = _fault(Rejected, pairing.take_reveal, joined, changed)
        assert fault.code == "pairing.commitment"
        assert "Cancel" in fault.next_step
    assert pairing.take_reveal(joined, reveal).stage is Stage.COMPARING


def test_an_invitation_that_names_another_certificate_than_the_card_is_refused() -> None:
    """The link that was dialled is the link of the party whose card arrived."""
    invited = _invited()
    forged = invited.invitation._replace(certificate=bytes(32))
    joined, answer = pairing.answer(forged, _card(BORDURIA), NONCE_B, START_MS)
    _, reveal = pairing.take_answer(invited, answer, START_MS)
    assert _fault(Rejected, pairing.take_reveal, joined, reveal).code == "pairing.commitment"


def test_a_second_answer_to_one_invitation_is_refused_with_a_warning() -> None:
    """docs/spec/04-pairing.md §2.3: the nonce is revealed once, to the first who answers."""
    invited, _ = _compared()
    token = invited.invitation.token
    for answer in (
        pairing.Answer(token, _card(BORDURIA), NONCE_A),
        pairing.Answer(token, _card(make_party("Thief")), NONCE_B),
    ):
        fault = _fault(Rejected, pairing.take_answer, invited, answer, START_MS)
        assert fault.code == "pairing.again"
        assert fault.next_step


def test_messages_delivered_again_change_nothing() -> None:
    """docs/spec/04-pairing.md §5.3: repeated, late or lost; each stage answers as it did before."""
    invited, joined = _compared()
    answer = pairing.Answer(TOKEN, joined.card, joined.nonce)
    again, reveal = pairing.take_answer(invited, answer, START_MS)
    assert again == invited
    assert reveal == pairing.Reveal(TOKEN, invited.card, invited.nonce, TERMS)
    assert pairing.take_reveal(joined, reveal) == joined
    confirmed = pairing.confirm(joined, invited.number(), _signed(joined, BORDURIA))
    assert pairing.take_reveal(confirmed, reveal) == confirmed
    ours = pairing.confirm(invited, joined.number(), _signed(invited, ARLA))
    assert pairing.take_answer(ours, answer, START_MS)[0] == ours
    done = pairing.take_approval(ours, pairing.approval(confirmed))
    assert pairing.take_approval(done, pairing.approval(confirmed)) == done
    assert pairing.confirm(done, joined.number(), done.own_signatures) == done


def test_an_expired_invitation_is_answered_by_nobody() -> None:
    """docs/spec/04-pairing.md §2.1, on both sides; the instant itself still counts."""
    invited = _invited()
    joined, answer = pairing.answer(invited.invitation, _card(BORDURIA), NONCE_B, UNTIL)
    assert joined.stage is Stage.ANSWERED
    assert pairing.take_answer(invited, answer, UNTIL)[0].stage is Stage.COMPARING
    late = UNTIL + 1
    arguments = (invited.invitation, _card(BORDURIA), NONCE_B, late)
    for fault in (
        _fault(Refused, pairing.answer, *arguments),
        _fault(Refused, pairing.take_answer, invited, answer, late),
    ):
        assert fault.code == "pairing.expired"
        assert fault.next_step


def test_messages_of_another_invitation_are_refused() -> None:
    """docs/spec/04-pairing.md §1.5: each of the three later messages."""
    invited, joined = _compared()
    other = b"o" * 16
    calls: list[tuple[Callable[..., object], Any]] = [
        (pairing.take_answer, (_invited(), pairing.Answer(other, _card(BORDURIA), NONCE_B), 0)),
        (pairing.take_reveal, (joined, pairing.Reveal(other, _card(ARLA), NONCE_A, TERMS))),
        (pairing.take_approval, (invited, Approval(other, ()))),
    ]
    for call, arguments in calls:
        assert _fault(Rejected, call, *arguments).code == "pairing.token"


def test_a_party_does_not_pair_with_itself() -> None:
    """Our own card reflected at us, from either side, and under a newer document."""
    invited = _invited()
    for card in (_card(ARLA), Card(ARLA.renewed().chain)):
        answer = pairing.Answer(TOKEN, card, NONCE_B)
        assert _fault(Rejected, pairing.take_answer, invited, answer, 0).code == "pairing.self"
        joined, _ = pairing.answer(invited.invitation, card, NONCE_B, 0)
        reveal = pairing.Reveal(TOKEN, _card(ARLA), NONCE_A, TERMS)
        assert _fault(Rejected, pairing.take_reveal, joined, reveal).code == "pairing.self"


def test_a_card_is_checked_before_it_is_shown_to_anybody() -> None:
    """A card whose documents do not hold together is not the card of a party."""
    invited = _invited()
    broken = Card((BORDURIA.chain[0]._replace(signatures=ARLA.chain[0].signatures),))
    answer = pairing.Answer(TOKEN, broken, NONCE_B)
    assert _fault(Rejected, pairing.take_answer, invited, answer, 0).code == "charter.roots"
    leg = _invited()
    joined, _ = pairing.answer(leg.invitation, _card(BORDURIA), NONCE_B, 0)
    reveal = pairing.Reveal(TOKEN, broken, NONCE_A, TERMS)
    assert _fault(Rejected, pairing.take_reveal, joined, reveal).code == "charter.roots"


def test_approvals_hold_under_the_other_sides_roots_and_for_this_genesis() -> None:
    """docs/spec/04-pairing.md §2.8: too few, of others, or over another genesis."""
    invited, joined = _compared()
    good = _signed(joined, BORDURIA)
    assert pairing.take_approval(invited, Approval(TOKEN, good[:2])).their_signatures == good[:2]
    for signatures, code in (
        (good[:1], "charter.roots"), (_signed(invited, ARLA), "charter.roots"),
        ((good[0], good[1]._replace(mldsa=b"")), "seals.signature"),
    ):  # fmt: skip
        message = Approval(TOKEN, signatures)
        assert _fault(Rejected, pairing.take_approval, invited, message).code == code
    other = joined._replace(nonce=NONCE_A)
    message = Approval(TOKEN, _signed(other, BORDURIA))
    assert _fault(Rejected, pairing.take_approval, invited, message).code == "seals.signature"


def test_our_own_confirmation_needs_our_own_roots() -> None:
    """The number alone founds nothing."""
    _, joined = _compared()
    good = _signed(joined, BORDURIA)
    arguments = (joined, joined.number(), good[:1])
    assert _fault(Rejected, pairing.confirm, *arguments).code == "charter.roots"
    assert pairing.confirm(joined, joined.number(), good).stage is Stage.CONFIRMED


def test_there_is_no_number_before_both_cards_are_known() -> None:
    """docs/spec/04-pairing.md §4.3: nobody can be made to read out half a number."""
    invited = _invited()
    joined, _ = pairing.answer(invited.invitation, _card(BORDURIA), NONCE_B, 0)
    for early in (invited, joined, joined._replace(their_card=_card(ARLA))):
        for call in (early.number, early.genesis, early.their_document):
            fault = _fault(Refused, call)
            assert fault.code == "pairing.early"
            assert fault.next_step
        assert pairing.papers(early) is None


def test_terms_that_no_node_would_accept_are_refused_on_either_side() -> None:
    """A set of words that does not exist is ours to know; bounds are checked by whoever joins."""
    unknown = TERMS._replace(terms="games")
    fault = _fault(Refused, pairing.invite, _card(ARLA), unknown, NONCE_A, TOKEN, UNTIL)
    assert fault.code == "pairing.terms"
    assert "states" in str(fault)
    for terms in (
        TERMS._replace(quotas=Quotas(1)), TERMS._replace(terms="games"),
        TERMS._replace(languages=("x" * 36,)), TERMS._replace(languages=()),
    ):  # fmt: skip
        leg = pairing.invite(_card(ARLA), TERMS, NONCE_A, TOKEN, UNTIL)._replace(terms=terms)
        commitment = pairing._commitment(leg.card, leg.nonce, terms)
        leg = leg._replace(invitation=leg.invitation._replace(commitment=commitment))
        joined, answer = pairing.answer(leg.invitation, _card(BORDURIA), NONCE_B, 0)
        _, reveal = pairing.take_answer(leg, answer, 0)
        assert _fault(Rejected, pairing.take_reveal, joined, reveal).code == "record.genesis"


def test_neither_side_chooses_the_order_of_the_parties() -> None:
    """docs/spec/04-pairing.md §3.2: it follows from both nonces."""
    firsts = set()
    for at in range(16):
        invited, _ = _compared()
        invited = invited._replace(their_nonce=bytes((at,)) * 32)
        firsts.add(decode_genesis(invited.genesis()).seats[0].party)
    assert firsts == {ARLA.id, BORDURIA.id}


def test_a_pairing_survives_a_restart_at_every_stage() -> None:
    """It is kept as canonical bytes; nothing is lost and nothing is added."""
    invited, joined = _compared()
    confirmed = pairing.confirm(joined, invited.number(), _signed(joined, BORDURIA))
    for state in (_invited(), invited, joined, confirmed):
        assert from_bytes(Pairing, to_bytes(state), 4 * 1024 * 1024, "drawer") == state
