"""Claims about the next version of a document, as its owner wishes it (docs/spec/03-charter.md §1)."""

from __future__ import annotations

import pytest

from detente.charter.document import (
    Document,
    Name,
    SignedDocument,
    key_bytes,
    read_chain,
    sign_with_root,
)
from detente.charter.pairing import Card
from detente.charter.renewal import EverydayKeys, next_version
from detente.record.shapes import from_bytes
from detente.seals import labels
from detente.terms.errors import Refused
from detente.terms.limits import DOCUMENT_BYTES
from tests.parties import START_MS, key, make_party

PARTY = make_party("Arla")
CARD = Card(PARTY.chain)
LATER = START_MS + 1
LAST = PARTY.documents[-1]


def _signed(raw: bytes) -> Card:
    signature = sign_with_root(PARTY.roots[0], labels.SIGN_DOCUMENT, raw)
    return Card((*CARD.chain, SignedDocument(raw, (signature,))))


def test_the_next_version_follows_on_the_last_and_changes_what_was_wished() -> None:
    """Addresses, a name in one language, everyday keys; each alone, and all at once."""
    keys = EverydayKeys(key_bytes(key("a new node").public), bytes(32), "age1new")
    german = Name("de", "Arla (de)")
    raw = next_version(CARD, LATER, addresses=("new.example:1",), name=german, keys=keys)
    party, documents = read_chain(_signed(raw).chain)
    assert party == PARTY.id
    assert documents[-1] == LAST._replace(
        version=2, party=PARTY.id, previous=documents[-1].previous, time=LATER,
        addresses=("new.example:1",), names=(*LAST.names, german), node=keys.node,
        certificate=keys.certificate, pouch=keys.pouch,
    )  # fmt: skip
    raw = next_version(_signed(raw), LATER, addresses=())
    third = from_bytes(Document, raw, DOCUMENT_BYTES, "form")
    assert (third.version, third.addresses, third.pouch) == (3, (), "age1new")


def test_a_name_in_a_language_replaces_the_one_before() -> None:
    """One name a language; the others stay."""
    raw = next_version(CARD, LATER, name=Name("en", "New Arla"))
    document = from_bytes(Document, raw, DOCUMENT_BYTES, "form")
    assert (document.name("en"), document.name("fr")) == ("New Arla", "Arla (fr)")
    assert len(document.names) == 2


def test_nothing_is_signed_when_nothing_would_change() -> None:
    """A new time alone is no new version."""
    same = EverydayKeys(LAST.node, LAST.certificate, LAST.pouch)
    for wish in ({}, {"addresses": LAST.addresses}, {"keys": same}, {"name": LAST.names[-1]}):
        with pytest.raises(Refused) as fault:
            next_version(CARD, LATER, **wish)
        assert fault.value.code == "document.same"


def test_too_many_addresses_are_refused_before_anything_is_signed() -> None:
    """Eight; a ninth would make a document that nobody reads."""
    next_version(CARD, LATER, addresses=tuple(f"h{at}:1" for at in range(8)))
    with pytest.raises(Refused) as fault:
        next_version(CARD, LATER, addresses=tuple(f"h{at}:1" for at in range(9)))
    assert fault.value.code == "document.addresses"


def test_a_seventeenth_name_is_refused_before_anybody_signs() -> None:
    """03-charter.md §1.1: its readers would refuse the document."""
    card = CARD
    for number in range(14):
        raw = next_version(card, LATER, name=Name(f"x{chr(97 + number)}", "Arla"))
        signature = sign_with_root(PARTY.roots[0], labels.SIGN_DOCUMENT, raw)
        card = Card((*card.chain, SignedDocument(raw, (signature,))))
    assert len(read_chain(card.chain)[1][-1].names) == 16
    with pytest.raises(Refused) as refusal:
        next_version(card, LATER, name=Name("zz", "One too many"))
    assert refusal.value.code == "document.names"
