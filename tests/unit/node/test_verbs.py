"""Arguments of verbs: what does not fit is refused before the verb begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detente.node.pair_api import PairVerbs
from detente.node.verbs import call_verb, collect_verbs
from detente.terms.errors import Refused, Rejected, Unavailable
from tests.unit.node.houses import Meeting


class Verbs:
    """Verbs of the kinds there are."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def plain(self, path: str, count: int = 1, whole: bool = False) -> Any:
        self.calls.append((path, count, whole))
        return path

    def lists(self, marks: list[str] | None = None, body: dict[str, Any] | None = None) -> Any:
        self.calls.append((marks, body))
        return marks

    def long(self, path: str, progress: Callable[[Any], None]) -> Any:
        progress({"done": 1})
        return path

    def any(self, thing: Any) -> Any:
        return thing


def call(verb: str, **arguments: Any) -> Any:
    verbs = Verbs()
    names = {one: getattr(verbs, one) for one in ("plain", "lists", "long", "any")}
    try:
        return call_verb(names, verb, arguments, lambda _: None)
    except Refused:
        assert verbs.calls == []
        raise


def test_what_fits_reaches_the_verb() -> None:
    """With and without what may be left out."""
    assert call("plain", path="p", count=2, whole=True) == "p"
    assert call("lists") is None
    assert call("lists", marks=["A-1"], body={"text": 1}) == ["A-1"]
    assert call("long", path="p") == "p"
    assert call("any", thing=None) is None


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("plain", {}),
        ("plain", {"path": 7}),
        ("plain", {"path": None}),
        ("plain", {"path": ["p"]}),
        ("plain", {"path": "p", "count": "2"}),
        ("plain", {"path": "p", "count": True}),
        ("plain", {"path": "p", "count": 2.0}),
        ("plain", {"path": "p", "whole": 1}),
        ("plain", {"path": "p", "self": 1}),
        ("plain", {"path": "p", "more": 1}),
        ("lists", {"marks": "A-1"}),
        ("lists", {"marks": [1]}),
        ("lists", {"body": []}),
        ("long", {}),
        ("long", {"path": "p", "progress": 1}),
        ("any", {}),
    ],
)
def test_what_does_not_fit_is_refused(verb: str, arguments: dict[str, Any]) -> None:
    """Lacking, unknown, of another type, or meant for the program itself."""
    with pytest.raises(Refused) as refusal:
        call(verb, **arguments)
    assert refusal.value.code == "api.argument"


@pytest.mark.parametrize("verb", ["", "nothing", "__init__", "status "])
def test_an_unknown_verb_is_refused(verb: str) -> None:
    """By its exact name only."""
    with pytest.raises(Refused) as refusal:
        call(verb)
    assert refusal.value.code == "api.verb"


HOSTILE: tuple[Any, ...] = (
    None, "", "x", -1, 2**80, 0.5, True, [], [None], {}, {"a": 1}, "\ud800", "a\x00b", "x" * 5000,
    "A-1", [[["x"]]],
)  # fmt: skip


def test_no_hostile_argument_of_any_verb_is_a_fault_of_the_program(meeting: Meeting) -> None:
    """Every verb with every odd value in every argument: refused or answered, and nothing entered."""
    with meeting.house(meeting.a) as house:
        pair = PairVerbs(house, house.found, lambda _: None)
        verbs = collect_verbs(house, lambda _: None, dict, pair)
        before = house.rooms[next(iter(house.rooms))].book.state
        broken = []
        for verb, function in verbs.items():
            code = function.__code__
            names = code.co_varnames[1 : code.co_argcount]
            if verb in _WRITE_FILES or verb == "restore.new_epoch":
                continue
            for name in names:
                for value in HOSTILE:
                    arguments = {one: _usual(one) for one in names if one != "progress"}
                    arguments[name] = value
                    try:
                        call_verb(verbs, verb, arguments, lambda _: None)
                    except (Refused, Rejected, Unavailable):
                        pass
                    except Exception as error:  # noqa: BLE001 - all of them are gathered
                        broken.append((verb, name, value, repr(error)))
        assert broken == []
        assert house.rooms[next(iter(house.rooms))].book.state == before


#: Verbs that write to the path they are given: tried where they belong, in tests of their own.
_WRITE_FILES = ("backup", "export", "export.entry", "pouch.write")


def _usual(name: str) -> Any:
    return {
        "limit": 5, "skip": 0, "lane": None, "mark": "A-1", "letter": "B", "kind": "statements.statement",
        "body": {"text": "x", "lang": "en"}, "actor": "00" * 32, "draft": "", "signatures": [],
        "dialogue": "", "redacted": False, "release": [], "whole": False, "languages": ["en"],
        "terms": "states", "valid_minutes": 60, "addresses": [], "keys": None, "name": "", "lang": "",
    }.get(name, "")  # fmt: skip
