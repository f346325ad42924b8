"""Checkpoints, receipts, and the taking back of what never left, as every engine must keep them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.ports import Judgement, Snapshot
from detente.record.checkpoint import Checkpoint
from detente.record.tree import EMPTY, extend
from detente.record.verdict import WITHHELD
from detente.terms.errors import Bug, Refused
from detente.terms.ids import LogId
from tests.contract.sample_logs import dialogue, digest, empty, grow, info, signed
from tests.contract.store_engine import (
    OURS,
    TALK,
    THEIRS,
    Engine,
    before_and_after,
    code_of,
    filled,
    founded,
    shared_engine,
)
from tests.contract.store_picture import picture

#: Beyond the entries that the store holds: whether roots fit is not asked here.
SIZES = st.integers(1, 40)


WHOLE = grow(empty(OURS), 300)


def root_at(size: int) -> bytes:
    """Return the root of our log with that many entries."""
    return extend(EMPTY, [entry.id for entry in WHOLE.entries[:size]])[0].root()


def first(found: list[Checkpoint], at_least: int) -> Checkpoint | None:
    """Answer as the port says, by looking at all."""
    enough = sorted((cp for cp in found if cp.size >= at_least), key=lambda cp: cp.size)
    return enough[0 if at_least else -1] if enough else None


class SignedContract:
    """What was signed about a log is found again by size."""

    @shared_engine
    @given(st.sets(SIZES), st.lists(SIZES, max_size=4))
    def test_checkpoints_are_found_by_size(
        self, engine: Engine, sizes: set[int], asked: list[int]
    ) -> None:
        """The newest for 0; otherwise the smallest that is large enough; other logs do not mix in."""
        store = founded(engine)
        kept = [signed(OURS.log, size, digest(f"{size}")) for size in sizes]
        with store.unit() as unit:
            for checkpoint in kept:
                unit.keep_checkpoint(checkpoint)
            unit.keep_checkpoint(signed(THEIRS.log, 41, digest("b"), by="B"))
        for again in before_and_after(engine, store):
            assert list(again.checkpoints(OURS.log)) == sorted(kept, key=lambda cp: cp.size)
            for at_least in (0, 1, *asked, 41):
                assert again.checkpoint(OURS.log, at_least) == first(kept, at_least)

    @shared_engine
    @given(st.sets(st.tuples(SIZES, st.sampled_from("ABC"))), st.lists(SIZES, max_size=4))
    def test_receipts_are_found_by_size_for_each_signer(
        self, engine: Engine, made: set[tuple[int, str]], asked: list[int]
    ) -> None:
        """What one peer lacks is reckoned from its own receipts alone."""
        store = founded(engine)
        kept = [signed(OURS.log, size, digest(f"{size}"), by=by) for size, by in made]
        with store.unit() as unit:
            for receipt in kept:
                unit.keep_receipt(receipt)
            unit.keep_receipt(signed(THEIRS.log, 41, digest("b"), by="A"))
        for again in before_and_after(engine, store):
            by_size = sorted(kept, key=lambda receipt: (receipt.size, receipt.signer))
            assert list(again.all_receipts(OURS.log)) == by_size
            for at_least in (0, 1, *asked, 41):
                expected = [
                    first([r for r in kept if r.signer == signer], at_least)
                    for signer in sorted({r.signer for r in kept})
                ]
                found = again.receipts(OURS.log, at_least)
                assert found == [receipt for receipt in expected if receipt]

    def test_many_checkpoints_and_receipts_are_all_walked_through(self, engine: Engine) -> None:
        """Walking in portions loses none at their borders."""
        store = founded(engine)
        kept = [signed(OURS.log, size, digest(f"{size}")) for size in range(1, 1203)]
        with store.unit() as unit:
            for checkpoint in kept:
                unit.keep_checkpoint(checkpoint)
                unit.keep_receipt(checkpoint)
        assert list(store.checkpoints(OURS.log)) == kept
        assert list(store.all_receipts(OURS.log)) == kept

    def test_another_root_for_a_kept_size_is_a_bug(self, engine: Engine) -> None:
        """A node never signs two roots for one size (spec 01 §8); the first one stays."""
        store = founded(engine)
        one = signed(OURS.log, 3, digest("root"))
        with store.unit() as unit:
            unit.keep_checkpoint(one)
            unit.keep_checkpoint(signed(OURS.log, 3, digest("root"), time=2))
            with pytest.raises(Bug):
                unit.keep_checkpoint(signed(OURS.log, 3, digest("other")))
        for again in before_and_after(engine, store):
            assert list(again.checkpoints(OURS.log)) == [one]
            with again.unit() as unit, pytest.raises(Bug):
                unit.keep_checkpoint(signed(OURS.log, 3, digest("other")))

    def test_the_first_receipt_of_a_signer_for_a_size_stays(self, engine: Engine) -> None:
        """A repeated delivery brings the same receipt again, or one signed a moment later."""
        store = founded(engine)
        one = signed(OURS.log, 3, digest("root"), by="B")
        for receipt in (one, one, signed(OURS.log, 3, digest("root"), by="B", time=2)):
            with store.unit() as unit:
                unit.keep_receipt(receipt)
        assert list(store.all_receipts(OURS.log)) == [one]

    def test_a_size_that_no_log_reaches_is_refused(self, engine: Engine) -> None:
        """A hostile node may sign any number; it must not wrap round into another log's rows."""
        store = founded(engine)
        last = signed(OURS.log, 2**40 - 1, digest("root"))
        with store.unit() as unit:
            unit.keep_checkpoint(last)
            unit.keep_receipt(last)
            for size in (2**40, 2**63, 2**64 - 1):
                for keep in (unit.keep_checkpoint, unit.keep_receipt):
                    with pytest.raises(Refused) as raised:
                        keep(signed(OURS.log, size, digest("root")))
                    assert code_of(raised) == "store.limit"
        assert list(store.checkpoints(OURS.log)) == [last] == list(store.all_receipts(OURS.log))
        assert list(store.checkpoints(THEIRS.log)) == []
        for at_least in (2**40, 2**64):
            assert store.checkpoint(OURS.log, at_least) is None
            assert store.receipts(OURS.log, at_least) == []


class CutContract:
    """Entries of a restored copy that never left this node can be taken back."""

    @pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 299, 300])
    def test_a_cut_log_is_as_it_was_at_that_size(self, engine: Engine, size: int) -> None:
        """Head, tree, judgements and checkpoints; then it grows otherwise (spec 02 §8)."""
        expected = founded(engine)
        with expected.unit() as unit:
            unit.append(grow(empty(OURS), size))
            unit.judge(Judgement(OURS.log, min(size, 280), {}, {}))
            unit.keep_receipt(signed(OURS.log, 0, root_at(0), by="B"))
            for at in {0, min(256, size), size}:
                unit.keep_checkpoint(signed(OURS.log, at, root_at(at)))
        store = founded(engine)
        with store.unit() as unit:
            unit.append(WHOLE)
            unit.judge(Judgement(OURS.log, 280, {}, {}))
            unit.keep_receipt(signed(OURS.log, 0, root_at(0), by="B"))
            for at in {0, 256, size, 300}:
                unit.keep_checkpoint(signed(OURS.log, at, root_at(at)))
            unit.keep_snapshot(TALK, Snapshot({OURS.log: 300}, b"state"))
        store.node_hash(OURS.log, 0, 299)  # whatever an engine remembers must be forgotten
        with store.unit() as unit:
            assert unit.cut_unsent(OURS.log, size) == WHOLE.entries[size:]
        assert picture(store) == picture(expected)
        head = next(log.head for log in store.logs(TALK) if log.info == OURS)
        branch = grow(head, 300, note="other")
        for again in (expected, store):
            with again.unit() as unit:
                unit.append(branch)
        assert picture(store) == picture(expected)
        assert picture(engine.reopen(store)) == picture(expected)

    def test_judgements_of_cut_entries_go_and_the_others_stay(self, engine: Engine) -> None:
        """A verdict without its entry would be given to the entry that comes in its place."""
        store = filled(engine, 10)
        with store.unit() as unit:
            unit.judge(
                Judgement(
                    OURS.log,
                    9,
                    {2: WITHHELD, 5: WITHHELD},
                    {1: {THEIRS.log: 1}, 6: {THEIRS.log: 2}},
                )
            )
            unit.cut_unsent(OURS.log, 4)
            unit.append(grow(grow(empty(OURS), 4).head, 6, note="other"))
            unit.judge(Judgement(OURS.log, 10, {}, {}))
        assert store.verdicts(OURS.log, 0, 10) == {2: WITHHELD}
        assert store.seen_at(OURS.log, 8) == {THEIRS.log: 1, OURS.log: 9}

    def test_what_somebody_receipted_is_never_taken_back(self, engine: Engine) -> None:
        """A receipt proves that the entries left; cutting them would fork our own log."""
        store = filled(engine, 10)
        with store.unit() as unit:
            unit.keep_receipt(signed(OURS.log, 7, root_at(7), by="B"))
        before = picture(store)
        with store.unit() as unit:
            for size, fault in ((6, Refused), (-1, Bug), (11, Bug)):
                with pytest.raises(fault):
                    unit.cut_unsent(OURS.log, size)
        assert picture(store) == before
        with store.unit() as unit:
            assert len(unit.cut_unsent(OURS.log, 7)) == 3

    def test_cutting_one_log_leaves_the_others_alone(self, engine: Engine) -> None:
        """Keys of neighbouring logs lie next to each other."""
        store = founded(engine)
        logs: list[LogId] = [log.info.log for log in store.logs(TALK)]
        with store.unit() as unit:
            unit.found(dialogue("second"), b"", [info("A", talk="second")])
            for log in store.logs(TALK):
                unit.append(grow(log.head, 300))
                unit.judge(Judgement(log.info.log, 300, {0: WITHHELD, 299: WITHHELD}, {}))
                unit.keep_checkpoint(signed(log.info.log, 300, digest("r")))
        before = picture(store)[0].logs
        with store.unit() as unit:
            unit.cut_unsent(logs[1], 0)
        after = picture(store)[0].logs
        assert [after[0], *after[2:]] == [before[0], *before[2:]]
