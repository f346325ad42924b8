"""The report in plain words: calm, complete, and harmless whatever names the record holds."""

from __future__ import annotations

from pathlib import Path

import detente.verify
from detente.terms.text import find_flags
from detente.testing.scribe import Scribe
from detente.verify.report import Outcome, Report
from detente.verify.words import lines, say
from tests.bundles import bundle, bundle_of, changed_at, talk, verified, write_talk


def _words(report: Report) -> list[str]:
    return [say(line) for line in lines(report)]


def test_an_intact_record_says_how_far_it_reaches_and_never_a_bare_tick() -> None:
    """docs/spec/11-bundle.md §6.3: outcome and reach in one sentence."""
    words = _words(verified(bundle()))
    assert words[0] == "Record intact up to A-13, B-8, A-L2, B-L2 (29 entries)."
    assert not any(mark in line for line in words for mark in "✓✔✗✘")


def test_the_words_name_who_signed_what_and_what_is_final() -> None:
    """docs/spec/11-bundle.md §6.3."""
    words = _words(verified(bundle()))
    name = talk().parties[0].name
    assert f"A-1: opening.proposal, signed by {name} head, head, for A." in words
    assert (
        "Minute 1, entered by all parties, makes everything up to A-L2, A-4, B-L2, B-3 final."
        in words
    )
    assert any("The node of B signed at " in line and line.endswith("A-13.") for line in words)
    assert any(talk().founded.dialogue.hex() in line for line in words)


def test_acts_can_be_left_out_of_the_words() -> None:
    """A long record has thousands of acts; a door may ask for them."""
    every, few = (list(lines(verified(bundle()), acts=acts)) for acts in (True, False))
    assert len(every) - len(few) == len(verified(bundle()).acts)


def test_a_damaged_record_says_what_is_wrong_where_and_what_still_holds() -> None:
    """Whoever reads it learns what is proven all the same."""
    at = bundle().index(b"Statement 6.")
    words = _words(verified(changed_at(bundle(), at, 1)))
    assert words[0] == (
        "This record does not hold. It is proven only up to A-13, B-4, A-L2, B-L2 (25 entries)."
    )
    assert words[1:3] == ["A payload is not the one its header names.", "It was found at B-5."]


def test_a_file_cut_short_is_not_called_bad() -> None:
    """A half-copied file blames nobody."""
    words = _words(verified(bundle()[:-1]))
    assert words[0].startswith(
        "Whether this record is whole cannot be told. What is here is proven"
    )
    assert "The bundle ends before its end." in words


def test_something_else_than_a_bundle_gets_a_sentence() -> None:
    """Whoever hands in the wrong file is told so."""
    assert _words(verified(b"PK\x03\x04")) == [
        "Whether this record is intact cannot be told.",
        "This is not a bundle of this form.",
    ]


def test_withheld_payloads_are_counted_and_said_to_leave_the_order_proven() -> None:
    """Attack 40; docs/spec/11-bundle.md §3.4."""
    words = _words(verified(bundle_of(talk(), released=lambda log, entry: log.party == 0)))
    (line,) = (line for line in words if line.startswith("Payloads that are not here: 12 of 29."))
    assert "number and order of all entries are proven" in line
    assert "Without payload: B-0…B-8 (9)." in words


def test_names_from_the_record_cannot_move_a_cursor_or_change_direction() -> None:
    """Attack 31: what a party calls itself is foreign text."""
    scribe = Scribe(("Arla\x1b[31m", "Bor\u202eduria"), seed="names").open()
    for line in _words(verified(bundle_of(scribe))):
        assert find_flags(line) == ()


def test_a_record_in_which_nothing_is_final_says_so() -> None:
    """Silence about finality would be taken for finality."""
    words = _words(verified(bundle_of(Scribe(seed="not final").open())))
    assert "Nothing is final yet: the parties have entered no common minute." in words


def test_every_sentence_has_a_value_for_each_of_its_places() -> None:
    """No report ends in a KeyError: damaged, cut, redacted, later epochs."""
    scribe = write_talk("places")
    scribe.open_epoch(1, key="second")
    data = bundle_of(scribe)
    outcomes = set()
    for at in range(17, len(data), len(data) // 60):
        for report in (verified(changed_at(data, at, 4)), verified(data[:at])):
            outcomes.add(report.outcome)
            assert all(_words(report))
    assert outcomes == {Outcome.BAD, Outcome.CANNOT_TELL}


def test_wording_takes_no_side() -> None:
    """The room speaks of nodes and letters, never of ours and theirs."""
    for path in Path(detente.verify.__path__[0]).glob("*.py"):
        text = path.read_text("utf-8")
        for word in ("guilty", "liar", "cheat", "the enemy", "fraud"):
            assert word not in text
