"""The glossary is one line a word, in order."""

from __future__ import annotations

from tests.docs.pages import DOCS


def _rows() -> list[list[str]]:
    lines = (DOCS / "words.md").read_text("utf-8").splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]


def test_words_stand_once_in_order_and_have_a_meaning() -> None:
    """A reader looks a word up by its place."""
    rows = _rows()
    words = [row[0] for row in rows]
    assert words == sorted(set(words), key=str.lower)
    assert all(len(row) == 2 and row[1] for row in rows)
    assert len(words) > 60
