"""Claims about Bech32 text. Source of the fixed texts: BIP 173, "Test vectors"; C2SP age.md."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.seals.bech32 import TEXT_CHARS, decode_bech32, encode_bech32
from detente.terms.errors import Rejected

PUBLISHED = [
    ("A12UEL5L", "a", ""),
    ("a12uel5l", "a", ""),
    (
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio",
        "",
    ),
    (
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "abcdef",
        "00443214c74254b635cf84653a56d7c675be77df",
    ),
    ("11" + "q" * 82 + "c8247j", "1", "00" * 51),
    (
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        "split",
        "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d",
    ),
    ("?1ezyfcl", "?", ""),
]

REFUSED = [
    "\x201nwldj5",  # prefix below the printable range
    "\x7f1axkwrx",  # prefix above it
    "\x801eym55h",
    "pzry9x0s0muk",  # no separator
    "1pzry9x0s0muk",  # no prefix
    "x1b4n0q5v",  # a character outside the alphabet
    "li1dgmt3",  # checksum too short
    "de1lg7wt\xff",
    "A1G7SGD8",  # checksum made over the upper-case prefix
    "10a06t8",
    "1qzzfhee",
    "A12uEL5L",  # mixed case
    "",
]


@pytest.mark.parametrize(("text", "prefix", "data"), PUBLISHED)
def test_published_texts_are_read_and_written_back(text: str, prefix: str, data: str) -> None:
    """BIP 173, valid test vectors."""
    assert decode_bech32(text) == (prefix, bytes.fromhex(data))
    assert encode_bech32(prefix, bytes.fromhex(data)) == text.lower()


@pytest.mark.parametrize("text", REFUSED)
def test_published_faults_are_refused(text: str) -> None:
    """BIP 173, invalid test vectors."""
    with pytest.raises(Rejected) as fault:
        decode_bech32(text)
    assert fault.value.code == "seals.bech32"


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=80), st.data())
def test_one_mistyped_character_is_always_found(data: bytes, draw: st.DataObject) -> None:
    """BIP 173: the code finds every single substitution; people copy these texts by hand."""
    text = encode_bech32("age", data)
    assert decode_bech32(text) == ("age", data)
    assert decode_bech32(text.upper()) == ("age", data)
    place = draw.draw(st.integers(4, len(text) - 1))
    char = draw.draw(
        st.sampled_from(sorted(set("qpzry9x8gf2tvdw0s3jn54khce6mua7l") - {text[place]}))
    )
    with pytest.raises(Rejected):
        decode_bech32(text[:place] + char + text[place + 1 :])


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=100))
def test_any_text_is_read_or_refused_with_the_same_code(text: str) -> None:
    """Garbage in gives a typed fault."""
    code = ""
    try:
        prefix, data = decode_bech32(text)
    except Rejected as fault:
        code = fault.code
    else:
        assert encode_bech32(prefix, data) == text.lower()
    assert code in {"", "seals.bech32"}


def test_look_alike_of_a_letter_is_not_that_letter() -> None:
    """The Kelvin sign becomes "k" in lower case; one key would have two texts."""
    text = encode_bech32("k", b"").upper()
    assert decode_bech32(text) == ("k", b"")
    with pytest.raises(Rejected):
        decode_bech32(text.replace("K", "\N{KELVIN SIGN}", 1))


def test_padding_that_no_encoder_writes_is_refused() -> None:
    """C2SP age.md: one key has one text. The checksums below are right; only the padding is not."""
    # One byte takes two characters with two spare bits; "0x00" is "qq".
    assert decode_bech32(_with_checksum("a", "qq")) == ("a", b"\x00")
    for spare in ("qp", "qqq"):
        with pytest.raises(Rejected):
            decode_bech32(_with_checksum("a", spare))


def test_overlong_text_is_refused_unread() -> None:
    """A pasted file must not keep the program busy."""
    with pytest.raises(Rejected):
        decode_bech32(encode_bech32("age", bytes(TEXT_CHARS)))


def test_fault_does_not_repeat_the_text() -> None:
    """A mistyped private key must not reach a log."""
    with pytest.raises(Rejected) as fault:
        decode_bech32("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEZ")
    assert "GFPYY" not in f"{fault.value}{fault.value!r}{fault.value.details}"


def _with_checksum(prefix: str, coded: str) -> str:
    """Return the text with the checksum that fits, whatever its padding."""
    alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    values += [alphabet.index(c) for c in coded] + [0] * 6
    rest = 1
    for value in values:
        top = rest >> 25
        rest = (rest & 0x1FFFFFF) << 5 ^ value
        for i, g in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            rest ^= g if top >> i & 1 else 0
    rest ^= 1
    return prefix + "1" + coded + "".join(alphabet[rest >> 5 * (5 - i) & 31] for i in range(6))
