"""Claims about the numbers of pouches. Spec: 10-pouch §8. Threats 19, 20 and 36."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.exchange.pouch_counters import (
    NO_POUCHES,
    SPANS,
    Counters,
    Noted,
    Span,
    format_spans,
    next_addressee,
    note_imported,
    note_sealed,
)
from detente.exchange.pouch_manifest import STATIC, Addressee
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.ids import PartyId
from detente.terms.limits import KIB

PARTY = PartyId(b"p" * 32)


def _digest(number: int, branch: int = 0) -> bytes:
    return bytes([branch]) * 24 + number.to_bytes(8, "big")


def _line(number: int, branch: int = 0) -> Addressee:
    return Addressee(PARTY, number, _digest(number - 1, branch) if number > 1 else None, STATIC)


def _arrive(numbers: Sequence[int], counters: Counters = NO_POUCHES) -> list[Noted]:
    noted: list[Noted] = []
    for number in numbers:
        noted.append(note_imported(counters, _line(number), _digest(number)))
        counters = noted[-1].counters
    return noted


def _missing(counters: Counters) -> set[int]:
    return {n for first, last in counters.missing for n in range(first, last + 1)}


Note = Callable[[Counters, Addressee, bytes], Noted]


def _faults_of_series(note: Note, numbers: Sequence[int]) -> list[int]:
    """Return the places in a sequence of arrivals at which something untrue is reported."""
    counters = NO_POUCHES
    wrong: list[int] = []
    come: set[int] = set()
    for place, number in enumerate(numbers):
        noted = note(counters, _line(number), _digest(number))
        counters = noted.counters
        is_right = noted.is_repeated == (number in come) and not noted.is_parted
        come.add(number)
        if not is_right or _missing(counters) != set(range(1, max(come))) - come:
            wrong.append(place)
    return wrong


@given(st.lists(st.integers(1, 40), max_size=60))
def test_every_order_loss_and_repetition_is_told_as_it_was(numbers: list[int]) -> None:
    """Threat 36: the missing numbers are those that never came, and repeated are those that did."""
    assert _faults_of_series(note_imported, numbers) == []


@pytest.mark.parametrize("forgets", ["missing", "imported"])
def test_planted_fault_counters_that_forget_are_caught(forgets: str) -> None:
    """Threat 36: the claim above must notice either."""

    def forgetful(counters: Counters, line: Addressee, digest: bytes) -> Noted:
        noted = note_imported(counters, line, digest)
        kept = noted.counters
        kept = kept._replace(missing=()) if forgets == "missing" else kept._replace(imported=0)
        return noted._replace(counters=kept)

    assert _faults_of_series(forgetful, [1, 4, 2, 4]) != []


def test_a_series_of_ours_counts_from_one_and_names_the_pouch_before() -> None:
    """§8: so that the other side notices what it lacks."""
    assert next_addressee(NO_POUCHES, PARTY) == Addressee(PARTY, 1, None, STATIC)
    after = note_sealed(NO_POUCHES, _digest(1))
    assert next_addressee(after, PARTY) == Addressee(PARTY, 2, _digest(1), STATIC)


def test_sealing_and_importing_do_not_touch_each_other() -> None:
    """§8: one count for each direction."""
    both = note_imported(note_sealed(NO_POUCHES, _digest(1)), _line(1), _digest(7)).counters
    assert both == Counters(1, _digest(1), 1, _digest(7), ())


def test_sender_on_a_restored_copy_is_noticed() -> None:
    """Threats 19 and 20: a number given twice, or a pouch that follows on another than ours."""
    counters = _arrive([1, 2, 3])[-1].counters
    twice = note_imported(counters, _line(3, branch=1), _digest(3, branch=1))
    assert (twice.is_repeated, twice.is_parted) == (False, True)
    onward = note_imported(counters, _line(4, branch=1), _digest(4, branch=1))
    assert onward.is_parted
    assert [notice.code for notice in onward.notices()] == ["pouch.parted"]
    assert not note_imported(counters, _line(4), _digest(4)).is_parted


def test_people_are_told_which_pouches_are_missing_and_what_to_do() -> None:
    """§8: a sentence and a next step, with the numbers."""
    noted = _arrive([1, 3, 7])[-1]
    (notice,) = noted.notices()
    assert notice.code == "pouch.missing"
    assert "2, 4–6" in str(notice)
    (repeated,) = _arrive([1, 1])[-1].notices()
    assert repeated.code == "pouch.repeated"
    assert "1" in str(repeated)
    assert _arrive([1, 2])[-1].notices() == ()


def test_numbers_of_a_hostile_sender_cost_a_bounded_amount() -> None:
    """§8: neither a leap to the last number nor a thousand gaps fill the drawer."""
    leapt = note_imported(NO_POUCHES, Addressee(PARTY, 2**32, _digest(0), STATIC), _digest(1))
    assert leapt.counters.missing == (Span(1, 2**32 - 1),)
    gaps = _arrive(range(2, 2_000, 2))[-1].counters
    assert len(gaps.missing) == SPANS
    assert gaps.missing[-1] == Span(1997, 1997)
    split = note_imported(leapt.counters, _line(9), _digest(9)).counters
    assert split.missing == (Span(1, 8), Span(10, 2**32 - 1))


def test_counters_keep_in_the_drawer() -> None:
    """§8: what is read back is what was kept."""
    read = partial(from_bytes, Counters, limit=16 * KIB, code="drawer")
    for counters in (NO_POUCHES, _arrive(range(2, 2_000, 2))[-1].counters):
        assert read(data=to_bytes(counters)) == counters


def test_numbers_are_written_as_people_write_them() -> None:
    """§8: single numbers and ranges."""
    assert format_spans((Span(3, 3), Span(5, 7))) == "3, 5–7"
