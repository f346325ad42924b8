"""Bech32 text for keys, as age writes them: BIP 173 without its limit of 90 characters.

Carries out the encoding of docs/spec/10-pouch.md §2. Source: BIP 173; C2SP age.md, "Conventions"
(no length limit on the data part; upper or lower case, never mixed; the checksum is computed over
the lower-case text). The checksum finds mistakes of the hand and protects against nobody. It was
designed for 90 characters: in the 1 959 of a hybrid key one wrong character is always found, of
two or more one case in a thousand million may pass.

Invariants: one byte string has exactly one lower-case text, so padding bits must be zero; no text
that is refused is repeated in the fault, because it may be a private key.
"""

from __future__ import annotations

from typing import Final

from detente.terms.errors import N_, Rejected

TEXT_CHARS: Final = 4096
"""A hybrid recipient has 1 959 characters; the longest text that is looked at is twice that."""

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUE_OF: Final = {char: value for value, char in enumerate(_ALPHABET)}
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_CHARS: Final = 6


def encode_bech32(prefix: str, data: bytes) -> str:
    """Return `data` as lower-case text under the lower-case `prefix`, checksum included.

    Args:
        prefix: the human-readable part, 1 or more printable ASCII characters, without the ``1``
            that follows it.
        data: any bytes.
    """
    values = _regroup(data, 8, 5)
    checksum = _polymod([*_expand(prefix), *values, *(0,) * _CHECKSUM_CHARS]) ^ 1
    values += [checksum >> 5 * (_CHECKSUM_CHARS - 1 - i) & 31 for i in range(_CHECKSUM_CHARS)]
    return f"{prefix}1{''.join(_ALPHABET[value] for value in values)}"


def decode_bech32(text: str) -> tuple[str, bytes]:
    """Return the lower-case prefix and the bytes of `text`.

    Args:
        text: written by someone else; all upper or all lower case.

    Raises:
        Rejected: ``seals.bech32`` when the text has mixed case, a character outside the alphabet,
            a wrong checksum, or a padding that no encoder writes.
    """
    lower = text.lower()
    prefix, mark, coded = lower.rpartition("1")
    if (
        len(text) > TEXT_CHARS
        or not text.isascii()  # else "K", the Kelvin sign, would be read as a "k"
        or (text != lower and text != text.upper())
        or not mark
        or not prefix
        or not all(33 <= ord(char) <= 126 for char in prefix)
        or len(coded) < _CHECKSUM_CHARS
        or not all(char in _VALUE_OF for char in coded)
    ):
        raise _unreadable()
    values = [_VALUE_OF[char] for char in coded]
    if _polymod([*_expand(prefix), *values]) != 1:
        raise _unreadable()
    values = values[:-_CHECKSUM_CHARS]
    data = bytes(_regroup(values, 5, 8)[: len(values) * 5 // 8])
    if _regroup(data, 8, 5) != values:  # padding not zero, or a whole superfluous character
        raise _unreadable()
    return prefix, data


def _regroup(values: bytes | list[int], width: int, to_width: int) -> list[int]:
    """Return the bits of `values` in groups of `to_width`, the last one filled with zeros."""
    groups: list[int] = []
    held = bits = 0
    for value in values:
        held = (held << width | value) & 0xFFF  # 12 bits: 4 left over and 8 new, or 7 and 5
        bits += width
        while bits >= to_width:
            bits -= to_width
            groups.append(held >> bits & (1 << to_width) - 1)
    if bits:
        groups.append(held << to_width - bits & (1 << to_width) - 1)
    return groups


def _expand(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def _polymod(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate(_GENERATORS):
            if top >> i & 1:
                remainder ^= generator
    return remainder


def _unreadable() -> Rejected:
    return Rejected(
        "seals.bech32",
        N_("This is not the text of a key: it is incomplete or mistyped."),
        N_("Copy the whole text again, from its first character to its last."),
    )
