"""Canonical bytes, both ways: the only place where foreign CBOR is parsed.

Carries out docs/spec/01-record.md §1: deterministic CBOR (RFC 8949 §4.2.1) of arrays, unsigned
integers below 2**64, byte strings, UTF-8 text, booleans and null. No maps, tags, floats, negative
numbers or indefinite lengths exist in our bytes, so there is one encoding of every value; decoding
encodes again and compares, which also catches trailing bytes that the library ignores.

Invariants: decoding is bounded in time and memory by the length of its input; it returns only
values of the types above, or raises.
"""

from __future__ import annotations

from typing import Any, Final

import cbor2

from detente.terms.errors import N_, Rejected
from detente.terms.limits import CBOR_DEPTH

Plain = int | bytes | str | bool | None | list[Any]
"""What canonical bytes can hold; lists hold the same."""

_UINT_LIMIT: Final = 2**64


def _refuse_tag(*_: object) -> Any:
    raise ValueError("tag")


# Built-in tags are decoded by the library unless overridden: a tag could build dates, regular
# expressions or shared references before any check of ours. Numbers from the IANA registry as
# listed in the library's documentation.
_NO_TAGS: Final = dict.fromkeys(
    (
        *range(6), 21, 22, 23, 24, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261,
        1004, 43000, 55799,
    ),
    _refuse_tag,
)  # fmt: skip


def encode(value: object, depth: int = CBOR_DEPTH) -> bytes:
    """Return the canonical bytes of `value`.

    Args:
        value: lists and tuples (as arrays) of the types of `Plain`.
        depth: deepest nesting; more than the default only for caches that never travel.

    Raises:
        TypeError: for any other type, a negative number or one of 2**64 or more: a fault of ours.
    """
    _check_plain(value, depth)
    return cbor2.dumps(value)


def decode(data: bytes, limit: int, code: str = "record.encoding", depth: int = CBOR_DEPTH) -> Any:
    """Return the value whose canonical bytes are exactly `data`.

    Args:
        data: bytes from anywhere.
        limit: largest accepted length in bytes.
        code: error code of the caller's format.

    Raises:
        Rejected: `code` when `data` is longer than `limit`, not well formed, not canonical, holds
            another type, nests deeper than `depth`, or is followed by anything.
    """
    if len(data) > limit:
        raise Rejected(
            code,
            N_("{size} bytes are more than the {limit} allowed here."),
            size=len(data),
            limit=limit,
        )
    try:
        value = cbor2.loads(
            data,
            max_depth=depth,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
        )
        _check_plain(value, depth)
        again = cbor2.dumps(value)
    except (cbor2.CBORError, ValueError, TypeError, EOFError, RecursionError, OverflowError):
        raise _not_canonical(code) from None
    if again != data:
        raise _not_canonical(code)
    return value


def _not_canonical(code: str) -> Rejected:
    return Rejected(code, N_("The bytes are not in the record's one canonical form."))


def _check_plain(value: object, depth: int) -> None:
    kind = type(value)
    if kind is int:
        if not 0 <= value < _UINT_LIMIT:  # type: ignore[operator]
            raise TypeError("integer out of range")
    elif kind is list or kind is tuple:
        if depth == 0:
            raise TypeError("too deep")
        for item in value:  # type: ignore[attr-defined]
            if type(item) is not bytes:  # most are, and a call each would cost more than it checks
                _check_plain(item, depth - 1)
    elif kind is not bytes and kind is not str and kind is not bool and value is not None:
        raise TypeError(f"{kind.__name__} has no canonical form here")


def uint(value: int) -> bytes:
    """Return the shortest CBOR encoding of an unsigned integer (RFC 8949 §3, major type 0)."""
    if value < 24:
        return _SMALL[value]
    if value < 0x100:
        return b"\x18" + value.to_bytes(1, "big")
    if value < 0x10000:
        return b"\x19" + value.to_bytes(2, "big")
    if value < 0x100000000:
        return b"\x1a" + value.to_bytes(4, "big")
    return b"\x1b" + value.to_bytes(8, "big")


_SMALL: Final = tuple(bytes((n,)) for n in range(24))


def decode_loosely(data: bytes) -> Any:
    """Decode an array header without the canonical comparison, for callers that compare themselves.

    Only `record.entry` calls this: it encodes the header again by its own, faster encoder and
    compares the bytes, which is the same check.

    Raises:
        ValueError: when the bytes are not well-formed CBOR of a shallow array without tags.
    """
    try:
        return cbor2.loads(
            data,
            max_depth=4,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            tag_hook=_refuse_tag,
            semantic_decoders=_NO_TAGS,
        )
    except (cbor2.CBORError, ValueError, TypeError, EOFError, RecursionError, OverflowError):
        raise ValueError("not well formed") from None
