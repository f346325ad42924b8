"""What the house needs of the world, as shapes only: store, drawer, keyring, clock, dice.

Rooms above see these shapes and never the thing behind them; `node` puts the things in. Every
method of `Store` either does all it says or raises `Unavailable` and has done nothing.

Invariants: `Store` is append-only but for payloads dropped by joint act; nothing here is asynchronous.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from detente.record.chain import Extension, LogHead, Piece
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry
from detente.record.order import Seen
from detente.record.verdict import Verdict
from detente.seals.signing import PrivateKey, PublicKey
from detente.terms.ids import DialogueId, KeyPrint, Lane, LogId, PartyId, Ref


class LogInfo(NamedTuple):
    """Whose log it is."""

    log: LogId
    party: PartyId
    node: PublicKey
    """The key that signs its checkpoints."""
    epoch: int
    lane: Lane


class StoredLog(NamedTuple):
    """A log as the store holds it."""

    info: LogInfo
    head: LogHead
    admitted: int
    """Entries from the first that have a verdict; the rest of the log is held."""


class Snapshot(NamedTuple):
    """A cached fold of a dialogue; may be thrown away at any time."""

    upto: Mapping[LogId, int]
    """Entries of each log that the state holds."""
    state: bytes


class Judgement(NamedTuple):
    """What admission found out about a run of entries of one log."""

    log: LogId
    admitted: int
    """New number of judged entries."""
    verdicts: Mapping[int, Verdict]
    """Position → verdict, for those that are not plainly counted."""
    seen: Mapping[int, Seen]
    """Position → causal past, wherever it is more than the entry before it and itself."""


class Unit(Protocol):
    """One transaction. All that is called on it becomes durable together, or not at all."""

    def found(self, dialogue: DialogueId, founding: bytes, logs: Iterable[LogInfo]) -> None:
        """Add a dialogue with its founding bytes and its first logs."""

    def open_log(self, dialogue: DialogueId, info: LogInfo) -> None:
        """Add an empty log to a dialogue."""

    def append(self, extension: Extension) -> None:
        """Add entries at the end of their log; the log's size must be where the entries begin."""

    def judge(self, judgement: Judgement) -> None:
        """Keep verdicts and causal pasts of entries that are already appended."""

    def keep_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a log's own checkpoint. Another root for a size already kept is a `Bug`."""

    def keep_receipt(self, receipt: Checkpoint) -> None:
        """Keep a receipt by another node. Idempotent for one (log, size, signer)."""

    def keep_evidence(self, dialogue: DialogueId, kind: str, body: bytes) -> None:
        """Keep bytes that prove or document misconduct. Idempotent."""

    def keep_snapshot(self, dialogue: DialogueId, snapshot: Snapshot) -> None:
        """Replace the cached fold of a dialogue."""

    def forget_judgements(self, dialogue: DialogueId) -> None:
        """Drop verdicts, pasts and snapshot of a dialogue, to judge it again from its entries."""

    def drop_payload(self, log: LogId, seq: int) -> None:
        """Erase salt and payload of one entry; header, chain and counts stay."""

    def cut_unsent(self, log: LogId, size: int) -> list[Entry]:
        """Take back entries of our own log from `size` on, which never left this node, and return them.

        Only for a restored copy that was written to before it learnt its own head
        (docs/spec/02-order.md §8); the caller sets them aside.
        """


class Store(Protocol):
    """The record on disk. One writer; reads see only what is committed."""

    def unit(self) -> AbstractContextManager[Unit]:
        """Open a transaction: committed and durable when the block ends, undone when it raises."""

    def dialogues(self) -> list[DialogueId]:
        """Return the dialogues, oldest first."""

    def founding(self, dialogue: DialogueId) -> bytes:
        """Return the founding bytes of a dialogue. Raises `Refused` ``store.dialogue`` if unknown."""

    def logs(self, dialogue: DialogueId) -> list[StoredLog]:
        """Return the logs of a dialogue, in the order in which they were opened."""

    def entries(self, log: LogId, start: int, count: int) -> list[Entry]:
        """Return up to `count` entries from position `start` on."""

    def pieces(self, log: LogId, start: int, count: int) -> list[Piece]:
        """Return the same entries as they travel, for passing them on."""

    def entry(self, log: LogId, seq: int) -> Entry | None:
        """Return one entry."""

    def verdicts(self, log: LogId, start: int, count: int) -> dict[int, Verdict]:
        """Return the verdicts other than counted in [start, start + count)."""

    def seen_at(self, log: LogId, seq: int) -> Seen:
        """Return the causal past of an admitted entry, itself included."""

    def node_hash(self, log: LogId, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree over leaves [index << level, (index + 1) << level)."""

    def checkpoint(self, log: LogId, at_least: int = 0) -> Checkpoint | None:
        """Return the log's own newest checkpoint; with `at_least`, the smallest of at least that size."""

    def receipts(self, log: LogId, at_least: int = 0) -> list[Checkpoint]:
        """Return per signer the receipt of the smallest size that is at least `at_least`.

        With 0: per signer the newest receipt.
        """

    def checkpoints(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept checkpoints of a log, by size."""

    def all_receipts(self, log: LogId) -> Iterator[Checkpoint]:
        """Return all kept receipts of a log, by size."""

    def evidence(self, dialogue: DialogueId) -> list[tuple[str, bytes]]:
        """Return what was kept as evidence, oldest first."""

    def snapshot(self, dialogue: DialogueId) -> Snapshot | None:
        """Return the cached fold, if any."""

    def close(self) -> None:
        """Release everything."""


class Drawer(Protocol):
    """A party's private notes beside the record: never sent, never in an export."""

    def put(self, shelf: str, key: str, value: bytes) -> None:
        """Keep a value, durable on return."""

    def get(self, shelf: str, key: str) -> bytes | None:
        """Return a value."""

    def keys(self, shelf: str) -> list[str]:
        """Return the keys of a shelf, sorted."""

    def remove(self, shelf: str, key: str) -> None:
        """Remove a value; no error when it is not there."""

    def close(self) -> None:
        """Release everything."""


class Keyring(Protocol):
    """The only holder of private keys of this node."""

    def node(self) -> PrivateKey:
        """Return the unlocked node key. Raises `Unavailable` ``keyring.locked``."""

    def link_seed(self) -> bytes:
        """Return the seed of the link certificate's key."""

    def pouch_identity(self) -> str:
        """Return the identity string that opens pouches sealed to this party."""


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> int:
        """Return milliseconds since 1970 UTC."""


class Dice(Protocol):
    """The only source of randomness."""

    def bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""


class Received(NamedTuple):
    """What became of a batch that arrived."""

    log: LogId
    size: int
    """Entries of that log now held."""
    receipt: Checkpoint | None
    """Our receipt, to be sent; committed before it is returned."""
    news: bool
    """Whether anything new came in."""


class Outside(NamedTuple):
    """One party as the courier needs it."""

    party: PartyId
    node: PublicKey
    certificate: bytes
    """SHA-256 print of the certificate its link shows."""
    addresses: tuple[str, ...]
    letter: str


class PeerKeys(NamedTuple):
    """Whom a link may be with."""

    own_party: PartyId
    own_print: KeyPrint
    peers: tuple[Outside, ...]


__all__ = [
    "Clock",
    "Dice",
    "Drawer",
    "Judgement",
    "Keyring",
    "LogInfo",
    "Outside",
    "PeerKeys",
    "Received",
    "Ref",
    "Snapshot",
    "Store",
    "StoredLog",
    "Unit",
]
