"""Every link inside the documentation leads somewhere, and every page can be reached from the first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, anchors_of, links_of, pages
from tests.locations import ROOT


def fault_of(path: Path, target: str) -> str:
    """Return what is wrong with a link on a page, or nothing."""
    if re.match(r"[a-z]+://|mailto:", target):
        return ""
    name, _, anchor = target.partition("#")
    place = (path.parent / name).resolve() if name else path
    if not place.exists():
        return f"{path.relative_to(ROOT)}: {target} leads nowhere"
    if anchor and place.suffix == ".md" and anchor not in anchors_of(place):
        return f"{path.relative_to(ROOT)}: {target} names no heading"
    return ""


def test_every_link_leads_to_a_page_and_a_heading() -> None:
    """A reader who follows the specification must not end up at nothing."""
    first_pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    faults = [
        fault_of(path, target) for path in [*pages(), *first_pages] for target in links_of(path)
    ]
    assert [fault for fault in faults if fault] == []


@pytest.mark.parametrize("target", ["nowhere.md", "words.md#no-such-heading", "#nor-this"])
def test_a_planted_link_is_caught(target: str) -> None:
    """A missing page, a missing heading elsewhere, and one on the page itself."""
    assert fault_of(DOCS / "index.md", target)


def reached_from(path: Path, seen: set[Path]) -> set[Path]:
    """Return the pages that links and lists of contents lead to."""
    if path in seen:
        return seen
    seen.add(path)
    text = path.read_text("utf-8")
    targets = [path.parent / target.partition("#")[0] for target in links_of(path)]
    for block in re.findall(r"^```\{toctree\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        names = [line for line in block.splitlines() if line and not line.startswith(":")]
        for name in names:
            targets += path.parent.glob(f"{name}.md")
    for target in targets:
        if target.suffix == ".md" and target.exists():
            reached_from(target.resolve(), seen)
    return seen


def test_every_page_can_be_reached_from_the_first() -> None:
    """A page that nothing leads to is not read, and not kept true."""
    assert set(pages()) - reached_from(DOCS / "index.md", set()) == set()
