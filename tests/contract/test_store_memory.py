"""The record in memory keeps the contract of every engine."""

from __future__ import annotations

import pytest

from detente.ports import Store
from detente.store.memory import MemoryStore
from tests.contract.store_contract import StoreContract


class MemoryEngine:
    def fresh(self) -> Store:
        return MemoryStore()

    def reopen(self, store: Store) -> Store:
        store.close()
        return store


class TestMemoryStore(StoreContract):
    """All of it."""

    @pytest.fixture
    def engine(self) -> MemoryEngine:
        return MemoryEngine()
