"""Claims about names for people: marks, letters and short forms (docs/spec/00-terms.md §3)."""

from __future__ import annotations

import pytest

from detente.terms import limits
from detente.terms.ids import Lane, format_mark, party_letter, short


@pytest.mark.parametrize(
    ("party", "lane", "epoch", "seq", "mark"),
    [
        (0, Lane.TABLE, 0, 12, "A-12"),
        (0, Lane.LINE, 0, 3, "A-L3"),
        (1, Lane.TABLE, 1, 12, "B.1-12"),
        (7, Lane.LINE, 2, 0, "H.2-L0"),
    ],
)
def test_a_mark_names_party_epoch_lane_and_position(
    party: int, lane: Lane, epoch: int, seq: int, mark: str
) -> None:
    """Two people at two nodes who read out the same mark mean the same entry."""
    assert format_mark(party, lane, epoch, seq) == mark


def test_marks_of_all_logs_differ() -> None:
    """No two entries of one dialogue share a mark."""
    marks = [
        format_mark(party, lane, epoch, seq)
        for party in range(limits.PARTIES)
        for lane in Lane
        for epoch in range(13)
        for seq in range(13)
    ]
    assert len(set(marks)) == len(marks)


def test_every_party_has_a_letter_and_a_digest_a_short_form() -> None:
    """Eight parties at most, so letters do not run out; a short form is for eyes only."""
    assert "".join(party_letter(index) for index in range(limits.PARTIES)) == "ABCDEFGH"
    assert short(bytes(range(32))) == "0001020304"


def test_limits_that_bound_each_other_fit_together() -> None:
    """The reasons given beside the figures hold: one limit never makes another unreachable."""
    assert 4 * limits.TEXT_CHARS < limits.PAYLOAD_BYTES - 10 * limits.KIB
    assert limits.PAYLOAD_BYTES < limits.BATCH_BYTES
    assert 2 * limits.PARTIES <= limits.ENTRY_REFS + 1
    assert 200 + 90 * limits.ENTRY_REFS < limits.HEADER_BYTES
