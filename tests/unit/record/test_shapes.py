"""Claims about shapes: a value of exactly the annotated type, or refused (docs/spec/01-record.md §1.4)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, NamedTuple, NewType, Optional

import pytest
from immutables import Map

from detente.record.encoding import encode
from detente.record.shapes import (
    Chars,
    Within,
    exact_digest,
    from_bytes,
    pack,
    shape_of,
    to_bytes,
    unpack,
)
from detente.terms.errors import Rejected

Print = NewType("Print", bytes)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Lane(IntEnum):
    LINE = 0
    TABLE = 1


class Mixed(Enum):
    ONE = 1
    WORD = "word"


class Inner(NamedTuple):
    number: int
    flag: bool


class Everything(NamedTuple):
    number: Annotated[int, Within(1, 9)]
    data: Annotated[bytes, exact_digest]
    text: Annotated[str, Chars(1, 3)]
    flag: bool
    inner: Inner
    colour: Colour
    lane: Lane
    many: Annotated[tuple[Inner, ...], Chars(0, 2)]
    pair: tuple[int, str]
    maybe: Inner | None
    print: Print
    by_number: Mapping[int, str]
    by_place: Map[Inner, tuple[int, ...]]


VALUE = Everything(
    5, bytes(32), "abc", True, Inner(1, False), Colour.RED, Lane.TABLE, (Inner(2, True),), (7, "x"),
    Inner(3, True), Print(b"p"), {1: "a", 300: "b", 24: "c"}, Map({Inner(1, True): (1, 2)}),
)  # fmt: skip


def _refused(kind: Any, plain: Any, code: str = "a.form") -> None:
    with pytest.raises(Rejected) as fault:
        unpack(kind, plain, code)
    assert fault.value.code == code


def test_every_understood_annotation_comes_back_equal_and_of_its_type() -> None:
    """Numbers, bytes, texts, flags, named values, enumerations, tuples, options, mappings, new types."""
    for value in (VALUE, VALUE._replace(maybe=None, many=(), by_number={}, by_place=Map())):
        data = to_bytes(value)
        back = from_bytes(Everything, data, len(data), "a.form")
        assert back == value
        assert type(back) is Everything
        assert type(back.inner) is Inner
        assert type(back.colour) is Colour
        assert type(back.lane) is Lane
        assert isinstance(back.by_place, Map)
        assert to_bytes(back) == data


def test_plain_data_stands_in_the_order_of_the_annotations() -> None:
    """The form is positional: names never travel. An absent option is an empty array."""
    plain = pack(VALUE)
    assert plain[:10] == [
        5, bytes(32), "abc", True, [1, False], "red", 1, [[2, True]], [7, "x"], [[3, True]],
    ]  # fmt: skip
    assert pack(VALUE._replace(maybe=None))[9] == []
    assert pack(Inner(1, True), Inner) == [1, True]


def test_pairs_of_a_mapping_stand_in_the_order_of_their_keys_bytes() -> None:
    """One form of each mapping, whatever order it was built in."""
    assert pack(VALUE)[11] == [[1, "a"], [24, "c"], [300, "b"]]
    turned = VALUE._replace(by_number={300: "b", 24: "c", 1: "a"})
    assert to_bytes(turned) == to_bytes(VALUE)


PLAIN = pack(VALUE)
HOSTILE: list[Any] = [
    None, True, False, 0, 1, 5, 10, 2**64 - 1, b"", bytes(32), "", "red", "abcd", [], [[]], [[], []],
    [None], [1], [1, 2], [1, True, 2], [[1, True]] * 2, [[1, True]] * 3, [[1, True], 2], ["ab"], [b"ab"],
    [7, 7], ["x", 7], [[1, "a"], [1, "b"]], [[300, "b"], [1, "a"]], [[1, "a", 2]], [[1]],
    [[True, "a"]], [[[1, True], [1], 2]], [[[2, True], [1]], [[1, True], [1]]], {1: 2}, 1.0, object(),
]  # fmt: skip


def test_hostile_plain_data_is_refused_or_is_exactly_what_would_be_written() -> None:
    """Every field replaced by everything else: no crash, no coercion, no second form of one value."""
    accepted = 0
    for field in range(len(PLAIN)):
        for value in HOSTILE:
            plain = [*PLAIN[:field], value, *PLAIN[field + 1 :]]
            try:
                back = unpack(Everything, plain, "a.form")
            except Rejected:
                continue
            accepted += 1
            assert to_bytes(back) == encode(plain)
    assert accepted == 16


@pytest.mark.parametrize("plain", [PLAIN[:-1], [*PLAIN, 0], [], {}, "x" * 13, bytes(13), 7, None])
def test_missing_or_trailing_fields_are_refused(plain: Any) -> None:
    """A kind's body never changes its form: a new form is a new kind."""
    _refused(Everything, plain, "some.kind.form")


def test_a_text_is_not_an_array_of_its_characters() -> None:
    """What can be walked through like an array is not yet one."""

    class Words(NamedTuple):
        first: str
        second: str

    assert unpack(Words, ["a", "b"], "x") == ("a", "b")
    hostile: list[Any] = ["ab", ("a", "b"), {"a": 1, "b": 2}, {"a", "b"}]
    for plain in hostile:
        _refused(Words, plain)
        with pytest.raises(ValueError):
            shape_of(tuple[str, ...]).unpack(plain)


def test_booleans_and_numbers_never_stand_for_each_other() -> None:
    """In Python True == 1; in our bytes it is not."""
    for kind, plain in (
        (Inner, [True, True]), (Inner, [1, 1]), (Inner, [1, 0]), (Inner, [1.0, True]),
    ):  # fmt: skip
        _refused(kind, plain)


def test_an_enumeration_takes_its_own_values_only() -> None:
    """Not a flag for a number, not another word, not a name."""

    class Body(NamedTuple):
        colour: Colour
        lane: Lane
        mixed: Mixed

    assert unpack(Body, ["red", 1, "word"], "x") == (Colour.RED, Lane.TABLE, Mixed.WORD)
    for plain in (
        ["RED", 1, 1], ["green", 1, 1], ["red", True, 1], ["red", 2, 1], ["red", "1", 1],
        [b"red", 1, 1], ["red", 1, True], ["red", 1, 1.0], ["red", 1, None], ["red", [1], 1],
    ):  # fmt: skip
        _refused(Body, plain)


def test_an_integer_enumeration_is_written_as_a_number() -> None:
    """Where the annotation says int and the value is an IntEnum, plain numbers leave."""

    class Body(NamedTuple):
        number: int

    assert to_bytes(Body(Lane.TABLE)) == b"\x81\x01"


def test_checks_bound_both_ends() -> None:
    """Lengths and ranges, both ends included."""
    for least, most in ((0, 0), (1, 3)):
        for size in range(5):
            fits = least <= size <= most
            checks: list[tuple[Any, Any]] = [
                (Chars(least, most), "x" * size), (Chars(least, most), b"x" * size),
                (Chars(least, most), (1,) * size), (Within(least, most), size),
                (exact_digest, bytes(32 if fits else size)),
            ]  # fmt: skip
            for check, value in checks:
                if fits:
                    check(value)
                else:
                    with pytest.raises(ValueError):
                        check(value)


def test_optional_may_be_written_either_way() -> None:
    """X | None and Optional[X] are one annotation; None may come first."""
    for kind in (Optional[Inner], Inner | None, None | Inner):  # noqa: UP045
        shape = shape_of(kind)
        assert shape.pack(None) == []
        assert shape.unpack([[1, True]]) == Inner(1, True)
        assert shape.unpack([]) is None
        hostile: list[Any] = [[[1, True]] * 2, None, [None], b"", "", {}]
        for plain in hostile:
            with pytest.raises(ValueError):
                shape.unpack(plain)


@pytest.mark.parametrize(
    "kind", [float, list[int], int | str, int | str | None, object, complex, Any, dict, set[int]]
)
def test_an_annotation_that_is_not_understood_is_an_error_of_ours(kind: Any) -> None:
    """Found when the class is first used, by its author and not by its readers."""
    with pytest.raises(TypeError):
        shape_of(kind)


def test_bytes_that_are_not_canonical_are_refused_with_the_code_of_the_kind() -> None:
    """Attack 25, through the one door that all bodies use."""
    data = to_bytes(Inner(1, True))
    assert from_bytes(Inner, data, 100, "k.form") == Inner(1, True)
    for bad in (data + b"\0", b"\x82\x18\x01\xf5", b"", b"\x9f\x01\xf5\xff", b"\xa0", data[:-1]):
        with pytest.raises(Rejected) as fault:
            from_bytes(Inner, bad, 100, "k.form")
        assert fault.value.code == "k.form"
    with pytest.raises(Rejected) as fault:
        from_bytes(Inner, data, 2, "k.form")
    assert fault.value.code == "k.form"


def test_depth_is_bounded_unless_asked_for() -> None:
    """Only a cache that never travels may nest deeper."""

    class Node(NamedTuple):
        children: tuple[
            tuple[tuple[tuple[tuple[tuple[tuple[tuple[int, ...], ...], ...], ...], ...], ...], ...],
            ...,
        ]

    deep = Node(((((((((1,),),),),),),),))
    with pytest.raises(TypeError):
        to_bytes(deep)
    data = to_bytes(deep, 16)
    with pytest.raises(Rejected):
        from_bytes(Node, data, 100, "x")
    assert from_bytes(Node, data, 100, "x", 16) == deep


def test_the_sentence_names_the_kind_of_value() -> None:
    """A person who reads the fault learns what was damaged."""
    with pytest.raises(Rejected) as fault:
        unpack(Inner, encode(1), "k.form")
    assert "Inner" in str(fault.value)
