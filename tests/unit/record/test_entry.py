"""Claims about entries: header, payload, and what a person signs (docs/spec/01-record.md §4)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from detente.record.encoding import encode
from detente.record.entry import (
    Header,
    act_statement,
    decode_entry,
    decode_header,
    decode_payload,
    encode_header,
    encode_payload,
    make_entry,
    payload_hash,
)
from detente.seals import labels
from detente.seals.hashing import leaf_hash, tagged
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, EntryId, KeyPrint, LogId, Ref
from detente.terms.limits import ENTRY_REFS, PAYLOAD_BYTES
from tests.headers import read_header

SALT = bytes(range(16))
REFS = tuple(
    Ref(LogId(bytes((at + 1,)) * 32), at, EntryId(bytes((at,)) * 32)) for at in range(ENTRY_REFS)
)
HEADER = Header(
    LogId(b"\xee" * 32), 7, b"\x11" * 32, 9, REFS[:2], 1_790_000_000_000, 80, KeyPrint(b"\x22" * 32),
    0, bytes(32),
)  # fmt: skip
ENTRY = make_entry(HEADER, SALT, b"payload")


def _code(raw: bytes, salt: bytes | None = None, payload: bytes | None = None) -> str:
    with pytest.raises(Rejected) as fault:
        decode_entry(raw, salt, payload)
    return fault.value.code


def test_an_entry_is_named_by_the_leaf_hash_of_its_header() -> None:
    """Chain, tree and reference use one hash, and it covers the payload by its salted hash."""
    assert ENTRY.id == leaf_hash(ENTRY.raw) == sha256(b"\0" + ENTRY.raw).digest()
    assert ENTRY.header.length == 7
    assert ENTRY.header.payload_hash == tagged(labels.PAYLOAD, SALT, b"payload")
    assert ENTRY.header._replace(length=0, payload_hash=bytes(32)) == HEADER


def test_an_entry_comes_back_from_its_bytes() -> None:
    """What one node stores is what another reads."""
    assert decode_entry(ENTRY.raw, ENTRY.salt, ENTRY.payload) == ENTRY


def test_payload_hash_is_the_labelled_hash() -> None:
    """Written out by hand for speed; it must stay the same function."""
    for payload in (b"", b"x", bytes(5000)):
        assert payload_hash(SALT, payload) == tagged(labels.PAYLOAD, SALT, payload)


def test_a_payload_that_is_not_the_one_named_is_refused_with_its_header_as_evidence() -> None:
    """Every way in which payload or salt can differ from what the header says."""
    for salt, payload in (
        (SALT, b"pAyload"), (SALT, b"payload "), (SALT, b""), (bytes(16), b"payload"),
        (SALT[:-1], b"payload"), (SALT + b"\0", b"payload"), (b"", b"payload"), (None, b"payload"),
    ):  # fmt: skip
        assert _code(ENTRY.raw, salt, payload) == "record.entry.payload"
    with pytest.raises(Rejected) as fault:
        decode_entry(ENTRY.raw, SALT, b"other")
    assert fault.value.evidence == ENTRY.raw


def test_an_entry_without_its_payload_still_verifies() -> None:
    """Attack 40: payload and salt may be gone; identifier, chain and tree stay whole."""
    bare = decode_entry(ENTRY.raw, None, None)
    assert (bare.id, bare.header) == (ENTRY.id, ENTRY.header)
    assert bare.payload is None
    assert decode_entry(ENTRY.raw, SALT, None).salt is None  # a lone salt would help guessing


def test_sizes_are_bounded() -> None:
    """Attack 23: 4 KiB of header, 256 KiB of payload."""
    assert _code(bytes(4097)) == "record.entry.size"
    big = encode_header(ENTRY.header._replace(length=PAYLOAD_BYTES + 1))
    assert _code(big) == "record.entry.size"
    assert _code(big, SALT, bytes(PAYLOAD_BYTES + 1)) == "record.entry.size"
    largest = make_entry(HEADER, SALT, bytes(PAYLOAD_BYTES))
    assert decode_entry(largest.raw, SALT, largest.payload) == largest


def test_references_are_sorted_distinct_and_never_to_the_own_log() -> None:
    """docs/spec/01-record.md §4: one form of the same set; at most sixteen."""
    for refs in (REFS, REFS[:1], ()):
        header = ENTRY.header._replace(refs=refs)
        assert decode_header(encode_header(header)) == header
    own = REFS[0]._replace(log=HEADER.log)
    more = REFS[-1]._replace(log=LogId(b"\xdd" * 32))
    for refs in (
        (REFS[1], REFS[0]), (REFS[0], REFS[0]), (REFS[0], REFS[0]._replace(seq=9)), (own,),
        (*REFS, more),
    ):  # fmt: skip
        assert _code(encode_header(ENTRY.header._replace(refs=refs))) == "record.entry.header"


HOSTILE: list[Any] = [
    None, True, False, 0, 1, 2**64 - 1, b"", b"x", b"\x33" * 31, b"\x33" * 33, b"\x33" * 32, "", "x",
    "3" * 32, [], [[]], [b"\x33" * 32], [[b"\x33" * 32, 1, b"\x33" * 32]], [[b"\x33" * 32, 1]],
    [[b"\x33" * 32, True, b"\x33" * 32]], [["3" * 32, 1, b"\x33" * 32]], [[b"", 1, b"\x33" * 32]],
    [[b"\x33" * 32, 1, b"\x33" * 31]], [[b"\x33" * 32, 1, b"\x33" * 32, 1]], ["abc"], [b"abc"], [1],
]  # fmt: skip


def test_every_field_takes_its_own_type_only() -> None:
    """Attack 25: each of the eleven fields replaced by every other kind of value, one by one."""
    plain = [1, *ENTRY.header[:4], [list(ref) for ref in ENTRY.header.refs], *ENTRY.header[5:]]
    accepted = 0
    for field in range(11):
        for value in HOSTILE:
            raw = encode([*plain[:field], value, *plain[field + 1 :]])
            expected = read_header(raw)
            if expected is None:
                assert _code(raw) == "record.entry.header", (field, value)
            else:
                assert decode_header(raw) == expected
                accepted += 1
    assert accepted == 1 + 3 + 5 * 3 + 2 + 2  # form; log, prev, hash; five numbers; refs; actor


def test_a_header_of_another_format_or_length_is_refused() -> None:
    """Attack 30: a new format is a new number, and an old program says that it cannot read it."""
    plain = [1, *ENTRY.header[:4], [list(ref) for ref in ENTRY.header.refs], *ENTRY.header[5:]]
    for fields in ([2, *plain[1:]], plain[:-1], [*plain, 0], [], [plain], b"x", 7, None):
        assert _code(encode(fields)) == "record.entry.header"


def test_an_unknown_kind_is_a_valid_header() -> None:
    """Attack 30: kept and relayed, whatever it may mean."""
    header = ENTRY.header._replace(kind=2**64 - 1)
    assert decode_header(encode_header(header)).kind == 2**64 - 1


def test_a_signature_over_an_act_means_this_place_of_this_record_only() -> None:
    """Attacks 6 and 7: nobody can replay an act elsewhere, not even its own node's administrator."""
    talk, body = DialogueId(b"\xaa" * 32), b"body"
    base = act_statement(talk, HEADER, body)
    others = [
        act_statement(DialogueId(b"\xab" * 32), HEADER, body),
        act_statement(talk, HEADER, b"body2"),
    ]
    changed: dict[str, object] = {
        "log": LogId(b"\xef" * 32), "seq": 8, "prev": b"\x12" * 32, "clock": 10, "refs": REFS[:1],
        "time": 5, "kind": 81, "actor": KeyPrint(b"\x23" * 32),
    }  # fmt: skip
    others += [
        act_statement(talk, HEADER._replace(**{name: value}), body)  # type: ignore[arg-type]
        for name, value in changed.items()
    ]
    assert len({base, *others}) == len(others) + 1
    # Length and hash of the payload hold the signature itself, so they cannot be part of it.
    assert act_statement(talk, HEADER._replace(length=3, payload_hash=b"\x01" * 32), body) == base


def test_a_payload_holds_a_body_and_its_signatures() -> None:
    """docs/spec/01-record.md §4.3; a machine entry has none."""
    signatures = (
        (KeyPrint(b"\x01" * 32), Signature(b"e" * 64, b"m" * 100)),
        (KeyPrint(b"\x02" * 32), Signature(b"", b"")),
    )
    for given in (signatures, ()):
        payload = decode_payload(encode_payload(b"body", given))
        assert payload == (b"body", given)


@pytest.mark.parametrize(
    "plain",
    [
        [], [b"body"], [b"body", [], []], ["body", []], [7, []], [None, []], b"body", 7, None, "ab",
        [b"body", b""], [b"body", ""], [b"body", b"ab"], [b"body", 7], [b"body", None],
        [b"body", [b"abc"]], [b"body", ["abc"]], [b"body", [[b"a", b"b"]]],
        [b"body", [[b"a", b"b", b"c", b"d"]]], [b"body", [[b"a", b"b", "c"]]],
        [b"body", [["a", b"b", b"c"]]], [b"body", [[b"a", 1, b"c"]]], [b"body", [7]],
        [b"body", [None]],
    ],
)  # fmt: skip
def test_a_payload_of_any_other_form_is_refused(plain: Any) -> None:
    """One form of each payload: an empty string is not an empty list of signatures."""
    with pytest.raises(Rejected) as fault:
        decode_payload(encode(plain))
    assert fault.value.code == "record.payload"


def _signed(*sizes: int) -> tuple[tuple[KeyPrint, Signature], ...]:
    """Return signatures whose ML-DSA halves have these sizes."""
    return tuple((KeyPrint(bytes(32)), Signature(bytes(64), b"m" * size)) for size in sizes)


def test_bodies_of_every_critical_length_come_back() -> None:
    """Where the head of a byte string grows; after it no signature, a delegate's, a root's, or two."""
    lengths = (0, 1, 22, 23, 24, 25, 26, 254, 255, 256, 257, 258, 259, 260, 65535, 65536, 65541)
    for length in lengths:
        for sizes in ((), (3309,), (4627,), (3309, 3309)):
            body = b"\x80" * length
            payload = encode_payload(body, _signed(*sizes))
            assert payload == encode([body, [[a, *b] for a, b in _signed(*sizes)]])
            assert decode_payload(payload) == (body, _signed(*sizes))
            for wrong in (payload + b"\x80", payload[:-1], payload[1:], b"\x82" + payload):
                with pytest.raises(Rejected):
                    decode_payload(wrong)


def test_a_payload_is_bounded_with_all_that_it_holds() -> None:
    """Attack 23: 256 KiB, signatures included, whichever way it is read."""
    for sizes in ((), (3309,), (4627,)):
        half = PAYLOAD_BYTES // 2
        rest = len(encode_payload(bytes(half), _signed(*sizes))) - half
        most = PAYLOAD_BYTES - rest
        assert len(decode_payload(encode_payload(bytes(most), _signed(*sizes))).body) == most
        with pytest.raises(Rejected):
            decode_payload(encode_payload(bytes(most + 1), _signed(*sizes)))


def test_a_payload_that_is_not_canonical_is_refused() -> None:
    """Also garbage, and more than may travel."""
    for data in (b"", b"\xff", encode_payload(b"x") + b"\0", bytes(PAYLOAD_BYTES + 1)):
        with pytest.raises(Rejected) as fault:
            decode_payload(data)
        assert fault.value.code == "record.payload"
