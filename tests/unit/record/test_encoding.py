"""Claims about canonical bytes: one encoding of each value, no other value (docs/spec/01-record.md §1)."""

from __future__ import annotations

import tracemalloc
from enum import IntEnum
from typing import Any

import pytest

from detente.record.encoding import decode, decode_loosely, encode, uint
from detente.terms.errors import Rejected
from tests.reference_cbor import read

EDGES = [
    0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
]  # fmt: skip


class _Colour(IntEnum):
    RED = 1


def _refused(data: bytes, limit: int = 4096) -> str:
    with pytest.raises(Rejected) as fault:
        decode(data, limit)
    return fault.value.code


def _nested(depth: int) -> Any:
    value: Any = 7
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("number", EDGES)
def test_every_number_has_its_shortest_form(number: int) -> None:
    """RFC 8949 §4.2.1; the header's own encoder writes the same as the library."""
    data = encode(number)
    assert uint(number) == data
    assert read(data) == number
    assert decode(data, 9) == number


def test_longer_forms_of_a_number_are_refused() -> None:
    """Attack 25: five ways to write a small number, one of them ours. Also as lengths."""
    for major in (0x00, 0x40, 0x60, 0x80):
        for number in (0, 1, 23):
            filling = {0x00: b"", 0x40: b"x", 0x60: b"x", 0x80: b"\x00"}[major] * number
            for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
                head = bytes((major | info,)) + number.to_bytes(size, "big")
                assert _refused(head + filling) == "record.encoding"


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, b"", b"\xff" * 300, "", "é\u202e\x00", [], [[], [None, [True]]],
        [1, b"2", "3", [False]], _nested(8),
    ],
)  # fmt: skip
def test_values_of_our_types_come_back_equal_and_of_the_same_type(value: Any) -> None:
    """Round trip, and the slow reader reads the same."""
    data = encode(value)
    back = decode(data, len(data))
    assert back == value
    assert type(back) is type(value)
    assert read(data) == value


@pytest.mark.parametrize(
    "value",
    [
        -1, 2**64, 1.0, float("nan"), {}, {1: 2}, set(), bytearray(b"x"), memoryview(b"x"), object(),
        _Colour.RED, [1, [2, {}]], 1j, _nested(9),
    ],
)  # fmt: skip
def test_a_value_that_has_no_canonical_form_is_an_error_of_ours(value: Any) -> None:
    """Nothing is bent into shape: an enumeration or a byte array must be converted by its owner."""
    with pytest.raises(TypeError):
        encode(value)


def test_a_lone_surrogate_cannot_be_encoded() -> None:
    """Text from a command line may hold one; UTF-8 cannot."""
    with pytest.raises(ValueError, match="surrogates"):
        encode("\udc80")
    assert _refused(b"\x63\xed\xb2\x80") == "record.encoding"


def test_no_tag_is_ever_decoded() -> None:
    """Attack 25: a tag could build dates, patterns or shared values before any check of ours."""
    numbers = [*range(300), *range(1000, 1010), 15309, 43000, 55799, 65535, 2**32, 2**64 - 1]
    for number in numbers:
        head = uint(number)
        tag = bytes((head[0] | 0xC0,)) + head[1:]
        for content in (
            b"\x00",
            b"\x41\x01",
            b"\x61a",
            b"\x80",
            b"\x82\x01\x02",
            b"\x81\xd8\x1d\x00",
        ):
            assert _refused(tag + content) == "record.encoding"
            with pytest.raises(ValueError):
                decode_loosely(b"\x81" + tag + content)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00\x00", b"\x80\x00", b"\xf7", b"\xe0", b"\xf8\x20", b"\xf9\x00\x00", b"\xa0",
        b"\x20", b"\x5f\xff", b"\x9f\xff", b"\x7f\xff", b"\xff", b"\x61\xff", b"\x62\xc3",
        b"\x81", b"\x41", b"\x1c", b"\xfb\x00\x00\x00\x00\x00\x00\x00\x00", b"\xf8\x14", b"\xf8\x15",
        b"\x63\xef\xbb", b"\x62\xc0\x80",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_value_of_ours_is_refused(data: bytes) -> None:
    """Trailing bytes, undefined, simple values, floats, maps, negatives, streams, bad UTF-8."""
    assert _refused(data) == "record.encoding"


def test_tuples_travel_as_arrays() -> None:
    """Frozen values need no conversion before they are written."""
    assert decode(encode((1, (b"x", ()))), 100) == [1, [b"x", []]]


def test_depth_is_bounded_alike_in_both_directions() -> None:
    """Attack 23 (deep nesting): what can be written can be read, and one level more neither."""
    assert decode(encode(_nested(8)), 100) == _nested(8)
    assert _refused(b"\x81" * 9 + b"\x07") == "record.encoding"
    assert _refused(b"\x81" * 4000 + b"\x07") == "record.encoding"
    assert decode(encode(_nested(30), 30), 100, depth=30) == _nested(30)
    with pytest.raises(Rejected):
        decode(encode(_nested(31), 31), 100, depth=30)
    assert decode(encode(7, 0), 1, depth=0) == 7


def test_size_is_checked_before_anything_is_parsed() -> None:
    """Attack 23 (oversize): the sentence names both figures, and the code is that of the format."""
    with pytest.raises(Rejected) as fault:
        decode(bytes(11), 10, "a.format")
    assert fault.value.code == "a.format"
    assert fault.value.details == {"size": 11, "limit": 10}
    with pytest.raises(Rejected) as fault:
        decode(b"\xff", 10, "a.format")
    assert fault.value.code == "a.format"


@pytest.mark.parametrize("head", ["9a", "5a", "7a", "ba", "9b00000000", "5b00000000", "7b00000000"])
def test_a_claimed_length_reserves_no_memory(head: str) -> None:
    """Attack 23 (huge lengths): five bytes cannot make a node set a gigabyte aside."""
    data = bytes.fromhex(head) + b"\x3f\xff\xff\xff"
    tracemalloc.start()
    try:
        assert _refused(data) == "record.encoding"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_loose_reader_tells_nothing_but_that_it_is_not_well_formed() -> None:
    """It is followed by a comparison; before that only a ValueError may come out."""
    assert decode_loosely(b"\x82\x01\x41x") == [1, b"x"]
    assert decode_loosely(b"\x18\x01") == 1  # not the shortest form: for the comparison to find
    for data in (b"", b"\x81", b"\x9f\xff", b"\x81" * 6 + b"\x00", b"\xc0\x00", b"\x61\xff"):
        with pytest.raises(ValueError):
            decode_loosely(data)
