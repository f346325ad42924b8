"""A node that lies: writes what no honest desk would, shows each side another history, bends frames.

A liar holds its own party's keys and no one else's, so everything it does is what a hostile operator
could do. It is built from a real node, and only what is said here differs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

from detente.charter import entries as charter
from detente.courier.conversation import Outgoing
from detente.desk.counter import Counter
from detente.dialogue.kinds import BY_NAME, KINDS
from detente.exchange.frames import (
    Batch,
    Frame,
    Headers,
    Heads,
    Sizes,
    decode_frame,
    encode_frame,
)
from detente.exchange.session import Reply
from detente.ports import LogInfo
from detente.record.chain import Piece, extend_log
from detente.record.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    sign_checkpoint,
)
from detente.record.entry import NO_ACTOR, Entry, Header, act_statement, encode_payload, make_entry
from detente.record.genesis import log_id
from detente.record.shapes import to_bytes
from detente.seals import labels
from detente.seals.signing import PrivateKey, Signature
from detente.terms.errors import Rejected
from detente.terms.ids import EntryId, KeyPrint, Lane, LogId, PartyId, Ref
from detente.testing.crash import CrashingStore
from detente.testing.keys import MemoryKeys
from detente.testing.node import Node
from detente.testing.wire import Tap
from detente.testing.world import World

Signatures = tuple[tuple[KeyPrint, Signature], ...]


# -- two histories -----------------------------------------------------------------------------


class Shameless(Counter):
    """Serves couriers without ever learning its own head from them: it knows that it lies."""

    def take_sizes(self, sizes: Sizes) -> bool:
        """Never find that others hold other entries of ours."""
        return super().take_sizes(sizes._replace(lines=()))

    def take_heads(self, heads: Heads, peer: PartyId | None = None) -> Reply:
        """Take heads of others' logs only."""
        others = (one for one in heads.checkpoints if not self._is_own(decode_checkpoint(one).log))
        return super().take_heads(heads._replace(checkpoints=tuple(others)), peer)

    def take_batch(self, batch: Batch) -> Reply:
        """Take batches of others' logs only."""
        return Reply() if self._is_own(batch.log) else super().take_batch(batch)

    def take_headers(self, headers: Headers) -> Reply:
        """Take headers of others' logs only."""
        return Reply() if self._is_own(headers.log) else super().take_headers(headers)


def make_shameless(node: Node) -> None:
    """Let a node ignore from now on what others hold of its own logs; its links begin anew."""
    node.die()
    node.counter_class = Shameless
    node.start()


def copy_node(world: World, node: Node, *, shameless: bool = True) -> Node:
    """Return a second node of the same party that begins where `node` stands now.

    Two copies that both write are how a node comes to sign two histories. They hide it, the copy and
    the node itself, unless it shall be a mistake.
    """
    copy = Node(
        node.party, node.dialogue, CrashingStore(node.store.picture()), world.clock,
        world.ledger, f"{world.seed}/copy of {node.name}",
    )  # fmt: skip
    copy.people, copy.keys = dict(node.people), node.keys
    copy.restart()
    if shameless:
        world.cut_off(node)
        for one in (node, copy):
            make_shameless(one)
    return copy


def turn_to(world: World, node: Node, copy: Node, victim: Node) -> None:
    """Let `victim` talk to the copy from now on, and no longer to the node itself."""
    old = world.wire(node, victim)
    old.cut()
    world.wires.remove(old)
    world.add_wire(copy, victim)


# -- entries that no desk would write ----------------------------------------------------------


def next_header(node: Node, lane: Lane, kind: int, actor: KeyPrint, **claims: Any) -> Header:
    """Return the true header of a node's next entry, but for what is claimed."""
    state = node.book.state
    log = node.log(lane)
    head = node.book.heads[log]
    own = state.logs[log]
    refs = []
    highest = head.clock
    for other, standing in sorted(state.logs.items()):
        fits = lane is Lane.TABLE or standing.lane is Lane.LINE
        if other != log and fits and standing.admitted > own.seen.get(other, 0):
            refs.append(Ref(LogId(other), standing.admitted - 1, EntryId(standing.head)))
            highest = max(highest, standing.clock)
    header = Header(
        log, head.size, head.head, highest + 1, tuple(refs), node.clock.now(), kind, actor, 0,
        bytes(32),
    )  # fmt: skip
    return header._replace(**claims)


def force(
    node: Node,
    kind: str | int,
    body: Any,
    *,
    actor: KeyPrint = NO_ACTOR,
    key: PrivateKey | None = None,
    signatures: Signatures | None = None,
    lane: Lane | None = None,
    **claims: Any,
) -> Ref:
    """Write an entry into a node's own log without asking any rule, and sign the log as it then is.

    Args:
        body: value of the kind's class, or bytes.
        actor: in whose name; by default the print of `key`, or nobody.
        key: signs the act statement; no signature without it.
        signatures: exactly these instead.
        lane: by default that of the kind.
        claims: fields of the header.
    """
    number = BY_NAME[kind].number if isinstance(kind, str) else kind
    known = KINDS.get(number)
    where = lane if lane is not None else known.lane if known else Lane.TABLE
    name = key.public.print if key is not None and not actor else actor
    header = next_header(node, where, number, name, **claims)
    data = body if isinstance(body, bytes) else to_bytes(body)
    if signatures is None:
        signatures = _sign(node, header, data, key) if key is not None else ()
    entry = make_entry(header, node.dice.bytes(16), encode_payload(data, signatures))
    if isinstance(key, PrivateKey):
        node.ledger.add(entry.id)
    return append(node, entry)


def _sign(node: Node, header: Header, body: bytes, key: PrivateKey) -> Signatures:
    statement = act_statement(node.dialogue, header, body)
    return ((key.public.print, key.sign(labels.SIGN_ACT, statement)),)


def append(node: Node, entry: Entry) -> Ref:
    """Add an entry to a node's own log and sign a checkpoint over it."""
    book, log = node.book, entry.header.log
    extension = extend_log(book.heads[log], [Piece(entry.raw, entry.salt, entry.payload)])
    judged = book.judge(log, extension.entries)
    head = extension.head
    checkpoint = sign_checkpoint(
        node.keys.node(), node.dialogue, log, head.size, head.root(), node.clock.now() // 1000
    )
    with book.store.unit() as unit:
        unit.append(extension)
        book.write_judgements(unit, judged)
        unit.keep_checkpoint(checkpoint)
    book.accept(judged, head)
    return Ref(log, entry.header.seq, entry.id)


def write_in(node: Node, log: LogId, key: PrivateKey, kind: str | int, body: Any) -> Ref:
    """Write a machine entry that names nothing into any log of a node's party, under its node key."""
    number = BY_NAME[kind].number if isinstance(kind, str) else kind
    head = node.book.heads[log]
    header = Header(
        log,
        head.size,
        head.head,
        head.clock + 1,
        (),
        node.clock.now(),
        number,
        NO_ACTOR,
        0,
        bytes(32),
    )
    data = body if isinstance(body, bytes) else to_bytes(body)
    entry = make_entry(header, node.dice.bytes(16), encode_payload(data, ()))
    keys, node.keys = node.keys, MemoryKeys(key)
    try:
        return append(node, entry)
    finally:
        node.keys = keys


def open_log(node: Node, key: PrivateKey, epoch: int, lane: Lane) -> LogId:
    """Open one more log of a node's party, whatever there is already."""
    party = node.party.id
    log = log_id(node.dialogue, party, key.public.print, epoch, lane)
    info = LogInfo(log, party, key.public, epoch, lane)
    with node.book.store.unit() as unit:
        unit.open_log(node.dialogue, info)
    node.book.open_log(info)
    body = charter.Opening(party, key.public.print, epoch, lane, (), "rotated", None)
    write_in(node, log, key, "charter.opening", body)
    return log


# -- frames that no conversation would send ----------------------------------------------------


def rewrite(change: Callable[[Frame], Frame | None]) -> Tap:
    """Return a tap that passes every frame through `change`; None drops it."""

    def tap(stream: int, message: bytes) -> Iterable[Outgoing]:
        changed = change(decode_frame(message))
        return [] if changed is None else [(stream, encode_frame(changed))]

    return tap


def withhold(log: LogId, first: int) -> Tap:
    """Return a tap that keeps back a log's entries from position `first` on, and its newer heads."""

    def change(frame: Frame) -> Frame | None:
        if (
            isinstance(frame, Batch)
            and frame.log == log
            and frame.start + len(frame.pieces) > first
        ):
            return None
        if isinstance(frame, Heads):
            kept = [one for one in frame.checkpoints if not _beyond(one, log, first)]
            return frame._replace(checkpoints=tuple(kept))
        return frame

    return rewrite(change)


def _beyond(checkpoint: bytes, log: LogId, first: int) -> bool:
    signed = decode_checkpoint(checkpoint)
    return signed.log == log and signed.size > first


def silence(*kinds: type[Any]) -> Tap:
    """Return a tap that drops every frame of these kinds."""
    return rewrite(lambda frame: None if isinstance(frame, kinds) else frame)


def resign(change: Callable[[Checkpoint], Checkpoint]) -> Tap:
    """Return a tap that changes every checkpoint on its way."""

    def change_frame(frame: Frame) -> Frame:
        if isinstance(frame, Batch):
            return frame._replace(checkpoint=change(frame.checkpoint))
        if isinstance(frame, Heads):
            changed = (change(decode_checkpoint(one)) for one in frame.checkpoints)
            return frame._replace(checkpoints=tuple(map(encode_checkpoint, changed)))
        return frame

    return rewrite(change_frame)


def mutants(rng: random.Random, message: bytes, count: int) -> list[bytes]:
    """Return `count` damaged versions of a message: bits flipped, bytes cut, doubled or added."""
    found = []
    for _ in range(count):
        data = bytearray(message)
        at = rng.randrange(len(data))
        match rng.randrange(5):
            case 0:
                data[at] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = rng.randbytes(rng.randint(1, 9))
            case 3:
                data[at:at] = data[: rng.randrange(len(data))]
            case _:
                data[at] = rng.choice((0x00, 0x1B, 0x5B, 0x7F, 0x9B, 0x9F, 0xBF, 0xC1, 0xF9, 0xFF))
        found.append(bytes(data))
    return found


def offer(victim: Node, link: int, message: bytes) -> str:
    """Hand a message to a node; return the code of its rejection, or the empty string."""
    try:
        victim.receive(link, message)
    except Rejected as fault:
        return fault.code
    return ""
