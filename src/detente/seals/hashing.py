"""Hashes: SHA-256 with a label, and the two RFC 6962 hashes.

Carries out docs/spec/01-record.md §2 and §5. Sources: FIPS 180-4; RFC 6962 §2.1 for leaf and
node hashes. Invariant: `tagged` is injective in (label, parts): every part carries its length.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"

EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of a tree without leaves (RFC 6962 §2.1)."""


def tagged(label: bytes, *parts: bytes) -> bytes:
    """Return SHA-256(len(label) ‖ label ‖ for each part: length as u64 ‖ part).

    Args:
        label: 2 to 255 bytes from `seals.labels`; its length byte is therefore never 0 or 1,
            the prefixes of RFC 6962.
        parts: any byte strings.
    """
    pieces = [bytes((len(label),)), label]
    for part in parts:
        pieces.append(len(part).to_bytes(8, "big"))
        pieces.append(part)
    return sha256(b"".join(pieces)).digest()


def prefix_of(label: bytes) -> bytes:
    """Return the bytes that `tagged` puts before its first part, for callers that hash in a loop."""
    return bytes((len(label),)) + label


def leaf_hash(data: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ data), the RFC 6962 leaf hash."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right), the RFC 6962 hash of an inner node."""
    return sha256(_NODE + left + right).digest()
