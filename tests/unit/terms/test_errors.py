"""Claims about faults: whose they are, what they say, what they never carry (docs/spec/00-terms.md §6)."""

from __future__ import annotations

import pytest

from detente.terms.errors import (
    N_,
    Bug,
    Fault,
    Refused,
    Rejected,
    Unavailable,
    Violation,
    refused,
    rejected,
)

BROKEN = Violation("a.code", "It is {what}.", "Try {other}.", what="so", other=3)


def test_a_broken_rule_becomes_the_fault_of_whoever_broke_it() -> None:
    """The border decides: the same code and sentence, ours as refused, theirs as rejected."""
    ours, theirs = refused(BROKEN), rejected(BROKEN, b"bytes")
    assert isinstance(ours, Refused)
    assert isinstance(theirs, Rejected)
    assert theirs.evidence == b"bytes"
    assert str(ours) == str(theirs) == str(BROKEN) == "It is so. Try 3. [a.code]"


def test_every_family_has_an_exit_code_of_its_own() -> None:
    """A script that calls the program learns whose fault it was."""
    codes = [kind.exit_code for kind in (Fault, Refused, Rejected, Unavailable, Bug)]
    assert len(set(codes)) == len(codes)
    assert all(codes)


def test_foreign_text_in_a_fault_is_quoted_and_cut() -> None:
    """What came from elsewhere cannot add a line, a second sentence or an escape sequence."""
    fault = Refused("a.code", "It is {what}.", what="x\n\x1b[31m" + "y" * 500)
    text = str(fault)
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 120
    assert text.endswith("…. [a.code]")


def test_braces_in_foreign_text_are_not_places() -> None:
    """A name like {next_step} stays a name."""
    assert str(Refused("a.code", "It is {what}.", what="{what!r} {0}")) == (
        "It is {what!r} {0}. [a.code]"
    )


def test_numbers_are_shown_as_they_are_and_a_next_step_may_be_missing() -> None:
    """Details that are numbers need no quoting."""
    assert str(Unavailable("a.code", "{size} bytes.", size=7)) == "7 bytes. [a.code]"


def test_a_broken_invariant_says_what_broke_and_that_the_record_is_safe() -> None:
    """The one family that is never caught except at a door."""
    bug = Bug("the sky fell")
    assert bug.code == "house.bug"
    assert "the sky fell" in str(bug)
    with pytest.raises(Fault):
        raise bug


def test_marking_a_sentence_changes_nothing() -> None:
    """The catalogue finds sentences by the mark; the program sees the sentence."""
    assert N_("A sentence.") == "A sentence."
