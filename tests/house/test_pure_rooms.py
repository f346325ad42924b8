"""The rooms below `ports` are pure: bytes and values in, values out.

Time and randomness reach them as arguments only, which is what makes two nodes come to the same
state and lets a test repeat a whole talk. `ports` describes shapes and may import no more.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from tests.house.rooms import ROOMS
from tests.house.sources import Module, dotted_name, imports_of, read_modules

PURE: Final = frozenset(name for name, room in ROOMS.items() if room.level <= 6)

#: All that pure rooms use of the standard library; nothing here can reach outside the process.
ALLOWED: Final = frozenset(
    """
    __future__ abc base64 binascii bisect collections contextlib dataclasses datetime decimal enum
    fractions functools graphlib hashlib heapq hmac itertools json math operator re string array struct
    textwrap types typing unicodedata zlib
    """.split()
)
#: Parts of an allowed library that reach outside it.
FORBIDDEN_PARTS: Final = ("nacl.utils", "nacl.bindings.randombytes")
FORBIDDEN_CALLS: Final = frozenset(
    "open print input exec eval compile breakpoint __import__".split()
)
#: Read a clock or draw randomness, whatever object they hang on.
FORBIDDEN_METHODS: Final = frozenset(
    """
    now utcnow today time time_ns monotonic monotonic_ns perf_counter
    generate urandom randombytes token_bytes token_hex randbytes random_serial_number
    """.split()
)


def faults_of_purity(modules: Iterable[Module]) -> list[str]:
    """Return one sentence for each way in which a pure room reaches outside."""
    return [
        f"{module.path}:{line}: {what}"
        for module in modules
        if module.room in PURE
        for line, what in (*_imports(module), *_acts(module))
    ]


def _imports(module: Module) -> Iterator[tuple[int, str]]:
    for wanted in imports_of(module):
        top = wanted.name.split(".")[0]
        if top in sys.stdlib_module_names and top not in ALLOWED:
            yield wanted.line, f"a pure room may not import {top}"
        if wanted.name.startswith(FORBIDDEN_PARTS):
            yield wanted.line, f"a pure room may not import {wanted.name}"


def _acts(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                yield node.lineno, f"a pure room may not call {node.func.id}()"
            elif isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_METHODS:
                yield node.lineno, f"a pure room may not call {dotted_name(node.func)}()"
        elif isinstance(node, ast.Attribute):
            if node.attr in {"now", "utcnow", "today"} and dotted_name(node.value).endswith(
                ("datetime", "date")
            ):
                yield node.lineno, f"a pure room may not refer to {dotted_name(node)}"
        elif isinstance(node, ast.Global):
            yield node.lineno, "a pure room keeps no global state"
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await) and module.room != "ports":
            yield node.lineno, "a pure room waits for nothing"


def test_pure_rooms_reach_no_file_clock_dice_log_or_network() -> None:
    """What a node computes depends on its arguments alone, so all honest nodes agree."""
    assert faults_of_purity(read_modules()) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "import io",
        "import socket",
        "import time",
        "import random",
        "import secrets",
        "import logging",
        "import asyncio",
        "from pathlib import Path",
        "import nacl.utils",
        "def f():\n    import threading",
        "def f(path):\n    return open(path)",
        "print('reached the middle')",
        "from datetime import datetime\nnow = datetime.now()",
        "import datetime\nnow = datetime.datetime.utcnow()",
        "from datetime import date\nread = date.today",
        "def f(clock):\n    return clock.time()",
        "def f(cls):\n    return cls.generate()",
        "import nacl.bindings\nsalt = nacl.bindings.randombytes(16)",
        "count = 0\ndef f():\n    global count",
        "async def f():\n    pass",
    ],
)
@pytest.mark.parametrize("room", ["terms", "protocols/hotline", "dialogue", "verify"])
def test_a_planted_reach_outside_is_caught(room: str, text: str) -> None:
    """Each way out, in the lowest and the highest of the pure rooms, is found."""
    assert faults_of_purity([Module(f"{room}/fake.py", text)]) != []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nstart = datetime(2026, 1, 1, tzinfo=UTC)",
        "def f(now, random):\n    return now + len(random(16))",
        "def f(intent):\n    return intent.now",
    ],
)
def test_time_and_randomness_as_arguments_pass(text: str) -> None:
    """The rule must leave the one way in which they may arrive."""
    assert faults_of_purity([Module("dialogue/fake.py", text)]) == []


def test_rooms_from_desk_upwards_may_do_what_pure_rooms_may_not() -> None:
    """Someone has to read the clock; the rule says who must not."""
    assert faults_of_purity([Module("desk/write.py", "import time\nnow = time.time()")]) == []
