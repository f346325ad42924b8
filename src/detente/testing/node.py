"""One whole node in a simulated world: starts from its store, acts, talks, dies and starts again."""

from __future__ import annotations

from typing import Any

from detente.courier.conversation import Conversation, Outgoing
from detente.desk.book import Book
from detente.desk.counter import Counter
from detente.desk.misconduct import root_at
from detente.desk.pairing import PairingDesk
from detente.desk.receive import Receiver
from detente.desk.upkeep import Upkeep
from detente.desk.write import Draft, Writer
from detente.dialogue.kinds import BY_NAME
from detente.protocols.statements import entries as statements
from detente.record.entry import Entry
from detente.seals import labels
from detente.seals.signing import PrivateKey
from detente.store.drawer import MemoryDrawer
from detente.store.memory_unit import State
from detente.terms.errors import N_, Refused
from detente.terms.ids import DialogueId, EntryId, Lane, LogId, Ref
from detente.testing.clock import HandClock, NodeClock
from detente.testing.crash import CrashingStore, PowerCut
from detente.testing.dice import SeededDice
from detente.testing.keys import MemoryKeys, card_of
from detente.testing.parties import Party, Person


class Node:
    """One party's node.

    Args:
        party: with its private keys.
        dialogue: the one dialogue it takes part in; already founded in `store`.
        store: what survives when the node dies.
        clock: the world's.
        ledger: takes note of every act that is really signed.
        seed: of this node's dice.
    """

    book: Book
    writer: Writer
    receiver: Receiver
    upkeep: Upkeep
    counter: Counter
    counter_class: type[Counter] = Counter
    """What serves couriers: a liar's node has another."""

    def __init__(
        self,
        party: Party,
        dialogue: DialogueId,
        store: CrashingStore,
        clock: HandClock,
        ledger: set[EntryId],
        seed: str,
    ) -> None:
        self.party = party
        self.name = party.name
        self.dialogue = dialogue
        self.store = store
        self.clock = NodeClock(clock)
        self.dice = SeededDice(seed)
        self.keys = MemoryKeys(party.node)
        self.drawer = MemoryDrawer()
        self.people: dict[str, Person] = {}
        self.ledger = ledger
        self.set_aside: list[tuple[LogId, list[Entry]]] = []
        self.talks: dict[int, tuple[Conversation, list[Outgoing]]] = {}
        """Conversations by link, each with what leaves next."""
        self.is_running = False
        self.start()

    def __repr__(self) -> str:
        return f"<node of {self.name}>"

    # -- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start from what is stored."""
        self.book = Book(self.store, self.dialogue, self.party.id)
        self.writer = Writer(self.book, self.keys, self.clock, self.dice)
        self.receiver = Receiver(self.book, self.writer, self.keys, self.clock)
        self.upkeep = Upkeep(self.book, self.writer, self.clock)
        self.counter = self.counter_class(
            self.book, self.writer, self.receiver, self.clock, self._set_aside_entries
        )
        self.pairing = PairingDesk(
            self.drawer, self.store, self.clock, self.dice, card_of(self.party)
        )
        self.talks = {}
        self.is_running = True
        if self.store.restored():
            self._close_until_shown()

    def _close_until_shown(self) -> None:
        self.counter.unconfirmed = True
        self.writer.closed_because = Refused(
            "desk.restored", N_("This node may be an older copy, so it writes nothing yet.")
        )

    def _set_aside_entries(self, log: LogId, entries: list[Entry]) -> None:
        self.set_aside.append((log, entries))

    def stop(self) -> None:
        """Stop in good order."""
        self.book.save_snapshot()
        self.die()

    def die(self) -> None:
        """Stop at once: nothing but the store is left."""
        self.talks = {}
        self.is_running = False

    def restart(self) -> None:
        """Start again after an end of any kind."""
        self.store.clear_plan()
        self.start()

    def backup(self) -> State:
        """Return what a backup taken now would hold."""
        return self.store.picture()._replace(is_copy=True)

    def restore(self, backup: State) -> None:
        """Begin again from a backup."""
        self.die()
        self.store = CrashingStore(backup)
        self.start()

    # -- acting ----------------------------------------------------------------------------

    def act(self, kind: str, body: Any, by: Person | PrivateKey | None = None) -> Ref:
        """Do an act as a person does: draft, sign, commit.

        Args:
            by: who signs; the head of delegation by default, or a root key.

        Raises:
            Refused: what the writer refuses. PowerCut: as planned for the store; the node is dead.
        """
        who = by if by is not None else self.people["head"]
        key = who.key if isinstance(who, Person) else who
        draft = self.writer.draft(BY_NAME[kind], body, key.public.print)
        return self.commit(draft, key)

    def commit(self, draft: Draft, key: PrivateKey) -> Ref:
        """Sign and commit a draft."""
        signature = key.sign(labels.SIGN_ACT, draft.statement)
        log = draft.header.log
        size = self.book.heads[log].size
        try:
            ref = self.writer.commit(draft, ((key.public.print, signature),))
        except PowerCut:
            saved = self.store.entry(log, size)
            if saved is not None:
                self.ledger.add(saved.id)
            self.die()
            raise
        self.ledger.add(ref.id)
        return ref

    def say(self, text: str = "We are listening.", by: Person | None = None) -> Ref:
        """Make a statement."""
        return self.act("statements.statement", statements.Statement(text, "en", None, None), by)

    def log(self, lane: Lane = Lane.TABLE) -> LogId:
        """Return this party's newest log on a lane."""
        return self.book.own_log(lane)

    def size(self, log: LogId) -> int:
        """Return how many entries of a log this node holds."""
        return self.counter.held(log)

    def root(self, log: LogId, size: int) -> bytes:
        """Return the root of the first `size` entries of a log that this node holds."""
        return root_at(self.book, log, size)

    # -- talking ---------------------------------------------------------------------------

    def begin(self, link: int, peer: Node | None = None) -> list[Outgoing]:
        """Begin to talk over a link with another node."""
        talk = Conversation(self.dialogue, self.counter, peer.party.id if peer else None)
        self.talks[link] = (talk, [])
        return talk.begin()

    def receive(self, link: int, message: bytes) -> list[Outgoing]:
        """Take a message from a link; return what is answered on it.

        Raises:
            Rejected: the link is to be closed. PowerCut: the node is dead.
        """
        talk, _ = self.talks[link]
        try:
            return talk.receive(message)
        except PowerCut:
            self.die()
            raise

    def end(self, link: int) -> None:
        """Take note that a link is down."""
        self.talks.pop(link, None)

    def stir(self) -> bool:
        """Queue on every link what is due there; return whether there was anything."""
        moved = False
        if self.store.restored() and not self.counter.unconfirmed:
            self.store.mark_live()
        for talk, outgoing in self.talks.values():
            due = talk.poke() + talk.tick()
            outgoing.extend(due)
            moved = moved or bool(due)
        return moved

    def due(self, link: int) -> list[Outgoing]:
        """Return, and forget, what was queued for a link."""
        if link not in self.talks:
            return []
        _, outgoing = self.talks[link]
        taken = list(outgoing)
        outgoing.clear()
        return taken
