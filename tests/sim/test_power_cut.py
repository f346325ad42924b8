"""Power cuts on the node's own write path: what was acknowledged is there, whatever the disk lost.

Spec 01 §9 and 02 §8; threat: a node that forgets an entry it has signed signs another in its place
and so forks its own log. The same cuts with ``synchronous=NORMAL`` are seen to lose, so that the
test cannot be empty.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from detente.ports import Judgement, Snapshot
from detente.record.chain import LogHead
from detente.record.order import Seen
from detente.record.verdict import WITHHELD
from detente.store import database, writer
from detente.store.sqlite import SqliteStore
from detente.terms.ids import LogId
from tests.contract.sample_logs import both_lanes, dialogue, empty, grow, info, signed
from tests.sim.cut_disk import (
    DELETE,
    SYNC,
    SYNC_FOLDER,
    TRUNCATE,
    WRITE,
    CutDisk,
    Step,
    files_after_cut,
)

OURS, THEIRS = info("A"), info("B")
TALK = dialogue()
NAME = "record.db"
CUTS = 400
UNITS = 48
PRAGMAS = database.WRITER_PRAGMAS


class Told(NamedTuple):
    """What the node had been told was saved."""

    steps: int
    """Steps of the disk when the unit ended."""
    heads: dict[LogId, LogHead]
    signed: int
    """Largest size of our log whose checkpoint was committed, and so might have left."""


class Life(NamedTuple):
    steps: list[Step]
    told: list[Told]
    """By unit; the first is before anything was saved."""


def live(folder: Path, disk: CutDisk, dice: random.Random) -> Life:
    """Found a dialogue and work: acts, batches from the other side, folds, restarts."""
    store = SqliteStore(folder / NAME, vfs=disk.name)
    heads = {log.log: empty(log) for log in (OURS, THEIRS)}
    with store.unit() as unit:
        unit.found(TALK, b"founding", [*both_lanes("A"), *both_lanes("B")])
    told = [Told(0, {}, 0), Told(len(disk.steps), dict(heads), 0)]
    for number in range(UNITS):
        if number % 20 == 19:
            store.close()
            store = SqliteStore(folder / NAME, vfs=disk.name)
        whose = OURS if dice.random() < 0.6 else THEIRS
        before = heads[whose.log]
        count = 1 if whose is OURS else dice.randint(1, 60)
        grown = grow(before, count, payload_bytes=dice.choice([40, 1024, 9000 // count]))
        seen: dict[int, Seen] = {before.size: {log: head.size for log, head in heads.items()}}
        with store.unit() as unit:
            unit.append(grown)
            unit.judge(Judgement(whose.log, grown.head.size, {before.size: WITHHELD}, seen))
            if whose is OURS:
                unit.keep_checkpoint(signed(OURS.log, grown.head.size, grown.head.root()))
            if number % 7 == 0:
                unit.keep_snapshot(TALK, Snapshot({whose.log: grown.head.size}, bytes(9000)))
        heads[whose.log] = grown.head
        told.append(Told(len(disk.steps), dict(heads), heads[OURS.log].size))
    store.close()
    return Life(disk.steps, told)


def after_cut(folder: Path, life: Life, cut: int, seed: int) -> SqliteStore:
    """Put down what the cut left and open it by the ordinary way in."""
    for old in folder.iterdir():
        old.unlink()
    for name, data in files_after_cut(life.steps, cut, random.Random(seed)).items():
        (folder / name).write_bytes(data)
    return SqliteStore(folder / NAME)


def losses(folder: Path, life: Life, cuts: int) -> Iterator[str]:
    """Cut the power at `cuts` moments and yield a sentence for each promise that was broken."""
    for seed in range(cuts):
        cut = random.Random(seed).randrange(len(life.steps) + 1)
        last = max(n for n, told in enumerate(life.told) if told.steps <= cut)
        promised, following = life.told[last], life.told[min(last + 1, UNITS + 1)]
        store = after_cut(folder, life, cut, seed)
        try:
            if damage := store.scrub().damage:
                yield f"cut {cut}: {damage[0]}"
            logs = [log for talk in store.dialogues() for log in store.logs(talk)]
            held = {log.info.log: log.head for log in logs if log.info in (OURS, THEIRS)}
            if held not in (promised.heads, following.heads):
                yield f"cut {cut}: what was acknowledged is not there, or half a unit is"
            if held:
                yield from _goes_on(store, held[OURS.log], promised, cut)
        finally:
            store.close()


def _goes_on(store: SqliteStore, head: LogHead, promised: Told, cut: int) -> Iterator[str]:
    """Append to our log; a position below a committed checkpoint must not be taken again."""
    if head.size < promised.signed:
        yield f"cut {cut}: position {head.size} is taken again below a signed size"
    grown = grow(head, 1, note="after the cut")
    with store.unit() as unit:
        unit.append(grown)
        unit.keep_checkpoint(signed(OURS.log, grown.head.size, grown.head.root()))
    if damage := store.scrub().damage:
        yield f"cut {cut}: by what came after, {damage[0]}"


@pytest.fixture
def disk() -> Iterator[CutDisk]:
    made = CutDisk("cut")
    yield made
    made.unregister()


def lived(tmp_path: Path, disk: CutDisk, monkeypatch: pytest.MonkeyPatch, sync: str) -> Life:
    """Live with a small write-ahead log, so that copying to place and beginning anew happen often."""
    full = "pragma synchronous=full"
    changed = [pragma.replace("full", sync) if pragma == full else pragma for pragma in PRAGMAS]
    (tmp_path / "life").mkdir()
    (tmp_path / "after").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(database, "WRITER_PRAGMAS", changed)
        patch.setattr(writer, "COPY_PAGES", 40)
        return live(tmp_path / "life", disk, random.Random(7))


def test_no_cut_takes_back_what_was_acknowledged(
    tmp_path: Path, disk: CutDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 cuts over founding, acts, batches, folds, restarts and copying to place (spec 01 §9)."""
    assert "pragma synchronous=full" in PRAGMAS
    life = lived(tmp_path, disk, monkeypatch, "full")
    done = {(step.kind, step.name) for step in life.steps}
    assert {(WRITE, NAME), (SYNC, NAME), (WRITE, f"{NAME}-wal"), (DELETE, f"{NAME}-wal")} <= done
    assert list(losses(tmp_path / "after", life, CUTS)) == []


def test_cuts_are_seen_to_lose_without_full_sync(
    tmp_path: Path, disk: CutDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: ``synchronous=NORMAL`` acknowledges before the write-ahead log is synced."""
    life = lived(tmp_path, disk, monkeypatch, "normal")
    broken = list(losses(tmp_path / "after", life, 80))
    assert any("taken again below a signed size" in what for what in broken)
    assert any("what was acknowledged is not there" in what for what in broken)


def test_a_cut_disk_keeps_what_was_synced_and_may_lose_the_rest() -> None:
    """The disk of these tests itself: without it they would prove nothing."""
    steps = [
        Step(WRITE, "a", 0, b"x" * 1024),
        Step(SYNC, "a"),
        Step(SYNC_FOLDER, ""),
        Step(WRITE, "a", 0, b"y" * 1024),
        Step(TRUNCATE, "a", 10),
        Step(DELETE, "a"),
    ]

    def outcomes(cut: int) -> set[bytes | None]:
        return {files_after_cut(steps, cut, random.Random(seed)).get("a") for seed in range(300)}

    assert outcomes(2) == {b"x" * 1024, None}
    assert outcomes(3) == {b"x" * 1024}
    torn = {b"x" * 512 + b"y" * 512, b"y" * 512 + b"x" * 512}
    assert outcomes(4) == {b"x" * 1024, b"y" * 1024, *torn}
    assert outcomes(5) == outcomes(4) | {b"x" * 10, b"y" * 10}
    assert outcomes(6) == {b"x" * 1024, None}


def test_the_library_underneath_has_the_repaired_write_ahead_log() -> None:
    """SQLite before 3.51.3 could corrupt a file when a commit met a checkpoint."""
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)
