"""Bodies of entries as plain data: whatever they hold, showing them raises nothing."""

from __future__ import annotations

from detente.charter.document import RootSignature, SignedDocument
from detente.charter.entries import NewDocument, Opening
from detente.dialogue.bodies import card_of, plain_body, read_body, text_of
from detente.protocols.opening.entries import Consent
from detente.record.entry import Entry, encode_payload, make_entry
from detente.terms.ids import EntryId, LogId, Ref
from tests.bundles import talk


def _with_payload(entry: Entry, payload: bytes) -> Entry:
    return make_entry(entry.header, bytes(16), payload)


def test_what_cannot_be_read_is_none() -> None:
    """Withheld, of a kind that is not known, or not of the form of its kind."""
    said = talk().log(0).entries[2]
    assert text_of(read_body(said)) == "Statement 0."
    assert read_body(said._replace(payload=None)) is None
    unknown = said._replace(header=said.header._replace(kind=4711))
    assert read_body(unknown) is None
    assert read_body(_with_payload(said, encode_payload(b"\x00"))) is None
    assert text_of(None) == ""


def test_entries_are_named_and_bytes_are_hexadecimal() -> None:
    """At any depth."""
    ref = Ref(LogId(bytes(32)), 7, EntryId(bytes(32)))
    assert plain_body(Consent(ref), lambda one: f"A-{one.seq}") == {"proposal": "A-7"}
    assert plain_body((b"\x01", ("x", 2)), str) == ["01", ["x", 2]]


def test_a_card_is_told_in_brief_wherever_it_stands() -> None:
    """In an entry of its own, or in the opening of a log; what is no card is none."""
    signed = talk().founded.papers.seats[0].chain[-1]
    card = card_of(NewDocument(signed))
    assert card is not None
    assert card["version"] == 1
    assert [len(root) for root in card["roots"]] == [64]
    digest = bytes(32)
    assert card_of(Opening(digest, digest, 1, 0, (), "rotated", signed)) == card
    assert card_of(Opening(digest, digest, 0, 0, (), "founding", None)) is None
    broken = SignedDocument(b"\x00", (RootSignature(b"", b"", b""),))
    assert card_of(NewDocument(broken)) is None
