"""Random dialogues: one total order that follows causes (docs/spec/02-order.md)."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from detente.record.entry import Header
from detente.record.order import NOT_COVERED, covers, order_key
from detente.terms.ids import EntryId, KeyPrint, LogId, Ref

LOGS = [LogId(sha256(bytes((at,))).digest()) for at in range(4)]


class Said(NamedTuple):
    header: Header
    past: dict[bytes, int]
    """Log → size, this entry included."""


@st.composite
def dialogues(draw: st.DrawFn) -> list[Said]:
    """Draw entries of four logs, each naming any of what was there, in an order of making."""
    said: list[Said] = []
    for _ in range(draw(st.integers(1, 25))):
        log = draw(st.sampled_from(LOGS))
        own = [one for one in said if one.header.log == log]
        named: dict[bytes, Said] = {}
        for other in draw(st.lists(st.sampled_from(said), max_size=3)) if said else []:
            if other.header.log != log:
                named[other.header.log] = other
        known = [*named.values(), *own[-1:]]
        past: dict[bytes, int] = {}
        for one in known:
            for there, size in one.past.items():
                past[there] = max(past.get(there, 0), size)
        past[log] = len(own) + 1
        refs = tuple(
            Ref(one.header.log, one.header.seq, EntryId(bytes(32))) for one in named.values()
        )
        clock = 1 + max((one.header.clock for one in known), default=0)
        header = Header(log, len(own), bytes(32), clock, refs, 0, 80, KeyPrint(b""), 0, bytes(32))
        said.append(Said(header, past))
    return said


def _before(one: Said, other: Said) -> bool:
    """Tell whether `one` is in the causal past of `other`."""
    return one is not other and other.past.get(one.header.log, 0) > one.header.seq


def _assert_order(said: list[Said], ordinals: list[int]) -> None:
    keys = [order_key(one.header, at) for one, at in zip(said, ordinals, strict=True)]
    assert len(set(keys)) == len(keys)
    for one, key in zip(said, keys, strict=True):
        for other, other_key in zip(said, keys, strict=True):
            if _before(one, other):
                assert key < other_key


@given(dialogues())
def test_the_order_is_total_and_follows_causes(said: list[Said]) -> None:
    """Lamport 1978: no two entries tie, and nothing stands before what its author had seen."""
    _assert_order(said, [NOT_COVERED] * len(said))


@given(dialogues(), st.lists(st.integers(0, 25), min_size=1, max_size=3))
def test_minutes_keep_the_order_of_causes_and_nothing_slips_below_them(
    said: list[Said], ends: list[int]
) -> None:
    """Attack 10: a minute covers a past whole, so what it makes final is final in order too."""
    minutes: list[dict[bytes, int]] = []
    for end in sorted(ends):
        covered: dict[bytes, int] = {}
        for one in said[:end]:
            for log, size in one.past.items():
                covered[log] = max(covered.get(log, 0), size)
        minutes.append(covered)
    assert all(covers(later, earlier) for earlier, later in pairwise(minutes))
    ordinals = [
        next(
            (
                number
                for number, covered in enumerate(minutes, 1)
                if covered.get(one.header.log, 0) > one.header.seq
            ),
            NOT_COVERED,
        )
        for one in said
    ]
    _assert_order(said, ordinals)
    final = [at for at, ordinal in enumerate(ordinals) if ordinal != NOT_COVERED]
    if final:
        last = max(order_key(said[at].header, ordinals[at]) for at in final)
        for one, ordinal in zip(said, ordinals, strict=True):
            assert (order_key(one.header, ordinal) <= last) == (ordinal != NOT_COVERED)
