"""Claims about pouches that somebody made, altered or passed on in bad faith. Spec: 10-pouch §7."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.exchange.frames import Bye, Frame, Heads, encode_frame
from detente.exchange.pouch import Parcel, read_pouch, write_pouch
from detente.exchange.pouch_manifest import Manifest, encode_manifest, size_class
from detente.record.chain import Piece
from detente.record.encoding import encode
from detente.seals import age, labels
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.limits import KIB, MIB
from tests.unit.exchange import pouch_cases as cases
from tests.unit.exchange.pouch_cases import (
    CODES_AMONG,
    CODES_BEFORE,
    DIALOGUE,
    LINE,
    TABLE,
    A,
    B,
    C,
)

FIRST = cases.batch(TABLE, 0, 3)
CASE: list[Parcel] = [FIRST, cases.batch(LINE, 0, 2), cases.receipt()]
FILE = cases.packed(CASE)
CONTENT = cases.open_content(FILE)


def _code_of(file: bytes, own: cases.Side = B) -> str:
    return cases.drain(file, own)[1]


def _third_gets_through() -> bool:
    return _code_of(cases.reseal(CONTENT, C), C) != "pouch.recipient"


def test_pouch_cannot_be_sealed_again_for_a_third_party() -> None:
    """Threat 35: B opens A's pouch and seals it for C, who would think that A wrote to C."""
    assert cases.drain(FILE) == (CASE, "")
    assert not _third_gets_through()
    assert cases.drain(cases.reseal(CONTENT, C), C)[0] == []


def test_planted_fault_third_party_takes_any_pouch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threat 35, without the look at the recipients: the claim above must notice."""
    monkeypatch.setattr(Manifest, "line_of", lambda self, party: self.addressees[0])
    assert _third_gets_through()


def test_pouch_of_our_own_that_comes_back_is_refused() -> None:
    """Threat 35: reflected to its sender."""
    assert _code_of(cases.reseal(CONTENT, A), A) == "pouch.recipient"


def test_pouch_sealed_for_others_is_not_opened() -> None:
    """§7: the ordinary case of a pouch that went to the wrong address."""
    assert _code_of(FILE, C) == "pouch.key"


@pytest.mark.parametrize(
    "change",
    [
        {"sender": bytes(32)},
        {"sender": C.party},
        {"node": B.node.public.print},
        {"dialogue": bytes(32)},
    ],
)
def test_sender_that_is_not_known_in_the_dialogue_is_refused(change: dict[str, bytes]) -> None:
    """§7: nobody can send into a dialogue, or in the name of a party, with another key."""
    draft = cases.manifest(CASE)._replace(**change)  # type: ignore[arg-type]
    assert cases.drain(cases.packed(CASE, draft)) == ([], "pouch.sender")


def test_key_lookup_that_answers_with_another_key_changes_nothing() -> None:
    """§7: the print in the manifest is what was signed."""
    with pytest.raises(Rejected) as fault:
        read_pouch([FILE], [B.pouch], lambda *_: C.node.public, B.party)
    assert fault.value.code == "pouch.sender"


@pytest.mark.parametrize("way", ["other key", "other label", "ed25519 only", "ml-dsa only"])
def test_signature_must_be_the_senders_with_both_halves(way: str) -> None:
    """Threat 28: hybrid means both."""

    def sign(label: bytes, message: bytes) -> Signature:
        made = (C if way == "other key" else A).node.sign(
            labels.SIGN_ACT if way == "other label" else label, message
        )
        if way == "ed25519 only":
            return made._replace(mldsa=b"")
        return made._replace(ed25519=bytes(64)) if way == "ml-dsa only" else made

    frames = [encode_frame(parcel) for parcel in CASE]
    sealing = write_pouch(
        cases.manifest(CASE), lambda: frames, sign, [B.pouch.recipient()], Random(1).randbytes
    )
    assert cases.drain(b"".join(sealing.chunks)) == ([], "pouch.signature")


def test_any_flipped_bit_of_a_file_is_noticed_and_nothing_wrong_comes_out() -> None:
    """§7: the seal covers everything; what comes out before it breaks is what was packed."""
    start_of_payload = FILE.index(b"\n--- ")
    for place in (*range(0, start_of_payload + 80, 3), *range(start_of_payload, len(FILE), 501)):
        changed = bytearray(FILE)
        changed[place] ^= 1 << place % 8
        got, code = cases.drain(bytes(changed))
        assert code in CODES_BEFORE | CODES_AMONG, place
        assert got == CASE[: len(got)]


def test_any_flipped_bit_inside_the_seal_is_noticed_and_nothing_wrong_comes_out() -> None:
    """§7: whoever opened a pouch can pack it anew for us, since our key is public."""
    for place in (*range(400), *range(400, 20_000, 37), len(CONTENT) - 1):
        changed = bytearray(CONTENT)
        changed[place] ^= 1 << place % 8
        got, code = cases.drain(cases.reseal(bytes(changed), B))
        assert code in CODES_BEFORE | {"pouch.contents"}, place
        assert got == CASE[: len(got)]


def test_payloads_cannot_be_stripped_from_a_pouch_by_who_could_open_it() -> None:
    """§7: headers without payloads verify in the record; a repacked pouch must not bring them."""
    first = encode_frame(FIRST)
    bare = encode_frame(
        FIRST._replace(pieces=tuple(Piece(raw, None, None) for raw, _, _ in FIRST.pieces))
    )
    place = CONTENT.index(first)
    changed = (
        CONTENT[: place - 4] + len(bare).to_bytes(4, "big") + bare + CONTENT[place + len(first) :]
    )
    assert cases.drain(cases.reseal(changed, B)) == ([], "pouch.contents")


@pytest.mark.parametrize(
    "changed",
    [
        CONTENT[:-1],
        CONTENT + b"\0",
        CONTENT[:-1] + b"x",
        CONTENT.rstrip(b"\0"),
        CONTENT + bytes(2 * MIB),
    ],
    ids=["short", "long", "not zero", "none", "much longer"],
)
def test_padding_has_one_form(changed: bytes) -> None:
    """§7: nothing rides along behind the frames."""
    assert cases.drain(cases.reseal(changed, B)) == (CASE, "pouch.contents")


@settings(max_examples=100)
@given(st.binary(max_size=300), st.booleans())
def test_foreign_content_never_does_more_than_be_rejected(data: bytes, is_tagged: bool) -> None:
    """§7: anybody may seal anything for us."""
    content = b"detente pouch 1\n" * is_tagged + data
    got, code = cases.drain(cases.reseal(content, B))
    assert got == []
    assert code == "pouch.form"


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_foreign_files_never_do_more_than_be_rejected(data: bytes) -> None:
    """§7: what is no sealed file at all."""
    assert cases.drain(data) == ([], "pouch.damaged")


@pytest.mark.parametrize("length", [0, 320 * KIB + 1, 2**32 - 1])
def test_length_of_a_manifest_is_judged_before_it_is_read(length: int) -> None:
    """Threat 23: a stranger's four bytes do not choose how much we hold."""
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"detente pouch 1\n" + length.to_bytes(4, "big")
        while True:
            taken += 1
            yield bytes(64 * KIB)

    sealed = age.seal(endless(), [B.pouch.recipient()], Random(0).randbytes)
    with pytest.raises(Rejected) as fault:
        read_pouch(sealed, [B.pouch], cases.keys, B.party)
    assert fault.value.code == "pouch.form"
    assert taken < 4


@pytest.mark.parametrize(
    "frame", [Bye(DIALOGUE, "over"), Heads(bytes(32), ())], ids=["other kind", "other dialogue"]
)
def test_signed_frame_that_does_not_belong_in_a_pouch_is_refused(frame: Frame) -> None:
    """§7: heads, batches and receipts of the one dialogue, and nothing else."""
    sealing = write_pouch(
        cases.manifest(), lambda: [encode_frame(FIRST), encode_frame(frame)], A.node.sign,
        [B.pouch.recipient()], Random(1).randbytes,
    )  # fmt: skip
    assert cases.drain(b"".join(sealing.chunks)) == (CASE[:1], "pouch.form")


@pytest.mark.parametrize("shift", [-1, 1])
def test_sender_that_lies_about_the_length_is_found_out(shift: int) -> None:
    """§7: the padding begins where the manifest says, and frames fill what is before it."""
    sealing = cases.pack(CASE)
    lying = sealing.manifest._replace(frame_bytes=sealing.manifest.frame_bytes + shift)
    raw = encode_manifest(lying)
    signature = encode(list(A.node.sign(labels.SIGN_POUCH, raw)))
    content = b"detente pouch 1\n"
    for part in (raw, signature, *map(encode_frame, CASE)):
        content += len(part).to_bytes(4, "big") + part
    content += bytes(size_class(len(content)) - len(content))
    got, code = cases.drain(cases.reseal(content, B))
    assert (got, code) == (CASE[: 3 if shift > 0 else 2], "pouch.contents")


def test_signed_frame_without_form_is_refused() -> None:
    """§7: the frame has its own judge."""
    sealing = write_pouch(
        cases.manifest(), lambda: [encode([77, 0])], A.node.sign,
        [B.pouch.recipient()], Random(1).randbytes,
    )  # fmt: skip
    assert cases.drain(b"".join(sealing.chunks)) == ([], "exchange.frame")
