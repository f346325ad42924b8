"""Small true logs for tests of the record, written by its own functions with one invented node key."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from detente.record.chain import Extension, LogHead, Piece, extend_log, start_log
from detente.record.checkpoint import Checkpoint, sign_checkpoint
from detente.record.entry import NO_ACTOR, Entry, Header, make_entry
from detente.record.genesis import log_id
from detente.record.tree import NodeReader
from detente.seals.hashing import node_hash
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.ids import DialogueId, Lane, LogId, PartyId, Ref


def digest(name: str) -> bytes:
    """Return 32 bytes that stand for `name`."""
    return sha256(name.encode()).digest()


def node(name: str) -> PrivateKey:
    return PrivateKey(Algorithm.EVERYDAY, digest(name) + digest(f"{name}'"))


TALK = DialogueId(digest("talk"))
NODE = node("A")
LOG = log_id(TALK, PartyId(digest("party A")), NODE.public.print, 0, Lane.TABLE)


class Written(NamedTuple):
    """A log from its first entry on."""

    head: LogHead
    entries: list[Entry]

    @property
    def leaves(self) -> list[bytes]:
        return [entry.id for entry in self.entries]

    def checkpoint(
        self, size: int = 0, key: PrivateKey = NODE, time: int = 1_790_000_000
    ) -> Checkpoint:
        """Sign the first `size` entries; all of them for 0."""
        size = size or len(self.entries)
        root = start(TALK, self.head.log, self.entries[:size]).head.root()
        return sign_checkpoint(key, TALK, self.head.log, size, root, time)


def pieces_of(entries: Sequence[Entry]) -> list[Piece]:
    return [Piece(entry.raw, entry.salt, entry.payload) for entry in entries]


def start(dialogue: DialogueId, log: LogId, entries: Sequence[Entry]) -> Extension:
    return extend_log(start_log(dialogue, log), pieces_of(entries))


def next_entry(
    head: LogHead, note: str = "", refs: tuple[Ref, ...] = (), clock: int = 0, kind: int = 80
) -> Entry:
    """Return an entry that continues a log; `note` makes another of the same place."""
    header = Header(
        head.log, head.size, head.head, clock or head.clock + 1, refs, 1_790_000_000_000 + head.size,
        kind, NO_ACTOR, 0, bytes(32),
    )  # fmt: skip
    return make_entry(
        header, digest(f"salt {note} {head.size}")[:16], f"{note} {head.size}".encode()
    )


def write(count: int, note: str = "", after: Written | None = None, log: LogId = LOG) -> Written:
    """Return a log of `count` entries, or `after` continued by as many."""
    head = after.head if after else start_log(TALK, log)
    entries = list(after.entries) if after else []
    for _ in range(count):
        entry = next_entry(head, note)
        head = extend_log(head, pieces_of([entry])).head
        entries.append(entry)
    return Written(head, entries)


def reader(leaves: Sequence[bytes]) -> NodeReader:
    """Return the reader of perfect subtrees over given leaves, by the definition of RFC 6962 §2.1."""

    def read(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read
