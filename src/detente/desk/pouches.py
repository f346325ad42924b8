"""Pouches at the desk: what goes into one for a party, and what an import brings.

Carries out docs/spec/10-pouch.md §7 and §8. A pouch holds the same frames as a link and they take the same
way in; so it may come late, twice or torn, and what it proves is taken. Invariant: a node that may be
an older copy seals nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from detente.charter.state import newest_document
from detente.desk.book import Book
from detente.desk.counter import Counter
from detente.desk.give import Giver
from detente.desk.write import Writer
from detente.exchange.frames import Batch, Heads, Receipt, encode_frame
from detente.exchange.pouch import (
    Parcel,
    Pouch,
    Sealing,
    pouch_recipient,
    read_pouch,
    write_pouch,
)
from detente.exchange.pouch_counters import (
    NO_POUCHES,
    Counters,
    format_spans,
    next_addressee,
    note_imported,
    note_sealed,
)
from detente.exchange.pouch_manifest import FORM, Manifest, Range
from detente.ports import Clock, Drawer, Keyring
from detente.record.checkpoint import encode_checkpoint
from detente.record.shapes import from_bytes, to_bytes
from detente.seals.age_text import decode_identity
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Fault, Refused
from detente.terms.ids import DialogueId, KeyPrint, PartyId
from detente.terms.limits import LINES, MIB

_SHELF = "pouch"
_BATCH_BYTES = MIB


class Imported(NamedTuple):
    """What an import brought."""

    sender: PartyId
    number: int
    entries: int
    receipts: int
    missing: str
    """Numbers of earlier pouches that did not come, as people write them."""
    is_repeated: bool
    is_whole: bool
    """Whether the pouch was read to its end."""
    fault: Fault | None
    """What ended the reading, when it is not whole."""


class PouchDesk:
    """Pouches of one dialogue."""

    def __init__(
        self, book: Book, writer: Writer, counter: Counter, keyring: Keyring, drawer: Drawer,
        clock: Clock, random: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self._book = book
        self._writer = writer
        self._counter = counter
        self._keyring = keyring
        self._drawer = drawer
        self._clock = clock
        self._random = random
        self._giver = Giver(book)

    # -- sealing ---------------------------------------------------------------------------

    def seal(self, index: int, whole: bool) -> Sealing:
        """Return a pouch for a party, its number already kept.

        Args:
            index: place of the recipient in the agreed order.
            whole: carry everything, its own logs too in case it lost them, and not only what the
                recipient has given no receipt for.

        Raises:
            Refused: ``desk.*`` while this node may not write, ``pouch.self``.
        """
        if self._writer.closed_because is not None:
            raise self._writer.closed_because
        if index == self._book.own:
            raise Refused("pouch.self", N_("A pouch goes to another party."))
        party = self._book.state.charter.parties[index]
        document = newest_document(self._book.state.charter, index).document
        ranges = self._ranges(index, whole)
        counters = self._counters(party)
        own = self._book.state.charter.parties[self._book.own]
        manifest = Manifest(
            FORM, self._book.id, own, self._keyring.node().public.print,
            (next_addressee(counters, party),), self._clock.now(), ranges,
            self._giver.sizes().lines, bool(ranges),
        )  # fmt: skip
        sealing = write_pouch(
            manifest, lambda: self._frames(ranges), self._keyring.node().sign,
            [pouch_recipient(document.pouch)], self._random,
        )  # fmt: skip
        self._keep(party, note_sealed(counters, sealing.digest))
        return sealing

    def _ranges(self, index: int, whole: bool) -> tuple[Range, ...]:
        """Return what the recipient has given no receipt for; its own logs only with the whole.

        Of the foremost logs only, when there are more than a manifest lists: the next pouch goes on.
        """
        prints = {s.node.print for s in self._book.state.logs.values() if s.party == index}
        found = []
        for log in self._giver.foremost():
            size = self._giver.size(log)
            receipts = [] if whole else self._book.store.receipts(log)
            start = max((one.size for one in receipts if one.signer in prints), default=0)
            if (whole or self._book.state.logs[log].party != index) and start < size:
                found.append(Range(log, start, size))
        return tuple(sorted(found[:LINES]))

    def _frames(self, ranges: tuple[Range, ...]) -> Iterator[bytes]:
        yield encode_frame(self._giver.heads())
        wanted = {one.log: one for one in ranges}
        for log in self._giver.logs():
            carried = wanted.get(log)
            at = carried.start if carried else 0
            while carried and at < carried.end:
                batch = self._giver.batch(log, at, _BATCH_BYTES)
                if batch is None:
                    break
                yield encode_frame(batch)
                at += len(batch.pieces)
        for receipt in self._giver.receipts():
            yield encode_frame(Receipt(self._book.id, encode_checkpoint(receipt)))

    # -- importing -------------------------------------------------------------------------

    def take(self, pouch: Pouch, progress: Callable[[int], None]) -> Imported:
        """Take everything that a pouch proves.

        Args:
            pouch: its manifest is proven.
            progress: called with the number of entries taken so far.
        """
        sender = PartyId(pouch.manifest.sender)
        entries = receipts = 0
        fault: Fault | None = None
        try:
            for parcel in pouch.parcels:
                fresh, is_receipt = self._take_one(parcel)
                entries, receipts = entries + fresh, receipts + is_receipt
                progress(entries)
        except Fault as error:
            fault = error
        counters = self._counters(sender)
        repeated = False
        if fault is None:
            noted = note_imported(counters, pouch.line, pouch.digest)
            self._keep(sender, noted.counters)
            counters, repeated = noted.counters, noted.is_repeated
        return Imported(
            sender, pouch.line.counter, entries, receipts, format_spans(counters.missing),
            repeated, fault is None, fault,
        )  # fmt: skip

    def _take_one(self, parcel: Parcel) -> tuple[int, int]:
        match parcel:
            case Heads():
                self._counter.take_heads(parcel)
                return 0, 0
            case Batch():
                before = self._counter.held(parcel.log)
                self._counter.take_batch(parcel)
                return self._counter.held(parcel.log) - before, 0
            case Receipt():
                return 0, int(self._counter.take_receipt(parcel).fresh)

    # -- counters --------------------------------------------------------------------------

    def _counters(self, party: PartyId) -> Counters:
        data = self._drawer.get(_SHELF, self._key(party))
        return from_bytes(Counters, data, MIB, "pouch.drawer") if data else NO_POUCHES

    def _keep(self, party: PartyId, counters: Counters) -> None:
        self._drawer.put(_SHELF, self._key(party), to_bytes(counters))

    def _key(self, party: PartyId) -> str:
        return f"{self._book.id.hex()}-{party.hex()}"


def open_pouch(
    chunks: Iterable[bytes], identities: list[str], own: PartyId, books: dict[DialogueId, Book]
) -> Pouch:
    """Open a pouch for us and prove its manifest. Raises as `exchange.pouch.read_pouch`."""

    def keys(dialogue: DialogueId, party: PartyId, node: KeyPrint) -> PublicKey | None:
        book = books.get(dialogue)
        if book is None:
            return None
        for standing in book.state.logs.values():
            known = book.state.charter.parties[standing.party]
            if known == party and standing.node.print == node:
                return standing.node
        return None

    return read_pouch(chunks, [decode_identity(one) for one in identities], keys, own)


def carried(ranges: Iterable[Range]) -> int:
    """Return how many entries ranges hold."""
    return sum(end - start for _, start, end in ranges)
