"""Any order of arrival of one set of entries gives one state, whatever the entries are.

docs/spec/02-order.md §1. The records hold honest talk, void acts, unknown kinds, a renewed key, a cut
with forgeries on both sides of it, and proofs of two histories.
"""

from __future__ import annotations

import os
import random
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.desk.give import Giver
from detente.dialogue.state import decode_state, encode_state
from detente.exchange.frames import Batch
from detente.protocols.statements.entries import Statement
from detente.terms.errors import Refused
from detente.terms.ids import LogId
from detente.testing.adversary import copy_node, force, turn_to
from detente.testing.checks import check_fold, check_kept, verdicts
from detente.testing.crash import CrashingStore
from detente.testing.intents import random_intent
from detente.testing.node import Node
from detente.testing.rotation import cut_key, replace_key, rotate
from detente.testing.world import World
from tests.sim.test_forks import two_faced

EXAMPLES = 400 if os.environ.get("DETENTE_PROFILE") == "soak" else 8
"""Each takes a second: a whole record, entry by entry."""
WORDS = Statement("Words.", "en", None, None)


def _chat(world: World, seed: str, rounds: int) -> None:
    """Let everybody act, with only some of it heard by the others before they act again."""
    rng = random.Random(seed)
    for _ in range(rounds):
        node = rng.choice(world.nodes)
        try:
            node.act(*random_intent(rng, node))
        except Refused:
            continue
        if rng.random() < 0.4:
            rng.choice(world.wires).connect()
            world.run()
        elif rng.random() < 0.3:
            world.cut()


@cache
def record(name: str) -> Node:
    """Return a node that holds one of the records whole."""
    world = World(3, f"arrival {name}")
    if name == "talk":
        _chat(world, name, 40)
    elif name == "lies":
        _chat(world, name, 15)
        liar = world.nodes[0]
        head = liar.people["head"]
        force(liar, "statements.statement", WORDS, actor=head.print)
        force(liar, 4711, b"of a later version", key=head.key)
        force(liar, "statements.statement", WORDS, key=liar.party.root)
        _chat(world, f"{name} on", 15)
        force(
            world.nodes[1],
            "statements.statement",
            WORDS,
            key=world.nodes[1].people["head"].key,
            clock=999,
        )
        _chat(world, f"{name} after", 10)
    elif name == "keys":
        _chat(world, name, 10)
        world.sync()
        rotate(world.nodes[0], "arrival")
        world.sync()
        _chat(world, f"{name} on", 15)
        world.minute(2)
    elif name == "theft":
        node = world.nodes[0]
        world.sync()
        thief = copy_node(world, node)
        sizes = {log: head.size for log, head in node.book.heads.items()
                 if node.book.state.logs[log].party == 0}  # fmt: skip
        node.die()
        node.counter_class = type(world.nodes[1].counter)
        node.start()
        turn_to(world, node, thief, world.nodes[2])
        world.wire(thief, 2).connect()
        thief.say("forged, and answered")
        world.run()
        world.say(2, "we take note")
        thief.say("forged, and not answered")
        world.run()
        replace_key(node, "arrival")
        cut_key(node, thief.keys.node(), sizes)
        world.say(0, "that was not us")
        world.say(1, "understood")
    else:
        world, _, __ = two_faced(3, f"arrival {name}", after=2)
        _chat(world, name, 15)
    world.sync()
    return world.nodes[1]


NAMES = ("talk", "lies", "keys", "theft", "fork")


@cache
def batches(name: str) -> dict[LogId, tuple[Batch, ...]]:
    """Return a record entry by entry, each with a checkpoint above it."""
    source = record(name)
    giver = Giver(source.book)
    found: dict[LogId, tuple[Batch, ...]] = {}
    for log in giver.logs():
        pieces: list[Batch] = []
        while (batch := giver.batch(log, len(pieces), 1)) is not None:
            pieces.append(batch)
        found[log] = tuple(pieces)
    return found


def beginner(name: str) -> Node:
    """Return a node of the third party that holds nothing but the founding."""
    source = record(name)
    world = World(3, "beginner", is_open=False)
    node = world.nodes[2]
    assert node.dialogue == source.dialogue
    # As restored from a backup: it does not write while its own entries arrive.
    return Node(node.party, node.dialogue, CrashingStore(node.backup()), world.clock, set(), "")


@settings(max_examples=EXAMPLES)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32), stops=st.booleans())
def test_every_order_of_arrival_gives_one_state(name: str, seed: int, *, stops: bool) -> None:
    """02-order.md §1: entry by entry, the logs interleaved anyhow, with or without a restart."""
    source, node = record(name), beginner(name)
    rng = random.Random(seed)
    left = {log: list(pieces) for log, pieces in batches(name).items() if pieces}
    idle = 0
    while left and idle < 50 * len(left):
        log = rng.choice(list(left))
        before = node.size(log)
        node.counter.take_batch(left[log][0])
        taken = node.size(log) > before or left[log][0].start < before
        idle = 0 if taken else idle + 1
        if taken:
            left[log].pop(0)
            if not left[log]:
                del left[log]
        if stops and rng.random() < 0.05:
            node.stop() if rng.random() < 0.5 else node.die()
            node.restart()
    assert node.book.stands == source.book.stands
    # What a freeze leaves out need not arrive; everything else must have.
    assert all(node.size(log) >= source.book.stands.get(log, 0) for log in left)
    assert verdicts(node) == verdicts(source)
    assert encode_state(node.book.state) == encode_state(source.book.state)
    check_kept(node)
    check_fold(node)


@settings(max_examples=10)
@given(name=st.sampled_from(NAMES))
def test_a_cached_state_comes_back_as_it_was(name: str) -> None:
    """06-dialogue.md §1: the cache is canonical, so it can be compared and thrown away."""
    data = encode_state(record(name).book.state)
    assert decode_state(data) == record(name).book.state
    assert encode_state(decode_state(data)) == data
