"""No file is named for being left over, and what is dangerous stands in one place or nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.house.rooms import TESTING
from tests.house.sources import Module, dotted_name, imports_of, read_modules

#: Say that something had no better place, and so gather everything.
FORBIDDEN_FILES: Final = frozenset(
    "util utils helper helpers common base bases manager managers misc tools".split()
)
#: Run what they read.
FORBIDDEN_IMPORTS: Final = frozenset("pickle marshal shelve dill cloudpickle".split())
FORBIDDEN_CALLS: Final = frozenset("eval exec __import__ import_module".split())
#: Library: where alone it is imported; a folder ends with a slash.
ONLY_IN: Final = {
    "cbor2": "record/encoding.py",
    "apsw": "store/",
    "OpenSSL": "courier/",
    "cryptography": "seals/",
    "nacl": "seals/",
}


def faults_of_names(modules: Iterable[Module]) -> list[str]:
    """Return one sentence for each forbidden file name, import, call or construct."""
    return [
        f"{module.path}{place}: {what}"
        for module in modules
        for place, what in (*_file(module), *_imports(module), *_constructs(module))
    ]


def _file(module: Module) -> Iterator[tuple[str, str]]:
    for part in PurePosixPath(module.path).with_suffix("").parts:
        if part.strip("_") in FORBIDDEN_FILES:
            yield "", f"{part} says nothing; name the file for what it knows"


def _imports(module: Module) -> Iterator[tuple[str, str]]:
    for wanted in imports_of(module):
        top = wanted.name.split(".")[0]
        if top in FORBIDDEN_IMPORTS:
            yield f":{wanted.line}", f"{top} runs what it reads"
        place = ONLY_IN.get(top)
        if place and module.room != TESTING and not module.path.startswith(place):
            yield f":{wanted.line}", f"{top} is imported in {place} only"


def _constructs(module: Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assert) and module.room != TESTING:
            yield f":{node.lineno}", "python -O drops an assert; raise Bug or Violation"
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f":{node.lineno}", "a bare except hides faults that are ours"
        elif isinstance(node, ast.Call):
            called = dotted_name(node.func).split(".")[-1]
            if called in FORBIDDEN_CALLS:
                yield f":{node.lineno}", f"{called}() runs what it is given"


def test_no_file_is_named_for_being_left_over_and_nothing_runs_what_it_reads() -> None:
    """Bytes from the other party must never become code, and each parser has one home."""
    assert faults_of_names(read_modules()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("record/utils.py", ""),
        ("record/_helpers.py", ""),
        ("store/base.py", ""),
        ("common/text.py", ""),
        ("node/manager.py", ""),
        ("store/drawer.py", "import pickle"),
        ("store/drawer.py", "from marshal import loads"),
        ("cli/main.py", "eval('1')"),
        ("cli/main.py", "import builtins\nbuiltins.exec('1')"),
        ("cli/main.py", "import importlib\nimportlib.import_module('detente.store')"),
        ("record/entry.py", "assert True"),
        ("record/entry.py", "try:\n    pass\nexcept:\n    pass"),
        ("record/entry.py", "import cbor2"),
        ("exchange/frames.py", "from cbor2 import loads"),
        ("keyring/files.py", "import apsw"),
        ("node/build.py", "from OpenSSL import SSL"),
        ("record/tree.py", "from cryptography.hazmat.primitives import hashes"),
        ("keyring/files.py", "import nacl.secret"),
    ],
)
def test_a_planted_name_or_construct_is_caught(path: str, text: str) -> None:
    """Each of them once, where it would do harm."""
    (fault,) = faults_of_names([Module(path, text)])
    assert path in fault


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("record/encoding.py", "import cbor2"),
        ("store/sqlite.py", "import apsw"),
        ("seals/signing.py", "import nacl.bindings"),
        ("terms/text.py", "import re\nre.compile('a')"),
        ("record/baseline.py", ""),
    ],
)
def test_a_rightful_name_passes(path: str, text: str) -> None:
    """The rule must leave each library its home."""
    assert faults_of_names([Module(path, text)]) == []
