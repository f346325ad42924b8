"""Claims about instants: read with their offset, shown in UTC, bounded by the calendar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.terms.errors import Violation
from detente.terms.times import format_clock, format_utc, parse_utc

LAST = 253_402_300_799_999


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-23T14:02:05.250Z", 1_795_442_525_250),
        (" 2026-11-23T17:32:05.250+03:30 ", 1_795_442_525_250),
        ("2038-01-19T03:14:08Z", 2**31 * 1000),
        ("9999-12-31T23:59:59.999Z", LAST),
        ("1970-01-01T00:00:00.0009Z", 0),
    ],
)
def test_an_instant_is_read_with_its_offset(text: str, millis: int) -> None:
    """Attack 11: nothing happens in 2038; below a millisecond is dropped."""
    assert parse_utc(text) == millis


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T14:02:05",  # no offset: whose time?
        "2026-11-23",
        "tomorrow",
        "",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "0001-01-01T00:00:00+23:59",
        "2026-02-30T00:00:00Z",
    ],
)
def test_what_names_no_instant_since_1970_is_refused_with_an_example(text: str) -> None:
    """A time without an offset means another instant on the other side of the table."""
    with pytest.raises(Violation) as fault:
        parse_utc(text)
    assert fault.value.code == "terms.time"
    assert "2026-11-23T14:00:00Z" in fault.value.next_step


def test_instants_are_shown_in_utc_and_a_claim_no_calendar_holds_as_a_number() -> None:
    """A header may claim any time; showing it must never fail."""
    assert format_utc(1_795_442_525_250) == "2026-11-23 14:02:05 UTC"
    assert format_clock(1_795_442_525_250) == "14:02 UTC"
    assert format_utc(LAST) == "9999-12-31 23:59:59 UTC"
    for beyond in (-1, LAST + 1, 2**64 - 1):
        assert format_utc(beyond) == format_clock(beyond) == f"{beyond} ms"


@given(st.integers(0, LAST))
def test_every_instant_of_the_calendar_is_read_back_to_the_second(at: int) -> None:
    """What is shown can be typed again."""
    shown = format_utc(at).replace(" UTC", "Z").replace(" ", "T")
    assert parse_utc(shown) == at - at % 1000
    assert format_clock(at) == f"{shown[11:16]} UTC"
