"""What a verification keeps of each entry: enough to know every causal past, and no more than it names."""

from __future__ import annotations

import pytest

from detente.record.genesis import log_id
from detente.terms.ids import Lane
from detente.testing.scribe import Scribe
from detente.verify import judging
from detente.verify.reading import Reading
from detente.verify.report import Outcome
from tests.bundles import (
    END,
    LOG,
    bundle,
    bundle_of,
    put_together,
    take_apart,
    verified,
    write_talk,
)


def _read(data: bytes) -> Reading:
    reading = Reading({}, lambda step, entries: None)
    reading.read([data])
    assert reading.damage is None
    return reading


def test_every_causal_past_is_known_from_what_is_kept() -> None:
    """docs/spec/02-order.md §2.1: the past that a node computes, for each entry of a talk."""
    scribe = write_talk("pasts")
    scribe.open_epoch(1)
    for turn in range(4):
        scribe.say(turn % 2, "In the new epoch.")
    shelf = _read(bundle_of(scribe)).shelf
    for log in shelf.logs:
        for seq in range(log.judged):
            assert shelf.fact(log.papers.log, seq) == scribe.fact(log.papers.log, seq)


def test_entries_are_judged_alike_however_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run is divided decides nothing, also where entries wait for others."""
    whole = verified(bundle())
    monkeypatch.setattr(judging, "_AT_ONCE", 1)
    assert verified(bundle()) == whole


def _with_empty_logs(scribe: Scribe, count: int) -> bytes:
    """Return the bundle with logs of B that hold nothing, which anybody can list."""
    items = take_apart(bundle_of(scribe))
    party, key = scribe.parties[1].id, scribe.parties[1].node.public
    empty = [
        [LOG, log_id(scribe.founded.dialogue, party, key.print, epoch, lane), 1, key.to_plain(),
         epoch, int(lane), 0]
        for epoch in range(1, 1 + count // 2)
        for lane in Lane
    ]  # fmt: skip
    last = max(at for at, item in enumerate(items) if item[0] == LOG)
    assert items[-1][0] == END
    return put_together([*items[: last + 1], *empty, *items[last + 1 :]])


def test_logs_that_nobody_names_cost_nothing_for_each_entry() -> None:
    """A bundle cannot make its reader keep a thousand numbers for each entry by listing empty logs."""
    scribe = write_talk("empty logs")
    for turn in range(60):
        scribe.say(turn % 2, f"Statement {turn}.")
    named = sum(len(one.header.refs) for log in scribe.written.values() for one in log.entries)
    kept = []
    for count in (0, 1000):
        data = _with_empty_logs(scribe, count)
        assert verified(data).outcome is Outcome.INTACT
        shelf = _read(data).shelf
        assert len(shelf.logs) == 4 + count
        kept.append(sum(len(one.seqs) for log in shelf.logs for one in log.growths.values()))
    assert kept[0] == kept[1] <= named
