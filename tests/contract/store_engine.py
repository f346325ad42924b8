"""How the shared suite gets stores of one kind, and what it fills them with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest
from hypothesis import HealthCheck, settings

from detente.ports import Store
from detente.terms.errors import Fault
from tests.contract.sample_logs import both_lanes, dialogue, empty, grow, info

OURS, THEIRS = info("A"), info("B")
TALK = dialogue()

#: One engine makes a new store for each example, and several engines share the test. A file costs
#: some syncs each time, so there are fewer examples than elsewhere.
shared_engine = settings(
    max_examples=settings().max_examples * 2 // 5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class Engine(Protocol):
    """How a test gets stores of one kind."""

    def fresh(self) -> Store:
        """Return an empty store."""

    def reopen(self, store: Store) -> Store:
        """Close a store and open what it left behind."""


def before_and_after(engine: Engine, store: Store) -> Iterator[Store]:
    """Yield a store as it is, then as it is opened again."""
    yield store
    yield engine.reopen(store)


def founded(engine: Engine) -> Store:
    """Return a store with one dialogue of two parties, each with both lanes."""
    store = engine.fresh()
    with store.unit() as unit:
        unit.found(TALK, b"founding", [*both_lanes("A"), *both_lanes("B")])
    return store


def filled(engine: Engine, size: int) -> Store:
    """Return such a store with `size` entries of ours."""
    store = founded(engine)
    with store.unit() as unit:
        unit.append(grow(empty(OURS), size))
    return store


def size_of(store: Store) -> int:
    return next(log.head.size for log in store.logs(TALK) if log.info == OURS)


def code_of(raised: pytest.ExceptionInfo[Fault]) -> str:
    return raised.value.code
