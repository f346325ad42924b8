"""Random walks: every engine gives the same answers and the same refusals, in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.ports import Judgement, LogInfo, Snapshot, Store, Unit
from detente.record.chain import LogHead
from detente.record.checkpoint import Checkpoint
from detente.record.verdict import COUNTED, WITHHELD, void
from detente.store.memory import MemoryStore
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Fault
from detente.terms.ids import Lane
from tests.contract.sample_logs import dialogue, digest, empty, grow, info, signed
from tests.contract.store_picture import picture

TALK = dialogue()
LOGS = [info(party, lane) for party in "AB" for lane in Lane]

Step = Callable[[Unit, Store], object]


def head_of(store: Store, whose: LogInfo) -> LogHead:
    heads = [log.head for log in store.logs(TALK) if log.info == whose] if store.dialogues() else []
    return heads[0] if heads else empty(whose)


def steps() -> st.SearchStrategy[Step]:
    """Return single calls on a unit, sensible or not; heads are those committed so far."""
    logs, sizes, counts = st.sampled_from(LOGS), st.integers(0, 12), st.integers(0, 300)
    verdicts = st.dictionaries(sizes, st.sampled_from([COUNTED, WITHHELD, void("x.y")]), max_size=4)
    return st.one_of(
        st.builds(lambda a: lambda u, _: u.found(TALK, b"f", LOGS[:a]), st.integers(0, 4)),
        st.builds(lambda w: lambda u, _: u.open_log(TALK, w), logs),
        st.builds(lambda w, n: lambda u, s: u.append(grow(head_of(s, w), n)), logs, counts),
        st.builds(
            lambda w, n, v, at: lambda u, _: u.judge(Judgement(w.log, n, v, {at: {w.log: at}})),
            logs,
            counts,
            verdicts,
            sizes,
        ),
        st.builds(
            lambda w, n, r: lambda u, _: u.keep_checkpoint(real(w, n, r)), logs, sizes, sizes
        ),
        st.builds(lambda w, n: lambda u, _: u.keep_receipt(real(w, n, 0, "C")), logs, sizes),
        st.builds(lambda b: lambda u, _: u.keep_evidence(TALK, "fork", b), st.binary(max_size=1)),
        st.builds(
            lambda w, n: lambda u, _: u.keep_snapshot(TALK, Snapshot({w.log: n}, b"s")), logs, sizes
        ),
        st.just(lambda u, _: u.forget_judgements(TALK)),
        st.builds(lambda w, n: lambda u, _: u.drop_payload(w.log, n), logs, sizes),
        st.builds(lambda w, n: lambda u, _: u.cut_unsent(w.log, n), logs, counts),
    )


def real(whose: LogInfo, size: int, other: int, by: str = "A") -> Checkpoint:
    """Return a checkpoint with the root of that size, or now and then with another one."""
    root = digest("other root") if other == 12 else grow(empty(whose), size).head.root()
    return signed(whose.log, size, root, by=by)


def run(store: Store, unit_steps: list[Step]) -> list[str]:
    """Take steps in one unit; return the codes of those that were refused."""
    refused: list[str] = []
    with store.unit() as unit:
        for step in unit_steps:
            try:
                step(unit, store)
            except Fault as fault:
                refused.append(fault.code)
    return refused


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.lists(steps(), max_size=6), max_size=8))
def test_memory_and_file_agree_on_every_walk(tmp_path: Path, units: list[list[Step]]) -> None:
    """A simulated world is worth as much as its store is like the real one."""
    for file in tmp_path.iterdir():
        file.unlink()
    memory = MemoryStore()
    with closing(SqliteStore(tmp_path / "record.db")) as store:
        for unit_steps in units:
            assert run(store, unit_steps) == run(memory, unit_steps)
            assert picture(store) == picture(memory)
        assert not [damage for damage in store.scrub().damage if "root" not in damage.what]


@pytest.mark.parametrize("engine", ["memory", "file"])
def test_a_walk_reaches_every_kind_of_answer(tmp_path: Path, engine: str) -> None:
    """The walks above would agree on nothing but refusals if no step ever succeeded."""
    store: Store = MemoryStore() if engine == "memory" else SqliteStore(tmp_path / "record.db")
    ours = LOGS[1]
    assert run(store, [lambda u, _: u.found(TALK, b"f", LOGS)]) == []
    assert run(store, [lambda u, s: u.append(grow(head_of(s, ours), 300))]) == []
    assert run(store, [lambda u, s: u.append(grow(head_of(s, ours), 1))] * 2) == ["store.gap"]
    assert head_of(store, ours).size == 301
    store.close()
