"""What must hold at the end of every run, whatever the weather and whoever lied.

Carries out the checker of docs/spec/02-order.md §9: all honest nodes hold the same entries and make the
same of them; a receipt means that the entries are there; nobody acknowledged what nobody
acknowledged; and a state folded from the beginning is the one kept in memory and cache.

Invariant: raises `AssertionError` with what differs; changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from detente.desk.book import Book
from detente.dialogue.minutes import complete_minutes
from detente.dialogue.state import encode_state
from detente.protocols.hotline.entries import ACKNOWLEDGEMENT
from detente.record.checkpoint import verify_checkpoint
from detente.record.entry import Entry
from detente.record.minute import Minute
from detente.record.order import NOT_COVERED, order_key
from detente.record.verdict import COUNTED, Verdict
from detente.store.memory import MemoryStore
from detente.terms.ids import EntryId, LogId
from detente.testing.node import Node
from detente.testing.world import World

_ALL: Final = 2**40


def check_world(world: World, honest: Sequence[Node] | None = None) -> None:
    """Check everything that must hold once all honest nodes have talked to each other.

    Args:
        honest: nodes that did not lie; all by default.
    """
    nodes = list(honest if honest is not None else world.nodes)
    for node in nodes:
        check_acts(node, world.ledger)
        check_fold(node)
        check_kept(node)
        check_waiting(node, nodes)
    check_same(nodes)
    check_receipts(nodes)


def standing_sizes(node: Node) -> dict[LogId, int]:
    """Return how many entries of each log are part of the record: less what a freeze left out."""
    stands = node.book.stands
    return {
        log: size
        for log, head in node.book.heads.items()
        if (size := min(head.size, stands.get(log, _ALL)))
    }


def total_order(node: Node) -> list[EntryId]:
    """Return the identifiers of all judged entries in the order of docs/spec/02-order.md §4."""
    minutes = complete_minutes(node.book.state)
    found = []
    for log, standing in node.book.state.logs.items():
        for entry in node.store.entries(LogId(log), 0, standing.admitted):
            covering = (one.ordinal for one in minutes if _covers(one, entry))
            found.append((order_key(entry.header, next(covering, NOT_COVERED)), entry.id))
    return [entry_id for _, entry_id in sorted(found)]


def _covers(minute: Minute, entry: Entry) -> bool:
    return minute.sizes().get(entry.header.log, 0) > entry.header.seq


def verdicts(node: Node) -> dict[tuple[LogId, int], Verdict]:
    """Return every verdict that a node reached."""
    found: dict[tuple[LogId, int], Verdict] = {}
    for log, standing in node.book.state.logs.items():
        other = node.store.verdicts(LogId(log), 0, standing.admitted)
        for seq in range(standing.admitted):
            found[LogId(log), seq] = other.get(seq, COUNTED)
    return found


def check_same(nodes: Sequence[Node]) -> None:
    """Check that nodes hold the same entries, verdicts, order, state, minutes and freezes."""
    first = nodes[0]
    for node in nodes[1:]:
        where = f"{first.name} and {node.name}"
        assert first.book.stands == node.book.stands, f"{where}: other logs are frozen"
        assert standing_sizes(first) == standing_sizes(node), f"{where}: other entries"
        for log, size in standing_sizes(first).items():
            ours, theirs = (one.store.entries(log, 0, size) for one in (first, node))
            assert ours == theirs, f"{where}: other entries in one log"
        assert verdicts(first) == verdicts(node), f"{where}: other verdicts"
        assert total_order(first) == total_order(node), f"{where}: another order"
        minutes = complete_minutes(node.book.state)
        assert complete_minutes(first.book.state) == minutes, f"{where}: other minutes"
        assert _state(first) == _state(node), f"{where}: another state"


def _state(node: Node) -> bytes:
    """Return a state's bytes without logs that are known and still empty."""
    state = node.book.state
    empty = [log for log, standing in state.logs.items() if not standing.admitted]
    logs = state.logs
    for log in empty:
        logs = logs.delete(log)
    return encode_state(state._replace(logs=logs))


def check_kept(node: Node) -> None:
    """Check that the store holds what the book believes."""
    for stored in node.store.logs(node.dialogue):
        head = node.book.heads[stored.info.log]
        assert stored.head == head, f"{node.name}: the book is not what is stored"
        assert stored.admitted == node.book.state.logs[stored.info.log].admitted


def check_waiting(node: Node, nodes: Sequence[Node]) -> None:
    """Check that nothing waits but for what nobody holds any more."""
    for held in node.book.held.values():
        log, seq = held.missing.log, held.missing.seq
        assert not any(one.size(log) > seq for one in nodes), (
            f"{node.name}: entries wait for what somebody holds"
        )


def check_fold(node: Node) -> None:
    """Check that the state in memory, from the cache, and folded from the beginning are one."""
    live = encode_state(node.book.state)
    copy = MemoryStore(node.store.picture())
    assert encode_state(Book(copy, node.dialogue, node.party.id).state) == live, (
        f"{node.name}: started from its cache it has another state"
    )
    bare = MemoryStore(node.store.picture())
    with bare.unit() as unit:
        unit.forget_judgements(node.dialogue)
    anew = Book(bare, node.dialogue, node.party.id)
    assert encode_state(anew.state) == live, f"{node.name}: folded anew it has another state"
    assert anew.stands == node.book.stands, f"{node.name}: folded anew other logs are frozen"
    for log, standing in node.book.state.logs.items():
        ours = node.store.verdicts(LogId(log), 0, standing.admitted)
        assert bare.verdicts(LogId(log), 0, standing.admitted) == ours


def check_receipts(nodes: Sequence[Node]) -> None:
    """Check that every receipt by one of `nodes` holds, and that its signer has the entries."""
    by_print = {node.keys.node().public.print: node for node in nodes}
    for holder in nodes:
        for log in holder.book.heads:
            for receipt in holder.store.all_receipts(log):
                signer = by_print.get(receipt.signer)
                if signer is None:
                    continue
                verify_checkpoint(signer.keys.node().public, receipt)
                held = signer.book.heads[log].size
                assert held >= receipt.size, f"{signer.name} receipted entries it does not hold"
                assert signer.root(log, receipt.size) == receipt.root, (
                    f"{signer.name} receipted other entries"
                )


def check_acts(node: Node, ledger: set[EntryId]) -> None:
    """Check that every act that counts was signed by the person in whose name it stands."""
    for (log, seq), verdict in verdicts(node).items():
        entry = node.store.entry(log, seq)
        assert entry is not None
        if entry.header.actor and verdict == COUNTED:
            assert entry.id in ledger, f"{node.name} counts an act that nobody did"
        if entry.header.kind == ACKNOWLEDGEMENT and verdict == COUNTED:
            assert entry.header.actor, f"{node.name} counts an acknowledgement of a machine"
