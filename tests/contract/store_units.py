"""Units: all or nothing, seen by nobody before they end, and never two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from detente.ports import Judgement, Snapshot, Store, Unit
from detente.record.verdict import void
from detente.terms.errors import Bug, Refused
from detente.terms.ids import LogId
from tests.contract.sample_logs import dialogue, digest, empty, grow, info, signed
from tests.contract.store_engine import OURS, TALK, THEIRS, Engine, code_of, filled
from tests.contract.store_picture import picture

FOUR = grow(empty(OURS), 4)
GROWN = grow(FOUR.head, 300)

#: One call of each method, in an order in which all of them are allowed on `filled(engine, 4)`.
STEPS: list[Callable[[Unit], object]] = [
    lambda unit: unit.found(dialogue("second"), b"second", [info("A", talk="second")]),
    lambda unit: unit.open_log(TALK, info("A", epoch=1)),
    lambda unit: unit.append(GROWN),
    lambda unit: unit.append(grow(empty(THEIRS), 2)),
    lambda unit: unit.judge(
        Judgement(OURS.log, 9, {7: void("house.test")}, {3: {THEIRS.log: 2, OURS.log: 4}})
    ),
    lambda unit: unit.keep_checkpoint(signed(OURS.log, 304, GROWN.head.root())),
    lambda unit: unit.keep_receipt(signed(OURS.log, 4, FOUR.head.root(), by="B")),
    lambda unit: unit.keep_evidence(TALK, "fork", b"proof"),
    lambda unit: unit.keep_snapshot(TALK, Snapshot({OURS.log: 4}, b"state")),
    lambda unit: unit.drop_payload(OURS.log, 1),
    lambda unit: unit.cut_unsent(OURS.log, 200),
    lambda unit: unit.forget_judgements(TALK),
]


class Interrupted(Exception):
    """What goes wrong in the middle of a unit."""


def interrupt(
    store: Store, steps: Iterable[Callable[[Unit], object]], kind: type[BaseException]
) -> None:
    """Take steps in a unit that then ends by an exception."""
    with store.unit() as unit:
        for step in steps:
            step(unit)
        raise kind


class UnitContract:
    """All that is called on a unit becomes durable together, or not at all."""

    @pytest.mark.parametrize("steps", range(len(STEPS) + 1))
    def test_a_unit_that_raises_leaves_nothing_whatever_it_had_done(
        self, engine: Engine, steps: int
    ) -> None:
        """Interrupted before each step in turn, the store is as it was, and works on."""
        store = filled(engine, 4)
        before = picture(store)
        with pytest.raises(Interrupted):
            interrupt(store, STEPS[:steps], Interrupted)
        assert picture(store) == before
        store = engine.reopen(store)
        assert picture(store) == before
        with store.unit() as unit:
            for step in STEPS:
                step(unit)
        after = picture(store)
        assert after != before
        assert picture(engine.reopen(store)) == after

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
    def test_an_interruption_from_outside_undoes_a_unit_too(
        self, engine: Engine, kind: type[BaseException]
    ) -> None:
        """Ctrl-C in the middle is as good as never having begun."""
        store = filled(engine, 4)
        before = picture(store)
        with pytest.raises(kind):
            interrupt(store, STEPS, kind)
        assert picture(store) == before

    def test_nobody_sees_a_unit_before_it_ends(self, engine: Engine) -> None:
        """An answer never rests on what may still be undone."""
        store = filled(engine, 4)
        before = picture(store)
        with store.unit() as unit:
            for step in STEPS:
                step(unit)
                assert picture(store) == before

    def test_a_refused_step_does_nothing_and_the_others_stand(self, engine: Engine) -> None:
        """A method does all that it says or nothing; the caller decides about the rest."""
        store = filled(engine, 4)
        with store.unit() as unit:
            with pytest.raises(Refused):
                unit.append(grow(grow(GROWN.head, 1).head, 1))
            unit.append(GROWN)
            with pytest.raises(Refused):
                unit.keep_snapshot(TALK, Snapshot({LogId(digest("unknown")): 1}, b"state"))
        assert store.entries(OURS.log, 4, 999) == GROWN.entries
        assert store.snapshot(TALK) is None

    def test_a_unit_is_dead_after_its_block_and_no_unit_holds_another(self, engine: Engine) -> None:
        """What is called on an ended unit would otherwise be committed with something else."""
        store = filled(engine, 4)
        before = picture(store)
        with store.unit() as kept, pytest.raises(Bug), store.unit():
            pass
        for step in STEPS:
            with pytest.raises(Bug):
                step(kept)
        assert picture(store) == before

    def test_steps_on_what_is_unknown_are_refused(self, engine: Engine) -> None:
        """Nothing is kept about a log or dialogue that the store does not hold."""
        store = filled(engine, 4)
        before = picture(store)
        stranger = info("C")
        steps: list[tuple[str, Callable[[Unit], object]]] = [
            ("store.log", lambda unit: unit.append(grow(empty(stranger), 1))),
            ("store.log", lambda unit: unit.judge(Judgement(stranger.log, 0, {}, {}))),
            ("store.log", lambda unit: unit.keep_checkpoint(signed(stranger.log, 1, digest("r")))),
            ("store.log", lambda unit: unit.keep_receipt(signed(stranger.log, 1, digest("r")))),
            ("store.log", lambda unit: unit.drop_payload(stranger.log, 0)),
            ("store.log", lambda unit: unit.cut_unsent(stranger.log, 0)),
            ("store.dialogue", lambda unit: unit.open_log(dialogue("other"), stranger)),
            ("store.dialogue", lambda unit: unit.keep_evidence(dialogue("other"), "fork", b"")),
            ("store.dialogue", lambda unit: unit.forget_judgements(dialogue("other"))),
            (
                "store.dialogue",
                lambda unit: unit.keep_snapshot(dialogue("other"), Snapshot({}, b"")),
            ),
        ]
        for code, step in steps:
            with store.unit() as unit, pytest.raises(Refused) as raised:
                step(unit)
            assert code_of(raised) == code
        assert picture(store) == before
