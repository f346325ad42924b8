"""The table of the threat model is true: its tests exist, and so do its planted faults; none is missing."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Final, NamedTuple

from tests.docs.pages import DOCS, clauses_of
from tests.faults.test_planted import MISTAKES
from tests.locations import ROOT

PAGE: Final = DOCS / "threat-model.md"
ATTACKS: Final = 42
_TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_CLAUSE: Final = re.compile(r"(\d\d-[a-z]+)(?: §(\d+)(?: (?:and|to) §(\d+))?)?")


class Row(NamedTuple):
    """One attack as the page has it."""

    number: int
    mechanism: str
    clause: str
    tests: str
    faults: str

    @property
    def is_open(self) -> bool:
        """Tell whether the page calls all or part of it open."""
        return "**open**" in self.mechanism.lower()


def rows_of(text: str) -> list[Row]:
    """Return the rows of the table of attacks."""
    rows = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 6 and cells[0].isdigit():
            rows.append(Row(int(cells[0]), cells[2], *cells[3:]))
    return rows


@cache
def functions_in(path: str) -> frozenset[str]:
    """Return the names of a file's functions; none for a file that is not there."""
    file = ROOT / path
    if not file.exists():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    )


def faults_of(rows: list[Row]) -> list[str]:
    """Return one sentence for each thing in the table that is not so."""
    found = []
    planted = {(one.attack, one.name) for one in MISTAKES}
    for row in rows:
        named = _TEST.findall(row.tests + row.faults)
        found += [
            f"{row.number}: there is no {path}::{name}"
            for path, name in named
            if name not in functions_in(path)
        ]
        if not _TEST.search(row.tests) and not row.is_open:
            found.append(f"{row.number} has no test and is not called open")
        plain = [one.strip() for one in row.faults.split(";") if "`" not in one]
        for name in plain:
            if name not in ("–", "not planted") and (row.number, name) not in planted:
                found.append(f"{row.number}: {name} is not planted")
            planted.discard((row.number, name))
        for page, first, last in _CLAUSE.findall(row.clause):
            clauses = clauses_of(page)
            found += [
                f"{row.number}: there is no {page} §{one}"
                for one in (first, last)
                if one and one not in clauses
            ]
            if not clauses:
                found.append(f"{row.number}: there is no page {page}")
    return found + [f"{number}: {name} is planted and not in the table" for number, name in planted]


def test_the_table_names_every_attack_and_only_what_exists() -> None:
    """Somebody who asks "and what about …" is led to the test that tried it, or told that none has."""
    rows = rows_of(PAGE.read_text("utf-8"))
    assert [row.number for row in rows] == list(range(1, ATTACKS + 1))
    assert faults_of(rows) == []


def test_planted_slips_in_the_table_are_caught() -> None:
    """A test renamed, a mistake that is not planted, a row without a test, a clause that is not there."""
    rows = rows_of(PAGE.read_text("utf-8"))
    first = rows[0]
    for wrong in (
        first._replace(tests=first.tests.replace("::test_", "::tset_", 1)),
        first._replace(faults="nobody ever made this mistake"),
        first._replace(tests="–", faults="–"),
        first._replace(clause="02-order §99"),
        first._replace(clause="99-nowhere"),
    ):
        assert len(faults_of([wrong, *rows[1:]])) > 0
