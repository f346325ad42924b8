"""Joins the files of changes/ into CHANGELOG.md, as changes/README.md describes.

`scripts/release` runs this; the date comes from the newest commit, so that a second run on the
same commit writes the same bytes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: Type of a change: its heading, in the order of the changelog.
HEADINGS: Final = {
    "format": "Record format",
    "security": "Security",
    "removed": "Removed",
    "deprecated": "Deprecated",
    "added": "Added",
    "changed": "Changed",
    "fixed": "Fixed",
}
NAME: Final = re.compile(rf"(\d+)\.({'|'.join(HEADINGS)})\.md")
MARK: Final = "<!-- releases -->\n"
NO_RELEASE: Final = "\nNo release yet.\n"


def join_changes(changelog: str, changes: Mapping[str, str], version: str, date: str) -> str:
    """Return `changelog` with a section for `version` on top.

    Args:
        changelog: text that holds `MARK` once; sections follow it, the newest first.
        changes: file name → text; each name matches `NAME`.
        version: of the software.
        date: of the release, ``2026-11-30``.

    Raises:
        ValueError: a name that says no type, or a changelog without its mark.
    """
    sections: dict[str, list[tuple[int, str]]] = {kind: [] for kind in HEADINGS}
    for name, text in changes.items():
        match = NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"changes/{name} is not named <issue>.<type>.md")
        sections[match[2]].append((int(match[1]), text))
    before, mark, after = changelog.partition(MARK)
    if not mark:
        raise ValueError(f"CHANGELOG.md has lost its mark {MARK.strip()}")
    lines = [f"\n## {version} ({date})\n"]
    for kind, entries in sections.items():
        if entries:
            lines.append(f"\n### {HEADINGS[kind]}\n\n")
        for issue, text in sorted(entries):
            indented = "\n  ".join(text.strip().splitlines())
            lines.append(f"- {indented} (#{issue})\n")
    return before + mark + "".join(lines) + after.replace(NO_RELEASE, "")


def main(version: str) -> None:
    """Join the files of changes/ into CHANGELOG.md and remove them."""
    root = Path(__file__).resolve().parent.parent
    paths = sorted(path for path in (root / "changes").glob("*.md") if path.name != "README.md")
    dated = subprocess.run(
        ["git", "log", "-1", "--format=%cs"], cwd=root, capture_output=True, check=True, text=True
    )
    changelog = root / "CHANGELOG.md"
    joined = join_changes(
        changelog.read_text("utf-8"),
        {path.name: path.read_text("utf-8") for path in paths},
        version,
        dated.stdout.strip(),
    )
    changelog.write_text(joined, "utf-8")
    for path in paths:
        path.unlink()


if __name__ == "__main__":
    main(sys.argv[1])
