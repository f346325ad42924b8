"""Plant one plausible mistake in the code, run one test in this process, and see that it fails.

A test that passes although the code is wrong where it should look is empty. Mistakes are those a tired
person makes: a check left out, the wrong field compared, a signature half forgotten.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from detente.testing.world import World


class Mistake(NamedTuple):
    """One mistake, and the test that has to notice."""

    attack: int
    """Number in docs/threat-model.md."""
    name: str
    """What somebody did wrong, as a short sentence."""
    places: tuple[str, ...]
    """``module:attribute`` or ``module:Class.attribute``, each replaced."""
    make: Callable[[Any], Any]
    """From what stands there to what is put there."""
    test: str
    """``tests/sim/test_forks.py::test_…``."""


def slips(attack: int, name: str, places: str, make: Callable[[Any], Any], test: str) -> Mistake:
    """Return a mistake; `places` are separated by spaces."""
    return Mistake(attack, name, tuple(places.split()), make, test)


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing, as a check that somebody left out does."""


def returns(value: Any) -> Callable[[Any], Any]:
    """Return a maker of a function that always returns `value`."""
    return lambda _: lambda *__, **___: value


def skipped(_: Any) -> Any:
    """Return a check that is left out."""
    return nothing


def is_noticed(mistake: Mistake) -> bool:
    """Tell whether the test fails while the mistake stands."""
    path, _, function = mistake.test.partition("::")
    test = getattr(_module(path), function)
    _warm_up()
    with pytest.MonkeyPatch.context() as patch:
        for place in mistake.places:
            holder, attribute = _find(place)
            patch.setattr(holder, attribute, mistake.make(_stands(holder, attribute)))
        return not passes(mistake.test, test)


def passes(name: str, test: Any) -> bool:
    """Run a test in this process, its first parameters standing for all; tell whether it passed."""
    values = _first_parameters(test)
    wanted = {} if hasattr(test, "hypothesis") else inspect.signature(test).parameters
    if set(wanted) - set(values):
        return _passes_with_fixtures(name)
    try:
        test(**values)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a failed test and a planted crash both count
        return False
    return True


def _first_parameters(test: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mark in reversed(getattr(test, "pytestmark", ())):
        if mark.name == "parametrize":
            names = mark.args[0]
            names = [one.strip() for one in names.split(",")] if isinstance(names, str) else names
            first = next(iter(mark.args[1]))
            first = first.values if hasattr(first, "values") and hasattr(first, "marks") else first
            values.update(zip(names, first if len(names) > 1 else [first], strict=True))
    return values


def _passes_with_fixtures(name: str) -> bool:
    """Let pytest itself run a test that needs more than parameters."""
    left_out = ["terminal", "xdist"]
    options = [part for one in left_out for part in ("-p", f"no:{one}")]
    settings = ["-o", "addopts=--import-mode=importlib", "-o", "timeout=0"]
    code = pytest.main([name, *options, *settings])
    assert code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), f"{name}: {code}"
    return code == pytest.ExitCode.OK


def _module(path: str) -> Any:
    return importlib.import_module(path.removesuffix(".py").replace("/", "."))


def _find(place: str) -> tuple[Any, str]:
    module, _, path = place.partition(":")
    holder: Any = importlib.import_module(module)
    *classes, attribute = path.split(".")
    for name in classes:
        holder = getattr(holder, name)
    assert hasattr(holder, attribute), f"there is no {place}"
    return holder, attribute


def _stands(holder: Any, attribute: str) -> Any:
    return inspect.getattr_static(holder, attribute)


def _warm_up() -> None:
    """Make the worlds that all others begin from, while nothing is wrong yet."""
    for count in (2, 3, 4):
        World(count, "warm-up")
