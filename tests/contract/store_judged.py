"""Verdicts, causal pasts, evidence and the cached fold, as every engine must keep them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.ports import Judgement, Snapshot
from detente.record.verdict import COUNTED, NOT_UNDERSTOOD, WITHHELD, Verdict, void
from detente.terms.errors import Bug
from tests.contract.sample_logs import empty, grow
from tests.contract.store_engine import (
    OURS,
    TALK,
    THEIRS,
    Engine,
    before_and_after,
    filled,
    shared_engine,
)
from tests.contract.store_picture import picture

VERDICTS = st.sampled_from([COUNTED, NOT_UNDERSTOOD, WITHHELD, void("charter.grant")])
LOGS = st.sampled_from([bytes(OURS.log), bytes(THEIRS.log)])
SIZE = 12


class JudgementContract:
    """What admission found out is kept for exactly the entries that it judged."""

    @shared_engine
    @given(st.data())
    def test_judgements_come_back_as_they_were_given(
        self, engine: Engine, data: st.DataObject
    ) -> None:
        """Runs of any lengths; verdicts sparse; a past holds from its entry to the next one's."""
        store = filled(engine, SIZE)
        verdicts: dict[int, Verdict] = {}
        pasts: list[dict[bytes, int]] = []
        past: dict[bytes, int] = {}
        admitted = 0
        while admitted < SIZE and data.draw(st.booleans()):
            until = data.draw(st.integers(admitted, SIZE))
            run = st.integers(admitted, until - 1) if until > admitted else st.nothing()
            found = data.draw(st.dictionaries(run, VERDICTS))
            seen: dict[int, dict[bytes, int]] = data.draw(
                st.dictionaries(
                    run,
                    st.dictionaries(LOGS, st.integers(0, 2**39), min_size=1),
                )
            )
            with store.unit() as unit:
                unit.judge(Judgement(OURS.log, until, found, seen))
            verdicts |= {seq: verdict for seq, verdict in found.items() if verdict != COUNTED}
            for seq in range(admitted, until):
                past = {**seen[seq]} if seq in seen else past
                pasts.append({**past, OURS.log: seq + 1})
            admitted = until
        for again in before_and_after(engine, store):
            assert again.verdicts(OURS.log, 0, SIZE) == verdicts
            assert again.verdicts(OURS.log, 3, 4) == {
                seq: verdict for seq, verdict in verdicts.items() if 3 <= seq < 7
            }
            assert [dict(again.seen_at(OURS.log, seq)) for seq in range(admitted)] == pasts
            assert [log.admitted for log in again.logs(TALK) if log.info == OURS] == [admitted]
            with pytest.raises(Bug):
                again.seen_at(OURS.log, admitted)

    @pytest.mark.parametrize(
        "judgement",
        [
            Judgement(OURS.log, SIZE + 1, {}, {}),
            Judgement(OURS.log, 3, {}, {}),
            Judgement(OURS.log, 6, {6: WITHHELD}, {}),
            Judgement(OURS.log, 6, {3: WITHHELD}, {}),
            Judgement(OURS.log, 6, {}, {3: {OURS.log: 4}}),
            Judgement(OURS.log, 6, {}, {-1: {OURS.log: 4}}),
        ],
    )
    def test_a_verdict_is_given_once_and_only_to_what_is_stored(
        self, engine: Engine, judgement: Judgement
    ) -> None:
        """A verdict never changes (spec 02 §3) unless the dialogue is judged anew."""
        store = filled(engine, SIZE)
        with store.unit() as unit:
            unit.judge(Judgement(OURS.log, 4, {2: WITHHELD}, {}))
        before = picture(store)
        with store.unit() as unit, pytest.raises(Bug):
            unit.judge(judgement)
        assert picture(store) == before

    def test_forgotten_judgements_can_be_given_again_otherwise(self, engine: Engine) -> None:
        """A fork proof makes the dialogue be judged from its beginning (spec 02 §6)."""
        store = filled(engine, SIZE)
        fresh = picture(store)
        with store.unit() as unit:
            unit.append(grow(empty(THEIRS), 2))
            unit.judge(Judgement(OURS.log, 9, {1: WITHHELD}, {4: {THEIRS.log: 2}}))
            unit.judge(Judgement(THEIRS.log, 2, {0: NOT_UNDERSTOOD}, {}))
            unit.keep_snapshot(TALK, Snapshot({OURS.log: 9}, b"state"))
        with store.unit() as unit:
            unit.forget_judgements(TALK)
        store = engine.reopen(store)
        assert [log.admitted for log in store.logs(TALK)] == [0, 0, 0, 0]
        assert store.snapshot(TALK) is None
        assert picture(store)[0].logs[0] == fresh[0].logs[0]
        with store.unit() as unit:
            unit.forget_judgements(TALK)
            unit.judge(Judgement(OURS.log, SIZE, {2: void("x")}, {}))
        assert store.verdicts(OURS.log, 0, SIZE) == {2: void("x")}
        assert store.seen_at(OURS.log, 7) == {OURS.log: 8}

    def test_the_cached_fold_is_the_last_one_given(self, engine: Engine) -> None:
        """An older state beside newer bounds would be a wrong answer that looks right."""
        store = filled(engine, SIZE)
        assert store.snapshot(TALK) is None
        for kept in (Snapshot({}, b""), Snapshot({OURS.log: 4, THEIRS.log: 0}, b"\x00" * 70_000)):
            with store.unit() as unit:
                unit.keep_snapshot(TALK, kept)
            assert store.snapshot(TALK) == kept
            store = engine.reopen(store)
            assert store.snapshot(TALK) == kept

    def test_evidence_is_kept_once_in_the_order_in_which_it_came(self, engine: Engine) -> None:
        """The same proof arrives from every peer that holds it."""
        store = filled(engine, 1)
        given_ = [("fork", b"one"), ("note", b"one"), ("fork", b""), ("fork", b"one")]
        for kind, body in given_:
            with store.unit() as unit:
                unit.keep_evidence(TALK, kind, body)
                unit.keep_evidence(TALK, kind, body)
        assert store.evidence(TALK) == given_[:3]
        assert engine.reopen(store).evidence(TALK) == given_[:3]
