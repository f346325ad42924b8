"""Writes docs/spec/05-kinds.md from the list of kinds and the classes of their bodies.

``scripts/kinds-table`` runs this; a test holds that the page is up to date. Field names, types and
limits are those of the annotations that the program checks, and the words those of the docstrings.
"""

from __future__ import annotations

import ast
import enum
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

from detente.charter.act import Kind
from detente.dialogue.kinds import KINDS
from detente.record.shapes import Chars, Within, exact_digest
from detente.terms.ids import Lane, Ref

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "spec" / "05-kinds.md"

_HEAD: Final = """\
# 05 Kinds of entries

<!-- Written by scripts/kinds-table from dialogue/kinds.py: change the code, then run it. -->

## 1. The list

**1.1** A kind is a number in the header. A number is never used again for anything else. A number that
is not here is kept, relayed and shown raw.

**1.2** *lane*: where entries of the kind stand. *scope*: what a grant must allow for it
([03-charter.md §6](03-charter.md#6-mandates)); none for machine entries, which the node makes without
a person. *open*: whether it counts only once the dialogue is open
([20-opening.md §3](20-opening.md#3-what-follows)).

"""

_TYPES: Final = """
## 2. Types

**2.1** Bodies are shapes in the sense of [01-record.md §1.4](01-record.md#1-encoding): the fields stand
in the order given. Lengths of tstr are code points, of bstr bytes, of arrays items; both ends are
included. A body that breaks one of these limits does not have the shape of its kind.

**2.2** *reference* is `[log bstr, seq uint, id bstr]`; one whose bstr are not digests has the right shape
and names nothing. *key* is `[uint, bstr, bstr]`, *signed document* `[bstr, root signatures]` with 1 to 18
`[bstr, bstr, bstr]`: what is in them is judged by [03-charter.md](03-charter.md), not by the shape.
"""


def render() -> str:
    """Return the page."""
    rows = [
        "| number | name | lane | scope | open |",
        "|---|---|---|---|---|",
        *(_row(KINDS[number]) for number in sorted(KINDS)),
    ]
    seen: dict[type, None] = {}
    bodies = ["\n## 3. Bodies"]
    for place, number in enumerate(sorted(KINDS), 1):
        bodies += _body(place, KINDS[number], seen)
    inner = ["\n## 4. Shapes within bodies"]
    outer = {kind.body for kind in KINDS.values()}
    for place, shape in enumerate((one for one in _closure(seen) if one not in outer), 1):
        inner += [f"\n**4.{place} {_shape_name(shape)}.** {_first_sentence(shape)}\n"]
        inner += _fields(shape, {})
    return _HEAD + "\n".join(rows) + "\n" + _TYPES + "\n".join(bodies + inner) + "\n"


def _row(kind: Kind) -> str:
    lane = "line and table" if kind.number == 1 else Lane(kind.lane).name.lower()
    needs_open = "yes" if kind.needs_open else ""
    return f"| {kind.number} | `{kind.name}` | {lane} | {kind.scope} | {needs_open} |"


def _body(place: int, kind: Kind, seen: dict[type, None]) -> Iterator[str]:
    yield f"\n**3.{place} `{kind.name}`** ({kind.number}). {_first_sentence(kind.body)}\n"
    yield from _fields(kind.body, seen)


def _fields(shape: Any, seen: dict[type, None]) -> Iterator[str]:
    hints = typing.get_type_hints(shape, include_extras=True)
    words = _words_of(shape)
    yield "| # | field | type | meaning |"
    yield "|---|---|---|---|"
    for place, name in enumerate(shape._fields):
        yield f"| {place} | `{name}` | {_type(hints[name], seen)} | {words.get(name, '')} |"


def _type(hint: Any, seen: dict[type, None]) -> str:
    if isinstance(hint, typing.NewType):
        return _type(hint.__supertype__, seen)
    origin = get_origin(hint)
    if origin is Annotated:
        base, *checks = get_args(hint)
        if exact_digest in checks:
            return "digest"
        return ", ".join([_type(base, seen), *filter(None, map(_limits, checks))])
    if origin in (Union, types.UnionType):
        one = next(one for one in get_args(hint) if one is not type(None))
        return f"{_type(one, seen)}?"
    if origin is tuple:
        inner = _type(get_args(hint)[0], seen)
        return f"({inner})*" if "," in inner else f"{inner}*"
    if hint is Ref:
        return "reference"
    if issubclass(hint, enum.Enum):
        return "one of " + ", ".join(f"`{one.value}`" for one in hint)
    if hasattr(hint, "_fields"):
        name = _shape_name(hint)
        if name not in {"key", "signed document"}:
            seen.setdefault(hint)
        return name
    return {int: "uint", bytes: "bstr", str: "tstr", bool: "bool"}[hint]


def _limits(check: Any) -> str:
    if isinstance(check, Chars | Within):
        return f"{check.least}" if check.least == check.most else f"{check.least} to {check.most}"
    return ""


def _shape_name(shape: type) -> str:
    names = {"KeyBytes": "key", "SignedDocument": "signed document", "MinuteLine": "minute line"}
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in shape.__name__).strip()
    return names.get(shape.__name__, words)


def _closure(seen: dict[type, None]) -> list[type]:
    found: dict[type, None] = {}
    todo = list(seen)
    while todo:
        shape = todo.pop(0)
        if shape not in found:
            found[shape] = None
            more: dict[type, None] = {}
            list(_fields(shape, more))
            todo += more
    return list(found)


def _first_sentence(shape: type) -> str:
    return inspect.cleandoc(shape.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _words_of(shape: type) -> dict[str, str]:
    """Return field → the string that stands below it in the source."""
    tree = ast.parse(inspect.getsource(shape))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    words: dict[str, str] = {}
    name = ""
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif name and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            words[name] = inspect.cleandoc(str(node.value.value)).replace("\n", " ")
            name = ""
        else:
            name = ""
    return {key: text.replace("``", "`").replace("|", "\\|") for key, text in words.items()}


def main(argv: list[str]) -> int:
    """Write the page; with ``--check`` only say whether it is up to date."""
    page = render()
    if argv == ["--check"]:
        if PAGE.read_text("utf-8") == page:
            return 0
        print("docs/spec/05-kinds.md is not up to date; run scripts/kinds-table.", file=sys.stderr)
        return 1
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
