"""Identifiers: 32-byte digests with a type each, and the short forms people see.

Invariant: an identifier is always the full digest in data; a short form is for eyes only and is
never parsed back (docs/spec/00-terms.md §3).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple, NewType

DIGEST_BYTES: Final = 32

DialogueId = NewType("DialogueId", bytes)
"""Digest of a genesis: names one dialogue."""
PartyId = NewType("PartyId", bytes)
"""Digest of a party's first document: names the party through every later version."""
LogId = NewType("LogId", bytes)
"""Digest of (dialogue, party, node key, epoch, lane): names one append-only log."""
EntryId = NewType("EntryId", bytes)
"""RFC 6962 leaf hash of an entry's header."""
KeyPrint = NewType("KeyPrint", bytes)
"""Digest of a hybrid public key."""


class Lane(IntEnum):
    """The two logs that a party keeps in each epoch (docs/spec/02-order.md §1)."""

    LINE = 0
    TABLE = 1


class Ref(NamedTuple):
    """One entry, named by log, position and identifier."""

    log: LogId
    seq: int
    id: EntryId


def short(digest: bytes) -> str:
    """Return the first 40 bits of `digest` in hexadecimal, for eyes only."""
    return digest[:5].hex()


def party_letter(index: int) -> str:
    """Return the letter of the party at `index` in the agreed order: A, B, C…"""
    return chr(ord("A") + index)


MARK_TAG_CHARS: Final = 6
"""Of a log's identifier in a mark: enough to tell two logs apart, and a person can read them out."""


def format_mark(party_index: int, lane: int, epoch: int, seq: int, tag: str = "") -> str:
    """Return the mark by which people name an entry: ``A-12`` on the table, ``A-L3`` on the line.

    A later epoch is named after the letter: ``A.1-12``.

    Args:
        tag: first `MARK_TAG_CHARS` of the log's identifier, where the party has two logs of this epoch
            and lane: ``A.1~3f09ab-12``.
    """
    letter = party_letter(party_index)
    if epoch:
        letter += f".{epoch}"
    if tag:
        letter += f"~{tag}"
    return f"{letter}-{'L' if lane == Lane.LINE else ''}{seq}"
