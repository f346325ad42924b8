"""The record in SQLite keeps the contract of every engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from detente.ports import Store
from detente.store.sqlite import SqliteStore
from tests.contract.store_contract import StoreContract


class SqliteEngine:
    def __init__(self, folder: Path, opened: ExitStack) -> None:
        self._folder = folder
        self._opened = opened
        self._numbers = count()
        self._paths: dict[int, Path] = {}

    def fresh(self) -> Store:
        return self._open(self._folder / f"{next(self._numbers)}.db")

    def reopen(self, store: Store) -> Store:
        store.close()
        return self._open(self._paths[id(store)])

    def _open(self, path: Path) -> Store:
        store = SqliteStore(path)
        self._opened.callback(store.close)
        self._paths[id(store)] = path
        return store


class TestSqliteStore(StoreContract):
    """All of it."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[SqliteEngine]:
        with ExitStack() as opened:
            yield SqliteEngine(tmp_path, opened)
