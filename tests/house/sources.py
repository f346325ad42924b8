"""Reads the house for the tests that hold its rules: modules as syntax trees, imports as names.

A `Module` may also be made from a string, so that each rule can be tried on a planted fault.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.locations import ROOT

SRC = ROOT / "src"
HOUSE = SRC / "detente"


class Module(NamedTuple):
    """One Python file."""

    path: str
    """Relative to the package, with slashes: ``record/entry.py``."""
    text: str

    @property
    def room(self) -> str:
        """The room that the file belongs to; empty for the package's own ``__init__.py``."""
        first = self.path.split("/")[0].removesuffix(".py")
        return "" if first == "__init__" else first

    @property
    def name(self) -> str:
        """The dotted name under which the file is imported."""
        return ".".join(("detente", *self.path.removesuffix(".py").split("/"))).removesuffix(
            ".__init__"
        )

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)


class Import(NamedTuple):
    """One name that a module asks for, wherever in the file it does."""

    name: str
    """Dotted: ``detente.record.entry.Entry`` for ``from detente.record.entry import Entry``."""
    line: int


def read_modules(folder: Path = HOUSE) -> list[Module]:
    """Return every Python file under `folder`."""
    return [
        Module(path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.py"))
    ]


def imports_of(module: Module) -> Iterator[Import]:
    """Yield every import of `module`: inside functions and for types only count like any other."""
    package = module.name.split(".")
    if not module.path.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, node.module] if node.module else above)
            for alias in node.names:
                yield Import(f"{origin}.{alias.name}", node.lineno)


def dotted_name(node: ast.expr) -> str:
    """Return ``a.b.c`` for such an expression; what is not a name is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""
