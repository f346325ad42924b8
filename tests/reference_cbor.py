"""A slow reader of canonical bytes, written from RFC 8949 alone, to compare the fast one with.

It shares nothing with `record.encoding`, not even the library below it.
"""

from __future__ import annotations

from typing import Any, Final

DEPTH: Final = 8
_SIMPLE: Final[dict[int, bool | None]] = {0xF4: False, 0xF5: True, 0xF6: None}


class NotCanonical(Exception):
    """The bytes are not the one encoding of a value of our types."""


def read(data: bytes, depth: int = DEPTH) -> Any:
    """Return the value whose one encoding is exactly `data`, by RFC 8949 §3 and §4.2.1."""
    value, end = _item(data, 0, depth)
    if end != len(data):
        raise NotCanonical("something follows")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    first = _take(data, at, 1)[0]
    if first in _SIMPLE:
        return _SIMPLE[first], at + 1
    major, number, at = first >> 5, *_argument(data, at, first & 0x1F)
    if major == 0:
        return number, at
    if major == 2:
        return _take(data, at, number), at + number
    if major == 3:
        try:
            return _take(data, at, number).decode("utf-8", "strict"), at + number
        except UnicodeDecodeError:
            raise NotCanonical("not UTF-8") from None
    if major == 4 and depth:
        items = []
        for _ in range(number):
            item, at = _item(data, at, depth - 1)
            items.append(item)
        return items, at
    raise NotCanonical("a type or a depth that is not ours")


def _argument(data: bytes, at: int, info: int) -> tuple[int, int]:
    if info < 24:
        return info, at + 1
    if info > 27:
        raise NotCanonical("reserved or indefinite")
    size: int = 1 << (info - 24)
    number = int.from_bytes(_take(data, at + 1, size), "big")
    least = 24 if size == 1 else 1 << (4 * size)
    if number < least:
        raise NotCanonical("not the shortest form")
    return number, at + 1 + size


def _take(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise NotCanonical("too short")
    return data[at : at + size]
