"""The house: one node with everything in its place, ready to be served or used at once.

Carries out docs/architecture.md §3 and the restore rule of docs/spec/02-order.md §8. Invariants: one writer
thread at a time; a room whose record may be an older copy does not write until another node has
shown us our own head.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detente.charter.document import read_chain
from detente.charter.pairing import Card
from detente.charter.state import newest_document
from detente.desk.book import Book
from detente.desk.counter import Counter
from detente.desk.epochs import open_epoch
from detente.desk.pairing import PairingDesk
from detente.desk.receive import Receiver
from detente.desk.upkeep import Upkeep
from detente.desk.write import Writer
from detente.keyring.files import NEXT, KeyFiles, NodeKeys
from detente.node.secrets import Ask
from detente.node.settings import Settings, load_settings
from detente.node.setup import load_card
from detente.ports import Outside
from detente.record.entry import Entry
from detente.record.shapes import to_bytes
from detente.store.drawer import SqliteDrawer
from detente.store.lifemark import Continuity, LifeMark
from detente.store.sqlite import SqliteStore
from detente.terms.errors import N_, Refused
from detente.terms.ids import DialogueId, Lane, LogId, PartyId, party_letter

RECORD_FILE = "record.sqlite"
DRAWER_FILE = "drawer.sqlite"
ADDRESS_SHELF = "address"
PASSING = ".backup-"
"""How folders begin that hold plain copies while a backup is written."""
_UNTIL_HEARD = N_(
    "Connect to the other side, or import its newest pouch. If it cannot be reached at all:"
    " detente restore --new-epoch."
)


class SystemClock:
    """The machine's clock (`ports.Clock`)."""

    def now(self) -> int:
        """Return milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000


class SystemDice:
    """The machine's randomness (`ports.Dice`)."""

    def bytes(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        return os.urandom(count)


class Room:
    """One dialogue with all who work on it."""

    def __init__(self, house: House, dialogue: DialogueId) -> None:
        self.book = Book(house.store, dialogue, house.party)
        self.writer = Writer(self.book, house.keys, house.clock, house.dice)
        self.receiver = Receiver(self.book, self.writer, house.keys, house.clock)
        self.upkeep = Upkeep(self.book, self.writer, house.clock)
        self._house = house
        self.counter = Counter(self.book, self.writer, self.receiver, house.clock, self._set_aside)

    def _set_aside(self, log: LogId, entries: list[Entry]) -> None:
        """Keep entries that were taken back, so that people can look at them and sign them again."""
        for entry in entries:
            key = f"{log.hex()}-{entry.header.seq}-{entry.id.hex()[:8]}"
            self._house.drawer.put("set-aside", key, entry.payload or b"")

    def close_until_shown(self, why: Refused) -> None:
        """Write nothing until another node has shown us our own head."""
        self.counter.unconfirmed = True
        self.writer.closed_because = why

    def may_write(self) -> bool:
        """Tell whether the restore rule lets us write."""
        return self.writer.closed_because is None and not self.counter.unconfirmed

    def own_sizes(self) -> dict[LogId, int]:
        """Return our own logs and their committed sizes."""
        return {
            LogId(log): self.book.heads[LogId(log)].size
            for log, standing in self.book.state.logs.items()
            if standing.party == self.book.own
        }


class House:
    """One node, opened for writing."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        keys: NodeKeys,
        card: Card,
        clock: SystemClock | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.keys = keys
        self.clock = clock or SystemClock()
        self.dice = SystemDice()
        self.card = card
        self.party: PartyId = read_chain(card.chain)[0]
        self.files = KeyFiles(folder / "keys")
        self.store = SqliteStore(folder / RECORD_FILE)
        for left in folder.glob(f"{PASSING}*"):  # by a process that died; nobody else is here now
            shutil.rmtree(left, ignore_errors=True)
        self.drawer = SqliteDrawer(folder / DRAWER_FILE)
        self.pairing = PairingDesk(self.drawer, self.store, self.clock, self.dice, card)
        self._mark_path = _mark_path(settings, self.party)
        self.mark = LifeMark(self._mark_path, self.clock)
        self.rooms: dict[DialogueId, Room] = {}
        self._old_pouches: list[str] = []
        self._doubt = self._find_doubt()
        for dialogue in self.store.dialogues():
            self.rooms[dialogue] = Room(self, dialogue)
            if self._doubt is not None:
                self.rooms[dialogue].close_until_shown(self._doubt)
        if self._doubt is None:
            self.mark.start(self.store, self._own_sizes())
        self.settle()
        for dialogue in self.rooms:
            self._adopt(dialogue)

    def _find_doubt(self) -> Refused | None:
        """Return why this may be an older copy (``desk.restored``), or None where it is none."""
        if self.store.restored():
            return Refused(
                "desk.restored",
                N_("This node was restored, so it writes nothing until the other side is heard."),
                _UNTIL_HEARD,
            )
        found = self.mark.compare(self.store)
        if found is Continuity.PROVEN:
            return None
        if found is Continuity.BEHIND:
            return Refused(
                "desk.restored",
                N_("This node is an older copy: the life mark {path} knows entries of ours that are"
                   " not here. It writes nothing until the other side is heard."),
                _UNTIL_HEARD,
                path=str(self._mark_path),
            )  # fmt: skip
        return Refused(
            "desk.restored",
            N_("The life mark {path} is missing or another copy's, so this node may be an older copy"
               " and writes nothing until the other side is heard."),
            N_("If the node ran elsewhere or as another user: stop it, bring its life mark to that"
               " place, or name it as life_mark in detente.toml. Else connect to the other side, or"
               " import its newest pouch; only if it cannot be reached at all: detente restore"
               " --new-epoch."),
            path=str(self._mark_path),
        )  # fmt: skip

    def settle(self) -> None:
        """Take this store for the newest one, once every dialogue has satisfied the restore rule.

        Until then the life mark stays as it is: a copy that was started twice is still a copy.
        """
        if self._doubt is not None and all(map(Room.may_write, self.rooms.values())):
            self._doubt = None
            self.store.mark_live()
            self.mark.start(self.store, self._own_sizes())
            for dialogue in self.rooms:
                self._adopt(dialogue)

    # -- keys ------------------------------------------------------------------------------

    def use_next_keys(self, fresh: NodeKeys) -> bool:
        """Begin to use everyday keys that were announced, if every side has received them.

        Opens an epoch of our own logs under the new node key in every dialogue; tells whether it did.
        """
        announced = read_chain(self.card.chain)[1][-1].node_key()
        if announced != fresh.node().public or not all(map(self._is_known, self.rooms.values())):
            return False
        self._old_pouches.append(self.keys.pouch_identity())
        self.keys = fresh
        for dialogue, room in list(self.rooms.items()):
            room.book.save_snapshot()
            renewed = Room(self, dialogue)
            self.rooms[dialogue] = renewed
            open_epoch(renewed.book, renewed.writer, renewed.counter, "rotated", announced)
        self.files.promote()
        self.note_sizes()
        return True

    def _is_known(self, room: Room) -> bool:
        """Tell whether every other party has given a receipt for our newest document."""
        if room.writer.closed_because is not None:
            return False
        state = room.book.state
        version = newest_document(state.charter, room.book.own)
        for where in version.brought_by:
            signers = {one.signer for one in self.store.receipts(LogId(where.log), where.seq + 1)}
            others = [
                {s.node.print for s in state.logs.values() if s.party == index}
                for index in range(state.parties)
                if index != room.book.own
            ]
            if all(signers & prints for prints in others):
                return True
        return False

    def remember_pouches(self, identities: list[str]) -> None:
        """Open pouches that were sealed to earlier keys of ours as well."""
        self._old_pouches += identities

    def pouch_identities(self) -> list[str]:
        """Return the identities that open pouches for us: the present one, and those before it."""
        return [self.keys.pouch_identity(), *self._old_pouches]

    def _own_sizes(self) -> dict[LogId, int]:
        sizes: dict[LogId, int] = {}
        for room in self.rooms.values():
            sizes.update(room.own_sizes())
        return sizes

    def note_sizes(self) -> None:
        """Leave in the life mark how far our own logs have come."""
        self.settle()
        if self._doubt is None:
            for log, size in self._own_sizes().items():
                self.mark.note(log, size)

    # -- dialogues -------------------------------------------------------------------------

    def found(self, dialogue: DialogueId) -> None:
        """Take a dialogue that was just founded into the house, and enter what was signed for it."""
        if dialogue not in self.rooms:
            self.rooms[dialogue] = Room(self, dialogue)
            if self._doubt is not None:
                # The founding may be known only to this copy, which was made while it was under way.
                self.rooms[dialogue].close_until_shown(self._doubt)
        self._adopt(dialogue)
        self.note_sizes()

    def _adopt(self, dialogue: DialogueId) -> None:
        room = self.rooms[dialogue]
        if room.writer.closed_because is not None:
            return
        if room.book.heads[room.book.own_log(Lane.LINE)].size == 0:
            room.writer.adopt(self.pairing.first_entries(dialogue))
        room.writer.ensure_openings()

    def room(self, prefix: str = "") -> Room:
        """Return the dialogue whose id begins so; without a prefix the only one.

        Raises:
            Refused: ``node.dialogue``.
        """
        found = [room for key, room in self.rooms.items() if key.hex().startswith(prefix.lower())]
        if len(found) == 1:
            return found[0]
        if not self.rooms:
            raise Refused(
                "node.dialogue",
                N_("This node has no dialogue yet."),
                N_("Pair with another side first: detente pair invite"),
            )
        raise Refused(
            "node.dialogue",
            N_("{count} dialogues fit; say which one you mean."),
            N_("Choose it with --dialogue and the beginning of its id: {known}"),
            count=len(found),
            known=", ".join(key.hex()[:10] for key in self.rooms),
        )

    # -- peers (courier.peers.PeerBook) ----------------------------------------------------

    def peers(self) -> list[Outside]:
        """Return the other parties of all dialogues, each once, with its newest known document."""
        found: dict[PartyId, Outside] = {}
        for room in self.rooms.values():
            for index, party in enumerate(room.book.state.charter.parties):
                if party != self.party:
                    found[party] = self._outside(room, index, party)
        return list(found.values())

    def former_peers(self) -> list[Outside]:
        """Return the other parties under the document before their newest, unless it was cut off.

        A party that announces new keys goes on with the old ones until everybody has received them.
        """
        found = []
        for room in self.rooms.values():
            charter = room.book.state.charter
            cut = {cutting.body.node for cutting in charter.cuts}
            for index, party in enumerate(charter.parties):
                for version in charter.versions[index][-2:-1]:
                    former = version.document
                    if party != self.party and former.node_key().print not in cut:
                        peer = self._outside(room, index, party)
                        found.append(
                            peer._replace(node=former.node_key(), certificate=former.certificate)
                        )
        return found

    def _outside(self, room: Room, index: int, party: PartyId) -> Outside:
        document = newest_document(room.book.state.charter, index).document
        override = self.drawer.get(ADDRESS_SHELF, party.hex())
        addresses = (override.decode(),) if override else document.addresses
        return Outside(
            party, document.node_key(), document.certificate, addresses, party_letter(index)
        )

    def dialogues_with(self, party: PartyId) -> Sequence[DialogueId]:
        """Return the dialogues that we share with a party."""
        return [
            dialogue
            for dialogue, room in self.rooms.items()
            if party in room.book.state.charter.parties
        ]

    def has_invitation(self) -> bool:
        """Tell whether an invitation of ours is open."""
        return self.pairing.is_inviting()

    def use_card(self, card: Card) -> None:
        """Use a newer card of our own from now on."""
        self.card = card
        self.pairing.card = card

    def keep_aside(self, shelf: str, key: str, value: Any) -> None:
        """Keep a value in the drawer."""
        self.drawer.put(shelf, key, to_bytes(value))

    def close(self) -> None:
        """Save what is cached and release everything."""
        for room in self.rooms.values():
            room.book.save_snapshot()
        self.note_sizes()
        self.mark.close()
        self.store.close()
        self.drawer.close()


def open_house(folder: Path, ask: Ask) -> House:
    """Open the node of a folder for writing, asking for its passphrase.

    Raises:
        Refused: ``setup.missing``, ``seals.secret.wrong``, ``settings.*``.
        Unavailable: ``store.locked`` when it is being served or used already.
    """
    card = load_card(folder)
    settings = load_settings(folder)
    files = KeyFiles(folder / "keys")
    secret = ask("node", False)
    house = House(folder, settings, files.unlock_node(secret), card)
    house.remember_pouches(files.old_pouch_identities(secret))
    if files.has(NEXT):
        house.use_next_keys(files.unlock_node(secret, NEXT))
    return house


def _mark_path(settings: Settings, party: PartyId) -> Path:
    if settings.life_mark:
        return Path(settings.life_mark)
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "detente" / f"{party.hex()[:24]}.mark"
