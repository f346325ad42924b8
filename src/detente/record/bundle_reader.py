"""Read a bundle from hostile bytes, item by item.

Carries out docs/spec/11-bundle.md §2 and §4; the format itself is described in `record.bundle`. What is
checked here is the form: lengths, types, the one sequence of items, sizes and counts. What the
items say is checked by `verify`.

Invariants: memory is bounded by one item and one chunk as handed in; every fault is a `Rejected`; a
bundle that merely ends too early has a code of its own, because that proves nothing against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from detente.record.bundle import (
    CHECKPOINT,
    END,
    ENTRIES,
    EVIDENCE,
    FOUNDING,
    ITEM_BYTES,
    LOG,
    MAGIC,
    RECEIPT,
    SIZE_BYTES,
    Entries,
    Evidence,
    Founded,
    Item,
    LogPapers,
    Run,
    Signed,
    Totals,
    place_of,
)
from detente.record.chain import Piece
from detente.record.checkpoint import decode_checkpoint
from detente.record.encoding import decode
from detente.seals.signing import parse_public_key
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, Lane, LogId
from detente.terms.limits import LOGS, PARTIES

_CODE: Final = "record.bundle"

_AFTER: Final = {
    FOUNDING: frozenset({-1}),
    LOG: frozenset({FOUNDING, LOG}),
    CHECKPOINT: frozenset({LOG, CHECKPOINT, RECEIPT}),
    RECEIPT: frozenset({LOG, CHECKPOINT, RECEIPT}),
    ENTRIES: frozenset({LOG, CHECKPOINT, RECEIPT, ENTRIES}),
    EVIDENCE: frozenset({LOG, CHECKPOINT, RECEIPT, ENTRIES, EVIDENCE}),
    END: frozenset({LOG, CHECKPOINT, RECEIPT, ENTRIES, EVIDENCE}),
}
"""Kind of item → kinds that may stand just before it; -1 for the beginning."""


def read_bundle(chunks: Iterable[bytes]) -> Iterator[Item]:
    """Yield the items of a bundle; the last is `Totals`.

    Args:
        chunks: the file's bytes, cut anywhere.

    Raises:
        Rejected: ``record.bundle.magic`` when it is no bundle of this form, ``record.bundle.short``
            when it ends before its end, ``record.bundle`` when it is damaged or out of sequence.
    """
    reader = _Reader()
    for body in _bodies(chunks):
        if reader.last == END:
            raise _bad()
        yield from reader.take(decode(body, ITEM_BYTES, _CODE))
    if reader.last != END:
        raise _short()


def _bodies(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the items' bytes without their lengths."""
    buffer = bytearray()
    wanted = len(MAGIC)
    reading_length, started = False, False
    for chunk in chunks:
        buffer += chunk
        at = 0
        while len(buffer) - at >= wanted:
            piece = bytes(buffer[at : at + wanted])
            at += wanted
            if not started:
                if piece != MAGIC:
                    raise _no_bundle()
                started = reading_length = True
                wanted = SIZE_BYTES
            elif reading_length:
                wanted = int.from_bytes(piece, "big")
                if not 0 < wanted <= ITEM_BYTES:
                    raise _bad()
                reading_length = False
            else:
                yield piece
                wanted, reading_length = SIZE_BYTES, True
        del buffer[:at]
    if not started:
        raise _no_bundle()
    if buffer or not reading_length:
        raise _short()


class _Reader:
    """What has been read, as far as the next item's form depends on it."""

    def __init__(self) -> None:
        self.last = -1
        self._logs: list[LogPapers] = []
        self._read: list[int] = []
        self._signed: tuple[int, int, int, bytes] = (0, 0, 0, b"")
        self._numbers: dict[bytes, int] = {}
        self._counts = dict.fromkeys((CHECKPOINT, RECEIPT, ENTRIES, EVIDENCE), 0)
        self._withheld = 0

    def take(self, plain: Any) -> Iterator[Item]:
        """Yield what an item holds."""
        if type(plain) is not list or not plain or type(plain[0]) is not int:
            raise _bad()
        kind, fields = plain[0], plain[1:]
        if self.last not in _AFTER.get(kind, ()):
            raise _bad()
        try:
            yield from self._items(kind, fields)
        except (TypeError, ValueError):
            raise _bad() from None
        self.last = kind

    def _items(self, kind: int, fields: list[Any]) -> Iterator[Item]:
        if kind == ENTRIES:
            (runs,) = fields
            if not runs:
                raise ValueError
            yield Entries([self._run(number, flat) for number, flat in _list(runs)])
            return
        if kind in self._counts:
            self._counts[kind] += 1
        if kind == FOUNDING:
            yield Founded(*map(_bytes, fields))
        elif kind == LOG:
            yield self._log(*fields)
        elif kind in (CHECKPOINT, RECEIPT):
            yield self._checkpoint(kind, *fields)
        elif kind == EVIDENCE:
            name, body = fields
            if type(name) is not str:
                raise ValueError
            yield Evidence(name, _bytes(body))
        else:
            yield self._end(Totals(*fields))

    def _log(self, log: Any, party: Any, node: Any, epoch: Any, lane: Any, size: Any) -> LogPapers:
        if len(self._logs) >= LOGS or len(_bytes(log)) != DIGEST_BYTES or type(lane) is not int:
            raise ValueError
        papers = LogPapers(
            LogId(log), _int(party), parse_public_key(node), _int(epoch), Lane(lane), _int(size)
        )
        if party >= PARTIES:
            raise ValueError
        if self._logs and place_of(papers) <= place_of(self._logs[-1]):
            raise ValueError
        if papers.log in self._numbers:
            raise ValueError
        self._numbers[papers.log] = len(self._logs)
        self._logs.append(papers)
        self._read.append(0)
        return papers

    def _checkpoint(self, kind: int, data: Any) -> Signed:
        checkpoint = decode_checkpoint(_bytes(data))
        number = self._numbers.get(checkpoint.log, -1)
        place = (number, kind, checkpoint.size, checkpoint.signer)
        if number < 0 or checkpoint.size < 1 or place <= self._signed:
            raise ValueError
        self._signed = place
        return Signed(number, kind == RECEIPT, checkpoint)

    def _run(self, number: Any, flat: Any) -> Run:
        flat = _list(flat)
        raws, salts, payloads = flat[0::3], flat[1::3], flat[2::3]
        if not flat or len(flat) % 3 or _int(number) >= len(self._logs):
            raise ValueError
        self._read[number] += len(raws)
        if self._read[number] > self._logs[number].size or set(map(type, raws)) != {bytes}:
            raise ValueError
        if not set(map(type, salts)) | set(map(type, payloads)) <= {bytes, type(None)}:
            raise ValueError
        missing = payloads.count(None)
        # A salt goes with its payload; alone it would only weaken the payload's hash.
        if salts.count(None) != missing or (
            missing and [salt is None for salt in salts] != [one is None for one in payloads]
        ):
            raise ValueError
        self._counts[ENTRIES] += len(raws)
        self._withheld += missing
        return Run(number, list(map(Piece, raws, salts, payloads)))

    def _end(self, totals: Totals) -> Totals:
        counted = Totals(
            self._counts[CHECKPOINT],
            self._counts[RECEIPT],
            self._counts[ENTRIES],
            self._withheld,
            self._counts[EVIDENCE],
        )
        if totals != counted or any(type(count) is not int for count in totals):
            raise ValueError
        if self._read != [log.size for log in self._logs]:
            raise ValueError
        return totals


def _int(value: Any) -> int:
    if type(value) is not int:
        raise ValueError
    return value


def _bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise ValueError
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError
    return value


def _no_bundle() -> Rejected:
    return Rejected("record.bundle.magic", N_("This is not a bundle of this form."))


def _short() -> Rejected:
    return Rejected(
        "record.bundle.short",
        N_("The bundle ends before its end."),
        N_("Copy the file again, or ask for it again."),
    )


def _bad() -> Rejected:
    return Rejected(_CODE, N_("The bundle is damaged: what it holds is out of form or sequence."))
