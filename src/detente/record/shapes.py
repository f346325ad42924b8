"""Shapes: named values to plain data and back, checked against their own type annotations.

Carries out docs/spec/01-record.md §1.4: a body is a canonical array whose fields stand in the order of
a class's annotations. One mechanism serves bodies that travel, documents, and cached states, so
that no body is decoded by hand.

Understood annotations: ``int`` (unsigned), ``bytes``, ``str``, ``bool``, NamedTuple classes, enumerations
of int or str, ``tuple[X, ...]``, ``tuple[X, Y]``, ``X | None`` (an array of none or one), mappings
(an array of pairs, sorted by key), new types, and ``Annotated[X, check]`` where `check` raises
ValueError.

Invariants: `unpack` returns a value of exactly the annotated type or raises `Rejected`; unknown
trailing fields are refused, because a kind's body never changes its form (a new form is a new kind).
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

from detente.record.encoding import decode, encode
from detente.terms.errors import N_, Rejected
from detente.terms.limits import CBOR_DEPTH

T = TypeVar("T")
Pack = Callable[[Any], Any]


class Shape(NamedTuple):
    """How one type becomes plain data, and how it comes back."""

    pack: Pack
    unpack: Pack
    """Raises ValueError on anything else than what `pack` makes."""


class Chars(NamedTuple):
    """Length of a text in code points, both ends included."""

    least: int
    most: int

    def __call__(self, value: str | bytes | tuple[Any, ...]) -> None:
        """Raise ValueError for another length."""
        if not self.least <= len(value) <= self.most:
            raise ValueError("length")


class Within(NamedTuple):
    """Range of a number, both ends included."""

    least: int
    most: int

    def __call__(self, value: int) -> None:
        """Raise ValueError for a number out of range."""
        if not self.least <= value <= self.most:
            raise ValueError("range")


def exact_digest(value: bytes) -> None:
    """Accept byte strings of 32 bytes."""
    if len(value) != 32:
        raise ValueError("digest")


def pack(value: Any, kind: Any = None) -> Any:
    """Return the plain data of a value of an understood type."""
    what: Any = kind or type(value)
    return shape_of(what).pack(value)


def unpack(kind: type[T], plain: Any, code: str) -> T:
    """Return the value of type `kind` that plain data stands for.

    Raises:
        Rejected: `code` when the data has not exactly that shape.
    """
    try:
        what: Any = kind
        return shape_of(what).unpack(plain)  # type: ignore[no-any-return]
    except (ValueError, TypeError, KeyError):
        raise Rejected(
            code, N_("A {kind} does not have the form of one."), kind=kind.__name__
        ) from None


def to_bytes(value: Any, depth: int = CBOR_DEPTH) -> bytes:
    """Return the canonical bytes of a value of an understood type."""
    return encode(pack(value), depth)


def from_bytes(kind: type[T], data: bytes, limit: int, code: str, depth: int = CBOR_DEPTH) -> T:
    """Return the value of type `kind` whose canonical bytes are exactly `data`.

    Raises:
        Rejected: `code` when they are not.
    """
    return unpack(kind, decode(data, limit, code, depth), code)


@cache
def shape_of(kind: Any) -> Shape:
    """Return the shape of an annotation; a `TypeError` for one that is not understood."""
    if isinstance(kind, typing.NewType):
        return shape_of(kind.__supertype__)
    origin = get_origin(kind)
    if origin is Annotated:
        base, *checks = get_args(kind)
        return _checked(shape_of(base), checks)
    if origin is tuple:
        return _tuple_shape(get_args(kind))
    if origin in (Union, types.UnionType):
        return _optional_shape(get_args(kind))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping_shape(origin, get_args(kind))
    if kind in (int, bytes, str, bool):
        return _atom_shape(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return Shape(lambda value: value.value, _enum_unpack(kind))
    if isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _named_shape(kind)
    raise TypeError(f"no shape for {kind!r}")


def _atom_shape(kind: type) -> Shape:
    def unpack_atom(plain: Any) -> Any:
        if type(plain) is not kind:
            raise ValueError(kind.__name__)
        return plain

    if kind is int:
        return Shape(int, unpack_atom)  # an enumeration of integers is one too
    return Shape(lambda value: value, unpack_atom)


def _enum_unpack(kind: type[enum.Enum]) -> Pack:
    def unpack_enum(plain: Any) -> Any:
        if type(plain) not in (int, str):
            raise ValueError("enum")
        return kind(plain)

    return unpack_enum


def _checked(base: Shape, checks: list[Any]) -> Shape:
    def unpack_checked(plain: Any) -> Any:
        value = base.unpack(plain)
        for check in checks:
            check(value)
        return value

    return Shape(base.pack, unpack_checked)


def _tuple_shape(args: tuple[Any, ...]) -> Shape:
    if len(args) == 2 and args[1] is Ellipsis:
        inner = shape_of(args[0])

        def unpack_many(plain: Any) -> Any:
            if type(plain) is not list:
                raise ValueError("array")
            return tuple([inner.unpack(item) for item in plain])

        return Shape(lambda value: [inner.pack(item) for item in value], unpack_many)
    return _fixed(tuple(shape_of(arg) for arg in args), tuple)


def _fixed(shapes: tuple[Shape, ...], build: Callable[[list[Any]], Any]) -> Shape:
    def unpack_fixed(plain: Any) -> Any:
        if type(plain) is not list or len(plain) != len(shapes):
            raise ValueError("array")
        return build([shape.unpack(item) for shape, item in zip(shapes, plain, strict=True)])

    def pack_fixed(value: Any) -> Any:
        return [shape.pack(item) for shape, item in zip(shapes, value, strict=True)]

    return Shape(pack_fixed, unpack_fixed)


def _named_shape(kind: Any) -> Shape:
    hints = typing.get_type_hints(kind, include_extras=True)
    shapes = tuple(shape_of(hints[field]) for field in kind._fields)
    return _fixed(shapes, kind._make)


def _optional_shape(args: tuple[Any, ...]) -> Shape:
    if len(args) != 2 or type(None) not in args:
        raise TypeError("only X | None has a shape")
    inner = shape_of(args[0] if args[1] is type(None) else args[1])

    def unpack_optional(plain: Any) -> Any:
        if type(plain) is not list or len(plain) > 1:
            raise ValueError("optional")
        return inner.unpack(plain[0]) if plain else None

    return Shape(lambda value: [] if value is None else [inner.pack(value)], unpack_optional)


def _mapping_shape(origin: Any, args: tuple[Any, ...]) -> Shape:
    key, item = shape_of(args[0]), shape_of(args[1])
    build: Callable[[dict[Any, Any]], Any] = dict if origin is Mapping else origin

    def pack_mapping(value: Any) -> Any:
        pairs = [[key.pack(k), item.pack(v)] for k, v in value.items()]
        pairs.sort(key=lambda pair: encode(pair[0]))
        return pairs

    def unpack_mapping(plain: Any) -> Any:
        if type(plain) is not list:
            raise ValueError("pairs")
        keys = [encode(k) for k, _ in plain]
        if any(one >= other for one, other in pairwise(keys)):
            raise ValueError("pairs out of order")
        return build({key.unpack(k): item.unpack(v) for k, v in plain})

    return Shape(pack_mapping, unpack_mapping)
