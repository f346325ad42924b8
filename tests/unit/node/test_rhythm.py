"""When minutes are entered: after quiet, now and then without, and another's at once (02-order.md §7.7)."""

from __future__ import annotations

from detente.node.rhythm import MOST_QUIETS, Due, Rhythm

QUIET = 10.0


def test_a_minute_is_begun_when_nothing_came_for_the_quiet_time() -> None:
    """A node that has just started waits as well: what it missed may still be on its way."""
    rhythm = Rhythm(QUIET, 100.0)
    assert not rhythm.due(109.9).begin
    assert rhythm.due(110.0).begin
    rhythm.note_news(111.0)
    rhythm.note_news(118.0)
    assert not rhythm.due(127.9).begin
    assert rhythm.due(128.0).begin


def test_a_talk_that_never_falls_quiet_is_minuted_all_the_same() -> None:
    """Otherwise nothing of a lively day would be final before the evening."""
    rhythm = Rhythm(QUIET, 0.0)
    begun = []
    for second in range(1, 301):
        rhythm.note_news(float(second))
        if rhythm.due(float(second)).begin:
            begun.append(second)
    assert begun == [101, 202]
    assert MOST_QUIETS * QUIET == 100.0


def test_what_took_long_is_not_done_again_at_once() -> None:
    """Attack 22: a false minute over a long record takes time to compare, and may come every second."""
    rhythm = Rhythm(QUIET, 0.0)
    assert rhythm.due(10.0).begin
    rhythm.note_work(12.0, 2.0)
    assert rhythm.due(31.9) == Due(confirm=False, begin=False)
    assert rhythm.due(32.0) == Due(confirm=True, begin=True)


def test_a_minute_of_another_party_is_confirmed_at_once_but_not_every_second() -> None:
    """Final soon; and who enters one minute after the other does not make us do the same."""
    rhythm = Rhythm(QUIET, 0.0)
    rhythm.note_news(1.0)
    assert rhythm.due(1.0) == Due(confirm=True, begin=False)
    rhythm.note_minute(1.0)
    for second in range(2, 11):
        rhythm.note_news(float(second))
        assert not rhythm.due(float(second)).confirm
    assert rhythm.due(11.0).confirm
