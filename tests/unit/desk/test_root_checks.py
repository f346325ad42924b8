"""A root key signs only what its own process has built or checked (docs/spec/04-pairing.md §4)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries, pairing
from detente.charter.document import KeyBytes, Name, read_chain
from detente.charter.entries import SCOPES, Confirmation, Grant
from detente.charter.pairing import Card, FoundingTerms, Pairing
from detente.charter.renewal import EverydayKeys, next_version
from detente.desk.root_checks import Asked, check_confirmation
from detente.record.entry import Header, act_statement
from detente.record.genesis import Quotas, dialogue_id, log_id
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Refused, Rejected
from detente.terms.ids import KeyPrint, Lane
from tests.parties import START_MS, make_party

ARLA, BORDURIA, CASTOR = make_party("Arla"), make_party("Borduria"), make_party("Castor")
CARD = Card(ARLA.chain)
HEAD = Grant(KeyBytes(1, b"k" * 32, b"m"), "N. N.", "head of delegation", SCOPES, 0, 0)


def compared(other: Any = BORDURIA) -> Pairing:
    """Return a pairing of ours that waits for the number."""
    terms = FoundingTerms(("en",), "states", Quotas(), START_MS)
    invited = pairing.invite(CARD, terms, b"a" * 32, b"t" * 16, START_MS + 1)
    _, answer = pairing.answer(invited.invitation, Card(other.chain), b"b" * 32, START_MS)
    return pairing.take_answer(invited, answer, START_MS)[0]


def asked_for(state: Pairing, **changes: Any) -> Asked:
    """Return what an honest node asks to have signed, with `changes` to the confirmation."""
    party, documents = read_chain(CARD.chain)
    dialogue = dialogue_id(state.genesis())
    log = log_id(dialogue, party, documents[-1].node_key().print, 0, Lane.LINE)
    body = Confirmation(
        changes.pop("number", state.number()), "telephone", changes.pop("head", HEAD)
    )
    root = KeyPrint(next(iter(documents[-1].root_keys())))
    header = Header(
        log, 1, b"o" * 32, 2, (), START_MS, entries.CONFIRMATION, root, 0, bytes(32)
    )._replace(**changes)
    return Asked(state, state.genesis(), act_statement(dialogue, header, to_bytes(body)))


def test_what_was_wished_passes() -> None:
    """The honest case."""
    state = compared()
    check_confirmation(asked_for(state), CARD, state.number(), "telephone", HEAD)


def test_another_number_is_not_signed() -> None:
    """The digits that were heard are those of the pairing that is signed."""
    state, other = compared(), compared(CASTOR)
    with pytest.raises(Refused, match=r"pairing\.number"):
        check_confirmation(asked_for(other), CARD, state.number(), "telephone", HEAD)


@pytest.mark.parametrize(
    "changes",
    [
        {"head": HEAD._replace(key=KeyBytes(1, b"x" * 32, b"m"))},
        {"head": None},
        {"number": "0" * 20},
        {"kind": entries.CUT},
        {"seq": 2},
        {"log": b"l" * 32},
        {"actor": KeyPrint(b"x" * 32)},
    ],
)
def test_another_act_in_place_of_the_confirmation_is_not_signed(changes: dict[str, Any]) -> None:
    """A node that was tampered with asks for a grant to its own key, a cut, or another log."""
    state = compared()
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_confirmation(asked_for(state, **changes), CARD, state.number(), "telephone", HEAD)


def test_another_genesis_or_card_is_not_signed() -> None:
    """The genesis is that of the pairing, and the card is the one in our own folder."""
    state = compared()
    asked = asked_for(state)
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_confirmation(
            asked._replace(genesis=compared(CASTOR).genesis()),
            CARD, state.number(), "telephone", HEAD,
        )  # fmt: skip
    with pytest.raises(Rejected, match=r"desk\.draft"):
        check_confirmation(asked, Card(CASTOR.chain), state.number(), "telephone", HEAD)


def test_the_next_document_changes_only_what_was_wished() -> None:
    """docs/spec/03-charter.md §1: version n + 1 follows on the owner's own card."""
    last = ARLA.documents[-1]
    keys = EverydayKeys(KeyBytes(1, b"k" * 32, b"m"), b"c" * 32, "age1pq1x")
    for wish, fields in (
        ({"addresses": ("a.example:7400",)}, {"addresses"}),
        ({"name": Name("fr", "Arlà")}, {"names"}),
        ({"keys": keys}, {"node", "certificate", "pouch"}),
    ):
        data = next_version(CARD, START_MS + 5, **wish)
        fresh = from_bytes(type(last), data, 1 << 20, "test")
        changed = {name for name in last._fields if getattr(fresh, name) != getattr(last, name)}
        assert changed - {"version", "party", "previous", "time"} == fields
        assert fresh.version == last.version + 1


def test_a_document_that_changes_nothing_is_refused() -> None:
    """Renewing for nothing would only grow the chain."""
    with pytest.raises(Refused, match=r"document\.same"):
        next_version(CARD, START_MS)
    with pytest.raises(Refused, match=r"document\.addresses"):
        next_version(CARD, START_MS, addresses=tuple(f"h{i}:1" for i in range(9)))
