"""Who may speak: judged by what the author had seen, on every node alike, and never by a clock.

docs/spec/03-charter.md §5 and §6; attacks 14 and 28 of docs/threat-model.md, and what the operator of a
node can and cannot do without a delegate's key.
"""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries as charter
from detente.charter.document import key_bytes
from detente.protocols.agenda.entries import Agreement, Item
from detente.protocols.hotline import entries as hotline
from detente.protocols.statements.entries import Statement
from detente.record.entry import decode_payload
from detente.record.verdict import COUNTED, Verdict, void
from detente.seals.signing import Signature
from detente.terms.errors import Refused
from detente.terms.ids import EntryId, LogId, Ref
from detente.terms.times import DAY, HOUR
from detente.testing.adversary import Signatures, force
from detente.testing.checks import check_world, verdicts
from detente.testing.keys import person_named
from detente.testing.node import Node
from detente.testing.parties import Person
from detente.testing.world import World


def words(text: str = "We agree.") -> Statement:
    return Statement(text, "en", None, None)


def verdict_of(world: World, ref: Ref) -> Verdict:
    """Return the verdict on an entry, which must be one and the same on every node."""
    world.sync()
    found = {verdicts(node)[ref.log, ref.seq] for node in world.nodes}
    assert len(found) == 1
    check_world(world)
    return found.pop()


def grant(
    node: Node,
    person: Person,
    scopes: tuple[str, ...] = charter.SCOPES,
    expires: int = 0,
    most: int = 0,
) -> Ref:
    key = key_bytes(person.key.public)
    body = charter.Grant(key, person.name, person.role, scopes, expires, most)
    return node.act("charter.grant", body)


def delegate(world: World, index: int = 0) -> Person:
    return person_named(f"{world.nodes[index].name} second", "second delegate")


def forged_signatures(world: World) -> dict[str, Signatures]:
    """Return what an operator without the delegate's key could put under an act."""
    node = world.nodes[0]
    head, other = node.people["head"], person_named("Nobody", "none")
    node.say("an earlier act")
    log = node.log()
    earlier = node.store.entry(log, node.size(log) - 1)
    assert earlier is not None
    assert earlier.payload is not None
    replayed = decode_payload(earlier.payload).signatures
    ed25519, mldsa = replayed[0][1]
    return {
        "nothing": (),
        "the node's own signature": (
            (node.keys.node().public.print, node.keys.node().sign(b"x", b"y")),
        ),
        "a stranger's signature": ((other.print, other.key.sign(b"application/x", b"y")),),
        "the signature of an earlier act": replayed,
        "half of it": ((head.print, Signature(ed25519, b"")),),
        "the other half": ((head.print, Signature(bytes(64), mldsa)),),
        "twice": replayed + replayed,
    }


def test_an_operator_without_the_delegates_key_forges_no_act() -> None:
    """03-charter.md §5: whatever stands under it, the act is void, with one reason on every node."""
    world = World(2, "forge")
    node = world.nodes[0]
    for signatures in forged_signatures(world).values():
        ref = force(
            node,
            "statements.statement",
            words(),
            actor=node.people["head"].print,
            signatures=signatures,
        )
        assert verdict_of(world, ref).standing.name == "VOID"


def test_an_act_with_one_half_of_its_signature_is_void() -> None:
    """Attack 28: Ed25519 or ML-DSA alone is no signature."""
    world = World(2, "halves")
    node = world.nodes[0]
    head = node.people["head"]
    for half in (0, 1):

        class OneHalf:
            """Signs with one algorithm only, as a thief who broke the other's mathematics would."""

            public = head.key.public

            @staticmethod
            def sign(label: bytes, message: bytes, keep: int = half) -> Signature:
                whole = head.key.sign(label, message)
                return (
                    Signature(whole.ed25519, bytes(3309))
                    if keep == 0
                    else Signature(bytes(64), whole.mldsa)
                )

        thief: Any = OneHalf()
        ref = force(node, "statements.statement", words(), key=thief)
        assert verdict_of(world, ref) == void("seals.signature")


def test_a_node_cannot_acknowledge_for_a_person() -> None:
    """25-hotline.md: a receipt is a machine's, an acknowledgement a person's; they are never confused."""
    world = World(2, "ack")
    body = hotline.Message(
        hotline.Status.ACTUAL, hotline.Precedence.FLASH, "", "Hold.", "en", 60, 600
    )
    message = world.nodes[1].act("hotline.message", body)
    world.sync()
    node = world.nodes[0]
    ack = hotline.Acknowledgement(message, "duty officer", "")
    unsigned = force(node, "hotline.acknowledgement", ack)
    named = force(node, "hotline.acknowledgement", ack, actor=node.people["head"].print)
    assert verdict_of(world, unsigned) == void("charter.unsigned")
    assert verdict_of(world, named) == void("charter.signature")
    sent = next(iter(world.nodes[1].book.state.hotline.sent.values()))
    assert sent.acknowledged == ()


def test_a_party_cannot_speak_in_the_name_of_another() -> None:
    """03-charter.md §5: a key speaks for the party that granted it, in that party's logs."""
    world = World(2, "other")
    node, other = world.nodes
    ref = force(node, "statements.statement", words(), key=other.people["head"].key)
    assert verdict_of(world, ref) == void("charter.actor")


def test_a_revoked_delegate_is_void_from_the_revocation_on() -> None:
    """Attack 14: what came before stands; what its author entered after seeing the end does not."""
    world = World(2, "revoked")
    node, second = world.nodes[0], delegate(world)
    granted = grant(node, second)
    before = node.say("while it holds", second)
    node.act("charter.revocation", charter.Revocation(granted, "End of term."))
    with pytest.raises(Refused) as fault:
        node.say("too late", second)
    assert fault.value.code == "charter.revoked"
    after = force(node, "statements.statement", words(), key=second.key)
    assert verdict_of(world, before) == COUNTED
    assert verdict_of(world, after) == void("charter.revoked")


def test_an_act_that_crossed_its_revocation_stands_on_every_node() -> None:
    """Attack 14: an act is judged by what it had seen, so the order of arrival decides nothing."""
    for first in (0, 1):
        world = World(2, f"crossed {first}")
        node, second = world.nodes[0], delegate(world)
        granted = grant(node, second)
        node.say("so that the table has seen the grant")
        revocation = charter.Revocation(granted, "Meanwhile.")
        if first == 0:
            node.act("charter.revocation", revocation)
        crossed = force(
            node, "statements.statement", words(), key=second.key, refs=(), clock=own_clock(node)
        )
        if first == 1:
            node.act("charter.revocation", revocation)
        world.sync()
        world.say(1, "this has seen both")
        world.sync()
        later = force(node, "statements.statement", words(), key=second.key)
        assert verdict_of(world, crossed) == COUNTED
        assert verdict_of(world, later) == void("charter.revoked")


def own_clock(node: Node) -> int:
    """Return the clock of an entry that names nothing but the one before it."""
    return node.book.heads[node.log()].clock + 1


def test_what_another_party_has_seen_of_a_revocation_binds_who_refers_to_it() -> None:
    """Attack 14: a revocation seen through the other side's entry counts as seen."""
    world = World(2, "through")
    node, second = world.nodes[0], delegate(world)
    granted = grant(node, second)
    node.act("charter.revocation", charter.Revocation(granted, ""))
    world.sync()
    seen = world.say(1, "noted")
    world.sync()
    entry = node.store.entry(seen.log, seen.seq)
    assert entry is not None
    ref = force(
        node,
        "statements.statement",
        words(),
        key=second.key,
        refs=(seen,),
        clock=entry.header.clock + 1,
    )
    assert verdict_of(world, ref) == void("charter.revoked")


def test_a_delegate_does_only_what_the_mandate_covers() -> None:
    """Attack 14: an act outside the scope is refused here and void everywhere else."""
    world = World(2, "scope")
    node, second = world.nodes[0], delegate(world)
    grant(node, second, (charter.SPEAK,))
    item = world.nodes[1].act("agenda.item", Item("Relief", "Convoys.", "en"))
    world.sync()
    with pytest.raises(Refused) as fault:
        node.act("agenda.agreement", Agreement(item), second)
    assert fault.value.code == "charter.scope"
    ref = force(node, "agenda.agreement", Agreement(item), key=second.key)
    assert verdict_of(world, ref) == void("charter.scope")
    assert verdict_of(world, node.say("but this", second)) == COUNTED


def test_a_mandate_for_a_number_of_acts_ends_with_the_last() -> None:
    """03-charter.md §5: the count runs in the record, so nobody has to trust a counter."""
    world = World(2, "limit")
    node, second = world.nodes[0], delegate(world)
    grant(node, second, most=2)
    refs = [force(node, "statements.statement", words(), key=second.key) for _ in range(3)]
    assert [verdict_of(world, ref) for ref in refs] == [COUNTED, COUNTED, void("charter.limit")]


def test_a_mandate_expires_by_an_entry_and_not_by_a_clock() -> None:
    """Attacks 11 and 14: the other side's clock, years off, changes nothing about when it ends."""
    world = World(2, "expiry")
    node, second = world.nodes[0], delegate(world)
    world.nodes[1].clock.skew_ms = 4000 * DAY
    grant(node, second, expires=world.clock.now() + HOUR)
    early = node.say("in time", second)
    world.clock.advance(2 * HOUR)
    late = node.say("after the hour, before the entry", second)
    assert node.upkeep.close_expired() == 1
    assert node.upkeep.close_expired() == 0
    gone = force(node, "statements.statement", words(), key=second.key)
    assert [verdict_of(world, ref) for ref in (early, late, gone)] == [
        COUNTED,
        COUNTED,
        void("charter.expired"),
    ]


def test_a_lost_secret_is_answered_by_a_new_grant() -> None:
    """03-charter.md §6: a delegate returns with a new key; acts under the old one stand."""
    world = World(2, "regrant")
    node, old = world.nodes[0], delegate(world)
    granted = grant(node, old)
    before = node.say("under the old key", old)
    node.act("charter.revocation", charter.Revocation(granted, "Secret lost."))
    new = person_named(f"{node.name} second, new key", "second delegate")
    grant(node, new)
    after = node.say("under the new key", new)
    assert verdict_of(world, before) == COUNTED
    assert verdict_of(world, after) == COUNTED


def test_a_root_key_does_not_speak() -> None:
    """03-charter.md §5: root keys grant and confirm; nothing they sign is a statement."""
    world = World(2, "root")
    node = world.nodes[0]
    ref = force(node, "statements.statement", words(), key=node.party.root)
    assert verdict_of(world, ref) == void("charter.root")


def test_a_party_ends_only_its_own_mandates() -> None:
    """03-charter.md §6: neither side can silence the other's delegates."""
    world = World(2, "theirs")
    world.sync()
    node, other = world.nodes
    granted = other.book.state.charter.grants[other.people["head"].print][0]
    ref = Ref(LogId(granted.where.log), granted.where.seq, EntryId(granted.id))
    by_node = force(node, "charter.closing", charter.Closing(ref))
    by_head = force(
        node, "charter.revocation", charter.Revocation(ref, ""), key=node.people["head"].key
    )
    assert verdict_of(world, by_node) == void("charter.grant.theirs")
    assert verdict_of(world, by_head) == void("charter.grant.theirs")
    assert verdict_of(world, other.say("still speaking")) == COUNTED
