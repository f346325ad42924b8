"""Vectors of bytes: encodings, headers, payloads, identifiers, acts. `make_vectors` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import cbor2

from detente.record.encoding import encode
from detente.record.entry import (
    NO_ACTOR,
    Header,
    act_statement,
    encode_header,
    encode_payload,
    payload_hash,
)
from detente.record.genesis import dialogue_id, log_id
from detente.seals import labels
from detente.seals.hashing import leaf_hash, tagged
from detente.seals.signing import pre_authentication
from detente.terms.ids import DialogueId, EntryId, KeyPrint, Lane, LogId, PartyId, Ref
from detente.testing.parties import make_key

Vector = tuple[str, dict[str, Any]]
_TIME: Final = 1_790_000_000


def run(start: int, count: int = 32) -> bytes:
    """Return bytes that count up from `start`."""
    return bytes((start + i) % 256 for i in range(count))


DIALOGUE: Final = DialogueId(run(0))
PARTY: Final = PartyId(run(32))
LOG: Final = LogId(run(64))
ACTOR: Final = KeyPrint(run(96))


def vectors() -> Iterator[Vector]:
    """Yield all vectors of bytes: encodings, headers, payloads, identifiers, act statements."""
    for part in (_encodings, _headers, _payloads, _identifiers, _acts):
        yield from part()


def vector(name: str, about: str, clause: str, verdict: str, **content: Any) -> Vector:
    """Return one vector; bytes are shown in hexadecimal."""
    shown = {
        key: value.hex() if isinstance(value, bytes) else value for key, value in content.items()
    }
    return name, {"about": about, "clause": clause, "verdict": verdict, **shown}


# -- 01-record §1 ----------------------------------------------------------------------------------

_GOOD_ENCODINGS: Final = {
    "zero": ("the number 0", 0),
    "largest-one-byte": ("the number 23", 23),
    "smallest-two-bytes": ("the number 24", 24),
    "largest-number": ("the number 2^64 - 1", 2**64 - 1),
    "no-bytes": ("an empty byte string", b""),
    "text": ("text in UTF-8, not normalised: e and a combining acute accent", "e\u0301"),
    "constants": ("false, true and null", [False, True, None]),
    "nested-eight-deep": ("eight arrays, each in the one before", [[[[[[[[1]]]]]]]]),
}
_BAD_ENCODINGS: Final = {
    "longer-number": ("0 in two bytes", "1800"),
    "longer-length": ("a byte string of one byte with a two-byte length", "58012a"),
    "longer-array-length": ("an array of no items with a two-byte length", "9800"),
    "negative-number": ("the number -1", "20"),
    "half-float": ("the number 1.0 as a float", "f93c00"),
    "undefined": ("the simple value undefined", "f7"),
    "simple-in-two-bytes": ("false in two bytes", "f814"),
    "map": ("an empty map", "a0"),
    "tag": ("a number under tag 0", "c000"),
    "big-number": ("2^64 as a tagged byte string", "c249010000000000000000"),
    "endless-bytes": ("a byte string of indefinite length", "5f4101ff"),
    "endless-array": ("an array of indefinite length", "9f01ff"),
    "broken-text": ("text that is not UTF-8", "61ff"),
    "surrogate-text": ("text with a surrogate", "63eda080"),
    "bytes-behind": ("a number and one byte more", "0000"),
    "cut-array": ("an array of two items that ends after one", "8201"),
    "cut-length": ("a byte string that ends early", "430102"),
    "huge-array": ("an array that claims 2^64 - 1 items", "9bffffffffffffffff"),
    "nothing": ("no bytes at all", ""),
    "nested-nine-deep": ("nine arrays, each in the one before", "81818181818181818101"),
}


def _encodings() -> Iterator[Vector]:
    clause = "01-record.md §1"
    for name, (about, value) in _GOOD_ENCODINGS.items():
        yield vector(f"encoding/good-{name}", about, clause, "good", bytes=encode(value))
    for name, (about, data) in _BAD_ENCODINGS.items():
        yield vector(f"encoding/bad-{name}", about, clause, "record.encoding", bytes=data)


# -- 01-record §4 ----------------------------------------------------------------------------------


def header(**fields: Any) -> Header:
    """Return a header that every reader takes, but for what is given."""
    plain = Header(LOG, 7, run(128), 9, (), _TIME * 1000, 60, NO_ACTOR, 3, run(160))
    return plain._replace(**fields)


def _refs(count: int) -> tuple[Ref, ...]:
    return tuple(Ref(LogId(run(i, 32)), i, EntryId(run(i + 1, 32))) for i in range(count))


def _good_headers() -> dict[str, tuple[str, Header]]:
    return {
        "plain": ("a machine entry that names nothing", header()),
        "first": ("the first entry of a log", header(seq=0, prev=DIALOGUE, clock=1)),
        "act": ("an act", header(actor=ACTOR, kind=80)),
        "one-reference": ("one reference", header(refs=_refs(1))),
        "most-references": ("sixteen references", header(refs=_refs(16))),
        "unknown-kind": ("a kind that nobody knows", header(kind=2**40)),
        "largest-numbers": (
            "the largest numbers there are",
            header(seq=2**64 - 1, clock=2**64 - 1, time=2**64 - 1, kind=2**64 - 1),
        ),
    }


def _bad_headers() -> dict[str, tuple[str, bytes]]:
    good = list(cbor2.loads(encode_header(header(refs=_refs(2)))))

    def other(**fields: Any) -> bytes:
        names = "format log seq prev clock refs time kind actor length hash".split()
        return cbor2.dumps([fields.get(name, good[i]) for i, name in enumerate(names)])

    raw = encode_header(header())
    first, second = good[5]
    at = raw.index(b"\x07", 36)
    return {
        "other-format": ("format 2", other(format=2)),
        "ten-fields": ("one field too few", cbor2.dumps(good[:10])),
        "twelve-fields": ("one field too many", cbor2.dumps([*good, 0])),
        "longer-number": ("seq in two bytes", raw[:at] + b"\x18\x07" + raw[at + 1 :]),
        "negative-seq": ("seq is -1", other(seq=-1)),
        "true-as-seq": ("seq is true", other(seq=True)),
        "float-as-clock": ("clock is a float", other(clock=9.0)),
        "text-as-log": ("log is text", other(log="a" * 32)),
        "short-log": ("log of 31 bytes", other(log=run(64, 31))),
        "long-prev": ("prev of 33 bytes", other(prev=run(0, 33))),
        "half-actor": ("actor of 16 bytes", other(actor=run(0, 16))),
        "short-hash": ("payload hash of 31 bytes", other(hash=run(0, 31))),
        "refs-null": ("references null", other(refs=None)),
        "refs-unsorted": ("references in the wrong order", other(refs=[second, first])),
        "refs-doubled": ("two references to one log", other(refs=[first, first])),
        "refs-own-log": ("a reference to its own log", other(refs=[[LOG, 1, run(0)]])),
        "refs-two-fields": ("a reference without its id", other(refs=[first[:2]])),
        "refs-short-id": (
            "a reference with an id of 31 bytes",
            other(refs=[[*first[:2], run(0, 31)]]),
        ),
        "refs-seventeen": ("seventeen references", other(refs=[list(ref) for ref in _refs(17)])),
        "endless-array": ("an array of indefinite length", b"\x9f" + raw[1:] + b"\xff"),
        "tagged": ("a tag before the array", b"\xd9\xd9\xf7" + raw),
        "map": ("a map", cbor2.dumps(dict(enumerate(good)))),
        "byte-behind": ("one byte more", raw + b"\x00"),
        "byte-short": ("one byte less", raw[:-1]),
        "nothing": ("no bytes at all", b""),
    }


def _headers() -> Iterator[Vector]:
    for name, (about, good) in _good_headers().items():
        raw = encode_header(good)
        yield vector(
            f"header/good-{name}", about, "01-record.md §4.2", "good", bytes=raw, id=leaf_hash(raw),
            log=good.log, seq=good.seq, prev=good.prev, clock=good.clock,
            refs=[[ref.log.hex(), ref.seq, ref.id.hex()] for ref in good.refs], time=good.time,
            kind=good.kind, actor=good.actor, length=good.length, payload_hash=good.payload_hash,
        )  # fmt: skip
    for name, (about, data) in _bad_headers().items():
        yield vector(
            f"header/bad-{name}", about, "01-record.md §4.2", "record.entry.header", bytes=data
        )
    data = encode_header(header()) + bytes(4096)
    yield vector(
        "header/bad-too-long",
        "more than 4 KiB",
        "00-terms.md §7.1",
        "record.entry.size",
        bytes=data,
    )


def _payloads() -> Iterator[Vector]:
    salt, payload = run(200, 16), encode_payload(encode([1, "words"]))
    raw = encode_header(header(length=len(payload), payload_hash=payload_hash(salt, payload)))
    longest = encode_header(header(length=256 * 1024 + 1))
    cases = {
        "good": ("payload and salt that the header names", "good", raw, salt, payload),
        "withheld": ("neither payload nor salt", "good", raw, None, None),
        "other-salt": ("another salt", "record.entry.payload", raw, run(1, 16), payload),
        "short-salt": ("a salt of 15 bytes", "record.entry.payload", raw, salt[:15], payload),
        "no-salt": ("a payload without its salt", "record.entry.payload", raw, None, payload),
        "other-payload": ("another payload", "record.entry.payload", raw, salt, payload[::-1]),
        "longer-payload": ("one byte more", "record.entry.payload", raw, salt, payload + b"\0"),
        "too-long": (
            "a header that claims more than 256 KiB",
            "record.entry.size",
            longest,
            None,
            None,
        ),
    }
    for name, (about, verdict, head, *rest) in cases.items():
        yield vector(
            f"payload/{name}", about, "01-record.md §4.6", verdict, header=head, salt=rest[0],
            payload=rest[1],
        )  # fmt: skip


# -- 01-record §2, §3, §6 --------------------------------------------------------------------------


def _identifiers() -> Iterator[Vector]:
    yield vector(
        "identifier/dialogue", "dialogue id of a genesis", "01-record.md §6.5", "good",
        genesis=b"any bytes", id=dialogue_id(b"any bytes"),
    )  # fmt: skip
    for label, name in ((labels.PARTY, "party"), (labels.DOCUMENT, "document")):
        yield vector(
            f"identifier/{name}", f"{name} digest of a document", "03-charter.md §1.2", "good",
            document=b"any bytes", id=tagged(label, b"any bytes"),
        )  # fmt: skip
    for epoch, lane in ((0, Lane.LINE), (0, Lane.TABLE), (258, Lane.TABLE)):
        yield vector(
            f"identifier/log-{epoch}-{lane.name.lower()}", "log id", "01-record.md §6.6", "good",
            dialogue=DIALOGUE, party=PARTY, node=ACTOR, epoch=epoch, lane=int(lane),
            id=log_id(DIALOGUE, PARTY, ACTOR, epoch, lane),
        )  # fmt: skip
    key = make_key("vector")
    yield vector(
        "identifier/key-print", "print of an everyday key", "01-record.md §3.2", "good",
        key=encode(key.public.to_plain()), id=key.public.print,
    )  # fmt: skip


def _acts() -> Iterator[Vector]:
    for name, refs in (("plain", ()), ("two-references", _refs(2))):
        head, body = header(actor=ACTOR, kind=80, refs=refs), encode(["words", "en", [], []])
        statement = act_statement(DIALOGUE, head, body)
        yield vector(
            f"act/{name}", "what a delegate signs", "01-record.md §4.9", "good", dialogue=DIALOGUE,
            header=encode_header(head), body=body, statement=statement,
            signed=pre_authentication(labels.SIGN_ACT, statement),
        )  # fmt: skip
