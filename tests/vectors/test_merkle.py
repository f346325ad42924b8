"""Published inclusion and consistency proofs, good and damaged.

Source: transparency-dev/merkle ``testdata``. Our rule for empty trees (docs/spec/01-record.md §5): a
size of zero proves nothing, so every consistency proof from or to it is refused, the trivial one
included.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from detente.record.tree import verify_consistency, verify_inclusion
from detente.seals.hashing import EMPTY_ROOT
from detente.terms.errors import Rejected
from tests.locations import shared_path


def _cases(file: str) -> Iterator[tuple[str, dict[str, Any]]]:
    cases = json.loads(shared_path("vectors", "merkle", file).read_text("utf-8"))
    assert len(cases) == 98  # none is dropped silently
    return iter(cases.items())


def _path(case: dict[str, Any]) -> list[bytes]:
    return [_hash(one) for one in case["proof"] or ()]


def _hash(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_inclusion_proofs_are_judged_as_published() -> None:
    """RFC 9162 §2.1.3.2: all 98."""
    accepted = 0
    for name, case in _cases("inclusion.json"):
        arguments = (
            _hash(case["leafHash"]), case["leafIdx"], case["treeSize"], _path(case),
            _hash(case["root"]),
        )  # fmt: skip
        if case["wantErr"]:
            with pytest.raises(Rejected) as fault:
                verify_inclusion(*arguments)
            assert fault.value.code == "record.tree.inclusion", name
        else:
            verify_inclusion(*arguments)
            accepted += 1
    assert accepted == 6


def test_consistency_proofs_are_judged_as_published_and_empty_trees_prove_nothing() -> None:
    """RFC 9162 §2.1.4.2: all 98, ten of them with an empty tree on one side or on both."""
    accepted = empty = 0
    for name, case in _cases("consistency.json"):
        arguments = (
            case["size1"], _hash(case["root1"]), case["size2"], _hash(case["root2"]), _path(case)
        )  # fmt: skip
        if 0 in (case["size1"], case["size2"]):
            empty += 1
            assert case["wantErr"], name
        if case["wantErr"]:
            with pytest.raises(Rejected) as fault:
                verify_consistency(*arguments)
            assert fault.value.code == "record.tree.consistency", name
        else:
            verify_consistency(*arguments)
            accepted += 1
    assert (accepted, empty) == (6, 10)
    with pytest.raises(Rejected):  # even the trivial proof, from nothing to nothing
        verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
