"""Payloads and act statements: the fast forms are those of the slow reader, byte for byte."""

from __future__ import annotations

from random import Random

import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.record.entry import Header, Payload, act_statement, decode_payload, encode_payload
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, KeyPrint
from tests.headers import DIGESTS, headers
from tests.reference_cbor import NotCanonical, read

BODIES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([0, 23, 24, 255, 256, 65_535, 65_536]).map(bytes),
)
SIGNERS = st.one_of(st.just(b""), DIGESTS)
HALVES = st.one_of(st.sampled_from([0, 64, 3309, 4627]).map(bytes), st.binary(max_size=70))
SIGNED = st.tuples(SIGNERS.map(KeyPrint), st.builds(Signature, HALVES, HALVES))
WHOLE = st.tuples(
    DIGESTS.map(KeyPrint),
    st.just(Signature(b"\x01" * 64, b"\x02" * 3309)),
)


def _read_slowly(data: bytes) -> Payload | None:
    """Return the payload by RFC 8949 and the table of docs/spec/01-record.md §4.4 alone."""
    try:
        plain = read(data)
    except NotCanonical:
        return None
    if type(plain) is not list or len(plain) != 2 or type(plain[0]) is not bytes:
        return None
    body, signatures = plain
    if type(signatures) is not list or not all(
        type(one) is list and len(one) == 3 and all(type(part) is bytes for part in one)
        for one in signatures
    ):
        return None
    pairs = tuple((KeyPrint(one[0]), Signature(one[1], one[2])) for one in signatures)
    return Payload(body, pairs)


def _read_fast(data: bytes) -> Payload | None:
    try:
        return decode_payload(data)
    except Rejected:
        return None


@given(
    BODIES, st.one_of(st.just(()), st.tuples(WHOLE), st.tuples(SIGNED), st.tuples(SIGNED, WHOLE))
)
def test_a_payload_reads_as_it_was_written(
    body: bytes, signatures: tuple[tuple[KeyPrint, Signature], ...]
) -> None:
    """docs/spec/01-record.md §4: no signature, one, or several, of any size."""
    data = encode_payload(body, signatures)
    assert decode_payload(data) == Payload(body, signatures) == _read_slowly(data)


@settings(max_examples=60)
@given(BODIES, st.one_of(st.just(()), st.tuples(WHOLE)), st.integers(0, 2**32))
def test_an_altered_payload_is_read_alike_by_both_readers(
    body: bytes, signatures: tuple[tuple[KeyPrint, Signature], ...], seed: int
) -> None:
    """Attack 25: what the fast reader accepts has one form, and is what the slow one reads."""
    data, dice = encode_payload(body, signatures), Random(seed)
    for _ in range(30):
        altered = bytearray(data)
        # Heads stand at the beginning and at the end; alter them more often than the matter.
        at = dice.choice([dice.randrange(min(8, len(data))), dice.randrange(len(data))])
        match dice.randrange(3):
            case 0:
                altered[at] ^= 1 << dice.randrange(8)
            case 1:
                del altered[at : at + dice.choice((1, 2, 32))]
            case _:
                altered[at:at] = dice.randbytes(dice.choice((1, 2, 3414)))
        mutant = bytes(altered)
        assert _read_fast(mutant) == _read_slowly(mutant)


@given(headers(), BODIES)
def test_an_act_statement_is_the_canonical_array_of_its_ten_fields(
    header: Header, body: bytes
) -> None:
    """docs/spec/03-charter.md: what a delegate signs is deterministic CBOR and nothing else."""
    dialogue = DialogueId(b"\x07" * 32)
    plain = [
        dialogue, header.log, header.seq, header.prev, header.clock,
        [list(ref) for ref in header.refs], header.time, header.kind, header.actor, body,
    ]  # fmt: skip
    assert act_statement(dialogue, header, body) == cbor2.dumps(plain, canonical=True)
