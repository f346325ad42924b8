"""Claims about manifests and sizes of pouches. Spec: 10-pouch §7. Threat 38."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.exchange.frames import SizeLine
from detente.exchange.pouch_manifest import (
    FRAMES,
    MANIFEST_BYTES,
    Addressee,
    Range,
    decode_manifest,
    encode_manifest,
    manifest_digest,
    size_class,
)
from detente.record.encoding import decode, encode
from detente.terms.errors import Rejected
from detente.terms.limits import KIB, LINES, MIB, PARTIES
from tests.unit.exchange import pouch_cases as cases
from tests.unit.exchange.pouch_cases import B, C

GIB = 1024 * MIB


@given(st.integers(1, 2**40))
def test_class_holds_its_content_at_a_bounded_price(length: int) -> None:
    """Doubling up to 16 MiB; above, one part in 32 (PoPETs 2019, §4: at most 2^-(⌊log2 E⌋+1))."""
    whole = size_class(length)
    assert whole >= length
    assert size_class(whole) == whole
    assert whole == 64 * KIB or whole < 2 * length
    if length > 16 * MIB:
        assert (whole - length) * 32 <= length + 32


@given(st.integers(1, 2**34), st.integers(0, 2**20))
def test_more_content_never_has_a_smaller_class(length: int, more: int) -> None:
    """Otherwise a size would tell more than it must."""
    assert size_class(length) <= size_class(length + more)


def test_sizes_of_many_pouches_fall_into_few_classes() -> None:
    """Threat 38: ten thousand loads up to 16 MiB have nine sizes, and the frequent ones share one."""
    random = Random(38)
    histogram = Counter(size_class(int(2 ** random.uniform(8, 24))) for _ in range(10_000))
    assert sorted(histogram) == [64 * KIB << step for step in range(9)]
    assert histogram[64 * KIB] > 4_500


def test_number_of_classes_up_to_a_gibibyte_is_what_the_documents_say() -> None:
    """Nine, then 32 for each doubling: a size tells a carrier at most eight and a half bits."""
    classes = set()
    length = 1
    while length <= GIB:
        classes.add(size_class(length))
        length = size_class(length) + 1
    assert len(classes) == 9 + 6 * 32


def test_manifest_comes_back_the_same() -> None:
    """§7: one encoding of every manifest."""
    manifest = cases.manifest([cases.batch(cases.TABLE, 0, 3)], (B, C), 2, bytes(32))
    raw = encode_manifest(manifest)
    assert decode_manifest(raw) == manifest
    assert manifest_digest(raw) != manifest_digest(raw + b"\0")


def test_largest_manifest_can_be_read() -> None:
    """§7: eight parties, every log, every frame."""
    names = [number.to_bytes(32, "big") for number in range(FRAMES)]
    most = 2**63
    manifest = cases.manifest()._replace(
        sender=bytes([255]) * 32,
        addressees=tuple(Addressee(name, 2**32, name, 2**32) for name in names[:PARTIES]),
        ranges=tuple(Range(name, most, most + 1) for name in names[:LINES]),
        sizes=tuple(SizeLine(name, most, name) for name in names[:LINES]),
        time=most, frame_bytes=most, digests=tuple(names),
    )  # fmt: skip
    raw = encode_manifest(manifest)
    assert len(raw) < MANIFEST_BYTES
    assert decode_manifest(raw) == manifest


PLAIN = decode(encode_manifest(cases.manifest(to=(B, C))), MANIFEST_BYTES)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 2),
        (1, bytes(31)),
        (2, B.party),
        (4, []),
        (4, PLAIN[4][::-1]),
        (4, [PLAIN[4][0], PLAIN[4][0]]),
        (4, [[B.party, 0, [], 0]]),
        (4, [[B.party, 2**32 + 1, [bytes(32)], 0]]),
        (4, [[B.party, 2, [], 0]]),
        (4, [[B.party, 1, [bytes(32)], 0]]),
        (6, [[bytes(32), 5, 4]]),
        (6, [[bytes(32), 0, 4], [bytes(32), 4, 5]]),
        (7, PLAIN[7][::-1]),
        (8, 1),
        (10, [bytes(31)]),
        (10, [bytes(32)] * (FRAMES + 1)),
    ],
)
def test_manifest_out_of_order_is_refused(place: int, value: object) -> None:
    """§7: one form, each party and log once and sorted, a first pouch without a predecessor."""
    changed = list(PLAIN)
    assert encode(changed) == encode_manifest(decode_manifest(encode(changed)))
    changed[place] = value
    with pytest.raises(Rejected) as fault:
        decode_manifest(encode(changed))
    assert fault.value.code == "pouch.form"


@given(st.binary(max_size=200))
def test_foreign_bytes_are_a_manifest_or_rejected(data: bytes) -> None:
    """§7: nothing else can come of them."""
    with pytest.raises(Rejected):
        decode_manifest(data)
