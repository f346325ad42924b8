"""The threat model names tests that exist, for every threat that it does not call open."""

from __future__ import annotations

import ast
import re

from tests.locations import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def _rows() -> list[str]:
    return [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| \d+ \|", line)]


def _missing(text: str) -> list[str]:
    """Return the tests that a text names and no file holds."""
    missing = []
    for path, name in _TEST.findall(text):
        file = ROOT / path
        tree = ast.parse(file.read_text("utf-8")) if file.exists() else ast.Module([], [])
        names = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        if name not in names:
            missing.append(f"{path}::{name}")
    return missing


def test_every_test_named_in_the_threat_model_exists() -> None:
    """A claim whose test was renamed away would be a claim without a test."""
    assert _missing(PAGE.read_text("utf-8")) == []


def test_every_threat_has_a_test_or_is_called_open() -> None:
    """All 42 stand there, and none is passed over in silence."""
    rows = _rows()
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 43))
    assert [row for row in rows if not re.search(r"`tests/|open", row)] == []


def test_a_planted_slip_is_caught() -> None:
    """A test that does not exist is found."""
    assert _missing("`tests/docs/test_threats.py::test_that_is_not_here`") != []
    assert _missing("`tests/nowhere.py::test_a_planted_slip_is_caught`") != []
