"""Any bytes, any value: one encoding each, bounded in time and memory (docs/spec/01-record.md §1)."""

from __future__ import annotations

from typing import Any

import cbor2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detente.record.encoding import decode, decode_loosely, encode, uint
from detente.terms.errors import Rejected
from tests.reference_cbor import NotCanonical, read

LIMIT = 4096
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=40),
    st.text(max_size=40),
)
VALUES = st.recursive(ATOMS, lambda inner: st.lists(inner, max_size=5), max_leaves=20)
#: Values that a library would write gladly and that are not ours.
STRANGE = st.recursive(
    st.one_of(ATOMS, st.integers(), st.floats(), st.just(cbor2.undefined)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers(0, 9)), inner, max_size=3),
        st.builds(cbor2.CBORTag, st.integers(0, 70_000), inner),
    ),
    max_leaves=12,
)


def _read(data: bytes) -> tuple[bool, Any]:
    try:
        return True, read(data)
    except NotCanonical:
        return False, None


def _decode(data: bytes) -> tuple[bool, Any]:
    try:
        return True, decode(data, LIMIT)
    except Rejected:
        return False, None


def _depth(value: Any) -> int:
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@given(VALUES)
def test_every_value_has_one_encoding_and_comes_back(value: Any) -> None:
    """Round trip; the library's canonical mode and the slow reader agree with ours."""
    if _depth(value) > 8:
        return
    data = encode(value)
    assert data == cbor2.dumps(value, canonical=True)
    assert _decode(data) == _read(data) == (True, value)
    assert encode(decode(data, LIMIT)) == data


@given(st.integers(0, 2**64 - 1))
def test_numbers_are_written_alike_everywhere(number: int) -> None:
    """The header's own encoder of numbers, and the library's."""
    assert uint(number) == encode(number) == cbor2.dumps(number)


@settings(max_examples=300)
@given(st.binary(max_size=60))
@example(b"\x81" * 60)
@example(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff")
@example(b"\xd8\x1c\x81\xd8\x1d\x00")
def test_fast_and_slow_reader_agree_on_any_bytes(data: bytes) -> None:
    """Attack 25: garbage in gives a value that encodes to itself, or the one fault."""
    assert _decode(data) == _read(data)
    try:
        decode_loosely(data)
    except ValueError:
        assert not _decode(data)[0] or _depth(_read(data)[1]) > 4


@given(STRANGE)
def test_what_a_library_can_write_and_we_cannot_is_refused(value: Any) -> None:
    """Maps, floats, negatives, tags and undefined, anywhere inside."""
    data = cbor2.dumps(value)
    assert _decode(data) == _read(data)


@given(VALUES, st.integers(0, 200), st.integers(0, 255), st.binary(max_size=3))
def test_an_altered_encoding_is_refused_or_another_value(
    value: Any, place: int, byte: int, more: bytes
) -> None:
    """Attack 25: one altered byte and trailing bytes; two values never share their bytes."""
    if _depth(value) > 8:
        return
    data = bytearray(encode(value))
    data[place % len(data)] = byte
    mutant = bytes(data) + more
    is_ours, other = _decode(mutant)
    assert (is_ours, other) == _read(mutant)
    if is_ours:
        assert encode(other) == mutant
