"""Claims about the header of a sealed file. Source: C2SP age.md, "Header" and its ABNF."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.seals.age_header import (
    HEADER_BYTES,
    STANZAS,
    Source,
    Stanza,
    check_mac,
    decode_base64,
    encode_base64,
    encode_header,
    read_header,
)
from detente.terms.errors import Rejected
from detente.terms.limits import KIB, MIB

KEY = bytes(range(16))
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=70)
STANZA = st.builds(
    Stanza, st.lists(VISIBLE, min_size=1, max_size=4).map(tuple), st.binary(max_size=150)
)


def _read(data: bytes) -> tuple[Stanza, ...]:
    return read_header(Source([data])).stanzas


def _code_of(data: bytes) -> str:
    with pytest.raises(Rejected) as fault:
        _read(data)
    return fault.value.code


@settings(deadline=None, derandomize=True)
@given(st.lists(STANZA, min_size=1, max_size=5), st.binary(max_size=40))
def test_header_is_read_back_whole_and_nothing_after_it_is_touched(
    stanzas: list[Stanza], rest: bytes
) -> None:
    """A body of any length, also one that fills its last line, survives the line breaks."""
    encoded = encode_header(stanzas, KEY)
    source = Source([encoded + rest])
    header = read_header(source)
    assert header.stanzas == tuple(stanzas)
    check_mac(header, KEY)
    assert b"".join(source.rest()) == rest


def test_mac_covers_every_byte_before_it_and_the_key() -> None:
    """age.md, "Header MAC"."""
    encoded = encode_header([Stanza(("a", "b"), b"\x01")], KEY)
    header = read_header(Source([encoded]))
    assert header.covered == encoded[: encoded.index(b"---") + 3]
    for other in (
        header._replace(covered=header.covered.replace(b"b", b"c")),
        header._replace(mac=bytes(32)),
    ):
        with pytest.raises(Rejected) as fault:
            check_mac(other, KEY)
        assert fault.value.code == "seals.age.mac"
    with pytest.raises(Rejected):
        check_mac(header, bytes(16))


def test_more_stanzas_than_the_bound_are_refused() -> None:
    """Every identity tries every stanza: their number bounds the work."""
    stanza = Stanza(("x",), b"")
    assert len(_read(encode_header([stanza] * STANZAS, KEY))) == STANZAS
    assert _code_of(encode_header([stanza] * (STANZAS + 1), KEY)) == "seals.age.header"


def test_header_without_end_is_given_up_at_the_bound() -> None:
    """A stranger's file must not fill the memory before it is refused."""
    taken = 0

    def endless(unit: bytes) -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += len(unit)
            yield unit

    for start, unit in (
        (b"", bytes(KIB)),
        (b"age-encryption.org/v1\n-> x ", b"a" * KIB),
        (b"age-encryption.org/v1\n-> x\n", (b"A" * 64 + b"\n") * 16),
    ):
        taken = 0

        def chunks(start: bytes = start, unit: bytes = unit) -> Iterator[bytes]:
            yield start
            yield from endless(unit)

        with pytest.raises(Rejected) as fault:
            read_header(Source(chunks()))
        assert fault.value.code == "seals.age.header"
        assert taken <= HEADER_BYTES + 2 * KIB


def test_bound_holds_also_when_one_chunk_brings_everything() -> None:
    """The verdict must not depend on how the bytes are cut."""
    stanza = Stanza(("x", "a" * HEADER_BYTES), b"")
    encoded = encode_header([stanza], KEY)
    assert _code_of(encoded + bytes(MIB)) == "seals.age.header"
    with pytest.raises(Rejected):
        read_header(Source(encoded[i : i + 100] for i in range(0, len(encoded), 100)))


def test_header_needs_a_stanza() -> None:
    """age.md, ABNF: ``header = v1-line 1*stanza end``."""
    mac = b"A" * 43
    assert _code_of(b"age-encryption.org/v1\n--- " + mac + b"\n") == "seals.age.header"


def test_base64_has_one_form_only() -> None:
    """age.md, "Conventions": canonical, no padding, nothing skipped."""
    for data in (b"", b"a", b"ab", b"abc"):
        assert decode_base64(encode_base64(data).encode()) == data
    for text in (b"YQ==", b"YR", b"YWI=", b"YWJ", b"Y", b"Y Q", b"YQ\n", b"Y-", b"Y_", b"\xff\xff"):
        assert decode_base64(text) is None
    assert decode_base64(b"YWI", 2) == b"ab"
    assert decode_base64(b"YWI", 3) is None
