"""Cuts that contradict themselves or each other, or what is final: what stands comes to rest.

docs/spec/03-charter.md §7; attack 12 of docs/threat-model.md.
"""

from __future__ import annotations

import pytest

from detente.charter import entries as charter
from detente.charter.entries import LogMark
from detente.exchange.frames import Batch
from detente.record.chain import Piece
from detente.record.checkpoint import sign_checkpoint
from detente.record.entry import NO_ACTOR, Header, act_statement, encode_payload, make_entry
from detente.record.genesis import epochs_of, log_id
from detente.record.shapes import to_bytes
from detente.record.verdict import void
from detente.seals import labels
from detente.terms.errors import Refused
from detente.terms.ids import EntryId, Lane, Ref
from detente.testing.adversary import append
from detente.testing.checks import check_world, verdicts
from detente.testing.keys import MemoryKeys
from detente.testing.parties import make_key, renew_party
from detente.testing.rotation import announce, cut_key, replace_key, rotate
from detente.testing.world import World


def test_two_keys_cannot_cut_each_other() -> None:
    """03-charter.md §7.4: a newer key cuts an older one; what stands would else never come to rest."""
    world = World(2, "mutual cuts")
    world.sync()
    node, other = world.nodes
    old_key, old_line = node.keys.node(), node.log(Lane.LINE)
    rotate(node, "new")
    world.sync()
    world.cut()
    new_key, new_line = node.keys.node(), node.log(Lane.LINE)
    mark = LogMark(new_line, 1, node.store.entries(new_line, 0, 1)[0].id)
    body = charter.Cut(new_key.public.print, (mark,), "an old key cuts a new one")
    root = node.party.root
    head = node.book.heads[new_line]
    ref = Ref(new_line, head.size - 1, EntryId(head.head))
    fields = Header(
        old_line, node.size(old_line), node.book.heads[old_line].head,
        1 + max(head.clock, node.book.heads[old_line].clock), (ref,), node.clock.now(),
        charter.CUT, root.public.print, 0, bytes(32),
    )  # fmt: skip
    data = to_bytes(body)
    signature = root.sign(labels.SIGN_ACT, act_statement(node.dialogue, fields, data))
    payload = encode_payload(data, ((root.public.print, signature),))
    node.keys = MemoryKeys(old_key)
    cut = append(node, make_entry(fields, bytes(16), payload))
    node.keys = MemoryKeys(new_key)
    world.sync()
    assert verdicts(other)[cut.log, cut.seq] == void("charter.cut.newer")
    assert other.book.stands == {}
    check_world(world)


def test_a_cut_cannot_leave_out_the_document_that_gave_it_its_authority() -> None:
    """03-charter.md §7.4: it would undo itself, and with it what undid it, for ever."""
    world = World(2, "paradox")
    world.sync()
    node, other = world.nodes
    key, line = node.keys.node(), node.log(Lane.LINE)
    announce(node, renew_party(node.party, make_key("second node key")))
    size = node.size(line)
    replace_key(node, "third")
    announced = node.store.entries(line, size - 1, 1)[0]
    assert announced.header.kind == charter.DOCUMENT
    with pytest.raises(Refused) as refusal:
        cut_key(node, key, {line: size - 1})
    assert refusal.value.code == "charter.cut.document"
    cut_key(node, key, {line: size})
    world.sync()
    assert other.book.stands[line] == size
    check_world(world)


def test_a_thief_who_uses_up_the_numbers_of_epochs_stops_nobody() -> None:
    """Attack 12: the owner begins anew under the new key, from the first number, and goes on there."""
    world = World(2, "numbers used up")
    world.sync()
    node, other = world.nodes
    sizes = {node.log(lane): node.size(node.log(lane)) for lane in Lane}
    key, last = node.keys.node(), epochs_of(2)[-1]
    line = log_id(node.dialogue, node.party.id, key.public.print, last, Lane.LINE)
    opening = charter.Opening(
        node.party.id, key.public.print, last, Lane.LINE, (), "restored", None
    )
    fields = Header(line, 0, node.dialogue, 1, (), 1, charter.OPENING, NO_ACTOR, 0, bytes(32))
    entry = make_entry(fields, bytes(16), encode_payload(to_bytes(opening)))
    signed = sign_checkpoint(key, node.dialogue, line, 1, entry.id, 1)
    stolen = Batch(
        node.dialogue, line, 0, (Piece(entry.raw, entry.salt, entry.payload),), signed, ()
    )
    for one in world.nodes:
        one.counter.take_batch(stolen)
    replace_key(node, "after")
    cut_key(node, key, sizes)
    node.say("goes on")
    world.sync()
    assert other.book.stands[line] == 0
    texts = [said.body.text for said in other.book.state.statements.said.values()]
    assert texts == ["goes on"]
    check_world(world)
