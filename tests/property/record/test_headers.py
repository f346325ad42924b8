"""Headers of every form: read exactly, or refused (attack 25, canonicalisation confusion)."""

from __future__ import annotations

from random import Random

import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.record.entry import Header, decode_header, encode_header
from detente.terms.errors import Rejected
from tests.headers import headers, read_header


def _decode(raw: bytes) -> Header | None:
    try:
        return decode_header(raw)
    except Rejected as fault:
        if fault.code not in {"record.entry.header", "record.entry.size"}:
            raise
        return None


@given(headers())
def test_header_encoder_writes_what_the_library_would(header: Header) -> None:
    """docs/spec/01-record.md §4: the fast encoder is deterministic CBOR and nothing else."""
    plain = [1, *header[:4], [list(ref) for ref in header.refs], *header[5:]]
    raw = encode_header(header)
    assert raw == cbor2.dumps(plain, canonical=True)
    assert len(raw) <= 4096
    assert decode_header(raw) == header
    assert read_header(raw) == header


@settings(max_examples=150)
@given(headers(), st.integers(0, 2**32))
def test_a_mutated_header_is_refused_or_is_another_canonical_header(
    header: Header, seed: int
) -> None:
    """Fast and slow reader agree on 6 000 altered headers; what is accepted encodes to itself."""
    raw = encode_header(header)
    dice = Random(seed)
    for _ in range(40):
        mutant = _mutate(raw, dice)
        found = _decode(mutant)
        assert found == read_header(mutant)
        if found is not None:
            assert encode_header(found) == mutant
            assert all(type(part) in (int, bytes, tuple) for part in found)


def _mutate(raw: bytes, dice: Random) -> bytes:
    """Return `raw` with one to three alterations of the kinds that confuse parsers."""
    data = bytearray(raw)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(data))
        match dice.randrange(6):
            case 0:
                data[at] = dice.randrange(256)
            case 1:
                data[at] ^= 1 << dice.randrange(8)
            case 2:
                del data[at : at + dice.choice((1, 2, 4, 8, 32, 34))]
            case 3:
                data[at:at] = dice.choice(
                    (b"\0", b"\x18", b"\x19\0", b"\x1a\0\0\0", b"\xc2", b"\xf5", b"\x5f", b"\xff",
                     b"\x80", b"\x58\x20", bytes(34))
                )  # fmt: skip
            case 4:
                data[at] = dice.choice((0x18, 0x19, 0x1A, 0x1B, 0x20, 0x40, 0x5F, 0x78, 0x9F, 0xF6))
            case _:
                other = dice.randrange(len(data))
                data[at], data[other] = data[other], data[at]
        if not data:
            return b""
    return bytes(data)


@given(st.binary(max_size=300))
def test_garbage_is_never_a_header(data: bytes) -> None:
    """Attack 23: any bytes give a header or the one fault, in bounded time."""
    assert _decode(data) == read_header(data)


def test_every_single_altered_byte_is_read_or_refused_like_the_slow_reader_does() -> None:
    """Every byte of one header with two references, in all 255 other values."""
    header = decode_header(_SAMPLE)
    for at in range(len(_SAMPLE)):
        for value in range(256):
            mutant = _SAMPLE[:at] + bytes((value,)) + _SAMPLE[at + 1 :]
            expected = read_header(mutant) if _is_form(at) else None
            found = _decode(mutant)
            if _is_form(at):
                assert found == expected, (at, value)
            else:
                assert found is not None
                assert encode_header(found) == mutant
    assert header.refs[0].log < header.refs[1].log


def _is_form(at: int) -> bool:
    """Tell whether the byte at `at` of the sample belongs to its form, not inside a digest."""
    return not any(start <= at < start + 32 for start in _DIGESTS)


_SAMPLE = bytes.fromhex(
    "8b01" "5820" + "33" * 32 + "1903e8" "5820" + "44" * 32 + "1a00010000" "82"
    "835820" + "11" * 32 + "1818" "5820" + "aa" * 32
    + "835820" + "22" * 32 + "05" "5820" + "bb" * 32
    + "1b0000019d00000000" "1850" "5820" + "55" * 32 + "190200" "5820" + "66" * 32
)  # fmt: skip
_DIGESTS = [_SAMPLE.index(bytes((value,)) * 32) for value in (0x33, 0x44, 0xAA, 0xBB, 0x55, 0x66)]


def test_a_header_cut_or_continued_anywhere_is_refused() -> None:
    """Truncation, and anything after the end."""
    for cut in range(len(_SAMPLE)):
        assert _decode(_SAMPLE[:cut]) is None
        assert _decode(_SAMPLE + _SAMPLE[: cut + 1]) is None
