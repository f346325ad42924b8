"""Clauses that are cited, in the code, in tests and between pages, exist."""

from __future__ import annotations

import pytest

from tests.docs.pages import DOCS, Cited, cited_in, clauses_of, pages
from tests.locations import ROOT


def fault_of(where: str, cited: Cited) -> str:
    """Return what is wrong with a citation, or nothing."""
    page, clause = cited
    if not (DOCS / "spec" / f"{page}.md").exists():
        return f"{where}: there is no docs/spec/{page}.md"
    if clause and clause not in clauses_of(page):
        return f"{where}: docs/spec/{page}.md has no §{clause}"
    return ""


def test_every_clause_cited_in_code_tests_and_pages_exists() -> None:
    """A module head that names a clause is a promise that the clause says what the module does."""
    files = [
        *(path for folder in ("src", "tests", "scripts") for path in (ROOT / folder).rglob("*.py")),
        *pages(),
    ]
    faults = [
        fault_of(str(path.relative_to(ROOT)), cited)
        for path in files
        if path.parent != ROOT / "tests" / "docs"
        for cited in cited_in(path.read_text("utf-8"))
    ]
    assert [fault for fault in faults if fault] == []


def test_every_room_with_rules_cites_its_clauses() -> None:
    """The pure rooms carry out the specification; a file there that cites none is out of its sight."""
    rooms = {"record", "charter", "exchange", "dialogue", "verify"}
    silent = [
        path.relative_to(ROOT).as_posix()
        for room in sorted(rooms)
        for path in sorted((ROOT / "src" / "detente" / room).glob("*.py"))
        if path.name != "__init__.py" and not any(cited_in(path.read_text("utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("docs/spec/01-record.md §4.", [Cited("01-record", "4")]),
        ("01-record.md §2 and §5, of", [Cited("01-record", "2"), Cited("01-record", "5")]),
        ("`10-pouch.md §2 to §5`", [Cited("10-pouch", "2"), Cited("10-pouch", "5")]),
        ("see 04-pairing.md.", [Cited("04-pairing", "")]),
    ],
)
def test_citations_are_read_as_they_are_written(text: str, cited: list[Cited]) -> None:
    """Lists, ranges, full stops behind."""
    assert list(cited_in(text)) == cited


def test_a_planted_citation_is_caught() -> None:
    """Of a page and of a clause that do not exist."""
    assert fault_of("a.py", Cited("99-nothing", ""))
    assert fault_of("a.py", Cited("01-record", "4.99"))
