"""The payload of an age file: 64 KiB pieces, each under its own tag.

Carries out docs/spec/10-pouch.md §4. Source: C2SP age.md, "Payload": the STREAM construction
(eprint 2015/189) over ChaCha20-Poly1305 (RFC 8439), the nonce an 11-byte counter and a byte that
is 1 for the last piece only.

Invariants: a piece is released only after its tag held; pieces cannot be dropped, doubled, moved
or appended unnoticed; at most one piece and the caller's own chunk are held, whatever the size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from detente.seals.age_header import derive_key
from detente.terms.errors import N_, Rejected
from detente.terms.limits import KIB

PIECE_BYTES: Final = 64 * KIB
NONCE_BYTES: Final = 16

_TAG_BYTES: Final = 16


def seal_payload(file_key: bytes, nonce: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the sealed pieces of `chunks`, without the nonce that precedes them in a file.

    Args:
        file_key: 16 bytes, used for this file alone.
        nonce: 16 bytes, used for this file alone.
        chunks: plain bytes cut anywhere; empty ones are allowed.
    """
    aead = ChaCha20Poly1305(derive_key(file_key, nonce, b"payload"))
    counter = 0
    waiting = b""  # Only what comes after it says whether a piece is the last.
    for piece in _recut(chunks, PIECE_BYTES):
        if waiting:
            yield aead.encrypt(_nonce(counter, is_last=False), waiting, None)
            counter += 1
        waiting = piece
    yield aead.encrypt(_nonce(counter, is_last=True), waiting, None)


def open_payload(file_key: bytes, nonce: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the plain pieces of a payload as each one's tag holds.

    What has been yielded is genuine and in its place, but only the end of the iteration says that
    it is all there: act on nothing before that.

    Args:
        file_key: 16 bytes, from a header whose MAC was checked.
        nonce: the 16 bytes that follow the header.
        chunks: the bytes after the nonce, cut anywhere; unverified.

    Raises:
        Rejected: ``seals.age.payload`` when a piece was altered, moved, dropped or appended, or
            the end is missing.
    """
    aead = ChaCha20Poly1305(derive_key(file_key, nonce, b"payload"))
    is_ended = False
    for counter, sealed in enumerate(_recut(chunks, PIECE_BYTES + _TAG_BYTES)):
        if is_ended:
            raise _payload_fault(N_("Bytes were added to the end of this sealed file."))
        plain = None
        is_full = len(sealed) == PIECE_BYTES + _TAG_BYTES
        if is_full:
            plain = _open_piece(aead, _nonce(counter, is_last=False), sealed)
        if plain is None:
            # A full piece may also be the last one; a shorter one can be nothing else.
            plain = _open_piece(aead, _nonce(counter, is_last=True), sealed)
            is_ended = True
        if plain is None or (not plain and counter):
            raise _payload_fault(N_("This sealed file is damaged, or part of it is missing."))
        yield plain
    if not is_ended:
        raise _payload_fault(N_("The end of this sealed file is missing."))


def _open_piece(aead: ChaCha20Poly1305, nonce: bytes, sealed: bytes) -> bytes | None:
    try:
        return aead.decrypt(nonce, sealed, None)
    except InvalidTag:
        return None


def _nonce(counter: int, *, is_last: bool) -> bytes:
    return counter.to_bytes(11, "big") + bytes((is_last,))


def _recut(chunks: Iterable[bytes], size_bytes: int) -> Iterator[bytes]:
    """Yield the same bytes in pieces of exactly `size_bytes`; only the last may be shorter."""
    held = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        if held:
            missing = size_bytes - len(held)
            held += view[:missing]
            view = view[missing:]
            if len(held) == size_bytes:
                yield bytes(held)
                held.clear()
        while len(view) >= size_bytes:
            yield bytes(view[:size_bytes])
            view = view[size_bytes:]
        held += view
    if held:
        yield bytes(held)


def _payload_fault(why: str) -> Rejected:
    return Rejected("seals.age.payload", why, N_("Ask the sender for a new copy."))
