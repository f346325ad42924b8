"""Rooms import downwards only, and each outside library lives in the rooms named for it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.rooms import BELOW_PROTOCOLS, ROOMS, TESTING, Room
from tests.house.sources import Module, imports_of, read_modules


def faults_of_order(modules: Iterable[Module]) -> list[str]:
    """Return one sentence for each import that goes up, sideways or to an unlisted library."""
    found: list[str] = []
    for module in modules:
        if module.room == TESTING:
            continue
        room = ROOMS.get(module.room)
        if room is None:
            found.append(f"{module.path}: {module.room} is not a room; list it in ROOMS")
            continue
        found += [
            f"{module.path}:{wanted.line}: {why}"
            for wanted in imports_of(module)
            if (why := _why_refused(module, room, wanted.name))
        ]
    return found


def _why_refused(module: Module, room: Room, wanted: str) -> str:
    top, *rest = wanted.split(".")
    if top != "detente":
        is_allowed = top in sys.stdlib_module_names or top in room.libraries
        return "" if is_allowed else f"the library {top} has no place in {module.room}"
    target = rest[0] if rest else ""
    if target not in ROOMS and target != TESTING:
        return ""  # a name of the package itself, such as detente.__version__
    if target != module.room:
        return "" if target in room.may_import else f"{module.room} may not import {target}"
    if target == "protocols" and len(rest) > 1:
        own = module.path.split("/")[1].removesuffix(".py")
        if rest[1] != own and rest[1] not in BELOW_PROTOCOLS:
            return f"protocols are siblings: {own} may not import {rest[1]}"
    return ""


def cycle_of(modules: Iterable[Module]) -> list[str]:
    """Return the names along one circle of imports between modules; empty when there is none."""
    by_name = {module.name: module for module in modules}
    graph: dict[str, set[str]] = {}
    for name, module in by_name.items():
        targets = set()
        for wanted in imports_of(module):
            parts = wanted.name.split(".")
            full = ".".join(parts)
            target = full if full in by_name else ".".join(parts[:-1])
            if target in by_name and target != name:
                targets.add(target)
        graph[name] = targets
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def test_rooms_import_downwards_only_and_libraries_stay_where_they_are_listed() -> None:
    """Import order of docs/architecture.md: a lower room cannot reach a file, a clock or a key."""
    assert faults_of_order(read_modules()) == []


def test_no_module_imports_itself_through_others() -> None:
    """A circle cannot be read from top to bottom, and breaks when its first import moves."""
    assert cycle_of(read_modules()) == []


def test_the_table_itself_points_downwards() -> None:
    """A slip in the table would allow what it should forbid."""
    upward = [
        f"{name} -> {below}"
        for name, room in ROOMS.items()
        for below in room.may_import
        if ROOMS[below].level >= room.level
    ]
    assert upward == []


def test_the_reader_finds_the_house() -> None:
    """The reader must find the house, or every rule here would hold of nothing."""
    rooms = {module.room for module in read_modules()}
    assert {"terms", "seals", "record"} <= rooms


@pytest.mark.parametrize(
    ("path", "text", "blamed"),
    [
        ("record/entry.py", "import detente.charter", "record may not import charter"),
        ("record/entry.py", "from detente import dialogue", "record may not import dialogue"),
        ("record/entry.py", "from ..charter import state", "record may not import charter"),
        (
            "store/sqlite.py",
            "from detente.courier.link import Link",
            "store may not import courier",
        ),
        ("desk/write.py", "def f():\n    import detente.store.sqlite", "desk may not import store"),
        ("press/app.py", "from detente.desk import read", "press may not import desk"),
        ("node/build.py", "import detente.testing.world", "node may not import testing"),
        (
            "dialogue/fold.py",
            "from detente.exchange import frames",
            "dialogue may not import exchange",
        ),
        ("terms/ids.py", "import immutables", "the library immutables has no place in terms"),
        ("desk/write.py", "from rich.table import Table", "the library rich has no place in desk"),
        (
            "terms/ids.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import detente.record.entry",
            "terms may not import record",
        ),
        (
            "protocols/agenda/rules.py",
            "from detente.protocols.hotline.state import State",
            "protocols are siblings: agenda may not import hotline",
        ),
        (
            "protocols/acks.py",
            "from detente.protocols.hotline.state import State",
            "protocols are siblings: acks may not import hotline",
        ),
        ("attic/dust.py", "", "attic is not a room; list it in ROOMS"),
        ("__init__.py", "import detente.node", "may not import node"),
        ("__main__.py", "import detente.store", "__main__ may not import store"),
    ],
)
def test_a_planted_import_is_caught(path: str, text: str, blamed: str) -> None:
    """Each kind of forbidden import, wherever in the file it hides, is found."""
    (fault,) = faults_of_order([Module(path, text)])
    assert blamed in fault


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("protocols/agenda/rules.py", "from detente.protocols.acks import Ledger"),
        ("protocols/agenda/rules.py", "from detente.protocols.agenda.state import State"),
        ("cli/main.py", "import typer\nfrom detente import __version__"),
        ("testing/world.py", "import hypothesis, apsw, detente.node.build"),
    ],
)
def test_a_rightful_import_passes(path: str, text: str) -> None:
    """A rule that refused everything would catch every planted fault as well."""
    assert faults_of_order([Module(path, text)]) == []


def test_a_planted_circle_is_caught() -> None:
    """Two modules that ask for each other, one of them inside a function."""
    circle = cycle_of(
        [
            Module("record/entry.py", "from detente.record.tree import root"),
            Module("record/tree.py", "def f():\n    from detente.record import entry"),
        ]
    )
    assert set(circle) == {"detente.record.entry", "detente.record.tree"}
