"""Which link stays, and when to dial again: docs/spec/09-exchange.md §5."""

from __future__ import annotations

from itertools import product

import pytest

from detente.courier.redial import Keep, Standing, decide_duplicate, pause_before
from detente.terms.ids import PartyId

LOW, HIGH = PartyId(b"a" * 32), PartyId(b"b" * 32)


@pytest.mark.parametrize("old_by_low", [True, False])
@pytest.mark.parametrize("new_by_low", [True, False])
def test_both_ends_keep_the_same_link(old_by_low: bool, new_by_low: bool) -> None:
    """§5: from the same two links, seen from either end, one answer."""
    at_low = decide_duplicate(LOW, HIGH, Standing(old_by_low, False), Standing(new_by_low, False))
    at_high = decide_duplicate(
        HIGH, LOW, Standing(not old_by_low, False), Standing(not new_by_low, False)
    )
    assert at_low is at_high


def test_crossed_dials_leave_one_link_in_whatever_order_they_are_seen() -> None:
    """§5: both sides dialled at once; each may see the two links in another order."""
    by_low_at_low, by_high_at_low = Standing(True, False), Standing(False, False)
    by_low_at_high, by_high_at_high = Standing(False, False), Standing(True, False)
    assert decide_duplicate(LOW, HIGH, by_low_at_low, by_high_at_low) is Keep.OLD
    assert decide_duplicate(LOW, HIGH, by_high_at_low, by_low_at_low) is Keep.NEW
    assert decide_duplicate(HIGH, LOW, by_low_at_high, by_high_at_high) is Keep.OLD
    assert decide_duplicate(HIGH, LOW, by_high_at_high, by_low_at_high) is Keep.NEW


def test_silent_old_link_never_keeps_a_new_one_out() -> None:
    """Threat 21: a half-open link must not block the way back."""
    for old, new in product([True, False], repeat=2):
        for own, peer in ((LOW, HIGH), (HIGH, LOW)):
            kept = decide_duplicate(own, peer, Standing(old, True), Standing(new, False))
            assert kept is Keep.NEW


def test_side_that_dials_again_has_given_up_its_older_link() -> None:
    """§5: after a restart the other side still believes the old link alive."""
    for own, peer, ours in product((LOW,), (HIGH,), [True, False]):
        kept = decide_duplicate(own, peer, Standing(ours, False), Standing(ours, False))
        assert kept is Keep.NEW


def test_pause_doubles_to_a_minute_and_is_spread() -> None:
    """§5: no storm of dials, and no two nodes in step."""
    assert pause_before(0, 0.9) == 0
    assert [pause_before(attempt, 0.5) for attempt in (1, 2, 3, 7, 8, 10**9)] == [
        1, 2, 4, 60, 60, 60,
    ]  # fmt: skip
    assert pause_before(3, 0.0) == 2
    assert pause_before(3, 0.999) < 6
