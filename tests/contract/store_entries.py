"""Dialogues, logs and entries, as every engine must keep them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from detente.ports import Unit
from detente.record.chain import Piece
from detente.record.tree import EMPTY, extend, frontier_at
from detente.terms.errors import Bug, Refused
from tests.contract.sample_logs import both_lanes, dialogue, empty, grow, info
from tests.contract.store_engine import (
    OURS,
    TALK,
    Engine,
    before_and_after,
    code_of,
    filled,
    founded,
)
from tests.contract.store_picture import picture


class FoundingContract:
    """Dialogues and their logs."""

    def test_dialogues_and_logs_keep_the_order_in_which_they_came(self, engine: Engine) -> None:
        """Logs are shown and numbered alike after a restart."""
        store = founded(engine)
        with store.unit() as unit:
            unit.found(dialogue("second"), b"other", [info("A", talk="second")])
            unit.open_log(TALK, info("B", epoch=1))
        for again in before_and_after(engine, store):
            assert again.dialogues() == [TALK, dialogue("second")]
            assert again.founding(dialogue("second")) == b"other"
            opened = [log.info for log in again.logs(TALK)]
            assert opened == [*both_lanes("A"), *both_lanes("B"), info("B", epoch=1)]
            assert [log.head for log in again.logs(TALK)] == [empty(log) for log in opened]

    def test_what_is_not_held_is_refused_by_name(self, engine: Engine) -> None:
        """A wrong identifier is our own side's slip and never an empty answer."""
        store = founded(engine)
        for ask in (store.founding, store.logs, store.evidence, store.snapshot):
            with pytest.raises(Refused) as raised:
                ask(dialogue("unknown"))
            assert code_of(raised) == "store.dialogue"
        stranger = info("C").log
        asks: list[Callable[[], object]] = [
            lambda: store.entries(stranger, 0, 1),
            lambda: store.pieces(stranger, 0, 1),
            lambda: store.verdicts(stranger, 0, 1),
            lambda: store.seen_at(stranger, 0),
            lambda: store.checkpoint(stranger),
            lambda: store.receipts(stranger),
        ]
        for question in asks:
            with pytest.raises(Refused) as raised:
                question()
            assert code_of(raised) == "store.log"

    def test_a_dialogue_or_log_is_added_once(self, engine: Engine) -> None:
        """A second founding would begin the record anew."""
        store = founded(engine)
        before = picture(store)
        again: list[Callable[[Unit], None]] = [
            lambda unit: unit.found(TALK, b"other", []),
            lambda unit: unit.open_log(TALK, OURS),
            lambda unit: unit.found(dialogue("second"), b"", [info("C"), OURS]),
        ]
        for step in again:
            with store.unit() as unit, pytest.raises(Refused) as raised:
                step(unit)
            assert code_of(raised) == "store.known"
            assert picture(store) == before


class AppendContract:
    """Entries only at the end of their log."""

    def test_entries_come_back_exactly_and_in_order(self, engine: Engine) -> None:
        """Bytes are stored and relayed as they came (spec 01 §4)."""
        store = founded(engine)
        grown = grow(empty(OURS), 5)
        with store.unit() as unit:
            unit.append(grown)
        for again in before_and_after(engine, store):
            assert again.entries(OURS.log, 0, 99) == grown.entries
            assert again.entries(OURS.log, 2, 2) == grown.entries[2:4]
            assert again.entries(OURS.log, 5, 9) == []
            assert again.entry(OURS.log, 4) == grown.entries[4]
            assert again.entry(OURS.log, 5) is None
            pieces = [Piece(one.raw, one.salt, one.payload) for one in grown.entries]
            assert again.pieces(OURS.log, 0, 99) == pieces
            assert again.pieces(OURS.log, 2, 2) == pieces[2:4]
            assert again.pieces(OURS.log, 5, 9) == []

    def test_what_does_not_continue_the_log_is_refused(self, engine: Engine) -> None:
        """A gap, a repetition, another branch and another head are all not the end of the log."""
        store = filled(engine, 4)
        whole = grow(empty(OURS), 4)
        branch = grow(grow(empty(OURS), 4, note="other").head, 1)
        later = grow(grow(whole.head, 1).head, 1)
        wrong = [
            later,
            grow(empty(OURS), 1),
            whole,
            branch,
            whole._replace(head=later.head, entries=[]),
        ]
        before = picture(store)
        for extension in wrong:
            with store.unit() as unit, pytest.raises(Refused) as raised:
                unit.append(extension)
            assert code_of(raised) == "store.gap"
        assert picture(store) == before
        with store.unit() as unit:
            unit.append(whole._replace(entries=[], kept=[]))  # nothing, at the end, is allowed
        assert picture(store) == before

    def test_entries_without_payload_are_kept_as_such(self, engine: Engine) -> None:
        """A withheld payload leaves the header whole (spec 01 §4)."""
        store = founded(engine)
        grown = grow(empty(OURS), 2)
        bare = [entry._replace(salt=None, payload=None) for entry in grown.entries]
        with store.unit() as unit:
            unit.append(grown._replace(entries=bare))
        assert store.entries(OURS.log, 0, 2) == bare
        assert store.pieces(OURS.log, 0, 2) == [Piece(one.raw, None, None) for one in bare]

    def test_a_dropped_payload_takes_its_salt_and_nothing_else(self, engine: Engine) -> None:
        """Erasure by joint act keeps header, chain, root and counts (spec 01 §4)."""
        store = filled(engine, 3)
        before = store.entries(OURS.log, 0, 3)
        head = store.logs(TALK)
        with store.unit() as unit:
            unit.drop_payload(OURS.log, 1)
        for again in before_and_after(engine, store):
            gone = before[1]._replace(salt=None, payload=None)
            assert again.entries(OURS.log, 0, 3) == [before[0], gone, before[2]]
            assert again.logs(TALK) == head
            with again.unit() as unit, pytest.raises(Bug):
                unit.drop_payload(OURS.log, 3)

    @pytest.mark.parametrize(
        "size", [1, 2, 3, 127, 128, 255, 256, 257, 511, 512, 513, 767, 768, 1023, 1024, 1025]
    )
    def test_subtree_roots_are_those_of_the_leaves(self, engine: Engine, size: int) -> None:
        """RFC 6962 §2.1, around the powers of two and the blocks that are kept."""
        store = founded(engine)
        head, leaves = empty(OURS), list[bytes]()
        for part in (size // 3, size - size // 3):
            grown = grow(head, part)
            head = grown.head
            leaves += [entry.id for entry in grown.entries]
            with store.unit() as unit:
                unit.append(grown)
        for again in before_and_after(engine, store):
            node = partial(again.node_hash, OURS.log)
            for first in {1, 2, size // 2, 255, 256, 257, size - 1, size} & set(range(size + 1)):
                assert frontier_at(first, node) == extend(EMPTY, leaves[:first])[0]
            for level, index in [(0, size), (size.bit_length(), 0), (-1, 0)]:
                with pytest.raises(Bug):
                    again.node_hash(OURS.log, level, index)
