"""One entry: a small header that is chained and hashed, and a salted payload that may be dropped.

Carries out docs/spec/01-record.md §4. The entry's identifier is the RFC 6962 leaf hash of its
header, so that chain, tree and reference all use one hash; the header holds only a salted hash of
the payload, so the payload can be withheld or erased and everything else still verifies.

Invariants: bytes are kept exactly as received; an unknown kind is a valid header; time in a header
is a claim and decides nothing.
"""

from __future__ import annotations

import re
import struct
from hashlib import sha256
from typing import Final, NamedTuple

from detente.record.encoding import decode, decode_loosely, encode, uint
from detente.seals import labels
from detente.seals.hashing import prefix_of
from detente.seals.signing import Signature
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DialogueId, EntryId, KeyPrint, LogId, Ref
from detente.terms.limits import ENTRY_REFS, HEADER_BYTES, PAYLOAD_BYTES, SALT_BYTES

FORMAT: Final = 1
_HEAD: Final = b"\x8b\x01\x58\x20"  # array of 11, format 1, byte string of 32
_STATEMENT_HEAD: Final = b"\x8a\x58\x20"  # array of 10, byte string of 32
_BYTES32: Final = b"\x58\x20"
_NO_ACTOR: Final = b"\x40"
_REF_HEAD: Final = b"\x83\x58\x20"
_UINT_LIMIT: Final = 2**64
# The canonical form of a header as a grammar (RFC 8949 §3 and §4.2.1): shortest integers, byte strings
# of exactly 32, and as many references as their array says.
_UINT: Final = (
    rb"(?:[\x00-\x17]|\x18[\x18-\xff]|\x19(?!\x00).{2}|\x1a(?!\x00\x00).{4}"
    rb"|\x1b(?!\x00\x00\x00\x00).{8})"
)
_REF: Final = rb"(?:\x83\x58\x20.{32}%b\x58\x20.{32})" % _UINT
_REFS: Final = rb"(?:%b)" % b"|".join(
    re.escape(bytes((0x80 | count,))) + _REF + b"{%d}" % count for count in range(ENTRY_REFS + 1)
)
_CANONICAL: Final = re.compile(
    b"".join(
        (
            rb"\x8b\x01\x58\x20.{32}", _UINT, rb"\x58\x20.{32}", _UINT, _REFS, _UINT, _UINT,
            rb"(?:\x40|\x58\x20.{32})", _UINT, rb"\x58\x20.{32}",
        )
    ),
    re.DOTALL,
).fullmatch  # fmt: skip
_UNSIGNED: Final = b"\x80"  # array of no signatures
_ONE_SIGNATURE: Final = struct.Struct("4s32s2s64s3s3309s")
_SIGNED: Final = (b"\x81\x83\x58\x20", b"\x58\x40", b"\x59\x0c\xed")  # array of one such triple
_PAYLOAD_PREFIX: Final = prefix_of(labels.PAYLOAD) + SALT_BYTES.to_bytes(8, "big")

NO_ACTOR: Final = KeyPrint(b"")
"""Actor of a machine entry: the node itself."""


class Header(NamedTuple):
    """The eleven fields of an entry's header, less the format number."""

    log: LogId
    seq: int
    prev: bytes
    """Identifier of entry seq - 1; for seq 0 the dialogue id."""
    clock: int
    """1 + the highest clock among the previous entry and the references (Lamport)."""
    refs: tuple[Ref, ...]
    """Heads of other logs that moved since the author's previous entry, sorted by log."""
    time: int
    """Milliseconds since 1970 UTC as its author claims."""
    kind: int
    actor: KeyPrint
    """Print of the delegate's key, or empty for the node."""
    length: int
    """Payload bytes."""
    payload_hash: bytes


class Entry(NamedTuple):
    """An entry as stored and relayed: its exact header bytes, and its payload where it is here."""

    id: EntryId
    raw: bytes
    header: Header
    salt: bytes | None
    payload: bytes | None
    """None when withheld or erased; then `salt` is None too."""


class Payload(NamedTuple):
    """What a payload holds: the body's bytes and the signatures of those who act."""

    body: bytes
    signatures: tuple[tuple[KeyPrint, Signature], ...]


def payload_hash(salt: bytes, payload: bytes) -> bytes:
    """Return the labelled hash of a payload under its 16-byte salt.

    Equal to ``tagged(labels.PAYLOAD, salt, payload)``, written out because it runs once per entry.
    """
    return sha256(
        b"".join((_PAYLOAD_PREFIX, salt, len(payload).to_bytes(8, "big"), payload))
    ).digest()


def encode_header(header: Header) -> bytes:
    """Return the canonical bytes of a header (at most `limits.HEADER_BYTES`)."""
    log, seq, prev, clock, refs, time, kind, actor, length, hashed = header
    return b"".join(
        (
            _HEAD, log, uint(seq), _BYTES32, prev, uint(clock), _encode_refs(refs), uint(time),
            uint(kind), _BYTES32 + actor if actor else _NO_ACTOR, uint(length), _BYTES32, hashed,
        )
    )  # fmt: skip


def _encode_refs(refs: tuple[Ref, ...]) -> bytes:
    pieces = [bytes((0x80 | len(refs),))]
    for log, seq, name in refs:
        pieces += (_REF_HEAD, log, uint(seq), _BYTES32, name)
    return b"".join(pieces)


def decode_header(raw: bytes) -> Header:
    """Return the header whose canonical bytes are exactly `raw`.

    Raises:
        Rejected: ``record.entry.size`` above `limits.HEADER_BYTES`; ``record.entry.header`` when
            the bytes are not the canonical form of a header of format 1.
    """
    if len(raw) > HEADER_BYTES:
        raise Rejected(
            "record.entry.size", N_("An entry's header has {size} bytes."), size=len(raw)
        )
    # The grammar matches exactly the canonical forms, so that the parser behind it needs no second
    # look: tests hold that it accepts what `encode_header` writes, and nothing else.
    if _CANONICAL(raw) is None:
        raise _bad_header(raw)
    _, log, seq, prev, clock, refs, time, kind, actor, length, hashed = decode_loosely(raw)
    if refs:
        refs = tuple([Ref(*ref) for ref in refs])
        last = b""
        for ref in refs:
            if ref.log <= last or ref.log == log:
                raise _bad_header(raw)
            last = ref.log
    else:
        refs = ()
    return Header(log, seq, prev, clock, refs, time, kind, actor, length, hashed)


def _bad_header(raw: bytes) -> Rejected:
    return Rejected(
        "record.entry.header",
        N_("An entry's header is not in its canonical form."),
        evidence=raw,
    )


def make_entry(header_fields: Header, salt: bytes, payload: bytes) -> Entry:
    """Return the entry of a header (whose length and hash are filled in here) and its payload."""
    header = header_fields._replace(length=len(payload), payload_hash=payload_hash(salt, payload))
    raw = encode_header(header)
    return Entry(EntryId(sha256(b"\x00" + raw).digest()), raw, header, salt, payload)


def decode_entry(raw: bytes, salt: bytes | None, payload: bytes | None) -> Entry:
    """Return the entry of bytes as received, its payload checked against the header.

    Args:
        raw: header bytes.
        salt: 16 bytes, or None with a payload of None when the payload is withheld.

    Raises:
        Rejected: ``record.entry.header``, ``record.entry.size``, or ``record.entry.payload`` when
            salt and payload are not those that the header names.
    """
    header = decode_header(raw)
    if header.length > PAYLOAD_BYTES:
        raise Rejected(
            "record.entry.size", N_("An entry's payload has {size} bytes."), size=header.length
        )
    if payload is None:
        salt = None
    elif (
        salt is None
        or len(salt) != SALT_BYTES
        or len(payload) != header.length
        or payload_hash(salt, payload) != header.payload_hash
    ):
        raise Rejected(
            "record.entry.payload", N_("A payload is not the one its header names."), evidence=raw
        )
    return Entry(EntryId(sha256(b"\x00" + raw).digest()), raw, header, salt, payload)


def act_statement(dialogue: DialogueId, header: Header, body: bytes) -> bytes:
    """Return the canonical bytes that a delegate signs for an act.

    They name dialogue, log, position, previous entry, references, time, kind, actor and body, so
    the signature means this act at this place of this record and nothing else.
    """
    log, seq, prev, clock, refs, time, kind, actor, _, _ = header
    return b"".join(
        (
            _STATEMENT_HEAD, dialogue, _BYTES32, log, uint(seq), _BYTES32, prev, uint(clock),
            _encode_refs(refs), uint(time), uint(kind), _BYTES32 + actor if actor else _NO_ACTOR,
            encode(body),
        )
    )  # fmt: skip


def encode_payload(body: bytes, signatures: tuple[tuple[KeyPrint, Signature], ...] = ()) -> bytes:
    """Return the canonical payload of a body and the signatures over its act statement."""
    return encode([body, [[signer, sig.ed25519, sig.mldsa] for signer, sig in signatures]])


def decode_payload(payload: bytes) -> Payload:
    """Return body and signatures of a payload.

    Raises:
        Rejected: ``record.payload`` when it is not canonical or not of that form.
    """
    # Nearly all payloads have no signature or one; their forms are fixed, so no parser is needed.
    if payload.endswith(_UNSIGNED) and (body := _body_before(payload, 1)) is not None:
        return Payload(body, ())
    tail = payload[-_ONE_SIGNATURE.size :]
    if len(tail) == _ONE_SIGNATURE.size:
        a, signer, b, ed25519, c, ml_dsa = _ONE_SIGNATURE.unpack(tail)
        if (a, b, c) == _SIGNED and (body := _body_before(payload, len(tail))) is not None:
            return Payload(body, ((KeyPrint(signer), Signature(ed25519, ml_dsa)),))
    value = decode(payload, PAYLOAD_BYTES, "record.payload")
    try:
        body, signatures = value
        if type(signatures) is not list:
            raise TypeError
        pairs = tuple(
            (KeyPrint(signer), Signature(ed25519, ml_dsa)) for signer, ed25519, ml_dsa in signatures
        )
    except (TypeError, ValueError):
        raise _bad_payload() from None
    flat = [body, *(part for signer, sig in pairs for part in (signer, *sig))]
    if not all(isinstance(part, bytes) for part in flat):
        raise _bad_payload()
    return Payload(body, pairs)


def _body_before(payload: bytes, tail: int) -> bytes | None:
    """Return the body if the payload is an array of it and of the last `tail` bytes, else None."""
    rest = len(payload) - 1 - tail
    size = rest - (1 if rest < 26 else 2 if rest < 259 else 3 if rest < 65541 else 5)
    if size < 0 or len(payload) > PAYLOAD_BYTES:
        return None
    head = uint(size)
    head = bytes((0x82, 0x40 | head[0])) + head[1:]
    if len(head) + size != 1 + rest or not payload.startswith(head):
        return None
    return payload[len(head) : len(head) + size]


def _bad_payload() -> Rejected:
    return Rejected("record.payload", N_("A payload does not have the form of one."))
