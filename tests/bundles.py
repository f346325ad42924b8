"""True talks, their bundles, and ways to take a bundle apart and put it together otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import cbor2

from detente.record.bundle import MAGIC, write_bundle
from detente.testing.scribe import Scribe
from detente.verify.bundle import verify_bundle
from detente.verify.report import Report

FOUNDING, LOG, CHECKPOINT, RECEIPT, ENTRIES, EVIDENCE, END = range(7)


def write_talk(seed: str = "talk") -> Scribe:
    """Return a new talk of 29 entries: statements, a minute, machine entries of an unknown kind."""
    scribe = Scribe(seed=seed).open()
    for turn in range(5):
        scribe.say(turn % 2, f"Statement {turn}.")
    scribe.minute()
    scribe.fill(0, 5)
    for turn in range(6):
        scribe.say(turn % 2, f"Statement {5 + turn}.")
    scribe.fill(1, 1)
    return scribe


@cache
def talk() -> Scribe:
    """Return the talk that tests read and nobody changes."""
    return write_talk()


@cache
def bundle() -> bytes:
    """Return the whole bundle of `talk`."""
    return bundle_of(talk())


def bundle_of(scribe: Scribe, **how: Any) -> bytes:
    return b"".join(write_bundle(scribe, **how))


def verified(data: bytes, size: int = 4096) -> Report:
    """Verify bytes handed in pieces of `size`."""
    return verify_bundle([data[at : at + size] for at in range(0, len(data), size)])


def take_apart(data: bytes) -> list[list[Any]]:
    """Return the items of a well-formed bundle as plain arrays."""
    at = len(MAGIC)
    items = []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        items.append(cbor2.loads(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return items


def put_together(items: Iterable[list[Any]]) -> bytes:
    """Return the bundle of plain arrays, whatever they hold."""
    pieces = [MAGIC]
    for item in items:
        body = cbor2.dumps(item)
        pieces += (len(body).to_bytes(4, "big"), body)
    return b"".join(pieces)


def recount(items: list[list[Any]]) -> list[list[Any]]:
    """Return items with sizes and counts corrected, as somebody would who means to deceive."""
    sizes: dict[int, int] = {}
    withheld = 0
    for item in items:
        if item[0] == ENTRIES:
            for number, flat in item[1]:
                sizes[number] = sizes.get(number, 0) + len(flat) // 3
                withheld += flat[2::3].count(None)
    number = -1
    counted = []
    for item in items:
        if item[0] == LOG:
            number += 1
            item = [*item[:6], sizes.get(number, 0)]  # noqa: PLW2901
        counted.append(item)
    kinds = [item[0] for item in items]
    end = [
        END, kinds.count(CHECKPOINT), kinds.count(RECEIPT), sum(sizes.values()), withheld,
        kinds.count(EVIDENCE),
    ]  # fmt: skip
    return [*(item for item in counted if item[0] != END), end]


def entries_of(items: list[list[Any]]) -> list[tuple[int, bytes, bytes | None, bytes | None]]:
    """Return all entries in the order of the file, as (log number, header, salt, payload)."""
    found = []
    for item in items:
        if item[0] == ENTRIES:
            for number, flat in item[1]:
                found += [(number, *flat[at : at + 3]) for at in range(0, len(flat), 3)]
    return found


def with_entries(
    items: list[list[Any]],
    entries: Iterable[tuple[int, bytes, bytes | None, bytes | None]],
    keep: Callable[[list[Any]], bool] = lambda item: True,
) -> bytes:
    """Return the bundle with other entries, one run each, counted anew; `keep` chooses other items."""
    rest = [item for item in items if item[0] not in (ENTRIES, END) and keep(item)]
    at = next((i for i, item in enumerate(rest) if item[0] == EVIDENCE), len(rest))
    runs = [[ENTRIES, [[number, list(entry)] for number, *entry in entries]]]
    return put_together(recount([*rest[:at], *(runs if runs[0][1] else []), *rest[at:]]))


def changed_at(data: bytes, at: int, value: int) -> bytes:
    """Return bytes with the one at `at` xored with `value`."""
    return data[:at] + bytes((data[at] ^ value,)) + data[at + 1 :]
