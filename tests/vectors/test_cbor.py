"""Published CBOR items: ours are accepted and written back, all others are refused.

Source: cbor-wg/cbor-test-vectors, ``rfc8949`` and ``rfc8949-appendixA``. Our bytes are a small part of
CBOR (docs/spec/01-record.md §1), so most items that are good CBOR must be refused here: negative numbers,
floats, maps, tags, undefined, indefinite lengths, longer forms of a short number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cbor2
import pytest

from detente.record.encoding import decode, decode_loosely, encode
from detente.terms.errors import Rejected
from tests.locations import shared_path
from tests.reference_cbor import NotCanonical, read

#: File: how many items it holds, and how many of them are in our form.
FILES = {
    "rfc8949/good": (88, 7),
    "rfc8949/bad": (47, 0),
    "rfc8949-appendixA/mt0": (11, 11),
    "rfc8949-appendixA/mt1": (5, 0),
    "rfc8949-appendixA/mt2": (2, 2),
    "rfc8949-appendixA/mt3": (7, 7),
    "rfc8949-appendixA/mt4": (4, 4),
    "rfc8949-appendixA/mt5": (5, 0),
    "rfc8949-appendixA/mt6": (8, 0),
    "rfc8949-appendixA/mt7-float": (22, 0),
    "rfc8949-appendixA/mt7-simple": (6, 3),
    "rfc8949-appendixA/streaming": (11, 0),
}


class Item(NamedTuple):
    name: str
    data: bytes
    value: Any
    """As its authors decode it; None stands for nothing too."""
    may_be_ours: bool
    """Not said to be wrong, and not said to come back as other bytes."""


def _items(file: str) -> list[Item]:
    raw = shared_path("vectors", "cbor", f"{file}.cbor").read_bytes()
    plain = cbor2.loads(raw, max_depth=2000)
    is_bad = plain.get("fail", False)
    return [
        Item(
            f"{file}: {test['description']}",
            test["encoded"],
            test.get("decoded"),
            not is_bad and test.get("roundtrip", True),
        )
        for test in plain["tests"]
    ]


def _is_ours(data: bytes) -> bool:
    try:
        read(data)
    except NotCanonical:
        return False
    return True


@pytest.mark.parametrize("file", FILES)
def test_every_published_item_is_read_exactly_or_refused(file: str) -> None:
    """Attack 25 (canonicalisation confusion): never a crash, never a value that was not meant."""
    items = _items(file)
    ours = [item for item in items if _is_ours(item.data)]
    assert (len(items), len(ours)) == FILES[file]
    for item in ours:
        assert item.may_be_ours, item.name
        value = decode(item.data, len(item.data))
        assert value == item.value, item.name
        assert encode(value) == item.data, item.name
    for item in [one for one in items if not _is_ours(one.data)]:
        with pytest.raises(Rejected) as fault:
            decode(item.data, len(item.data))
        assert fault.value.code == "record.encoding", item.name


@pytest.mark.parametrize("file", FILES)
def test_reader_without_comparison_still_refuses_what_is_not_well_formed(file: str) -> None:
    """The header's reader compares by itself; until then nothing but a ValueError may come out."""
    for item in _items(file):
        try:
            decode_loosely(item.data)
        except ValueError:
            continue
        assert item.data
