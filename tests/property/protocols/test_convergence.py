"""Random talks: the same acts give the same state, in whatever order causes allow (attack 8)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.charter.act import Act, Link, has_seen, place
from detente.protocols.agenda import entries as agenda
from detente.protocols.agenda import rules as agenda_rules
from detente.protocols.agenda import state as agenda_state
from detente.protocols.hotline import entries as hotline
from detente.protocols.hotline import rules as hotline_rules
from detente.protocols.hotline import state as hotline_state
from detente.protocols.objections import entries as objections
from detente.protocols.objections import rules as objections_rules
from detente.protocols.objections import state as objections_state
from detente.protocols.opening import entries as opening
from detente.protocols.opening import rules as opening_rules
from detente.protocols.opening import state as opening_state
from detente.protocols.questions import entries as questions
from detente.protocols.questions import rules as questions_rules
from detente.protocols.questions import state as questions_state
from detente.protocols.statements import entries as statements
from detente.protocols.statements import rules as statements_rules
from detente.protocols.statements import state as statements_state
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Violation
from detente.terms.ids import Ref
from detente.terms.limits import MIB
from tests.acts import Talk, saw

PARTIES = 3
MESSAGE = hotline.Message(hotline.Status.TEST, hotline.Precedence.ROUTINE, "", "text", "en", 0, 0)
ANSWERS = (
    questions.Answer(1, declined=True, text=""),
    questions.Answer(2, declined=False, text="x"),
)


class Protocol(NamedTuple):
    """What is needed to play a protocol: how it begins, and what may be said to what was said."""

    rules: ModuleType
    state: ModuleType
    first: tuple[int, Any]
    answers: tuple[tuple[int, Callable[[Ref], Any]], ...]


PROTOCOLS = {
    "agenda": Protocol(
        agenda_rules, agenda_state, (agenda.ITEM, agenda.Item("t", "x", "en")),
        (
            (agenda.AGREEMENT, agenda.Agreement),
            (agenda.DECLINE, lambda ref: agenda.Decline(ref, "")),
            (agenda.WITHDRAWAL, lambda ref: agenda.Withdrawal(ref, "")),
        ),
    ),
    "opening": Protocol(
        opening_rules, opening_state, (opening.PROPOSAL, opening.Proposal("t", "p", "en")),
        ((opening.CONSENT, opening.Consent), (opening.REFUSAL, lambda ref: opening.Refusal(ref, ""))),
    ),
    "statements": Protocol(
        statements_rules, statements_state,
        (statements.STATEMENT, statements.Statement("x", "en", None, None)),
        (
            (statements.TRANSLATION, lambda ref: statements.Translation(
                ref, "y", "fr", "", statements.Grade.WORKING, machine=False)),
            (statements.CORRECTION, lambda ref: statements.Correction(ref, "z", "en", "")),
            (statements.WITHDRAWAL, lambda ref: statements.Withdrawal(ref, "")),
        ),
    ),
    "objections": Protocol(
        objections_rules, objections_state,
        (objections.OBJECTION, objections.Objection(Ref(b"", 0, b""), "g", "en")),  # type: ignore[arg-type]
        ((objections.LIFTING, lambda ref: objections.Lifting(ref, "")),),
    ),
    "questions": Protocol(
        questions_rules, questions_state, (questions.REQUEST, questions.Request(("a", "b"), "en", None)),
        ((questions.REPLY, lambda ref: questions.Reply(ref, ANSWERS, "en")),),
    ),
    "hotline": Protocol(
        hotline_rules, hotline_state, (hotline.MESSAGE, MESSAGE),
        ((hotline.ACKNOWLEDGEMENT, lambda ref: hotline.Acknowledgement(ref, "r", "")),),
    ),
}  # fmt: skip


def _play(protocol: Protocol, dice: Random) -> tuple[Any, list[Act], list[Act]]:
    """Make acts at random, each with a random past.

    Returns:
        The state, the acts that counted, and those that broke a rule.
    """
    talk, state = Talk(PARTIES), protocol.state.EMPTY
    firsts: list[Act] = []
    broken: list[Act] = []
    for _ in range(dice.randint(2, 14)):
        seat, epoch = dice.randrange(PARTIES), dice.choice((0, 0, 0, 1))
        past = [act for act in talk.acts if dice.random() < 0.4]
        if not firsts or dice.random() < 0.25:
            kind, body = protocol.first
        else:
            kind, make = dice.choice(protocol.answers)
            target = dice.choice(firsts)
            body, past = make(target.ref), [*past, target]
        act = talk.act(seat, kind, body, past=past, epoch=epoch)
        links = protocol.rules.links(act)
        if not all(_fits(link, act, firsts) for link in links if link.kinds):
            talk.acts.remove(act)
            continue
        try:
            protocol.rules.check(state, act)
        except Violation:
            talk.acts.remove(act)
            broken.append(act)
            continue
        if kind == protocol.first[0]:
            firsts.append(act)
        state = protocol.state.apply(state, act)
    return state, talk.acts, broken


def _fits(link: Link, act: Act, firsts: list[Act]) -> bool:
    named = next((one for one in firsts if one.ref == link.ref), None)
    if named is None or not has_seen(act.seen, place(link.ref)):
        return False
    return link.whose == "any" or (named.seat == act.seat) == (link.whose == "own")


def _shuffled(acts: list[Act], dice: Random) -> list[Act]:
    """Return the acts in a random order in which every cause stands before its effects."""
    left, ordered = list(acts), []
    while left:
        ready = [one for one in left if not any(saw(one, other) for other in left)]
        ordered.append(dice.choice(ready))
        left.remove(ordered[-1])
    return ordered


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=60)
@given(dice=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_state_and_verdicts(name: str, dice: Random) -> None:
    """docs/spec/06-dialogue.md §1: states only grow; rules ask the past and not the state of the day."""
    protocol = PROTOCOLS[name]
    expected, acts, _ = _play(protocol, dice)
    for _ in range(3):
        state = protocol.state.EMPTY
        for act in _shuffled(acts, dice):
            protocol.rules.check(state, act)
            state = protocol.state.apply(state, act)
        assert state == expected


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=30)
@given(dice=st.randoms(use_true_random=False))
def test_a_state_survives_its_cache(name: str, dice: Random) -> None:
    """Canonical bytes and back, and the same bytes for the same state however it was reached."""
    protocol = PROTOCOLS[name]
    expected, acts, _ = _play(protocol, dice)
    state = protocol.state.EMPTY
    for act in _shuffled(acts, dice):
        state = protocol.state.apply(state, act)
    data = to_bytes(expected, 32)
    assert to_bytes(state, 32) == data
    assert from_bytes(type(expected), data, MIB, "cache", 32) == expected


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=30)
@given(dice=st.randoms(use_true_random=False))
def test_what_was_seen_forbidden_stays_forbidden(name: str, dice: Random) -> None:
    """A verdict asks the past alone: whatever else a node has received meanwhile, it is the same."""
    protocol = PROTOCOLS[name]
    state, acts, broken = _play(protocol, dice)
    for act in acts:
        protocol.rules.check(state, act)
    for act in broken:
        with pytest.raises(Violation):
            protocol.rules.check(state, act)
