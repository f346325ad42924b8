"""What an export says is shown to whoever was given it, and only where it is proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detente.record.bundle import LogPapers
from detente.record.entry import Entry
from detente.terms.errors import Rejected
from detente.verify.bundle import verify_bundle
from detente.verify.contents import find_entries
from detente.verify.report import EntryShown, Outcome
from tests.bundles import bundle, bundle_of, changed_at, talk


def find(data: bytes, *marks: str) -> dict[str, EntryShown]:
    chunks = [data[at : at + 1000] for at in range(0, len(data), 1000)]
    return find_entries(chunks, frozenset(marks), verify_bundle(chunks))


def test_whoever_has_a_bundle_can_read_what_was_said() -> None:
    """docs/spec/11-bundle.md §7: text and fields as they stand, entries by their marks."""
    found = find(bundle(), "A-2", "B-1", "A-L0", "A-99", "nonsense")
    assert found.keys() == {"A-2", "B-1", "A-L0"}
    assert (found["A-2"].kind, found["A-2"].text) == ("statements.statement", "Statement 0.")
    assert found["B-1"].fields["proposal"] == "A-1"
    assert (found["A-L0"].actor, found["A-L0"].letter) == ("", "A")
    assert all(one.is_here for one in found.values())
    assert len(found["A-2"].actor) == 64


def test_of_a_redacted_bundle_only_what_was_released_is_read() -> None:
    """A journalist is given one statement and nothing else."""
    said = talk().log(0).entries[2]

    def released(_log: LogPapers, entry: Entry) -> bool:
        return entry.id == said.id

    found = find(bundle_of(talk(), released=released), "A-2", "B-1")
    assert found["A-2"].text == "Statement 0."
    assert (found["B-1"].text, found["B-1"].fields, found["B-1"].is_here) == ("", {}, False)
    assert found["B-1"].kind == "opening.consent"


def test_what_is_not_proven_is_not_shown() -> None:
    """After the first damage nothing is, even if it looks whole."""
    damaged = changed_at(bundle(), bundle().index(b"Statement 6."), 1)
    assert verify_bundle([damaged]).outcome is Outcome.BAD
    found = find(damaged, "B-4", "B-5", "B-6")
    assert found.keys() == {"B-4"}
    assert find(b"hello", "A-1") == {}


def test_a_file_that_changed_since_it_was_verified_is_not_shown() -> None:
    """Else the report would speak of one file and the text come from another."""
    with pytest.raises(Rejected) as refusal:
        find_entries([bundle()], {"A-2"}, replace(verify_bundle([bundle()]), digest="00" * 32))
    assert refusal.value.code == "verify.changed"
