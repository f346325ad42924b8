"""Reads the documentation for the tests that hold it to the code: pages, links, clauses, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from tests.locations import ROOT

DOCS: Final = ROOT / "docs"
_FENCE: Final = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CITED: Final = re.compile(
    r"(?P<page>[0-9]{2}-[a-z]+)\.md(?P<clauses>(?:(?:,| and| to)? (?:step )?§[0-9.]*[0-9])*)"
)


class Cited(NamedTuple):
    """One clause that a text names."""

    page: str
    """File of the specification without its ending: ``01-record``."""
    clause: str
    """``4``, ``4.9``, or empty for the whole page."""


def pages() -> list[Path]:
    """Return every page of the documentation."""
    return sorted(DOCS.rglob("*.md"))


@cache
def prose_of(path: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", path.read_text("utf-8"))


def links_of(path: Path) -> Iterator[str]:
    """Yield the targets of a page's links."""
    yield from _LINK.findall(prose_of(path))


@cache
def anchors_of(path: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as they are made for the web pages."""
    headings = re.findall(r"^#+ (.+)$", prose_of(path), re.MULTILINE)
    return frozenset(
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    )


@cache
def clauses_of(page: str) -> frozenset[str]:
    """Return the numbers of the clauses of one page of the specification."""
    path = DOCS / "spec" / f"{page}.md"
    if not path.exists():
        return frozenset()
    text = path.read_text("utf-8")
    found = re.findall(r"^## ([0-9]+)\. ", text, re.MULTILINE)
    found += re.findall(r"^\*\*([0-9]+\.[0-9]+)\b", text, re.MULTILINE)
    return frozenset(found)


def cited_in(text: str) -> Iterator[Cited]:
    """Yield the clauses of the specification that a text names."""
    for match in _CITED.finditer(text):
        numbers = re.findall(r"§([0-9.]*[0-9])", match["clauses"])
        yield from (Cited(match["page"], number) for number in numbers or [""])
