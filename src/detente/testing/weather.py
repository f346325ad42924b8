"""Seeded weather: delays, cuts, half-open links, crashes, wrong clocks, pouches that come twice.

Whatever happens follows from one seed, so a run that fails is repeated by its seed alone.
"""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from typing import NamedTuple

from detente.desk.epochs import open_epoch
from detente.desk.give import Giver
from detente.exchange.frames import Batch, Heads, Receipt
from detente.store.memory_unit import State
from detente.terms.errors import Refused, Rejected, Unavailable
from detente.terms.times import DAY, HOUR, MINUTE, SECOND
from detente.testing.crash import Ending, PowerCut
from detente.testing.intents import random_intent
from detente.testing.node import Node
from detente.testing.world import World

Parcel = Heads | Batch | Receipt


class Climate(NamedTuple):
    """How often each thing happens, as weights."""

    deliver: int = 120
    act: int = 30
    cut: int = 2
    connect: int = 8
    stall: int = 2
    clear: int = 4
    crash: int = 2
    restart: int = 6
    stop: int = 1
    backup: int = 2
    restore: int = 1
    time: int = 6
    skew: int = 1
    minute: int = 6
    pouch: int = 3


CALM = Climate(cut=0, stall=0, crash=0, stop=0, restore=0, skew=0, pouch=0, minute=20)
ROUGH = Climate()


class Weather:
    """Plays with a world.

    Args:
        world: whatever it holds.
        climate: what is likely.
        seed: of everything that happens.
        actors: nodes whose people act; all of the world's by default.
    """

    def __init__(
        self,
        world: World,
        seed: str,
        climate: Climate = ROUGH,
        actors: Sequence[Node] | None = None,
    ) -> None:
        self.world = world
        self.rng = random.Random(seed)
        self.actors = list(actors if actors is not None else world.nodes)
        self.done: Tally[str] = Tally()
        """What happened how often."""
        self._climate = climate
        self._backups: dict[str, State] = {}
        self._moves: dict[str, Callable[[], None]] = {
            name: getattr(self, f"_{name}") for name in Climate._fields
        }

    def blow(self, steps: int) -> None:
        """Let `steps` things happen."""
        names, weights = list(Climate._fields), list(self._climate)
        for _ in range(steps):
            name = self.rng.choices(names, weights)[0]
            self.done[name] += 1
            self._moves[name]()
            for wire in self.world.wires:
                wire.collect()

    def calm_down(self) -> None:
        """Start every node, set every clock right, make every link, and let all come to rest.

        A node whose own entries are lost to everybody, since others were set back as well, begins a
        new epoch, as its operator would.
        """
        for node in self.world.nodes:
            node.clock.skew_ms = 0
            node.store.clear_plan()
            if not node.is_running:
                node.restart()
        for wire in self.world.wires:
            wire.stalled = [False, False]
        for _ in range(4):
            self.world.clock.advance(HOUR)
            self.world.sync()
        for node in self.world.nodes:
            if node.writer.closed_because is not None or node.book.held:
                self.done["epochs"] += 1
                open_epoch(node.book, node.writer, node.counter, "restored")
        self.world.sync()

    # -- moves -----------------------------------------------------------------------------

    def _deliver(self) -> None:
        ready = [(wire, key) for wire in self.world.wires for key in wire.waiting()]
        if not ready:
            self._stir(self.rng.choice(self.world.nodes))
            return
        wire, key = self.rng.choice(ready)
        wire.deliver(*key)
        for node in wire.ends:
            self._bury(node)

    def _stir(self, node: Node) -> None:
        if node.is_running:
            node.stir()

    def _act(self) -> None:
        node = self.rng.choice(self.actors)
        if not node.is_running:
            return
        intent = random_intent(self.rng, node)
        try:
            node.act(*intent)
        except Refused:
            self.done["refused"] += 1
        except (Unavailable, PowerCut):
            self._bury(node)
        else:
            self.done["acts"] += 1
        self._stir(node)

    def _cut(self) -> None:
        self.rng.choice(self.world.wires).cut()

    def _connect(self) -> None:
        self.rng.choice(self.world.wires).connect()

    def _stall(self) -> None:
        self.rng.choice(self.world.wires).stalled[self.rng.randrange(2)] = True

    def _clear(self) -> None:
        self.rng.choice(self.world.wires).stalled = [False, False]

    def _crash(self) -> None:
        node = self.rng.choice(self.world.nodes)
        node.store.plan(self.rng.choice(list(Ending)), self.rng.randrange(4))

    def _restart(self) -> None:
        for node in self.world.nodes:
            if not node.is_running:
                if self.rng.random() < 0.3:  # it dies again while it starts
                    node.store.plan(self.rng.choice([Ending.BEFORE, Ending.AFTER]))
                try:
                    node.start()
                except PowerCut:
                    node.restart()

    def _stop(self) -> None:
        node = self.rng.choice(self.world.nodes)
        if node.is_running:
            node.store.clear_plan()
            node.stop()
            self._bury(node)

    def _backup(self) -> None:
        node = self.rng.choice(self.world.nodes)
        self._backups[node.name] = node.backup()

    def _restore(self) -> None:
        node = self.rng.choice(self.world.nodes)
        backup = self._backups.get(node.name)
        if backup is not None:
            self.world.cut_off(node)
            node.restore(backup)

    def _bury(self, node: Node) -> None:
        """Break the links of a node that does not run."""
        if not node.is_running:
            self.world.cut_off(node)

    def _time(self) -> None:
        self.world.clock.advance(self.rng.choice([1, SECOND, MINUTE, HOUR]))

    def _skew(self) -> None:
        node = self.rng.choice(self.world.nodes)
        node.clock.skew_ms = self.rng.choice([-400, -3, 0, 3, 20_000]) * DAY

    def _minute(self) -> None:
        node = self.rng.choice(self.world.nodes)
        if node.is_running:
            try:
                self.done["minutes"] += node.upkeep.make_minute()
                node.upkeep.close_expired()
            except (Refused, Unavailable):
                self.done["refused"] += 1
            except PowerCut:
                node.die()
                self._bury(node)
            self._stir(node)

    def _pouch(self) -> None:
        sender, receiver = self.rng.sample(self.world.nodes, 2)
        if not (sender.is_running and receiver.is_running) or sender.counter.unconfirmed:
            return
        parcels = pack(sender)
        # A parcel torn in the middle and a node set back just then may lose an entry that the taken
        # ones name; that has a test of its own.
        if not self._climate.restore and self.rng.random() < 0.5:
            self.rng.shuffle(parcels)
        for _ in range(self.rng.randint(1, 2)):
            try:
                unpack(receiver, parcels, sender)
            except (Unavailable, Refused):
                self.done["refused"] += 1
            except PowerCut:
                receiver.die()
                self._bury(receiver)
                return
        self._stir(receiver)


def pack(sender: Node) -> list[Parcel]:
    """Return all that a node can give, as a pouch would carry it."""
    giver = Giver(sender.book)
    parcels: list[Parcel] = [giver.heads()]
    for log in giver.logs():
        at = 0
        while (batch := giver.batch(log, at, 64 * 1024)) is not None:
            parcels.append(batch)
            at += len(batch.pieces)
    dialogue = sender.dialogue
    parcels += [Receipt(dialogue, receipt) for receipt in sender.counter.newest_receipts()]
    return parcels


def unpack(receiver: Node, parcels: Sequence[Parcel], sender: Node | None = None) -> None:
    """Hand a pouch in; what does not fit because its parcels came in another order is left out."""
    peer = sender.party.id if sender else None
    for parcel in parcels:
        try:
            match parcel:
                case Heads():
                    receiver.counter.take_heads(parcel, peer)
                case Batch():
                    receiver.counter.take_batch(parcel)
                case Receipt():
                    receiver.counter.take_receipt(parcel)
        except Rejected as fault:
            if fault.code != "exchange.gap":
                raise
