"""A file can be read in one sitting: at most 400 lines, and at most 60 a function.

Lines are counted as stored. An exception is listed here with its reason, and the list is checked:
what no longer needs its exception loses it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.house.sources import Module, read_modules
from tests.locations import ROOT

FILE_LINES: Final = 400
FUNCTION_LINES: Final = 60

#: ``src/detente/room/file.py`` or ``src/detente/room/file.py::function``: why it may be longer.
EXCEPTIONS: Final[Mapping[str, str]] = {}


def faults_of_size(modules: Iterable[Module], exceptions: Mapping[str, str]) -> list[str]:
    """Return one sentence for each thing that is too long, and for each exception not needed."""
    too_long = {
        name: f"{name} has {lines} lines; split it by what it knows"
        for module in modules
        for name, lines, most in _measure(module)
        if lines > most
    }
    faults = [fault for name, fault in too_long.items() if name not in exceptions]
    faults += [f"{name} needs no exception; unlist it" for name in exceptions.keys() - too_long]
    faults += [f"{name}: give the reason" for name, why in exceptions.items() if not why.strip()]
    return faults


def _measure(module: Module) -> Iterator[tuple[str, int, int]]:
    yield module.path, len(module.text.splitlines()), FILE_LINES
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield f"{module.path}::{node.name}", lines, FUNCTION_LINES


def test_no_file_and_no_function_is_too_long_to_read() -> None:
    """What separates code that newcomers can read from code they cannot is its largest file."""
    modules = [
        Module(f"{folder}/{module.path}", module.text)
        for folder in ("src", "tests", "benchmarks", "docs", "scripts")
        for module in read_modules(ROOT / folder)
    ]
    assert len(modules) > 10
    assert faults_of_size(modules, EXCEPTIONS) == []


def _long_function(lines: int) -> str:
    return "def f() -> None:\n" + "    pass\n" * (lines - 1)


def test_a_planted_long_file_is_caught() -> None:
    """One line more than allowed is too many."""
    assert faults_of_size([Module("a.py", "x = 1\n" * 400)], {}) == []
    (fault,) = faults_of_size([Module("a.py", "x = 1\n" * 401)], {})
    assert "a.py has 401 lines" in fault


def test_a_planted_long_function_is_caught() -> None:
    """Methods and asynchronous functions count like any other."""
    assert faults_of_size([Module("a.py", _long_function(60))], {}) == []
    method = "class A:\n" + "".join(
        f"    {line}\n" for line in f"async {_long_function(61)}".splitlines()
    )
    for text in (_long_function(61), method):
        (fault,) = faults_of_size([Module("a.py", text)], {})
        assert "a.py::f has 61 lines" in fault


def test_an_exception_holds_only_with_a_reason_and_while_it_is_needed() -> None:
    """A list of exceptions that nobody prunes becomes the rule."""
    long, short = Module("a.py", "x = 1\n" * 401), Module("a.py", "x = 1\n")
    assert faults_of_size([long], {"a.py": "one table"}) == []
    assert faults_of_size([long], {"a.py": " "}) == ["a.py: give the reason"]
    assert faults_of_size([short], {"a.py": "one table"}) == ["a.py needs no exception; unlist it"]
