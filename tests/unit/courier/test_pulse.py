"""The pulse of a link: docs/spec/09-exchange.md §5, by a clock moved by hand."""

from __future__ import annotations

from detente.courier.pulse import Beat, Pulse


def test_beat_is_due_only_when_nothing_of_ours_left_for_a_while() -> None:
    """§5: every 15 s, unless news took its place."""
    pulse = Pulse(15, 45, now=100)
    assert pulse.due() == 115
    assert pulse.judge(114.9) is Beat.NOTHING
    assert pulse.judge(115) is Beat.BEAT
    pulse.sent(114)
    assert pulse.judge(115) is Beat.NOTHING
    assert pulse.due() == 129


def test_silent_side_is_gone_after_three_missed_beats() -> None:
    """Threat 21: half-open link."""
    pulse = Pulse(15, 45, now=0)
    pulse.sent(40)
    assert pulse.judge(44.9) is Beat.NOTHING
    assert pulse.judge(45) is Beat.SILENT
    pulse.heard(30)
    assert pulse.judge(45) is Beat.NOTHING
    assert not pulse.is_silent(59.9)
    assert pulse.is_silent(60)
    assert pulse.quiet_s(31) == 1


def test_side_that_takes_nothing_is_gone_even_if_it_speaks() -> None:
    """Threat 21: slow-loris on our sending side."""
    pulse = Pulse(15, 45, now=0)
    pulse.blocked(10)
    pulse.heard(50)
    pulse.sent(50)
    assert pulse.due() == 55
    assert pulse.judge(54) is Beat.NOTHING
    assert pulse.judge(55) is Beat.STALLED
    pulse.freed()
    assert pulse.judge(55) is Beat.NOTHING
