"""No attack test is empty: each fails while the mistake that it is there to catch stands in the code."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Final

import pytest

from tests.faults import elsewhere_mistakes, exchange_mistakes, record_mistakes
from tests.faults.planting import Mistake, is_noticed, passes

MISTAKES: Final = (
    *record_mistakes.MISTAKES,
    *exchange_mistakes.MISTAKES,
    *elsewhere_mistakes.MISTAKES,
)


def _named(mistakes: tuple[Mistake, ...]) -> Iterator[object]:
    for one in mistakes:
        yield pytest.param(one, id=f"{one.attack} {one.name}")


@pytest.mark.parametrize("mistake", list(_named(MISTAKES)))
def test_a_planted_mistake_is_noticed(mistake: Mistake) -> None:
    """Each mistake by itself, and the one test that is named for it."""
    assert is_noticed(mistake), f"{mistake.test} passes although {mistake.name}"


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted({one.test for one in MISTAKES}))
def test_without_a_mistake_the_same_test_passes(name: str) -> None:
    """Run in the same way: what fails must fail because of the mistake."""
    path, _, function = name.partition("::")
    assert passes(name, getattr(importlib.import_module(path[:-3].replace("/", ".")), function))


def test_a_mistake_that_changes_nothing_is_not_noticed() -> None:
    """The counterpart: what is planted here is no mistake, so the test passes."""
    harmless = Mistake(
        0, "", ("detente.desk.receive:contradiction",), lambda original: original,
        "tests/sim/test_forks.py::test_a_second_signed_root_for_one_size_is_kept_as_proof",
    )  # fmt: skip
    assert not is_noticed(harmless)
