"""Bundles: what is written can be read in one way, and nothing else can be read at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest

from detente.record.bundle import (
    ITEM_BYTES,
    MAGIC,
    RUN_ENTRIES,
    Entries,
    Founded,
    LogPapers,
    Signed,
    Totals,
    write_bundle,
)
from detente.record.bundle_reader import read_bundle
from detente.record.entry import Entry, decode_header
from detente.terms.errors import Rejected
from detente.terms.ids import LogId
from detente.testing.scribe import Scribe
from tests.bundles import (
    CHECKPOINT,
    END,
    ENTRIES,
    EVIDENCE,
    FOUNDING,
    LOG,
    RECEIPT,
    bundle,
    bundle_of,
    entries_of,
    put_together,
    recount,
    take_apart,
    talk,
    write_talk,
)


def _code(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        list(read_bundle([data]))
    return caught.value.code


def test_a_bundle_gives_back_every_entry_checkpoint_and_receipt() -> None:
    """docs/spec/11-bundle.md §2: what goes in comes out, byte for byte."""
    items = list(read_bundle([bundle()]))
    assert items[0] == Founded(talk().founding())
    logs = [item for item in items if isinstance(item, LogPapers)]
    assert sorted(logs) == sorted(talk().logs())
    for number, log in enumerate(logs):
        written = talk().written[log.log]
        pieces = [
            piece
            for item in items
            if isinstance(item, Entries)
            for run in item.runs
            if run.number == number
            for piece in run.pieces
        ]
        assert pieces == [(one.raw, one.salt, one.payload) for one in written.entries]
        signed = [one for one in items if isinstance(one, Signed) and one.number == number]
        assert [one.checkpoint for one in signed if not one.is_receipt] == written.checkpoints
        assert [one.checkpoint for one in signed if one.is_receipt] == written.receipts
    assert items[-1] == Totals(*take_apart(bundle())[-1][1:])


@pytest.mark.parametrize("size", [1, 7, 4096, 10**9])
def test_a_bundle_reads_the_same_however_its_bytes_are_cut(size: int) -> None:
    """docs/spec/11-bundle.md §4: a reader does not depend on how the file is handed in."""
    data = bundle()
    assert list(read_bundle([data])) == list(
        read_bundle(data[at : at + size] for at in range(0, len(data), size))
    )


def test_every_entry_stands_after_those_that_it_names() -> None:
    """docs/spec/11-bundle.md §3.3: a reader can judge each entry as it comes."""
    items = take_apart(bundle())
    numbers = {item[1]: at for at, item in enumerate(item for item in items if item[0] == LOG)}
    read = dict.fromkeys(numbers.values(), 0)
    for number, raw, _, _ in entries_of(items):
        header = decode_header(raw)
        assert all(read[numbers[ref.log]] > ref.seq for ref in header.refs)
        assert header.seq == read[number]
        read[number] += 1
    assert sum(read.values()) == 29


def test_redaction_leaves_out_payloads_and_their_salts_never_headers() -> None:
    """docs/spec/11-bundle.md §3.4; attack 40: a withheld payload takes its salt with it."""
    data = bundle_of(talk(), released=lambda log, entry: log.party == 0)
    whole, redacted = entries_of(take_apart(bundle())), entries_of(take_apart(data))
    assert [entry[:2] for entry in whole] == [entry[:2] for entry in redacted]
    logs = [item for item in take_apart(data) if item[0] == LOG]
    for before, after in zip(whole, redacted, strict=True):
        assert after[2:] == (before[2:] if logs[after[0]][2] == 0 else (None, None))


def test_a_payload_dropped_from_the_record_is_withheld_in_every_export() -> None:
    """Attack 40: erasing salt and payload leaves an entry that is exported all the same."""
    scribe = write_talk("dropped")
    log = scribe.log(0)
    log.entries[3] = log.entries[3]._replace(salt=None, payload=None)
    items = take_apart(bundle_of(scribe))
    assert items[-1][4] == 1
    assert sum(entry[2:] == (None, None) for entry in entries_of(items)) == 1


def test_entries_that_nobody_signed_stay_out() -> None:
    """docs/spec/11-bundle.md §3.1: a bundle vouches for no tail that its author has not signed."""
    scribe = Scribe(seed="tail").open()
    size = scribe.log(0).size
    scribe.write(0, 4711, b"not signed")
    scribe.settle()
    logs = {item[1]: item for item in take_apart(bundle_of(scribe)) if item[0] == LOG}
    assert logs[scribe.log(0).id][6] == size == scribe.log(0).size - 1


def test_signatures_are_spread_and_the_newest_is_among_them() -> None:
    """docs/spec/11-bundle.md §3.2: a long record does not drown in its own checkpoints."""
    items = take_apart(bundle_of(talk(), signatures=3))
    written = talk().log(0)
    for kind, newest in ((CHECKPOINT, written.checkpoints[-1]), (RECEIPT, written.receipts[-1])):
        mine = [list(read_bundle_checkpoint(item)) for item in items if item[0] == kind]
        sizes = [size for log, size in mine if log == written.id]
        assert newest.size in sizes
        assert len(sizes) <= 5 < len(written.checkpoints)


def read_bundle_checkpoint(item: list[Any]) -> Iterator[Any]:
    from detente.record.checkpoint import decode_checkpoint

    checkpoint = decode_checkpoint(item[1])
    yield from (checkpoint.log, checkpoint.size)


class _Huge:
    """A source of very many entries that remembers how many it was asked for at once."""

    def __init__(self, scribe: Scribe, size: int) -> None:
        self.scribe = scribe
        self.size = size
        self.most = 0
        self.entry = scribe.log(0).entries[-1]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.scribe, name)

    def logs(self) -> Sequence[LogPapers]:
        big = self.scribe.log(0).id
        return [
            log._replace(size=self.size) if log.log == big else log for log in self.scribe.logs()
        ]

    def entries(self, log: LogId, start: int, count: int) -> Sequence[Entry]:
        self.most = max(self.most, count)
        if log == self.scribe.log(0).id and start >= self.scribe.log(0).size:
            return [self.entry] * count
        return self.scribe.entries(log, start, count)

    def checkpoints(self, log: LogId) -> Sequence[Any]:
        found = self.scribe.written[log].checkpoints
        if log != self.scribe.log(0).id:
            return found
        return [*found, found[-1]._replace(size=self.size)]


def test_writing_a_long_record_holds_a_small_part_of_it() -> None:
    """docs/spec/11-bundle.md §3: windows of entries and runs of bounded size, however long the log."""
    source = _Huge(talk(), 20_000)
    sizes = [len(chunk) for chunk in write_bundle(source)]
    assert sum(sizes) > 4_000_000
    assert max(sizes) < ITEM_BYTES // 2
    assert source.most <= 512
    runs = [item for item in take_apart(b"".join(write_bundle(source))) if item[0] == ENTRIES]
    assert max(sum(len(flat) for _, flat in item[1]) // 3 for item in runs) <= RUN_ENTRIES


# -- hostile bytes -------------------------------------------------------------------------


def test_what_is_no_bundle_is_said_to_be_none() -> None:
    """docs/spec/11-bundle.md §4.1: another file is not called damaged."""
    for data in (b"", b"detente bundle 2\n", b"PK\x03\x04" * 40, MAGIC[:-1], bytes(10_000)):
        assert _code(data) == "record.bundle.magic"


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 40, 5_000])
def test_a_bundle_that_ends_early_is_said_to_end_early(cut: int) -> None:
    """docs/spec/11-bundle.md §4.1: a half-copied file proves nothing against anybody."""
    assert _code(bundle()[:-cut]) == "record.bundle.short"
    assert _code(bundle()[: len(MAGIC) + cut]) == "record.bundle.short"


def test_nothing_may_follow_the_end() -> None:
    """docs/spec/11-bundle.md §2.5."""
    assert _code(bundle() + put_together([[EVIDENCE, "x", b""]])[len(MAGIC) :]) == "record.bundle"
    assert _code(bundle() + b"\0") == "record.bundle.short"


@pytest.mark.parametrize("size", [0, ITEM_BYTES + 1, 2**32 - 1])
def test_a_length_is_judged_before_anything_is_kept(size: int) -> None:
    """Attack 23: a length that no item may have is refused as soon as it is read."""
    data = MAGIC + size.to_bytes(4, "big")
    assert _code(data + bytes(64)) == "record.bundle"


def _replaced(kind: int, change: Any, nth: int = 0) -> bytes:
    items = take_apart(bundle())
    at = [i for i, item in enumerate(items) if item[0] == kind][nth]
    items[at] = change(items[at])
    return put_together(items)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (FOUNDING, lambda item: [FOUNDING, "text"]),
        (FOUNDING, lambda item: [FOUNDING]),
        (LOG, lambda item: [*item[:2], True, *item[3:]]),
        (LOG, lambda item: [*item[:2], 8, *item[3:]]),
        (LOG, lambda item: [LOG, item[1][:31], *item[2:]]),
        (LOG, lambda item: [*item[:5], 2, item[6]]),
        (LOG, lambda item: [*item[:6], item[6] + 1]),
        (LOG, lambda item: [*item[:6], item[6] - 1]),
        (LOG, lambda item: [*item, 0]),
        (CHECKPOINT, lambda item: [CHECKPOINT, item[1], b""]),
        (CHECKPOINT, lambda item: [CHECKPOINT, 7]),
        (CHECKPOINT, lambda item: [RECEIPT, item[1]]),
        (ENTRIES, lambda item: [ENTRIES, []]),
        (ENTRIES, lambda item: [ENTRIES, [[0, []]]]),
        (ENTRIES, lambda item: [ENTRIES, [[99, item[1][0][1]]]]),
        (ENTRIES, lambda item: [ENTRIES, [[True, item[1][0][1]]]]),
        (ENTRIES, lambda item: [ENTRIES, [*item[1], item[1][-1]]]),
        (ENTRIES, lambda item: [ENTRIES, [[0, item[1][0][1][:-1]], *item[1][1:]]]),
        (ENTRIES, lambda item: [ENTRIES, [[0, ["x", *item[1][0][1][1:]]], *item[1][1:]]]),
        (ENTRIES, lambda item: [ENTRIES, [_only_salt(item[1][0]), *item[1][1:]]]),
        (END, lambda item: [END, item[1] + 1, *item[2:]]),
        (END, lambda item: item[:-1]),
        (END, lambda item: [*item[:5], False]),
        (END, lambda item: [7]),
        (END, lambda item: "end"),
        (END, lambda item: []),
    ],
)
def test_an_item_out_of_form_is_refused(kind: int, change: Any) -> None:
    """docs/spec/11-bundle.md §2: types, sizes and counts are those of the table."""
    assert _code(_replaced(kind, change)) == "record.bundle"


def _only_salt(run: list[Any]) -> list[Any]:
    number, flat = run
    return [number, [flat[0], flat[1], None, *flat[3:]]]


@pytest.mark.parametrize("kinds", [(FOUNDING, LOG), (LOG, CHECKPOINT), (RECEIPT, ENTRIES)])
def test_items_out_of_sequence_are_refused(kinds: tuple[int, int]) -> None:
    """docs/spec/11-bundle.md §2.1: there is one sequence of items."""
    items = take_apart(bundle())
    first, second = (next(i for i, item in enumerate(items) if item[0] == kind) for kind in kinds)
    items[first], items[second] = items[second], items[first]
    assert _code(put_together(items)) == "record.bundle"


@pytest.mark.parametrize("kind", [FOUNDING, LOG, CHECKPOINT, RECEIPT, ENTRIES, END])
def test_an_item_that_stands_twice_is_refused(kind: int) -> None:
    """docs/spec/11-bundle.md §2.2 and §2.3: nothing stands twice, even when it is counted twice."""
    items = take_apart(bundle())
    at = next(i for i, item in enumerate(items) if item[0] == kind)
    doubled = [*items[:at], items[at], *items[at:]]
    assert _code(put_together(doubled)) == "record.bundle"
    if kind in (CHECKPOINT, RECEIPT):
        assert _code(put_together(recount(doubled))) == "record.bundle"


def test_garbage_ends_in_a_rejection_and_nothing_else() -> None:
    """Whatever follows the first line, reading ends with items or with `Rejected`."""
    dice = Random(7)
    for _ in range(300):
        body = dice.randbytes(dice.randrange(1, 200))
        data = MAGIC + len(body).to_bytes(4, "big") + body
        assert _code(data) in {"record.bundle", "record.bundle.short", "record.checkpoint"}
