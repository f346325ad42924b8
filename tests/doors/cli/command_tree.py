"""Walks over every command there is, for tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from typer.main import get_command

from detente.cli.main import PROGRAM, build_app


class Found(NamedTuple):
    """One command or group."""

    path: tuple[str, ...]
    """Without the program's own name."""
    command: Any
    context: Any


def walk() -> Iterator[Found]:
    """Yield every command and group, the program itself first."""
    root: Any = get_command(build_app())
    context = root.make_context(PROGRAM, ["status"], resilient_parsing=True)
    yield from _below(Found((), root, context))


def _below(found: Found) -> Iterator[Found]:
    yield found
    for name, command in getattr(found.command, "commands", {}).items():
        context = type(found.context)(command, info_name=name, parent=found.context)
        yield from _below(Found((*found.path, name), command, context))
