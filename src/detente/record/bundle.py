"""The bundle: one record in one file, as it is exported and verified.

Carries out docs/spec/11-bundle.md §1 to §4. After a first line that names the format come items, each a
length as u32 and canonical CBOR: the founding papers; all logs; the checkpoints and receipts of each;
entries in runs; evidence; and an end that counts them. Entries stand after those that they name, so
that a reader can judge each one as it comes and forget it.

A redacted bundle leaves out payloads, never headers: chain, order and counts stay whole. Entries
that no checkpoint of their log's node covers stay out of every bundle, because nobody has signed
them.

Invariants: both sides hold a bounded part of the file in memory; whatever the bytes, reading ends
with items or with `Rejected`; there is one sequence of items in which things may stand, and nothing
may stand twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint, encode_checkpoint
from detente.record.encoding import encode
from detente.record.entry import Entry
from detente.seals.signing import PublicKey
from detente.terms.ids import Lane, LogId, Ref
from detente.terms.limits import KIB, MIB

MAGIC: Final = b"detente bundle 1\n"
ITEM_BYTES: Final = 4 * MIB + 4 * KIB
"""Largest item: founding papers of 4 MiB; runs of entries are cut far below."""
RUN_BYTES: Final = 512 * KIB
RUN_ENTRIES: Final = 2000
"""A chunk of entries is closed at either; one entry may overshoot the first."""
SIGNATURES: Final = 256
"""Checkpoints exported per log and signer: spread over the log, the newest always among them."""
SIZE_BYTES: Final = 4

FOUNDING, LOG, CHECKPOINT, RECEIPT, ENTRIES, EVIDENCE, END = range(7)
"""First field of each kind of item."""


class LogPapers(NamedTuple):
    """Whose log it is, as its bundle claims, and how many entries of it follow."""

    log: LogId
    party: int
    """Place of the party in the agreed order."""
    node: PublicKey
    epoch: int
    lane: Lane
    size: int


class Founded(NamedTuple):
    """The founding papers, not yet checked."""

    data: bytes


class Signed(NamedTuple):
    """A checkpoint or receipt for one log, not yet checked."""

    number: int
    """Place of the log among the logs of this bundle."""
    is_receipt: bool
    checkpoint: Checkpoint


class Run(NamedTuple):
    """The next entries of one log."""

    number: int
    """Place of the log among the logs of this bundle."""
    pieces: list[Piece]


class Entries(NamedTuple):
    """The next entries, log by log as they stand."""

    runs: list[Run]


class Evidence(NamedTuple):
    """Bytes that somebody kept because they prove or document something."""

    kind: str
    body: bytes


class Totals(NamedTuple):
    """What stood in the bundle, at its end; the reader has counted the same."""

    checkpoints: int
    receipts: int
    entries: int
    withheld: int
    evidence: int


Item = Founded | LogPapers | Signed | Entries | Evidence | Totals


class BundleSource(Protocol):
    """One dialogue as it is asked for by an export; the answers must not change meanwhile."""

    def founding(self) -> bytes:
        """Return the founding papers."""

    def logs(self) -> Sequence[LogPapers]:
        """Return all logs, each with the number of its entries."""

    def entries(self, log: LogId, start: int, count: int) -> Sequence[Entry]:
        """Return up to `count` entries from position `start` on; at least one below the size."""

    def checkpoints(self, log: LogId) -> Iterable[Checkpoint]:
        """Return the log's own checkpoints, by size."""

    def receipts(self, log: LogId) -> Iterable[Checkpoint]:
        """Return the receipts for the log, by size."""

    def evidence(self) -> Iterable[tuple[str, bytes]]:
        """Return what was kept as evidence."""


def place_of(log: LogPapers) -> tuple[int, int, int, bytes]:
    """Return the place of a log among those of a bundle, for sorting."""
    return (log.party, log.epoch, log.lane, log.log)


Release = Callable[[LogPapers, Entry], bool]
"""Decides whether the payload of an entry goes along."""


def release_all(_log: LogPapers, _entry: Entry) -> bool:
    """Let every payload go along."""
    return True


def write_bundle(
    source: BundleSource, released: Release = release_all, signatures: int = SIGNATURES
) -> Iterator[bytes]:
    """Yield the bytes of a bundle, piece by piece.

    Args:
        source: the dialogue.
        released: decides on each payload; headers always go along.
        signatures: how many checkpoints per log and signer go along; the newest is among them.
    """
    yield MAGIC
    yield _item([FOUNDING, source.founding()])
    logs: list[LogPapers] = []
    signed: list[tuple[int, Checkpoint]] = []
    for log in sorted(source.logs(), key=place_of):
        own = _spread(source.checkpoints(log.log), log.size, signatures)
        papers = log._replace(size=own[-1].size if own else 0)
        if not own and log.epoch:
            continue  # nothing shows whose it is before its opening is signed
        others = _spread(source.receipts(log.log), papers.size, signatures)
        signed += [(CHECKPOINT, one) for one in own] + [(RECEIPT, one) for one in others]
        logs.append(papers)
        yield _item(
            [LOG, *papers[:2], papers.node.to_plain(), papers.epoch, int(papers.lane), papers.size]
        )
    yield from (_item([kind, encode_checkpoint(one)]) for kind, one in signed)
    entries = withheld = evidence = 0
    for chunk in _chunks(source, logs, released):
        for _, flat in chunk:
            entries += len(flat) // 3
            withheld += flat[2::3].count(None)
        yield _item([ENTRIES, chunk])
    for kind, body in source.evidence():
        yield _item([EVIDENCE, kind, body])
        evidence += 1
    receipts = sum(kind == RECEIPT for kind, _ in signed)
    yield _item([END, len(signed) - receipts, receipts, entries, withheld, evidence])


def _item(plain: list[Any]) -> bytes:
    body = encode(plain)
    return len(body).to_bytes(SIZE_BYTES, "big") + body


def _spread(signed: Iterable[Checkpoint], size: int, most: int) -> list[Checkpoint]:
    """Return at most about `most` checkpoints per signer, spread over sizes up to `size`."""
    step = max(1, size // max(most, 1))
    taken: dict[bytes, list[Checkpoint]] = {}
    newest: dict[bytes, Checkpoint] = {}
    for one in signed:
        if 0 < one.size <= size:
            mine = taken.setdefault(one.signer, [])
            if not mine or one.size >= mine[-1].size + step:
                mine.append(one)
            newest[one.signer] = one
    for signer, one in newest.items():
        if one.size > taken[signer][-1].size:
            taken[signer].append(one)
    return sorted(
        (one for mine in taken.values() for one in mine), key=lambda one: (one.size, one.signer)
    )


class _Cursor:
    """Reads one log's entries in windows of about half a mebibyte."""

    def __init__(self, source: BundleSource, log: LogPapers) -> None:
        self._source = source
        self._log = log
        self._window: Sequence[Entry] = ()
        self._at = 0
        self._count = 16
        self.done = 0
        """Entries handed out."""

    def peek(self) -> Entry | None:
        """Return the next entry; None at the end of the log."""
        if self._at == len(self._window):
            wanted = min(self._count, self._log.size - self.done)
            if wanted <= 0:
                return None
            self._window = self._source.entries(self._log.log, self.done, wanted)[:wanted]
            self._at = 0
            if not self._window:
                return None
            size = sum(len(entry.raw) + entry.header.length for entry in self._window)
            self._count = max(4, min(512, RUN_BYTES * len(self._window) // size))
        return self._window[self._at]

    def advance(self) -> None:
        """Go on to the next entry."""
        self._at += 1
        self.done += 1


def _in_order(source: BundleSource, logs: Sequence[LogPapers]) -> Iterator[tuple[int, Entry]]:
    """Yield all entries, each after those that it names; last those that name what is not here."""
    cursors = {bytes(log.log): _Cursor(source, log) for log in logs}
    numbered = list(enumerate(cursors.values()))
    moved = True
    while moved:
        moved = False
        for number, cursor in numbered:
            while (entry := cursor.peek()) is not None and _is_due(entry.header.refs, cursors):
                yield number, entry
                cursor.advance()
                moved = True
    for number, cursor in numbered:
        while (entry := cursor.peek()) is not None:
            yield number, entry
            cursor.advance()


def _is_due(refs: tuple[Ref, ...], cursors: dict[bytes, _Cursor]) -> bool:
    return all((named := cursors.get(ref.log)) and named.done > ref.seq for ref in refs)


def _chunks(
    source: BundleSource, logs: Sequence[LogPapers], released: Release
) -> Iterator[list[tuple[int, list[bytes | None]]]]:
    """Yield runs of entries: pairs of a log's number and header, salt, payload of each entry."""
    chunk: list[tuple[int, list[bytes | None]]] = []
    count = size = 0
    for number, entry in _in_order(source, logs):
        is_released = entry.payload is not None and released(logs[number], entry)
        salt, payload = (entry.salt, entry.payload) if is_released else (None, None)
        if not chunk or chunk[-1][0] != number:
            chunk.append((number, []))
        chunk[-1][1].extend((entry.raw, salt, payload))
        count += 1
        size += len(entry.raw) + len(payload or b"")
        if size >= RUN_BYTES or count >= RUN_ENTRIES:
            yield chunk
            chunk = []
            count = size = 0
    if chunk:
        yield chunk
