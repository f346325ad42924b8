"""A world of whole nodes in one process: real books and conversations, simulated links and time.

Nothing of a node is imitated: store, book, writer, receiver, counter, upkeep and conversations are the
real ones. Only what carries the frames is simulated (`testing.wire`), and time and randomness follow
from the seed, so that a run can be repeated from its seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations
from typing import Any

from detente.charter import entries as charter
from detente.charter.document import key_bytes
from detente.charter.founding import encode_founding
from detente.desk.pairing import first_logs
from detente.protocols.opening import entries as opening
from detente.record.genesis import Quotas
from detente.store.memory_unit import State
from detente.terms.ids import EntryId, Ref
from detente.testing.clock import HandClock
from detente.testing.crash import CrashingStore
from detente.testing.keys import founded, person_named
from detente.testing.node import Node
from detente.testing.parties import Person
from detente.testing.wire import Wire

_ROUNDS = 3_000


class World:
    """Some parties with a node each, and a link between every two.

    Args:
        count: parties, 2 to 8.
        seed: everything random follows from it.
        quotas: of the genesis; the usual ones by default.
        is_open: whether the first entries, grants and the opening are already made and known to all.
    """

    def __init__(
        self, count: int = 2, seed: str = "", quotas: Quotas | None = None, *, is_open: bool = True
    ) -> None:
        self.seed = seed
        self.clock = HandClock()
        self.founding, self.parties = founded(count, quotas)
        self.ledger: set[EntryId] = set()
        """Every act that somebody who held the key really signed."""
        self.rejections: list[tuple[str, str, str]] = []
        """(who rejected, what whom sent, code)."""
        pictures: tuple[State | None, ...] = (None,) * count
        if is_open:
            pictures, now_ms, ledger = _opened(count, quotas)
            self.clock.now_ms = now_ms
            self.ledger |= ledger
        self.nodes = [self._node(index, picture) for index, picture in enumerate(pictures)]
        self.wires = [Wire(a, b, self.rejections) for a, b in combinations(self.nodes, 2)]

    def _node(self, index: int, picture: State | None) -> Node:
        store = CrashingStore(picture)
        if picture is None:
            with store.unit() as unit:
                unit.found(
                    self.founding.dialogue, encode_founding(self.founding.papers),
                    first_logs(self.founding),
                )  # fmt: skip
        node = Node(
            self.parties[index], self.founding.dialogue, store, self.clock, self.ledger,
            f"{self.seed}/{index}",
        )  # fmt: skip
        node.people["head"] = self.head(index)
        return node

    def head(self, index: int) -> Person:
        """Return the head of delegation of a party."""
        return person_named(f"{self.parties[index].name} head", "head of delegation")

    # -- links -----------------------------------------------------------------------------

    def wire(self, one: int | Node, other: int | Node) -> Wire:
        """Return the link between two nodes."""
        ends = {self._at(one), self._at(other)}
        return next(wire for wire in self.wires if set(wire.ends) == ends)

    def _at(self, node: int | Node) -> Node:
        return self.nodes[node] if isinstance(node, int) else node

    def add_wire(self, one: Node, other: Node) -> Wire:
        """Lay a further link, as to a second copy of a node."""
        wire = Wire(one, other, self.rejections)
        self.wires.append(wire)
        return wire

    def connect(self) -> None:
        """Make every link that is down, between nodes that run."""
        for wire in self.wires:
            wire.connect()

    def cut(self) -> None:
        """Break every link; what was on its way is lost."""
        for wire in self.wires:
            wire.cut()

    def cut_off(self, node: Node) -> None:
        """Break all links of one node."""
        for wire in self.wires:
            if node in wire.ends:
                wire.cut()

    # -- time ------------------------------------------------------------------------------

    def run(self, rounds: int = _ROUNDS) -> None:
        """Deliver everything that is on its way, and what follows from it, until all is quiet.

        Links that are down stay down. Raises `AssertionError` when the talk does not come to rest.
        """
        for _ in range(rounds):
            moved = False
            for wire in self.wires:
                moved = wire.deliver_all() or moved
            for node in self.running():
                moved = node.stir() or moved
            if not moved:
                return
        raise AssertionError(f"world {self.seed!r} does not come to rest")

    def sync(self) -> None:
        """Connect everybody and run until all is quiet."""
        self.connect()
        self.run()

    def running(self) -> Iterator[Node]:
        """Return the nodes that run, copies included."""
        known: dict[int, Node] = {id(node): node for node in self.nodes}
        known.update((id(end), end) for wire in self.wires for end in wire.ends)
        return (node for node in known.values() if node.is_running)

    def minute(self, rounds: int = 4) -> None:
        """Let every node do its regular duties and tell the others, a few times over."""
        for _ in range(rounds):
            for node in self.nodes:
                if node.writer.closed_because is None:
                    node.upkeep.make_minute()
            self.sync()

    # -- the first scene -------------------------------------------------------------------

    def open(self) -> None:
        """Make the first entries of all parties, one grant each, and open the dialogue."""
        self.sync()
        for index, node in enumerate(self.nodes):
            node.writer.ensure_openings()
            person = self.head(index)
            grant = charter.Grant(
                key_bytes(person.key.public), person.name, person.role, charter.SCOPES, 0, 0
            )
            confirmation = charter.Confirmation("0" * 20, "by telephone", grant)
            node.act("charter.confirmation", confirmation, node.party.root)
        self.run()
        first = self.nodes[0].act("opening.proposal", opening.Proposal("A talk", "To talk.", "en"))
        self.run()
        for node in self.nodes[1:]:
            node.act("opening.consent", opening.Consent(first))
        self.run()

    def say(self, index: int, text: str = "We are listening.", **how: Any) -> Ref:
        """Have a party make a statement."""
        return self.nodes[index].say(text, **how)


@cache
def _opened(count: int, quotas: Quotas | None) -> tuple[tuple[State, ...], int, frozenset[EntryId]]:
    """Return stores, time and ledger of a world that was opened once, to begin others from."""
    world = World(count, "opening", quotas, is_open=False)
    world.open()
    world.cut()
    for node in world.nodes:
        node.stop()
    pictures = tuple(node.store.picture() for node in world.nodes)
    return pictures, world.clock.now_ms, frozenset(world.ledger)
