"""Canonical bytes, hashes, signatures and trees, from docs/spec/01-record.md §1, §2, §3 and §5 alone.

Part of a second verifier that shares no code with ours: standard library, PyNaCl and cryptography.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa

DEPTH: Final = 8
_ENDLESS: Final = 31


class Wrong(Exception):
    """Something contradicts itself."""


class TooLittle(Exception):
    """What is here does not suffice to tell."""


# -- §1: bytes -------------------------------------------------------------------------------------


def read(data: bytes, most: int) -> Any:
    """Return the value whose one canonical form is `data`."""
    if len(data) > most:
        raise Wrong("too long")
    value, end = _item(data, 0, DEPTH)
    if end != len(data):
        raise Wrong("bytes after the value")
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if at >= len(data):
        raise Wrong("ends early")
    major, small = data[at] >> 5, data[at] & 31
    if major == 7:
        if small not in {20, 21, 22}:
            raise Wrong("no such value")
        return {20: False, 21: True, 22: None}[small], at + 1
    if major not in {0, 2, 3, 4}:
        raise Wrong("no such type")
    number, at = _number(data, at, small)
    if major == 0:
        return number, at
    if major == 4:
        if depth == 0:
            raise Wrong("nested too deep")
        values = []
        for _ in range(number):
            value, at = _item(data, at, depth - 1)
            values.append(value)
        return values, at
    if number > len(data) - at:
        raise Wrong("ends early")
    piece = data[at : at + number]
    if major == 3:
        try:
            return piece.decode(), at + number
        except UnicodeDecodeError:
            raise Wrong("not UTF-8") from None
    return piece, at + number


def _number(data: bytes, at: int, small: int) -> tuple[int, int]:
    if small < 24:
        return small, at + 1
    if small > 27:
        raise Wrong("no such length")
    size = 1 << (small - 24)
    piece = data[at + 1 : at + 1 + size]
    number = int.from_bytes(piece, "big")
    least = 24 if size == 1 else 1 << (4 * size)
    if len(piece) != size or number < least:
        raise Wrong("longer than needed")
    return number, at + 1 + size


def write(value: Any) -> bytes:
    """Return the canonical form of a value."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(4, len(value)) + b"".join(map(write, value))


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    power = next(power for power in range(4) if number < 1 << (8 << power))
    return bytes((major << 5 | 24 + power,)) + number.to_bytes(1 << power, "big")


# -- §2: hashes ------------------------------------------------------------------------------------


def tagged(label: str, *parts: bytes) -> bytes:
    """Return the labelled hash."""
    name = label.encode()
    pieces = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return sha256(bytes((len(name),)) + name + pieces).digest()


# -- §3: signatures --------------------------------------------------------------------------------

_KEY: Final = {1: 1952, 2: 2592}
_SIGNATURE: Final = {1: 3309, 2: 4627}


class Key:
    """A public key, checked."""

    def __init__(self, plain: Any) -> None:
        if type(plain) is not list or [type(part) for part in plain] != [int, bytes, bytes]:
            raise Wrong("no key")
        self.algorithm, self.ed25519, self.mldsa = plain
        if len(self.mldsa) != _KEY.get(self.algorithm, -1) or len(self.ed25519) != 32:
            raise Wrong("no key of a known size")
        if not nacl.bindings.crypto_core_ed25519_is_valid_point(self.ed25519):
            raise Wrong("an unsafe key")
        self.print = tagged(
            "detente/key-print/v1", bytes((self.algorithm,)), self.ed25519, self.mldsa
        )

    def check(self, label: str, message: bytes, signature: tuple[bytes, bytes]) -> None:
        """Check both halves over a labelled message (§3.6)."""
        name = label.encode()
        framed = b"DSSEv1 %d %b %d %b" % (len(name), name, len(message), message)
        self.check_parts(framed, framed, label, signature)

    def check_parts(
        self, first: bytes, second: bytes, context: str, signature: tuple[bytes, bytes]
    ) -> None:
        """Check each half over a message of its own."""
        if len(signature[0]) != 64 or len(signature[1]) != _SIGNATURE[self.algorithm]:
            raise Wrong("half a signature")
        try:
            nacl.bindings.crypto_sign_open(signature[0] + first, self.ed25519)
            form = mldsa.MLDSA65PublicKey if self.algorithm == 1 else mldsa.MLDSA87PublicKey
            form.from_public_bytes(self.mldsa).verify(signature[1], second, context.encode())
        except (nacl.exceptions.BadSignatureError, InvalidSignature, ValueError):
            raise Wrong("a signature does not hold") from None


# -- §5: trees -------------------------------------------------------------------------------------


def root_of(leaves: list[bytes]) -> bytes:
    """Return the root over leaf hashes, straight from the definition of RFC 6962."""
    if not leaves:
        return sha256(b"").digest()
    row = leaves
    while len(row) > 1:
        # Pairing neighbours and carrying a last odd one up gives the tree of the definition.
        paired = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row) - 1, 2)]
        row = paired + row[2 * len(paired) :]
    return row[0]
