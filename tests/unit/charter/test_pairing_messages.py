"""Claims about the bytes of pairing messages, in files as on links (docs/spec/04-pairing.md §1)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import pairing
from detente.charter.document import sign_with_root
from detente.charter.pairing import (
    Answer,
    Approval,
    Card,
    FoundingTerms,
    Message,
    Reveal,
    decode_message,
    encode_message,
)
from detente.record.encoding import decode, encode
from detente.record.genesis import Quotas
from detente.record.shapes import to_bytes
from detente.seals import labels
from detente.terms.errors import Rejected
from detente.terms.limits import MIB
from tests.parties import START_MS, make_party

PARTY = make_party("Arla")
CARD = Card(PARTY.chain)
TERMS = FoundingTerms(("en",), "states", Quotas(), START_MS)
INVITATION = pairing.invite(CARD, TERMS, bytes(32), bytes(16), START_MS).invitation
MESSAGES: list[Message] = [
    INVITATION,
    Answer(bytes(16), CARD, bytes(32)),
    Reveal(bytes(16), CARD, bytes(32), TERMS),
    Approval(bytes(16), (sign_with_root(PARTY.roots[0], labels.SIGN_GENESIS, b"genesis"),)),
]


def _refused(data: bytes) -> None:
    with pytest.raises(Rejected) as fault:
        decode_message(data)
    assert fault.value.code == "pairing.form"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_comes_back_from_its_one_encoding(message: Message) -> None:
    """The same bytes in a frame, in a file and in a code to be scanned."""
    data = encode_message(message)
    assert decode_message(data) == message
    assert encode_message(decode_message(data)) == data
    _refused(data + b"\0")
    _refused(data[:-1])


def test_an_invitation_announces_who_invites_and_where() -> None:
    """Name, addresses and certificate of the newest document; all claimed until the card is here."""
    document = PARTY.documents[-1]
    assert INVITATION.claimed_name == "Arla"
    assert INVITATION.addresses == document.addresses
    assert INVITATION.certificate == document.certificate
    assert INVITATION.expires == START_MS


def test_a_message_says_what_it_is_in_words_known_here() -> None:
    """Another product, another version, an unknown tag, or a body under another message's tag."""
    envelope: list[Any] = decode(encode_message(INVITATION), MIB)
    assert envelope[:2] == ["detente pairing 1", "invitation"]
    for changed in (
        ["detente pairing 2", *envelope[1:]], [envelope[0], "greeting", envelope[2]],
        [envelope[0], "answer", envelope[2]], [*envelope, 0], envelope[:2],
        [envelope[0], "invitation", b""], [envelope[0], b"invitation", envelope[2]],
    ):  # fmt: skip
        _refused(encode(changed))
    for data in (b"", b"\x80", b"hello", bytes(MIB + 1)):
        _refused(data)


def test_fields_of_messages_are_bounded() -> None:
    """docs/spec/04-pairing.md §1.2 to §1.4: every limit, just beyond it."""
    answer, reveal, approval = MESSAGES[1:]
    assert isinstance(answer, Answer)
    assert isinstance(reveal, Reveal)
    assert isinstance(approval, Approval)
    hostile: list[Message] = [
        INVITATION._replace(form=2), INVITATION._replace(form=0),
        INVITATION._replace(commitment=bytes(31)), INVITATION._replace(token=bytes(15)),
        INVITATION._replace(certificate=bytes(33)), INVITATION._replace(addresses=("a:1",) * 9),
        INVITATION._replace(addresses=("",)), INVITATION._replace(addresses=("x" * 256,)),
        INVITATION._replace(claimed_name=""), INVITATION._replace(claimed_name="x" * 121),
        answer._replace(token=bytes(17)), answer._replace(nonce=bytes(31)),
        answer._replace(card=Card(())), answer._replace(card=Card(PARTY.chain * 65)),
        reveal._replace(nonce=b""), reveal._replace(token=b""),
        reveal._replace(terms=TERMS._replace(languages=())),
        reveal._replace(terms=TERMS._replace(languages=("en",) * 17)),
        reveal._replace(terms=TERMS._replace(languages=("e",))),
        reveal._replace(terms=TERMS._replace(terms="")),
        reveal._replace(terms=TERMS._replace(terms="x" * 33)),
        approval._replace(signatures=()), approval._replace(signatures=approval.signatures * 17),
        approval._replace(token=bytes(15)),
    ]  # fmt: skip
    for message in hostile:
        _refused(encode_message(message))


def test_a_card_holds_only_what_its_party_signed() -> None:
    """What is shown of a party before anything is trusted is its chain of documents."""
    assert to_bytes(CARD) == encode(
        [[[signed.document, [list(one) for one in signed.signatures]] for signed in PARTY.chain]]
    )
