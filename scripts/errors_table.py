"""Writes docs/errors.md: every error code in the source with its family, sentence and next step.

``scripts/errors-table`` runs this; a test holds that the page is up to date. The source is read as
syntax trees, nothing is run: a fault is found where it is made, or where its code is handed to a
function that makes it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from detente.dialogue.kinds import KINDS

ROOT: Final = Path(__file__).resolve().parent.parent
HOUSE: Final = ROOT / "src" / "detente"
PAGE: Final = ROOT / "docs" / "errors.md"

CODE: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
FAMILIES: Final = {
    "Violation": "rule",
    "Refused": "refused",
    "Usage": "refused",
    "Misread": "refused",
    "Rejected": "rejected",
    "Unavailable": "unavailable",
    "Fault": "notice",
    "Sentence": "finding",
}
_FORM: Final = "A {kind} does not have the form of one."

_HEAD: Final = """\
# Errors

<!-- Written by scripts/errors-table from the source: change the code, then run it. -->

Every error has a code that never changes its meaning, a sentence, and where possible a next step
([00-terms.md §6](spec/00-terms.md#6-errors)). `{places}` are filled when it is shown; what came from
elsewhere is cut and made harmless first.

Families: *refused*, our own side asked for what the rules forbid, exit code 2; *rejected*, bytes from
elsewhere are wrong, exit code 3; *unavailable*, something did not answer and may later, exit code 4;
*rule*, refused or rejected, depending on who broke it, and the reason of a void entry; *notice*, said to
a person and never raised; *finding*, said by `detente verify`, which has exit codes of its own
([11-bundle.md §6](spec/11-bundle.md#6-what-a-verifier-says)); *bug*, an invariant of the program broke,
exit code 70.

| code | family | sentence | next step |
|---|---|---|---|
"""


class Found(NamedTuple):
    """One place at which a fault is made."""

    code: str
    family: str
    sentence: str
    next_step: str


class Maker(NamedTuple):
    """A function that makes a fault with a code that it is given."""

    family: str
    parameters: tuple[str, ...]
    code: str
    """Name of the parameter that is the code, or the code itself."""
    sentence: ast.expr | None
    next_step: ast.expr | None


class Module:
    """One source file."""

    def __init__(self, path: Path) -> None:
        self.tree = ast.parse(path.read_text("utf-8"))
        self.constants: dict[str, str] = {}
        for node in self.tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            value = getattr(node, "value", None)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                names = (one.id for one in targets if isinstance(one, ast.Name))
                self.constants |= dict.fromkeys(names, value.value)
        self.functions = [one for one in ast.walk(self.tree) if isinstance(one, ast.FunctionDef)]
        self.own: dict[str, Maker] = {}

    def text(self, node: ast.expr | None) -> str:
        """Return the string that an expression is, if it can be told."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self.constants.get(node.id, "") if isinstance(node, ast.Name) else ""


def find_all() -> list[Found]:
    """Return every fault of the source, each (code, family, sentence) once."""
    modules = [Module(path) for path in sorted(HOUSE.rglob("*.py"))]
    makers: dict[str, Maker] = {}
    growing = True
    while growing:
        growing = False
        for module in modules:
            for function in module.functions:
                known = function.name in (module.own if function.name[0] == "_" else makers)
                maker = None if known else _maker(module, function, makers)
                if maker is not None:
                    growing = True
                    (module.own if function.name[0] == "_" else makers)[function.name] = maker
    found = {one for module in modules for one in _calls(module, makers)}
    found |= {Found(f"{kind.name}.form", "rule", _FORM, "") for kind in KINDS.values()}
    found.add(_bug(next(m for m in modules if _class(m, "Bug"))))
    return sorted(found)


def _maker(module: Module, function: ast.FunctionDef, makers: dict[str, Maker]) -> Maker | None:
    parameters = tuple(one.arg for one in function.args.args)
    for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
        name = _name(call)
        inner = module.own.get(name) or makers.get(name)
        code = call.args[0] if name in FAMILIES and call.args else None
        if inner:
            code = _argument(call, inner, inner.code)
        if isinstance(code, ast.Name) and code.id in parameters:
            if inner:
                return inner._replace(parameters=parameters, code=code.id)
            sentence = call.args[1] if len(call.args) > 1 else None
            step = call.args[2] if len(call.args) > 2 else None
            return Maker(FAMILIES[name], parameters, code.id, sentence, step)
        if name in FAMILIES and len(call.args) > 1 and _is_one_of(call.args[1], parameters):
            step = call.args[2] if len(call.args) > 2 else None
            return Maker(FAMILIES[name], parameters, module.text(code), call.args[1], step)
    return None


def _is_one_of(node: ast.expr, names: tuple[str, ...]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _calls(module: Module, makers: dict[str, Maker]) -> Iterator[Found]:
    for function in (None, *module.functions):
        scope = module.tree if function is None else function
        for call in (node for node in _within(scope) if isinstance(node, ast.Call)):
            yield from _one_call(module, makers, scope, call)


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope that belong to no function inside it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from _within(node)


def _one_call(
    module: Module, makers: dict[str, Maker], scope: ast.AST, call: ast.Call
) -> Iterator[Found]:
    name = _name(call)
    maker = module.own.get(name) or makers.get(name)
    if name in FAMILIES and call.args:
        if len(call.args) > 1 and _is_one_of(call.args[1], _parameters(scope)):
            return
        codes = _codes(module, call.args[0])
        family, sentence = FAMILIES[name], _sentences([_value(scope, call)])
        step = _sentences(call.args[2:3])
    elif maker:
        code = _argument(call, maker, maker.code)
        codes = _codes(module, code) if maker.code in maker.parameters else iter([maker.code])
        family = maker.family
        sentence = _sentences([_given(call, maker, maker.sentence)])
        step = _sentences([_given(call, maker, maker.next_step)])
    else:
        return
    yield from (Found(code, family, sentence, step) for code in codes if CODE.fullmatch(code))


def _parameters(scope: ast.AST) -> tuple[str, ...]:
    if isinstance(scope, ast.FunctionDef):
        return tuple(one.arg for one in scope.args.args)
    return ()


def _value(scope: ast.AST, call: ast.Call) -> ast.expr | None:
    """Return the sentence of a fault: as it stands, or as it was last assigned above."""
    sentence = call.args[1] if len(call.args) > 1 else None
    if isinstance(sentence, ast.Name):
        above = [
            (node.lineno, node.value)
            for node in ast.walk(scope)
            if isinstance(node, ast.Assign)
            and node.lineno < call.lineno
            and _is_one_of(node.targets[0], (sentence.id,))
        ]
        return max(above, key=lambda one: one[0])[1] if above else None
    return sentence


def _given(call: ast.Call, maker: Maker, made: ast.expr | None) -> ast.expr | None:
    """Return what stands for an expression of a maker: itself, or the argument it names."""
    if isinstance(made, ast.Name) and made.id in maker.parameters:
        return _argument(call, maker, made.id)
    return made


def _argument(call: ast.Call, maker: Maker, parameter: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    place = maker.parameters.index(parameter) if parameter in maker.parameters else -1
    return call.args[place] if 0 <= place < len(call.args) else None


def _codes(module: Module, node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _codes(module, value)
    elif text := module.text(node):
        yield text


def _sentences(nodes: list[ast.expr | None] | list[ast.expr]) -> str:
    """Return the marked messages in expressions, joined where one of several is chosen."""
    texts = [
        str(inner.args[0].value)
        for node in nodes
        if node is not None
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call)
        and _name(inner) == "N_"
        and isinstance(inner.args[0], ast.Constant)
    ]
    return " / ".join(texts)


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _class(module: Module, name: str) -> ast.ClassDef | None:
    return next(
        (one for one in module.tree.body if isinstance(one, ast.ClassDef) and one.name == name),
        None,
    )


def _bug(module: Module) -> Found:
    node = _class(module, "Bug")
    texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant)] if node else []
    sentences = [str(one.value) for one in texts if str(one.value).endswith(".")]
    sentences = [one for one in sentences if "{what}" in one or one.startswith("Please")]
    return Found("house.bug", "bug", *sentences[:2])


def render() -> str:
    """Return the page."""
    rows = [
        f"| `{one.code}` | {one.family} | {_cell(one.sentence)} | {_cell(one.next_step)} |"
        for one in find_all()
    ]
    return _HEAD + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main(argv: list[str]) -> int:
    """Write the page; with ``--check`` only say whether it is up to date."""
    page = render()
    if argv == ["--check"]:
        if PAGE.read_text("utf-8") == page:
            return 0
        print("docs/errors.md is not up to date; run scripts/errors-table.", file=sys.stderr)
        return 1
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
