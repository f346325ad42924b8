"""What is looked up about minutes is what a search through all of them would find.

docs/spec/02-order.md §4 and §7. Parties enter minutes in several epochs, together and alone, and some
of them are caught with two histories.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from detente.charter.act import Place
from detente.dialogue.minutes import (
    awaiting,
    complete_minutes,
    count_from,
    is_complete,
    latest_complete,
    newest_of,
    next_ordinal,
    ordinals_of,
)
from detente.dialogue.state import Dialogue, Frozen, Placed, Standing, empty_standing, start
from detente.record.minute import Minute, MinuteLine
from detente.record.order import NOT_COVERED
from detente.terms.ids import Lane, LogId
from detente.testing.keys import founded

PARTIES = 3
TABLES = [(party, epoch) for party in range(PARTIES) for epoch in range(2)]


def table(party: int, epoch: int) -> LogId:
    return LogId(bytes((party, epoch)) * 16)


def _frozen(party: int, epoch: int) -> Frozen:
    log = table(party, epoch)
    return Frozen(0, Place(log, 0), party, epoch, Lane.TABLE, bytes(32))


class Drawn(NamedTuple):
    """Which minutes stand where, and of which tables two histories are proven."""

    entered: dict[tuple[int, int], tuple[Placed, ...]]
    forked: set[tuple[int, int]]

    def state(self) -> Dialogue:
        papers, _ = founded(PARTIES)
        key = papers.current(0).node_key()
        state = start(papers)
        logs: dict[bytes, Standing] = {
            table(*at): empty_standing(state.id, at[0], key, at[1], Lane.TABLE)
            for at in self.entered
        }
        return state._replace(
            logs=Map({**state.logs, **logs}),
            minutes=Map({table(*at): known for at, known in self.entered.items() if known}),
            forks=Map({table(*at): (_frozen(*at),) for at in self.forked}),
        )


@st.composite
def minuted(draw: st.DrawFn) -> Drawn:
    """Draw minutes that rise in position and number in every log."""
    pool = draw(st.lists(minutes(), min_size=1, max_size=8))
    entered = {}
    for at in TABLES:
        chosen = draw(
            st.lists(st.sampled_from(pool), max_size=6, unique_by=lambda one: one.ordinal)
        )
        seqs = draw(st.sets(st.integers(0, 40), min_size=len(chosen), max_size=len(chosen)))
        entered[at] = tuple(map(Placed, sorted(seqs), sorted(chosen)))
    return Drawn(entered, draw(st.sets(st.sampled_from(TABLES), max_size=3)))


@st.composite
def minutes(draw: st.DrawFn) -> Minute:
    listed = draw(st.sets(st.sampled_from(TABLES), min_size=1))
    lines = [MinuteLine(table(*one), draw(st.integers(1, 30)), bytes(32)) for one in sorted(listed)]
    return Minute(draw(st.integers(1, 90)), tuple(lines), draw(st.sampled_from((b"a", b"b"))) * 32)


def all_entered(state: Dialogue, party: int) -> set[Minute]:
    return {
        placed.minute
        for log, known in state.minutes.items()
        for placed in known
        if state.logs[log].party == party
    }


@given(minuted(), st.integers(1, 100))
def test_the_latest_complete_minute_is_the_last_of_all_that_are_complete(
    drawn: Drawn, before: int
) -> None:
    """With and without a bound on its number, whoever is no longer asked."""
    state = drawn.state()
    complete = complete_minutes(state)
    assert latest_complete(state) == max(complete, default=None)
    bounded = [one for one in complete if one.ordinal < before]
    assert latest_complete(state, before) == max(bounded, default=None)
    entered = {one for party in range(PARTIES) for one in all_entered(state, party)}
    assert {one for one in entered if is_complete(state, one)} == set(complete)


@given(minuted(), st.sampled_from(TABLES), st.integers(0, 40))
def test_the_minute_that_covers_an_entry_is_the_first_that_lists_it(
    drawn: Drawn, at: tuple[int, int], seq: int
) -> None:
    """Also where a later minute lists less, as those of parties that conspire may."""
    state = drawn.state()
    where = Place(table(*at), seq)
    covering = (
        one.ordinal
        for one in complete_minutes(state)
        if any((line.log == where.log) and (line.size > seq) for line in one.lines)
    )
    assert ordinals_of(state)(where) == next(covering, NOT_COVERED)


@given(minuted(), st.integers(0, 2), st.integers(0, 40))
def test_what_a_party_may_enter_next_follows_from_what_it_has_entered(
    drawn: Drawn, party: int, start_seq: int
) -> None:
    """Numbers above its own last, at most 64 ahead; and minutes are told from other entries."""
    state = drawn.state()
    own = all_entered(state, party)
    newest = max(own, default=None)
    assert newest_of(state, party) == newest
    first = 1 + (newest.ordinal if newest else 0)
    assert next_ordinal(state, party) == first
    entered = [all_entered(state, other) for other in {0, 1, 2} - {party}]
    others = {max(one) for one in entered if one}
    assert set(awaiting(state, party)) == {o for o in others if first <= o.ordinal < first + 64}
    for log, known in state.minutes.items():
        assert count_from(state, log, start_seq) == sum(one.seq >= start_seq for one in known)
