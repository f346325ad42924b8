"""Bodies of any content: out and back, and nothing else in (docs/spec/01-record.md §1.4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from detente.dialogue.kinds import KINDS
from detente.record.encoding import encode
from detente.record.shapes import Chars, Within, from_bytes, to_bytes
from detente.terms.errors import Rejected
from detente.terms.ids import EntryId, LogId, Ref
from detente.terms.limits import PAYLOAD_BYTES

PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(0, 2**64 - 1), st.binary(max_size=33), st.text(max_size=9)
    ),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=15,
)  # fmt: skip


class Grade(StrEnum):
    GOOD = "good"
    BETTER = "better"


class Sample(NamedTuple):
    ref: Ref | None
    words: Annotated[tuple[Annotated[str, Chars(1, 5)], ...], Chars(0, 3)]
    share: Annotated[int, Within(0, 100)]
    grade: Grade
    is_set: bool


REFS = st.builds(
    Ref,
    st.binary(max_size=40).map(LogId),
    st.integers(0, 2**64 - 1),
    st.binary(max_size=40).map(EntryId),
)
SAMPLES = st.builds(
    Sample,
    st.none() | REFS,
    st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
    st.integers(0, 100),
    st.sampled_from(Grade),
    st.booleans(),
)


@given(SAMPLES)
def test_a_value_comes_back_from_its_bytes(sample: Sample) -> None:
    """Round trip, with types."""
    data = to_bytes(sample)
    back = from_bytes(Sample, data, len(data), "sample")
    assert back == sample
    assert [type(part) for part in back] == [type(part) for part in sample]


@given(st.sampled_from(sorted(KINDS)), PLAIN)
def test_any_plain_data_is_a_body_or_refused(kind: int, plain: Any) -> None:
    """Attacks 23 and 25, for every kind of entry there is: never a crash, never a second form."""
    if (data := _bytes(plain)) is None:
        return
    body: type[Any] = KINDS[kind].body
    try:
        value = from_bytes(body, data, PAYLOAD_BYTES, "form")
    except Rejected as fault:
        if fault.code != "form":
            raise
        return
    assert to_bytes(value) == data


def _bytes(plain: Any) -> bytes | None:
    try:
        return encode(plain)
    except TypeError:  # nested too deep to travel
        return None


@given(SAMPLES, st.integers(0, 60), st.integers(0, 255))
def test_an_altered_body_is_refused_or_encodes_to_itself(
    sample: Sample, place: int, byte: int
) -> None:
    """One altered byte in a good body."""
    data = bytearray(to_bytes(sample))
    data[place % len(data)] = byte
    try:
        back = from_bytes(Sample, bytes(data), PAYLOAD_BYTES, "form")
    except Rejected:
        return
    assert to_bytes(back) == bytes(data)
