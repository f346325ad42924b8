"""Claims about opening a dialogue (docs/spec/20-opening.md)."""

from __future__ import annotations

from detente.charter.act import Link, place
from detente.protocols.opening import rules, state, view
from detente.protocols.opening.entries import (
    CONSENT,
    PROPOSAL,
    REFUSAL,
    Consent,
    Proposal,
    Refusal,
)
from detente.protocols.opening.state import EMPTY, Opening, is_open
from tests.acts import digest
from tests.unit.protocols.spoken import NOWHERE, Spoken

BODY = Proposal("Talks", "On the river.", "en")


def _table(parties: int = 2) -> Spoken[Opening]:
    return Spoken(rules, state, EMPTY, parties)


def test_a_dialogue_opens_when_every_party_has_proposed_or_consented() -> None:
    """docs/spec/20-opening.md §3.1: to one and the same proposal."""
    table = _table(3)
    assert not is_open(table.state, 3)
    one = table.do(0, PROPOSAL, BODY)
    other = table.do(1, PROPOSAL, BODY)
    table.do(1, CONSENT, Consent(one.ref))
    table.do(2, CONSENT, Consent(other.ref))
    assert not is_open(table.state, 3)
    table.do(2, CONSENT, Consent(one.ref))
    assert is_open(table.state, 3)


def test_a_dialogue_is_open_only_for_those_who_have_seen_it_open() -> None:
    """docs/spec/20-opening.md §3.1: asked for a causal past, never for "now"."""
    table = _table()
    proposal = table.do(0, PROPOSAL, BODY)
    consent = table.do(1, CONSENT, Consent(proposal.ref))
    after = table.draft(0, 80, None, past=[consent])
    before = table.draft(0, 80, None, past=[proposal])
    assert is_open(table.state, 2, after.seen)
    assert not is_open(table.state, 2, before.seen)
    assert not is_open(table.state, 2, {})
    assert not is_open(table.state, 2, {consent.ref.log: 9})


def test_a_refusal_does_not_close_what_was_opened_and_may_be_followed_by_consent() -> None:
    """docs/spec/20-opening.md §2.3 and §3.1."""
    table = _table()
    proposal = table.do(0, PROPOSAL, BODY)
    table.do(1, REFUSAL, Refusal(proposal.ref, "not now"))
    assert not is_open(table.state, 2)
    table.do(1, CONSENT, Consent(proposal.ref))
    assert is_open(table.state, 2)
    table.do(1, REFUSAL, Refusal(proposal.ref, ""))
    assert is_open(table.state, 2)


def test_a_party_consents_once_to_a_proposal() -> None:
    """docs/spec/20-opening.md §2.2: unless it had not seen its own first consent."""
    table = _table(3)
    proposal = table.do(0, PROPOSAL, BODY)
    table.do(1, CONSENT, Consent(proposal.ref))
    assert table.broken(1, CONSENT, Consent(proposal.ref)) == "opening.repeated"
    table.do(2, CONSENT, Consent(proposal.ref))
    table.do(1, CONSENT, Consent(proposal.ref), past=[proposal], epoch=1)
    assert is_open(table.state, 3)


def test_answers_name_a_proposal_of_another_party() -> None:
    """docs/spec/20-opening.md §2.1; a proposal names nothing."""
    table = _table()
    assert rules.links(table.draft(0, PROPOSAL, BODY)) == ()
    for kind, body in ((CONSENT, Consent(NOWHERE)), (REFUSAL, Refusal(NOWHERE, ""))):
        act = table.draft(1, kind, body)
        assert rules.links(act) == (Link(NOWHERE, frozenset({PROPOSAL}), "theirs"),)
        assert table.ignores(1, kind, body)


def test_the_opening_is_shown_with_every_answer() -> None:
    """The proposer stands among those who consented."""
    table = _table(3)
    proposal = table.do(0, PROPOSAL, BODY)
    assert view.show(table.state, 3) == {
        "open": False,
        "proposals": [
            {
                "at": place(proposal.ref), "party": 0, "title": "Talks", "purpose": "On the river.",
                "lang": "en", "consented": [0], "refused": [],
            }
        ],
    }  # fmt: skip
    table.do(1, CONSENT, Consent(proposal.ref))
    table.do(2, REFUSAL, Refusal(proposal.ref, ""))
    (row,) = view.show(table.state, 3)["proposals"]
    assert (row["consented"], row["refused"]) == ([0, 1], [2])
    assert view.show(table.state, 2)["open"]
    assert proposal.actor == digest("person 0")
