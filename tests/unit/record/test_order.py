"""Claims about order: what an author had seen, and the one order of all (docs/spec/02-order.md)."""

from __future__ import annotations

from detente.record.order import NOT_COVERED, covers, order_key
from detente.record.verdict import COUNTED, Standing, void
from tests.unit.record.logs import write

A, B = b"a" * 32, b"b" * 32


def test_a_past_covers_another_when_nothing_is_missing() -> None:
    """An empty log is in every past."""
    assert covers({A: 3, B: 1}, {A: 3})
    assert covers({A: 3}, {A: 3, B: 0})
    assert covers({}, {})
    assert not covers({A: 3}, {A: 4})
    assert not covers({A: 3}, {B: 1})


def test_what_a_minute_covers_stands_before_all_else() -> None:
    """Attack 10: a low clock cannot slip an entry under what both sides have signed."""
    headers = [entry.header for entry in write(3).entries]
    late_but_covered, early_uncovered = headers[2], headers[0]
    assert order_key(late_but_covered, 1) < order_key(early_uncovered)
    assert order_key(late_but_covered, 2) > order_key(early_uncovered, 1)
    assert order_key(headers[0]) == (NOT_COVERED, 1, headers[0].log, 0)


def test_a_void_verdict_carries_its_reason() -> None:
    """Every void entry says by which rule; a counted one says nothing."""
    assert void("a.rule") == (Standing.VOID, "a.rule")
    assert COUNTED == (Standing.COUNTED, "")
