"""Changes are written so that a release can join them (changes/README.md)."""

from __future__ import annotations

import pytest

from scripts.changelog import HEADINGS, MARK, NAME, NO_RELEASE, join_changes
from tests.locations import ROOT

EMPTY = f"# Changes\n\n{MARK}{NO_RELEASE}"


def test_every_change_is_named_for_its_issue_and_type_and_says_something() -> None:
    """A file that the release would trip over is found when it is written."""
    for path in (ROOT / "changes").iterdir():
        if path.name != "README.md":
            assert NAME.fullmatch(path.name), f"{path.name} is not named <issue>.<type>.md"
            assert path.read_text("utf-8").strip(), f"{path.name} is empty"


def test_the_changelog_keeps_the_place_for_releases() -> None:
    """Joining into the real changelog works, whatever has been released before."""
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    joined = join_changes(changelog, {"7.fixed.md": "A thing."}, "9.9.9", "2026-11-30")
    assert "## 9.9.9 (2026-11-30)\n\n### Fixed\n\n- A thing. (#7)\n" in joined


def test_every_type_is_explained_to_whoever_writes_a_change() -> None:
    """changes/README.md lists the types in the order of the changelog."""
    explained = (ROOT / "changes" / "README.md").read_text("utf-8")
    places = [explained.index(f"| `{kind}` |") for kind in HEADINGS]
    assert places == sorted(places)


def test_record_format_stands_first_and_issues_are_in_order() -> None:
    """Whoever runs a node must see first what concerns the other side's node."""
    changes = {"10.added.md": "Ten.\n", "9.added.md": "Nine.\nAnd so.\n", "11.format.md": "New."}
    first = join_changes(EMPTY, changes, "0.1.0", "2026-11-30")
    assert first == (
        f"# Changes\n\n{MARK}\n## 0.1.0 (2026-11-30)\n\n### Record format\n\n- New. (#11)\n"
        "\n### Added\n\n- Nine.\n  And so. (#9)\n- Ten. (#10)\n"
    )
    second = join_changes(first, {"12.fixed.md": "Mended."}, "0.1.1", "2026-12-01")
    assert second.index("0.1.1") < second.index("0.1.0")


@pytest.mark.parametrize("name", ["2.md", "added.md", "2.novel.md", "two.added.md", "2.added.txt"])
def test_a_change_without_issue_or_type_is_refused(name: str) -> None:
    """A change must never be lost in silence on the way into the changelog."""
    with pytest.raises(ValueError, match=r"<issue>\.<type>\.md"):
        join_changes(EMPTY, {name: "Text."}, "0.1.0", "2026-11-30")
