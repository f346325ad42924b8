"""Wishes into bodies: plain data from a form, a command or a program becomes a kind's body.

Carries out docs/architecture.md §4 step 1. Fields that name entries are given as marks; our own text is
refused here if it hides characters that a reader could not see (docs/spec/00-terms.md §5).
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from detente.charter.act import Kind
from detente.desk.book import Book
from detente.desk.marks import ref_of
from detente.dialogue.bodies import read_body
from detente.dialogue.kinds import BY_NAME
from detente.protocols.statements.entries import TRANSLATION
from detente.record.shapes import Chars, pack, unpack
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.ids import Ref
from detente.terms.text import find_flags, is_language_tag

_WORDED = ("text", "title", "grounds", "note", "reason", "questions", "answers", "how")
"""Fields that hold words of a person."""


def find_kind(name: str) -> Kind:
    """Return a kind by its name. Raises `Refused` ``intent.kind``."""
    kind = BY_NAME.get(name)
    if kind is None or kind.is_machine:
        raise Refused("intent.kind", N_("There is no act called {name}."), name=name)
    return kind


def read_intent(book: Book, kind: Kind, wish: Mapping[str, Any]) -> Any:
    """Return the body of `kind` that `wish` describes.

    Args:
        wish: field name → text, number, flag, list, or the mark of an entry; fields that may be
            empty may be left out.

    Raises:
        Refused: ``intent.field``, ``intent.length``, ``intent.language``, ``intent.hidden``,
            ``intent.wordless``, ``mark.*``.
    """
    fields: Any = kind.body
    hints = _hints_of(fields)
    unknown = set(wish) - set(fields._fields)
    if unknown:
        raise _bad(kind, min(unknown))
    values = {name: _convert(book, kind, name, hints[name], wish.get(name)) for name in hints}
    body = fields(**values)
    try:
        if kind.number == TRANSLATION:
            _check_worded(book, body.of, str(wish.get("of")))
        return unpack(kind.body, pack(body), f"{kind.name}.form")
    except (Rejected, AttributeError, TypeError):
        name = _first_bad(hints, values)
        _check_length(hints.get(name), name, values.get(name))
        raise _bad(kind, name) from None


@cache
def _hints_of(fields: Any) -> dict[str, Any]:
    """Return field → annotation of a body's class; looked up once, for it costs more than a draft."""
    return typing.get_type_hints(fields, include_extras=True)


def _first_bad(hints: dict[str, Any], values: dict[str, Any]) -> str:
    from detente.record.shapes import shape_of

    for name, hint in hints.items():
        try:
            shape = shape_of(hint)
            shape.unpack(shape.pack(values[name]))
        except (ValueError, TypeError, AttributeError):
            return name
    return "?"


def _check_worded(book: Book, ref: Ref, mark: str) -> None:
    """Refuse to translate an entry that has no words (``intent.wordless``).

    Only our own side is held to this: no rule of the record forbids it to others.
    """
    entry = book.store.entry(ref.log, ref.seq)
    body = read_body(entry) if entry is not None else None
    if body is not None and not any(getattr(body, field, None) for field in _WORDED):
        raise Refused(
            "intent.wordless",
            N_("{mark} has no words that could be translated."),
            N_("See what it is: detente show {mark}"),
            mark=mark,
        )


def _check_length(hint: Any, name: str, value: Any) -> None:
    """Refuse a text that is too long, with how long it may be (``intent.length``)."""
    for bound in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
        if isinstance(bound, Chars) and isinstance(value, str) and len(value) > bound.most:
            raise Refused(
                "intent.length",
                N_("{name} has {count} characters; {most} is the most."),
                N_("Shorten it, or divide it."),
                name=name,
                count=len(value),
                most=bound.most,
            )


def _convert(book: Book, kind: Kind, name: str, hint: Any, value: Any) -> Any:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return None if value in (None, "") else _convert(book, kind, name, inner, value)
    if hint is Ref:
        if not isinstance(value, str) or not value:
            raise _bad(kind, name)
        return ref_of(book, value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError:
            raise Refused(
                "intent.choice",
                N_("{name} is one of: {known}."),
                name=name,
                known=", ".join(str(one.value) for one in hint),
            ) from None
    if origin is tuple:
        if value is not None and not isinstance(value, list | tuple):
            raise _bad(kind, name)  # a text would be taken apart into its letters
        return tuple(_convert(book, kind, name, get_args(hint)[0], one) for one in value or ())
    if isinstance(hint, type) and issubclass(hint, tuple) and isinstance(value, Mapping):
        inner_hints = _hints_of(hint)
        return hint(
            **{field: _convert(book, kind, field, inner_hints[field], value.get(field))
               for field in inner_hints}
        )  # fmt: skip
    if hint is str:
        text = _text(name, "" if value is None else value)
        if name == "lang" and isinstance(text, str) and text and not is_language_tag(text):
            raise Refused(
                "intent.language",
                N_("{lang} is not the code of a language."),
                N_("Write it as en, ar-EG or zh-Hant (BCP 47)."),
                lang=text,
            )
        return text
    if value is None and hint in (int, bool):
        return hint(0)
    return value


def _text(name: str, value: Any) -> Any:
    if isinstance(value, str):
        flags = find_flags(value)
        if flags:
            raise Refused(
                "intent.hidden",
                N_(
                    "{name} holds a character that readers would not see, at place {place}: {what}."
                ),
                N_("Take it out, or write the text anew."),
                name=name,
                place=flags[0].position + 1,
                what=flags[0].name,
            )
    return value


def _bad(kind: Kind, name: str) -> Refused:
    return Refused(
        "intent.field",
        N_(
            "{field} does not fit an act of the kind {kind}: it is missing, too long or of another form."
        ),
        N_("See the fields of each kind in docs/spec/05-kinds.md."),
        field=name,
        kind=kind.name,
    )
