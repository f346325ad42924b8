"""Keys renewed while people talk, and a node key that was stolen.

docs/spec/03-charter.md §1 and §7; attacks 12 and 13 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.charter import entries as charter
from detente.charter.document import SignedDocument, key_bytes
from detente.charter.entries import LogMark
from detente.charter.state import newest_document
from detente.dialogue.minutes import complete_minutes
from detente.exchange.frames import Batch
from detente.record.chain import Piece
from detente.record.checkpoint import sign_checkpoint
from detente.record.entry import NO_ACTOR, Header, encode_payload, make_entry
from detente.record.genesis import log_id
from detente.record.shapes import to_bytes
from detente.record.verdict import COUNTED, void
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.errors import Fault, Refused, Rejected
from detente.terms.ids import Lane, LogId, Ref
from detente.testing.adversary import append, copy_node, force, turn_to
from detente.testing.checks import check_world, verdicts
from detente.testing.keys import person_named
from detente.testing.node import Node
from detente.testing.parties import make_key, renew_party
from detente.testing.rotation import (
    announce,
    begin_epoch,
    cut_key,
    next_document,
    replace_key,
    rotate,
)
from detente.testing.world import World

# -- rotation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
def test_a_node_key_is_renewed_in_the_midst_of_talk(count: int) -> None:
    """Attack 13: the new epoch follows on the old; nothing is lost, and minutes go on."""
    world = World(count, "rotate")
    world.say(0, "under the old key")
    world.sync()
    world.say(1, "on its way while keys change")
    rotate(world.nodes[0], "second")
    world.say(0, "under the new key")
    world.sync()
    world.say(1, "answered")
    world.sync()
    world.minute(3)
    for node in world.nodes:
        assert len(node.book.state.statements.said) == 4
        assert newest_document(node.book.state.charter, 0).document.version == 2
    assert complete_minutes(world.nodes[-1].book.state)
    check_world(world)


def test_two_renewals_are_caught_up_by_who_was_away() -> None:
    """Attack 13: a party that missed two documents learns both, in order, however its peers list them."""
    for turn in range(4):
        world = World(3, f"away {turn}")
        world.sync()
        away = world.nodes[2]
        away.stop()
        world.cut_off(away)
        rotate(world.nodes[0], f"second {turn}")
        world.say(0, "once renewed")
        world.sync()
        rotate(world.nodes[0], f"third {turn}")
        world.say(0, "twice renewed")
        world.sync()
        away.start()
        world.wire(0, 2).connect()
        world.run()
        assert world.rejections == []
        assert len(away.book.state.statements.said) == 2
        world.sync()
        check_world(world)


def test_logs_of_a_new_epoch_are_followed_in_a_running_session() -> None:
    """Attack 13: with no link made anew, a third party hears the new epoch from the second."""
    world = World(3, "session")
    world.sync()
    first, _, third = world.nodes
    world.wire(first, third).cut()
    world.wire(first, third).stalled = [True, True]
    begin_epoch(first, "forked")
    said = first.say("in the new epoch")
    world.run()
    assert third.store.entry(said.log, said.seq) is not None


def test_root_keys_are_renewed_by_old_and_new_together() -> None:
    """Attack 13: version 2 needs the thresholds of both; then the old root can do nothing."""
    world = World(2, "root")
    node = world.nodes[0]
    old, new = node.party.root, make_key("new root", Algorithm.ROOT)
    signed = next_document(node.party, old, new, roots=(key_bytes(new.public),))
    node.writer.enter(Lane.LINE, charter.DOCUMENT, charter.NewDocument(signed))
    grant = _grant(node, "aide")
    by_old = force(node, "charter.grant", grant, key=old)
    by_new = force(node, "charter.grant", grant, key=new)
    world.sync()
    for one in world.nodes:
        assert verdicts(one)[by_old.log, by_old.seq] == void("charter.actor")
        assert verdicts(one)[by_new.log, by_new.seq] == COUNTED
    check_world(world)


def _grant(node: Node, name: str) -> charter.Grant:
    person = person_named(f"{node.name} {name}", name)
    return charter.Grant(key_bytes(person.key.public), name, name, charter.SCOPES, 0, 0)


def false_documents(node: Node) -> dict[str, SignedDocument]:
    """Return documents that must not be taken, each with what is wrong."""
    party = node.party
    root, thief = party.root, make_key("thief root", Algorithm.ROOT)
    node_key = make_key("thief node")
    mine = key_bytes(thief.public)
    return {
        "the thief's root alone": next_document(party, thief, roots=(mine,)),
        "the old root alone": next_document(party, root, roots=(mine,)),
        "the node's key": next_document(party, node.keys.node(), node=key_bytes(node_key.public)),
        "a version left out": next_document(party, root, version=3),
        "the same version": next_document(party, root, version=1),
        "another predecessor": next_document(party, root, previous=bytes(32)),
        "another party": next_document(party, root, party=bytes(32)),
        "a threshold beyond the keys": next_document(party, root, threshold=2),
        "no root at all": next_document(party, roots=(mine,)),
    }


def test_a_document_without_its_thresholds_is_void() -> None:
    """Attack 13: who holds a node, or a new root only, cannot take the party over."""
    world = World(2, "takeover")
    node = world.nodes[0]
    for what, signed in false_documents(node).items():
        with pytest.raises(Fault):
            node.writer.enter(Lane.LINE, charter.DOCUMENT, charter.NewDocument(signed))
        ref = force(node, "charter.document", charter.NewDocument(signed))
        assert verdicts(node)[ref.log, ref.seq] != COUNTED, what
    world.sync()
    for one in world.nodes:
        assert newest_document(one.book.state.charter, 0).document.version == 1
    check_world(world)


def test_two_documents_of_one_version_leave_all_nodes_alike() -> None:
    """Attack 13: a root that signs two second versions in two logs splits nobody."""
    world = World(3, "two-documents")
    world.sync()
    node = world.nodes[0]
    first, second = (renew_party(node.party, make_key(f"twin {n}")) for n in "ab")
    begin_epoch(node, "forked")
    old_line = next(LogId(log) for log, one in node.book.state.logs.items()
                    if (one.party, one.epoch, one.lane) == (0, 0, Lane.LINE))  # fmt: skip
    announce(node, first)
    twin = copy_node(world, node)
    # The second version, in the epoch before, by an entry that has not seen the first.
    head = twin.book.heads[old_line]
    _append_to(twin, old_line, head.clock + 1, second.chain[-1])
    turn_to(world, node, twin, world.nodes[2])
    world.sync()
    honest = world.nodes[1:]
    assert [len(one.book.state.charter.versions[0]) for one in honest] == [3, 3]
    check_world(world, honest)


def _append_to(node: Node, log: LogId, clock: int, signed: SignedDocument) -> None:
    head = node.book.heads[log]
    header = Header(
        log,
        head.size,
        head.head,
        clock,
        (),
        node.clock.now(),
        charter.DOCUMENT,
        NO_ACTOR,
        0,
        bytes(32),
    )
    body = to_bytes(charter.NewDocument(signed))
    append(node, make_entry(header, bytes(16), encode_payload(body)))


def test_a_second_log_of_epoch_0_under_a_new_key_is_nobodys() -> None:
    """06-dialogue.md §3.3: the founding's are the only ones, so that A-0 means one entry for ever."""
    world = World(2, "second epoch 0")
    world.sync()
    node, other = world.nodes
    rotate(node, "new")
    world.sync()
    key, party = node.keys.node(), node.party.id
    for epoch, is_taken in ((0, False), (2, True)):
        log = log_id(node.dialogue, party, key.public.print, epoch, Lane.TABLE)
        opening = charter.Opening(party, key.public.print, epoch, Lane.TABLE, (), "rotated", None)
        fields = Header(log, 0, node.dialogue, 1, (), 1, charter.OPENING, NO_ACTOR, 0, bytes(32))
        entry = make_entry(fields, bytes(16), encode_payload(to_bytes(opening)))
        checkpoint = sign_checkpoint(key, node.dialogue, log, 1, entry.id, 1)
        piece = Piece(entry.raw, entry.salt, entry.payload)
        batch = Batch(node.dialogue, log, 0, (piece,), checkpoint, ())
        if is_taken:
            other.counter.take_batch(batch)
        else:
            with pytest.raises(Rejected) as fault:
                other.counter.take_batch(batch)
            assert fault.value.code == "exchange.log"
        assert (log in other.book.heads) == is_taken


# -- theft -------------------------------------------------------------------------------------


def robbed(count: int, seed: str) -> tuple[World, Node, dict[LogId, int], PrivateKey]:
    """Return a world whose first party's node was copied by a thief; its own sizes then; the key."""
    world = World(count, seed)
    node = world.nodes[0]
    node.say("the last own words")
    world.sync()
    world.say(1, "heard")
    world.sync()
    thief = copy_node(world, node)
    node.die()
    node.counter_class = type(world.nodes[1].counter)
    node.start()
    sizes = {node.log(lane): node.size(node.log(lane)) for lane in Lane}
    return world, thief, sizes, node.keys.node()


def test_what_a_thief_signs_after_the_cut_is_void_on_every_node() -> None:
    """Attack 12: the root names the last good entries; what nobody had named before falls."""
    world, thief, sizes, key = robbed(3, "cut")
    node = world.nodes[0]
    world.cut_off(node)
    turn_to(world, node, thief, world.nodes[2])
    forged = thief.say("We give up everything.")
    world.run()
    world.wire(thief, world.nodes[2]).connect()
    world.run()
    assert world.nodes[2].store.entry(forged.log, forged.seq) is not None
    replace_key(node, "after the theft")
    cut_key(node, key, sizes)
    node.say("That was not us.")
    world.sync()
    for one in world.nodes[1:]:
        texts = [said.body.text for said in one.book.state.statements.said.values()]
        assert "We give up everything." not in texts
        assert "That was not us." in texts
        assert "the last own words" in texts
    check_world(world)


def test_what_another_party_had_named_before_the_cut_stands() -> None:
    """Attack 12: a cut cannot unsay what others had already heard and answered."""
    world, thief, sizes, key = robbed(3, "named")
    node = world.nodes[0]
    world.cut_off(node)
    turn_to(world, node, thief, world.nodes[2])
    world.wire(thief, world.nodes[2]).connect()
    forged = thief.say("We will come to the table.")
    world.run()
    world.say(2, "We take note of that.")
    replace_key(node, "after the theft")
    cut_key(node, key, sizes)
    world.sync()
    for one in world.nodes:
        assert verdicts(one)[forged.log, forged.seq] == COUNTED
        assert one.book.stands[forged.log] == forged.seq + 1
    check_world(world)


def test_every_order_of_cut_and_forgery_ends_alike() -> None:
    """Attack 12: who hears of the cut first and who of the forgery makes no difference in the end."""
    for names_it in (False, True):
        for first in (1, 2):
            world, thief, sizes, key = robbed(4, f"order {names_it} {first}")
            node = world.nodes[0]
            world.cut_off(node)
            victim = world.nodes[3]
            turn_to(world, node, thief, victim)
            world.wire(thief, victim).connect()
            thief.say("forged")
            world.run()
            if names_it:
                victim.say("noted")
            replace_key(node, "after")
            cut_key(node, key, sizes)
            world.cut()
            for other in (first, 3 - first):
                world.wire(node, other).connect()
                world.run()
                world.wire(victim, other).connect()
                world.run()
            world.sync()
            check_world(world)


def test_a_log_that_the_thief_opens_later_is_cut_as_well() -> None:
    """Attack 12: a cut ends the key, not only the logs that its owner knew of."""
    world, thief, sizes, key = robbed(3, "later")
    node = world.nodes[0]
    world.cut_off(node)
    turn_to(world, node, thief, world.nodes[2])
    replace_key(node, "after")
    cut_key(node, key, sizes)
    world.say(0, "done")
    begin_epoch(thief, "forked")
    begin_epoch(thief, "forked")
    thief.say("from a log of its own")
    world.sync()
    for one in world.nodes:
        texts = [said.body.text for said in one.book.state.statements.said.values()]
        assert "from a log of its own" not in texts
    check_world(world)


def test_a_cut_reaches_only_logs_of_the_key_it_names() -> None:
    """03-charter.md §7: nobody cuts another party's log, nor the log the cut stands in."""
    world = World(2, "reach")
    world.sync()
    node, other = world.nodes
    old = node.keys.node()
    old_log = node.log()
    rotate(node, "second")

    def mark(log: LogId) -> LogMark:
        return LogMark(log, 1, bytes(32))

    false = {
        "another party's log": charter.Cut(old.public.print, (mark(other.log()),), ""),
        "another party's key": charter.Cut(
            other.keys.node().public.print, (mark(other.log()),), ""
        ),
        "a log of the present key": charter.Cut(old.public.print, (mark(node.log()),), ""),
        "the log it stands in": charter.Cut(node.keys.node().public.print, (mark(node.log()),), ""),
        "one log twice": charter.Cut(old.public.print, (mark(old_log), mark(old_log)), ""),
        "the document of its own log": charter.Cut(old.public.print, (mark(old_log),), ""),
    }
    for what, body in false.items():
        with pytest.raises(Refused):
            node.act("charter.cut", body, node.party.root)
        ref = force(node, "charter.cut", body, key=node.party.root)
        assert verdicts(node)[ref.log, ref.seq] != COUNTED, what
    world.sync()
    assert all(one.book.stands == {} for one in world.nodes)
    check_world(world)


def test_a_delegate_or_the_node_cannot_cut() -> None:
    """03-charter.md §7: only the root says that a key is no longer the party's."""
    world = World(2, "who")
    node = world.nodes[0]
    old, old_log = node.keys.node(), node.log()
    rotate(node, "second")
    body = charter.Cut(old.public.print, (LogMark(old_log, 1, bytes(32)),), "")
    refs: list[Ref] = [
        force(node, "charter.cut", body, key=node.people["head"].key),
        force(node, "charter.cut", body),
    ]
    world.sync()
    for one in world.nodes:
        assert [verdicts(one)[ref.log, ref.seq].reason for ref in refs] == [
            "charter.root",
            "charter.unsigned",
        ]
    check_world(world)


def test_a_stolen_node_key_grants_nothing() -> None:
    """Attack 12: with the node's key alone a thief can end mandates, never give or use one."""
    world, thief, _, __ = robbed(2, "grants")
    granted = force(thief, "charter.grant", _grant(thief, "accomplice"), key=thief.keys.node())
    assert verdicts(thief)[granted.log, granted.seq] == void("charter.actor")
    assert world.nodes
