"""Claims about minutes: how far the record goes, signed by all (docs/spec/02-order.md §7)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.record.encoding import encode
from detente.record.minute import (
    Minute,
    MinuteLine,
    below,
    decode_minute,
    encode_minute,
    fold_digest,
    grows,
)
from detente.record.verdict import COUNTED, NOT_UNDERSTOOD, WITHHELD, Verdict, void
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms.errors import Rejected
from detente.terms.ids import LogId
from detente.terms.limits import PAYLOAD_BYTES
from tests.unit.record.logs import digest

LOGS = sorted(LogId(digest(f"log {at}")) for at in range(3))


def _minute(ordinal: int, *sizes: int) -> Minute:
    lines = (
        MinuteLine(log, size, digest(f"root {size}"))
        for log, size in zip(LOGS, sizes, strict=False)
    )
    return Minute(ordinal, tuple(lines), digest("fold"))


MINUTE = _minute(2, 5, 9, 1)


def test_a_minute_comes_back_from_its_one_encoding() -> None:
    """Round trip, also without any line."""
    for minute in (MINUTE, _minute(1), _minute(2**63 - 1, 2**64 - 1)):
        assert decode_minute(encode_minute(minute)) == minute
    assert MINUTE.sizes() == {LOGS[0]: 5, LOGS[1]: 9, LOGS[2]: 1}


def test_a_minute_of_any_other_form_is_refused() -> None:
    """Attack 25: logs sorted and named once; every field of its own type and size only.

    A number of 2**63 or more would sort what a minute covers after what none covers.
    """
    one: list[Any] = list(MINUTE.lines[0])
    two: list[Any] = list(MINUTE.lines[1])
    fold = MINUTE.fold
    hostile: list[Any] = [
        [], [1, []], [1, [], fold, 0], b"abc", "abc", 7, None,
        [0, [], fold], [2**63, [], fold], [True, [], fold], ["1", [], fold], [None, [], fold],
        [1, [], fold[:-1]], [1, [], b""], [1, [], fold.hex()], [1, [], None],
        [1, b"", fold], [1, "", fold], [1, None, fold], [1, 7, fold], [1, [7], fold], [1, [b"abc"], fold],
        [1, ["abc"], fold], [1, [[]], fold], [1, [one[:2]], fold], [1, [[*one, 0]], fold],
        [1, [two, one], fold], [1, [one, one], fold], [1, [one, [one[0], 6, one[2]]], fold],
        [1, [[one[0][:-1], 5, one[2]]], fold], [1, [[one[0], True, one[2]]], fold],
        [1, [[one[0], b"5", one[2]]], fold], [1, [[one[0], 5, one[2] + b"\0"]], fold],
        [1, [[one[0].hex(), 5, one[2]]], fold],
        [1, [["x" * 32, 5, one[2]]], fold],
        [1, [[one[0], 5, "x" * 32]], fold], [1, [[one[0], 5, ""]], fold],
    ]  # fmt: skip
    for plain in hostile:
        with pytest.raises(Rejected) as fault:
            decode_minute(encode(plain))
        assert fault.value.code == "record.minute", plain
    for data in (b"", b"\xa0", encode_minute(MINUTE) + b"\0", bytes(PAYLOAD_BYTES + 1)):
        with pytest.raises(Rejected):
            decode_minute(data)


def test_minutes_of_one_party_only_grow() -> None:
    """A later minute covers all of the earlier one and has a higher number."""
    assert grows(MINUTE, _minute(3, 5, 9, 1))
    assert grows(MINUTE, _minute(9, 6, 9, 2))
    assert grows(_minute(1), MINUTE)
    for later in (MINUTE, _minute(1, 6, 9, 2), _minute(3, 4, 9, 1), _minute(3, 5, 9), _minute(3)):
        assert not grows(MINUTE, later)


def test_a_minute_lists_only_what_its_author_had_seen() -> None:
    """Nobody can make final what it does not hold."""
    sizes = MINUTE.sizes()
    assert below(MINUTE, sizes)
    assert below(MINUTE, {**sizes, LOGS[0]: 6, bytes(32): 4})
    assert not below(MINUTE, {**sizes, LOGS[0]: 4})
    assert not below(MINUTE, {log: size for log, size in sizes.items() if log != LOGS[1]})


def test_the_digest_covers_entries_verdicts_and_their_order() -> None:
    """Attack 8: two nodes with one digest judged the same entries alike, in one order."""
    ids = [digest(f"entry {at}") for at in range(3)]
    before = bytes(32)
    base: list[tuple[bytes, Verdict]] = [
        (ids[0], COUNTED),
        (ids[1], void("a.rule")),
        (ids[2], COUNTED),
    ]
    others = [
        base[:2], base[1:], [base[1], base[0], base[2]], [],
        [base[0], (ids[1], COUNTED), base[2]],
        [base[0], (ids[1], WITHHELD), base[2]], [base[0], (ids[1], NOT_UNDERSTOOD), base[2]],
    ]  # fmt: skip
    digests = {fold_digest(before, base), fold_digest(digest("other"), base)}
    digests |= {fold_digest(before, other) for other in others}
    assert len(digests) == len(others) + 2
    # Which of several broken rules a program names first is not part of what both sides sign.
    other_rule = [base[0], (ids[1], void("another.rule")), base[2]]
    assert fold_digest(before, other_rule) == fold_digest(before, base)


def test_the_digest_is_the_labelled_hash_of_its_pieces() -> None:
    """docs/spec/02-order.md §7, written out by hand: identifier and standing."""
    one, two = digest("one"), digest("two")
    pieces = (bytes(32), one + b"\x00", two + b"\x01")
    expected = tagged(labels.FOLD, *pieces)
    assert fold_digest(bytes(32), iter([(one, COUNTED), (two, void("a.rule"))])) == expected


def test_a_digest_follows_on_the_one_below() -> None:
    """Each minute adds its stretch to the digest of what was final before."""
    one, two = (digest("one"), COUNTED), (digest("two"), COUNTED)
    first = fold_digest(bytes(32), [one])
    assert fold_digest(first, [two]) != fold_digest(bytes(32), [one, two])
    assert fold_digest(first, [two]) == fold_digest(first, [two])
