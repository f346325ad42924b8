"""Claims about acts: places, pasts and order (docs/spec/06-dialogue.md §1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detente.charter.act import Done, Kind, Link, Place, done, has_seen, in_order, joined, place
from detente.charter.entries import OPENING, SPEAK
from detente.protocols.statements.entries import Statement
from detente.terms.ids import Lane
from tests.acts import Talk, saw

TALK = Talk()
FIRST = TALK.act(0, 80, None)
SECOND = TALK.act(1, 80, None)
ALONE = TALK.act(1, 80, None, past=[SECOND])
APART = TALK.act(0, 80, None, past=[])


def test_a_past_holds_an_act_when_it_is_longer_than_its_position() -> None:
    """A size of one means position 0."""
    where = Place(b"log", 2)
    assert has_seen({b"log": 3}, where)
    assert not has_seen({b"log": 2}, where)
    assert not has_seen({b"other": 9}, where)


def test_before_means_seen_and_concurrent_acts_are_neither() -> None:
    """Two acts that had not seen each other have no order of causes."""
    first, second, apart = done(FIRST), done(SECOND), done(APART)
    assert first.before(second)
    assert not second.before(first)
    assert not second.before(apart)
    assert not apart.before(second)
    assert saw(ALONE, SECOND)


def test_what_a_state_keeps_of_an_act_names_it_fully() -> None:
    """Position, identifier, party, person, clock, time and past."""
    kept = done(FIRST)
    assert kept.ref() == FIRST.ref
    assert kept.where == place(FIRST.ref)
    assert (kept.party, kept.actor, kept.clock, kept.time) == (
        FIRST.seat, FIRST.actor, FIRST.clock, FIRST.time,
    )  # fmt: skip
    assert dict(kept.seen) == dict(FIRST.seen)


def test_acts_stand_in_the_order_of_clock_then_log_then_position() -> None:
    """docs/spec/02-order.md §4: the same on every node, whatever came first."""
    acts = [done(act) for act in (ALONE, SECOND, APART, FIRST)]
    ordered = in_order(acts)
    assert ordered == in_order(reversed(acts))
    keys = [(act.clock, act.where) for act in ordered]
    assert keys == sorted(keys)
    assert in_order([]) == ()


def test_a_kind_without_a_scope_is_made_by_the_node() -> None:
    """No person signs it, and no grant can allow it."""
    assert Kind(OPENING, "charter.opening", Lane.LINE, "", Statement).is_machine
    assert not Kind(80, "statements.statement", Lane.TABLE, SPEAK, Statement).is_machine


def test_a_link_may_name_any_entry_unless_it_says_otherwise() -> None:
    """Kinds and ownership are checked where the whole record is known."""
    assert Link(FIRST.ref, frozenset()).whose == "any"
    assert isinstance(done(FIRST), Done)


@given(st.lists(st.tuples(st.integers(0, 5), st.text(max_size=2)), unique=True))
def test_one_joined_after_the_other_stands_as_if_all_had_been_sorted(
    items: list[tuple[int, str]],
) -> None:
    """In whatever order they come."""
    known: tuple[tuple[int, str], ...] = ()
    for item in items:
        known = joined(known, item)
    assert known == tuple(sorted(items))
