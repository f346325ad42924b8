"""Both drawers keep the contract of every drawer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from detente.ports import Drawer
from detente.store.drawer import MemoryDrawer, SqliteDrawer
from tests.contract.drawer_contract import DrawerContract


class MemoryDrawers:
    def fresh(self) -> Drawer:
        return MemoryDrawer()

    def reopen(self, drawer: Drawer) -> Drawer:
        drawer.close()
        return drawer


class SqliteDrawers:
    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder = folder
        self._opened = opened
        self._numbers = count()
        self._paths: dict[int, Path] = {}

    def fresh(self) -> Drawer:
        return self._open(self._folder / f"{next(self._numbers)}.db")

    def reopen(self, drawer: Drawer) -> Drawer:
        drawer.close()
        return self._open(self._paths[id(drawer)])

    def _open(self, path: Path) -> Drawer:
        drawer = SqliteDrawer(path)
        self._opened.callback(drawer.close)
        self._paths[id(drawer)] = path
        return drawer


class TestMemoryDrawer(DrawerContract):
    """All of it."""

    @pytest.fixture
    def drawers(self) -> MemoryDrawers:
        return MemoryDrawers()


class TestSqliteDrawer(DrawerContract):
    """All of it."""

    @pytest.fixture
    def drawers(self, tmp_path: Path) -> Iterator[SqliteDrawers]:
        with ExitStack() as opened:
            yield SqliteDrawers(tmp_path, opened)
