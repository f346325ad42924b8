"""A slow reader of entry headers, and headers to try it on.

The reader stands on `reference_cbor` and the table of fields in docs/spec/01-record.md §4 alone, so that
whatever makes the real one fast can be compared with it.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from detente.record.entry import Header
from detente.terms.ids import EntryId, KeyPrint, LogId, Ref
from tests.reference_cbor import NotCanonical, read

HEADER_BYTES: Final = 4096
REFS: Final = 16


def read_header(raw: bytes) -> Header | None:
    """Return the header of canonical bytes; None when they are not one."""
    if len(raw) > HEADER_BYTES:
        return None
    try:
        fields = read(raw)
    except NotCanonical:
        return None
    if type(fields) is not list or len(fields) != 11:
        return None
    form, log, seq, prev, clock, refs, time, kind, actor, length, hashed = fields
    numbers = (form, seq, clock, time, kind, length)
    if not all(type(number) is int for number in numbers) or form != 1:
        return None
    if not all(_is_digest(one) for one in (log, prev, hashed)):
        return None
    if actor != b"" and not _is_digest(actor):
        return None
    if type(refs) is not list or len(refs) > REFS or not all(_is_ref(ref) for ref in refs):
        return None
    named = [ref[0] for ref in refs]
    if named != sorted(set(named)) or log in named:
        return None
    return Header(
        LogId(log), seq, prev, clock, tuple(Ref(*ref) for ref in refs), time, kind,
        KeyPrint(actor), length, hashed,
    )  # fmt: skip


def _is_digest(value: Any) -> bool:
    return type(value) is bytes and len(value) == 32


def _is_ref(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 3
        and _is_digest(value[0])
        and type(value[1]) is int
        and _is_digest(value[2])
    )


NUMBERS: Final = st.one_of(
    st.sampled_from([0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]),
    st.integers(0, 2**64 - 1),
)
DIGESTS: Final = st.binary(min_size=32, max_size=32)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Draw any header of format 1."""
    logs = draw(st.lists(DIGESTS, min_size=1, max_size=REFS + 1, unique=True))
    own, others = logs[0], sorted(logs[1:])
    refs = tuple(Ref(LogId(log), draw(NUMBERS), EntryId(draw(DIGESTS))) for log in others)
    return Header(
        LogId(own), draw(NUMBERS), draw(DIGESTS), draw(NUMBERS), refs, draw(NUMBERS), draw(NUMBERS),
        KeyPrint(draw(st.one_of(st.just(b""), DIGESTS))), draw(NUMBERS), draw(DIGESTS),
    )  # fmt: skip
