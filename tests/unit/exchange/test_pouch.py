"""Claims about pouches. Spec: 10-pouch. Threats 24, 34 and 38."""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.exchange import pouch as pouch_module
from detente.exchange.frames import FRAME_BYTES, Batch, Bye, Heads, encode_frame
from detente.exchange.pouch import Parcel, pouch_recipient, read_pouch, write_pouch
from detente.exchange.pouch_manifest import FRAMES, Addressee, Manifest, Range, size_class
from detente.record.chain import Piece
from detente.record.checkpoint import encode_checkpoint
from detente.seals import age
from detente.seals.secrets import Secret
from detente.terms.errors import Bug, Refused, Rejected
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


def test_what_was_packed_comes_out_the_same() -> None:
    """§7: manifest and frames, and our own line of it."""
    heads = Heads(DIALOGUE, (encode_checkpoint(FIRST.checkpoint),))
    parcels: list[Parcel] = [heads, *CASE]
    sealing = cases.pack(parcels, to=(B, C))
    file = b"".join(sealing.chunks)
    for own in (B, C):
        pouch = cases.unpack(file, own)
        assert pouch.manifest == sealing.manifest
        assert pouch.digest == sealing.digest
        assert pouch.line.party == own.party
        assert list(pouch.parcels) == parcels


def test_an_empty_pouch_is_a_pouch() -> None:
    """A side that holds nothing new may still say what it holds, and ask for receipts."""
    pouch = cases.unpack(cases.packed([]))
    assert list(pouch.parcels) == []
    assert pouch.manifest.wants_receipts
    assert [line.size for line in pouch.manifest.sizes] == [0, 9]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 80_000), max_size=30))
def test_where_the_file_is_cut_in_chunks_changes_nothing(places: list[int]) -> None:
    """A disk gives what it gives."""
    chunks = cases.cut(FILE, places)
    pouch = read_pouch(chunks, [B.pouch], cases.keys, B.party)
    assert list(pouch.parcels) == CASE


FILE = cases.packed(CASE)
CONTENT = cases.open_content(FILE)


BIG: list[Parcel] = [cases.batch(TABLE, start, start + 130) for start in range(0, 1300, 130)]
BIG_FILE = cases.packed(BIG)


@pytest.mark.parametrize("part", range(40))
def test_pouch_that_breaks_off_gives_what_was_whole(part: int) -> None:
    """§7: a torn file is worth its beginning; the fault says how much that was."""
    file = BIG_FILE[: len(BIG_FILE) * part // 40]
    got, code = cases.drain(file)
    assert got == BIG[: len(got)]
    assert code == ("pouch.incomplete" if part > 10 else code) != ""
    assert code in CODES_BEFORE | CODES_AMONG
    if part > 30:
        assert got


def test_what_is_missing_after_a_torn_import_can_be_named() -> None:
    """§7: ranges that the sender says it packed, less what we hold."""
    manifest = cases.unpack(FILE).manifest
    assert manifest.missing_from({}) == (Range(LINE, 0, 2), Range(TABLE, 0, 3))
    assert manifest.missing_from({LINE: 2, TABLE: 1}) == (Range(TABLE, 1, 3),)
    assert manifest.missing_from({LINE: 9, TABLE: 3}) == ()


def _text_in(kind: object, seen: frozenset[object] = frozenset()) -> bool:
    """Return whether values of `kind` can hold text anywhere."""
    if kind is str:
        return True
    inner = [*get_args(kind)]
    if isinstance(kind, type) and hasattr(kind, "_fields") and kind not in seen:
        inner += get_type_hints(kind, include_extras=True).values()
    return any(_text_in(one, seen | {kind}) for one in inner)


def test_no_field_of_a_pouch_can_hold_a_name_or_path() -> None:
    """Threat 34: what cannot be said cannot be followed. Batches hold entries, which no courier reads."""
    assert not _text_in(Manifest)
    assert not _text_in(Batch)
    assert not _text_in(Heads)


def test_planted_fault_a_name_in_a_manifest_is_found() -> None:
    """Threat 34: the reader of shapes must see through pairs and lists."""
    assert _text_in(Bye)
    assert _text_in(tuple[tuple[Bye, ...], int] | None)


def _sizes() -> set[int]:
    pieces = cases.pieces_of(TABLE, 400)
    return {
        len(cases.packed([cases.batch(TABLE, 0, 400)._replace(pieces=pieces[:count])]))
        for count in range(1, 400, 9)
    }


def test_size_of_a_file_says_next_to_nothing() -> None:
    """Threat 38: 45 different loads, from one entry to 400, have files of two sizes."""
    assert len(_sizes()) == 2


def test_planted_fault_a_pouch_without_padding_tells_its_load(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threat 38: then every load has its own size."""
    monkeypatch.setattr(pouch_module, "size_class", lambda length: length)
    assert len(_sizes()) == 45


def test_repetitive_content_is_not_compressed() -> None:
    """Threats 24 and 38: a size depends on the length of what is said and never on what is said."""

    def size_of(payload: bytes) -> int:
        one = FIRST._replace(pieces=(Piece(b"raw", bytes(16), payload),))
        return len(cases.packed([one]))

    assert size_of(bytes(300_000)) == size_of(Random(0).randbytes(300_000)) > 300_000


def test_weak_pouch_key_in_a_document_is_not_sealed_for() -> None:
    """§3: one X25519 recipient would let a later machine open the pouch for all of them."""
    assert pouch_recipient(age.encode_recipient(B.pouch.recipient())) == B.pouch.recipient()
    weak = age.X25519Identity(Secret(bytes(32))).recipient()
    with pytest.raises(Rejected) as fault:
        pouch_recipient(age.encode_recipient(weak))
    assert fault.value.code == "seals.age.recipient"
    with pytest.raises(Refused):
        write_pouch(
            cases.manifest(to=(B, C)), list, A.node.sign,
            [B.pouch.recipient(), weak], Random(0).randbytes,
        )  # fmt: skip


def test_frames_that_change_between_the_passes_never_make_a_pouch() -> None:
    """§7: the manifest is signed before the frames are written."""
    first, second = encode_frame(FIRST), encode_frame(CASE[1])
    for later in ([second], [], [first, second]):
        passes = iter([[first], later])
        sealing = write_pouch(
            cases.manifest(), lambda passes=passes: next(passes), A.node.sign,  # type: ignore[misc]
            [B.pouch.recipient()], Random(0).randbytes,
        )  # fmt: skip
        with pytest.raises(Bug):
            b"".join(sealing.chunks)


@pytest.mark.parametrize(
    "draft",
    [
        cases.manifest(counter=2),
        cases.manifest(counter=1, previous=bytes(32)),
        cases.manifest(to=(A,)),
        cases.manifest()._replace(form=2),
        cases.manifest()._replace(ranges=(Range(TABLE, 3, 3),)),
        cases.manifest()._replace(ranges=(Range(TABLE, 0, 3), Range(LINE, 0, 3))),
        cases.manifest()._replace(sizes=cases.manifest().sizes * 2),
        cases.manifest()._replace(addressees=(Addressee(B.party[:9], 1, None, 0),)),
    ],
)
def test_our_side_never_signs_a_manifest_that_nobody_reads(draft: Manifest) -> None:
    """§7: order, form and series of a manifest; a reader refuses the same."""
    with pytest.raises(Bug):
        cases.pack([], draft)


@pytest.mark.parametrize(
    "frames",
    [[b""], [bytes(FRAME_BYTES + 1)], [b"x"] * (FRAMES + 1)],
    ids=["empty", "long", "many"],
)
def test_our_side_never_packs_frames_that_nobody_reads(frames: list[bytes]) -> None:
    """§7: length and number of frames; more is a second pouch."""
    with pytest.raises(Bug):
        write_pouch(
            cases.manifest(), lambda: frames, A.node.sign,
            [B.pouch.recipient()], Random(0).randbytes,
        )  # fmt: skip


def test_every_addressee_needs_a_key() -> None:
    """§7: a party that is named must be able to open."""
    with pytest.raises(Bug):
        cases.pack([], cases.manifest(to=(B, C)), to=(B,))


def test_hundred_thousand_entries_pass_in_bounded_memory() -> None:
    """§7: a pouch may be larger than memory; 100 000 entries of 1 KiB, sealed and opened at once."""
    pieces = tuple(Piece(bytes(300), bytes(16), bytes([n % 256]) * 700) for n in range(2000))
    frame = encode_frame(FIRST._replace(pieces=pieces))
    tracemalloc.start()
    try:
        sealing = write_pouch(
            cases.manifest(), lambda: (frame for _ in range(50)), A.node.sign,
            [B.pouch.recipient()], Random(0).randbytes,
        )  # fmt: skip
        pouch = read_pouch(sealing.chunks, [B.pouch], cases.keys, B.party)
        count = sum(len(parcel.pieces) for parcel in pouch.parcels if type(parcel) is Batch)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 100_000
    assert sealing.manifest.frame_bytes > 100_000_000
    assert peak < 16 * MIB


def test_size_classes_stand_in_the_content_and_not_in_the_seal() -> None:
    """§7: what is inside has exactly the length of its class."""
    assert len(CONTENT) == size_class(len(CONTENT.rstrip(b"\0"))) == 64 * KIB
    assert bytes(B.party) not in FILE
    assert bytes(A.node.public.print) not in FILE
