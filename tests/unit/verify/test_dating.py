"""Claimed times that contradict the record are pointed out, and change nothing (02-order.md §5.1)."""

from __future__ import annotations

import pytest

from detente.terms.times import CLOCK_ALLOWANCE, SECOND
from detente.testing.scribe import Scribe
from detente.verify import words
from detente.verify.report import EARLIER, LATER, Report
from tests.bundles import bundle, bundle_of, verified

A, B = range(2)


def misdated(report: Report) -> list[tuple[str, str]]:
    return [(stretch.first, stretch.reason) for stretch in report.misdated]


def test_true_times_are_not_pointed_out() -> None:
    """An honest talk has none."""
    assert verified(bundle()).misdated == ()


@pytest.mark.parametrize("whose", [A, B])
def test_a_time_before_that_of_an_entry_it_names_is_pointed_out(whose: int) -> None:
    """Attack 9: of its own log or of the other side's; and it counts all the same."""
    scribe = Scribe().open()
    scribe.say(whose, "first")
    named = scribe.now_ms
    late = scribe.say(B, "I was first", time=named - CLOCK_ALLOWANCE - SECOND)
    report = verified(bundle_of(scribe))
    assert report.outcome.value == "intact"
    assert report.void == ()
    assert (f"B-{late.seq}", EARLIER) in misdated(report)
    assert any("Dated earlier" in line.message for line in words.lines(report))


def test_a_slow_clock_within_the_allowance_is_not_pointed_out() -> None:
    """Honest machines differ by seconds."""
    scribe = Scribe().open()
    scribe.say(A, "first")
    scribe.say(B, "second", time=scribe.now_ms - CLOCK_ALLOWANCE + 10 * SECOND)
    assert verified(bundle_of(scribe)).misdated == ()


def test_a_time_after_another_nodes_receipt_is_pointed_out() -> None:
    """Attack 9: who dates ahead is held against the one who had it already."""
    scribe = Scribe().open()
    ahead = scribe.say(A, "dated ahead", time=scribe.now_ms + 10 * CLOCK_ALLOWANCE)
    report = verified(bundle_of(scribe))
    assert (f"A-{ahead.seq}", LATER) in misdated(report)
    assert any("Dated later" in line.message for line in words.lines(report))
