"""What every engine of the drawer must do (`detente.ports.Drawer`).

A test class of an engine inherits `DrawerContract` and gives the fixture `drawers`.
"""

from __future__ import annotations

from typing import Protocol

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.ports import Drawer

NAMES = st.text(st.characters(codec="utf-8"), max_size=8)
PUTS = st.tuples(NAMES, NAMES, st.binary(max_size=64) | st.none())


class Drawers(Protocol):
    """How a test gets drawers of one kind."""

    def fresh(self) -> Drawer:
        """Return an empty drawer."""

    def reopen(self, drawer: Drawer) -> Drawer:
        """Close a drawer and open what it left behind."""


def check(
    drawer: Drawer,
    puts: list[tuple[str, str, bytes | None]],
    expected: dict[tuple[str, str], bytes],
) -> None:
    for shelf, key, _ in puts:
        assert drawer.get(shelf, key) == expected.get((shelf, key))
        assert drawer.keys(shelf) == sorted(k for s, k in expected if s == shelf)


class DrawerContract:
    """Notes come back as they were put."""

    @settings(
        max_examples=settings().max_examples * 2 // 5,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(st.lists(PUTS))
    def test_a_drawer_is_a_map_of_maps(
        self, drawers: Drawers, puts: list[tuple[str, str, bytes | None]]
    ) -> None:
        """Values are put, replaced and removed (None) in any order; the last word counts."""
        drawer = drawers.fresh()
        expected: dict[tuple[str, str], bytes] = {}
        for shelf, key, value in puts:
            if value is None:
                drawer.remove(shelf, key)
                expected.pop((shelf, key), None)
            else:
                drawer.put(shelf, key, value)
                expected[shelf, key] = value
        check(drawer, puts, expected)
        check(drawers.reopen(drawer), puts, expected)

    def test_what_was_never_put_is_not_there(self, drawers: Drawers) -> None:
        """An absent note is None, an empty one is empty, and shelves do not mix."""
        drawer = drawers.fresh()
        drawer.put("drafts", "a", b"")
        assert drawer.get("drafts", "a") == b""
        assert drawer.get("drafts", "b") is None
        assert drawer.get("secrets", "a") is None
        assert drawer.keys("secrets") == []
        drawer.remove("secrets", "a")
        assert drawer.keys("drafts") == ["a"]

    def test_a_large_note_survives(self, drawers: Drawers) -> None:
        """A draft with its signature is larger than a page of the file."""
        drawer = drawers.fresh()
        value = bytes(range(256)) * 1024
        drawer.put("drafts", "long", value)
        assert drawers.reopen(drawer).get("drafts", "long") == value
