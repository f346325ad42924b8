"""Bytes from the other side end a session with a code; they never raise anything else, nor cost much.

docs/spec/09-exchange.md §4 and §5; attack 23 of docs/threat-model.md.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from detente.dialogue.kinds import KINDS
from detente.dialogue.state import encode_state
from detente.exchange.frames import (
    AskHeaders,
    Bye,
    Frame,
    Headers,
    Heads,
    More,
    Receipt,
    SizeLine,
    Sizes,
    Want,
    decode_frame,
    encode_frame,
)
from detente.exchange.session import Session
from detente.record.checkpoint import encode_checkpoint
from detente.record.encoding import decode, encode
from detente.record.entry import decode_payload, encode_payload, make_entry
from detente.record.shapes import to_bytes
from detente.record.verdict import Standing
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.ids import KeyPrint, Lane, LogId
from detente.terms.limits import PAYLOAD_BYTES
from detente.testing.adversary import append, copy_node, force, next_header
from detente.testing.checks import verdicts
from detente.testing.node import Node
from detente.testing.world import World

digests = st.binary(min_size=32, max_size=32)
uints = st.one_of(st.integers(0, 30), st.integers(2**31, 2**33), st.integers(2**62, 2**64 - 1))
plain = st.recursive(
    st.one_of(uints, st.binary(max_size=40), st.text(max_size=10), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=12,
)


@cache
def pair() -> tuple[Node, Node]:
    """Return two nodes that have talked; tests take copies of them."""
    world = World(2, "hostile")
    world.say(0)
    world.say(1)
    world.sync()
    return world.nodes[0], world.nodes[1]


def frames(dialogue: bytes, logs: list[bytes]) -> st.SearchStrategy[Frame]:
    """Return a strategy of well-formed frames with any contents."""
    log = st.one_of(st.sampled_from(logs), digests)
    signed = st.sampled_from(
        [encode_checkpoint(one) for one in pair()[0].store.checkpoints(pair()[0].log())]
    )
    lines = st.lists(st.builds(SizeLine, log, uints, digests), max_size=5).map(tuple)
    which = st.just(dialogue)
    shown = st.lists(st.binary(max_size=50), max_size=4).map(tuple)
    return st.one_of(
        st.builds(Sizes, which, lines),
        st.builds(Heads, which, st.lists(signed, max_size=4).map(tuple)),
        st.builds(Want, which, log, uints, uints),
        st.builds(More, which, log, uints),
        st.builds(Receipt, which, signed),
        st.builds(AskHeaders, which, log, uints),
        st.builds(Headers, which, log, uints, shown, signed),
        st.builds(Bye, which, st.text(max_size=20)),
    )  # fmt: skip


def any_frames() -> st.SearchStrategy[Frame]:
    node = pair()[0]
    return frames(node.dialogue, list(node.book.heads))


@given(data=st.binary(max_size=2000))
def test_random_bytes_end_a_session_with_a_code(data: bytes) -> None:
    """Attack 23: whatever is not a frame is refused as one."""
    with pytest.raises(Rejected) as fault:
        Session(bytes(32)).receive(data)
    assert fault.value.code in {"exchange.frame", "record.checkpoint"}


@given(value=plain, number=st.integers(0, 12))
def test_canonical_bytes_that_are_no_frame_are_refused(value: Any, number: int) -> None:
    """Attack 23: the same for well-encoded nonsense, with and without a frame's number before it."""
    for data in (
        encode([number, value]),
        encode([number, *value]) if isinstance(value, list) else b"",
    ):
        try:
            frame = decode_frame(data)
        except Rejected:
            continue
        assert encode_frame(frame) == data


@given(frame=any_frames())
def test_a_frame_has_one_form(frame: Frame) -> None:
    """09-exchange.md §4: decoding gives the frame back, and encoding the same bytes."""
    assert decode_frame(encode_frame(frame)) == frame


@given(sent=st.lists(any_frames(), max_size=12))
def test_any_sequence_of_frames_leaves_a_session_in_order(sent: list[Frame]) -> None:
    """09-exchange.md §5: out of turn is refused; nothing else is raised."""
    session = Session(pair()[0].dialogue)
    for frame in sent:
        try:
            session.receive(encode_frame(frame))
        except Rejected:
            return


@settings(max_examples=60)
@given(sent=st.lists(any_frames(), max_size=10))
def test_any_sequence_of_frames_leaves_a_node_as_it_was(sent: list[Frame]) -> None:
    """Attack 23: a conversation ends by a code, in bounded time, and the record has not moved."""
    node = pair()[1]
    before = encode_state(node.book.state)
    node.begin(7)
    begun = time.process_time()
    for frame in sent:
        try:
            node.receive(7, encode_frame(frame))
        except Rejected:
            break
    assert time.process_time() - begun < 2
    node.end(7)
    assert encode_state(node.book.state) == before
    assert node.writer.closed_because is None


@cache
def liar() -> Node:
    world = World(2, "bodies")
    world.say(0)
    world.sync()
    return copy_node(world, world.nodes[0])


@cache
def valid_bodies() -> tuple[tuple[int, Any], ...]:
    """Return bodies as plain data that are valid in form, to be bent."""
    node, found = pair()[0], []
    for log, standing in node.book.state.logs.items():
        for entry in node.store.entries(LogId(log), 0, standing.admitted):
            assert entry.payload is not None
            body = decode_payload(entry.payload).body
            found.append((entry.header.kind, decode(body, PAYLOAD_BYTES)))
    return tuple(found)


@settings(max_examples=150)
@given(kind=st.sampled_from(sorted(KINDS)), body=st.one_of(plain, st.none()), data=st.data())
def test_no_body_upsets_admission(kind: int, body: Any, data: st.DataObject) -> None:
    """Attack 23: an entry of any kind with any body gets a verdict, and the state stays a state."""
    node = liar()
    if body is None:
        kind, body = valid_bodies()[data.draw(st.integers(0, len(valid_bodies()) - 1))]
        body = _bend(body, data)
    key = node.people["head"].key if data.draw(st.booleans()) else None
    try:
        ref = force(node, kind, encode(body), key=key)
    except TypeError:
        assume(condition=False)
    assert verdicts(node)[ref.log, ref.seq].standing in (Standing.VOID, Standing.COUNTED)
    assert encode_state(node.book.state)


def _bend(body: Any, data: st.DataObject) -> Any:
    """Return a body with one part replaced by something else."""
    if isinstance(body, list) and body and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(body) - 1))
        return [*body[:at], _bend(body[at], data), *body[at + 1 :]]
    return data.draw(plain)


@settings(max_examples=80)
@given(
    payload=st.one_of(st.binary(max_size=200), plain.map(encode)),
    kind=st.sampled_from(sorted(KINDS)),
)
def test_no_payload_upsets_admission(payload: bytes, kind: int) -> None:
    """Attack 23: nor does a payload that is none."""
    node = liar()
    header = next_header(node, Lane.TABLE, kind, KeyPrint(b""))
    ref = append(node, make_entry(header, bytes(16), payload))
    assert verdicts(node)[ref.log, ref.seq].standing is Standing.VOID


@settings(max_examples=40)
@given(
    signers=st.lists(
        st.tuples(st.binary(max_size=40), st.binary(max_size=70), st.binary(max_size=70)),
        max_size=4,
    )
)
def test_no_list_of_signatures_upsets_admission(signers: list[tuple[bytes, bytes, bytes]]) -> None:
    """Attack 28: signers that do not exist, halves of any length, the same signer twice."""
    node = liar()
    head = node.people["head"].print
    signatures = tuple((KeyPrint(who or head), Signature(one, two)) for who, one, two in signers)
    body = to_bytes(KINDS[80].body("Words.", "en", None, None))
    header = next_header(node, Lane.TABLE, 80, head)
    ref = append(node, make_entry(header, bytes(16), encode_payload(body, signatures)))
    assert verdicts(node)[ref.log, ref.seq].standing is Standing.VOID
