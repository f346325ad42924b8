"""What a node does not know: kinds are kept and passed on, suites are refused.

docs/spec/05-kinds.md §3 and 01-record.md §6.2; attack 30 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.charter.founding import encode_founding, read_founding
from detente.dialogue.kinds import KINDS
from detente.dialogue.minutes import complete_minutes
from detente.protocols.statements.entries import Statement
from detente.record.encoding import decode, encode
from detente.record.genesis import decode_genesis, encode_genesis
from detente.record.verdict import NOT_UNDERSTOOD
from detente.terms.errors import Rejected
from detente.terms.ids import Lane
from detente.terms.limits import GENESIS_BYTES
from detente.testing.adversary import force
from detente.testing.checks import check_world, verdicts
from detente.testing.world import World

FUTURE = 4711


def test_an_unknown_kind_is_kept_passed_on_and_counted_as_not_understood() -> None:
    """Attack 30: a later version's entries survive in an earlier one, byte for byte, on both lanes."""
    world = World(3, "future")
    world.sync()
    first, middle, last = world.nodes
    world.wire(first, last).cut()
    world.wire(first, last).stalled = [True, True]
    refs = [force(first, FUTURE, b"of a later version", lane=lane) for lane in Lane]
    signed = force(first, FUTURE, b"in a person's name", key=first.people["head"].key)
    world.run()
    for ref in (*refs, signed):
        sent = first.store.entry(ref.log, ref.seq)
        for node in (middle, last):
            assert node.store.entry(ref.log, ref.seq) == sent
            assert verdicts(node)[ref.log, ref.seq] == NOT_UNDERSTOOD
    for node in world.nodes:
        assert node.book.state.not_understood == 3
        assert node.book.state.void == 0
    world.wire(first, last).stalled = [False, False]
    world.say(0, "and the talk goes on")
    world.sync()
    check_world(world)


def test_a_known_kind_with_an_unknown_body_is_void_everywhere() -> None:
    """Attack 30: a kind's body never changes its form, so another form is no version of it."""
    world = World(2, "form")
    node = world.nodes[0]
    body = encode(["text", "en", [], [], "a field of a later version"])
    ref = force(node, "statements.statement", body, key=node.people["head"].key)
    world.sync()
    for one in world.nodes:
        assert verdicts(one)[ref.log, ref.seq].reason == "statements.statement.form"
    check_world(world)


def test_minutes_can_cover_what_is_not_understood() -> None:
    """05-kinds.md §3: an unknown entry holds up nothing for those to whom it is equally unknown."""
    world = World(2, "minute")
    force(world.nodes[0], FUTURE, b"", lane=Lane.TABLE)
    world.sync()
    world.minute()
    assert complete_minutes(world.nodes[1].book.state)
    check_world(world)


@pytest.mark.parametrize("field", [2, 3])
def test_an_unknown_suite_or_set_of_rules_is_refused(field: int) -> None:
    """Attack 30: nobody joins a dialogue whose rules the program does not have."""
    papers = World(2, "suite").founding.papers
    plain = decode(papers.genesis, GENESIS_BYTES)
    plain[field] = 2
    with pytest.raises(Rejected) as fault:
        decode_genesis(encode(plain))
    assert fault.value.code == "record.genesis.suite"
    with pytest.raises(Rejected) as fault:
        read_founding(encode_founding(papers._replace(genesis=encode(plain))))
    assert fault.value.code == "record.genesis.suite"
    assert decode_genesis(encode_genesis(decode_genesis(papers.genesis)))


def test_statements_are_known_by_their_number() -> None:
    """05-kinds.md §1: a number is never given a second meaning."""
    assert KINDS[80].body is Statement
    assert FUTURE not in KINDS
