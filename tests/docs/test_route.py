"""The route and the map name files and functions that exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, prose_of
from tests.locations import ROOT

HOUSE = ROOT / "src" / "detente"
_PAIR = re.compile(r"`([\w/]+\.py)`((?:,? `[A-Za-z_][\w.]*`)*)")


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the functions, classes and methods that a file defines."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = (
                one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
            )
            found |= {f"{node.name}.{one.name}" for one in inner}
    return frozenset(found)


def faults_of(text: str) -> Iterator[str]:
    """Yield what a text names and is not there."""
    for file, names in _PAIR.findall(text):
        path = ROOT / file if file.startswith(("tests/", "scripts/")) else HOUSE / file
        if not path.exists():
            yield f"there is no {file}"
            continue
        wanted = re.findall(r"`([\w.]+)`", names)
        yield from (f"{file} has no {name}" for name in wanted if name not in names_in(path))


@pytest.mark.parametrize("page", ["route.md", "architecture.md"])
def test_every_file_and_function_named_exists(page: str) -> None:
    """Whoever follows the route must find every station of it."""
    assert list(faults_of(prose_of(DOCS / page))) == []


def test_the_route_names_functions_and_not_only_files() -> None:
    """Step by step means function by function."""
    named = [
        name for _, names in _PAIR.findall(prose_of(DOCS / "route.md")) for name in names.split()
    ]
    assert len(named) > 40


def test_a_planted_station_is_caught() -> None:
    """A file, a function and a method that do not exist."""
    text = "`desk/nowhere.py`, `desk/write.py` `fly`, `desk/write.py` `Writer.fly`"
    assert len(list(faults_of(text))) == 3
