"""Verbs about the record as a whole: exports, pouches, a new epoch, evidence.

Carries out docs/spec/01-record.md §9 and 10-pouch.md. Paths come from our own doors only, never from
anything that arrived.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from detente.charter import entries as charter_entries
from detente.courier.pouchbox import check_place, open_file, suggest_name, write_file
from detente.desk.book import Book
from detente.desk.epochs import open_epoch
from detente.desk.marks import mark_of, parse_mark
from detente.desk.misconduct import stored_tree
from detente.desk.pouches import PouchDesk, carried, open_pouch
from detente.dialogue.kinds import CHARTER, KINDS, RECORD
from detente.node.house import House, Room
from detente.node.placing import placed
from detente.node.plain import Json, Verb, fault_to_plain, read_path
from detente.ports import Store
from detente.record.bundle import LogPapers, release_all, write_bundle
from detente.record.checkpoint import Checkpoint
from detente.record.entry import Entry, decode_payload
from detente.record.proof import write_proof
from detente.record.shapes import from_bytes, to_bytes
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Refused
from detente.terms.ids import DialogueId, LogId, party_letter
from detente.terms.limits import PAYLOAD_BYTES
from detente.verify.proof import Documents

Progress = Callable[[Json], None]
_NEEDED = frozenset(kind.number for kind in (*CHARTER, *RECORD))
"""Kinds whose payloads go along in any export: without who could speak for whom, and what stands, nobody
could say of any act whether it counts."""
_GAPS: Final = 3
"""How many numbers a new epoch of a restored copy is chosen from."""


def quiet(part: Json) -> None:
    """Take progress and do nothing with it."""


class BookSource:
    """One dialogue as an export asks for it (`record.bundle.BundleSource`)."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._store: Store = book.store

    def founding(self) -> bytes:
        """Return the founding papers."""
        return self._store.founding(self._book.id)

    def logs(self) -> Sequence[LogPapers]:
        """Return all logs with their sizes."""
        return [
            LogPapers(
                log, self._book.state.logs[log].party, self._book.state.logs[log].node,
                self._book.state.logs[log].epoch, self._book.state.logs[log].lane, head.size,
            )
            for log, head in self._book.heads.items()
        ]  # fmt: skip

    def entries(self, log: LogId, start: int, count: int) -> Sequence[Entry]:
        """Return entries."""
        return self._store.entries(log, start, count)

    def checkpoints(self, log: LogId) -> Iterable[Checkpoint]:
        """Return the log's own checkpoints."""
        return self._store.checkpoints(log)

    def receipts(self, log: LogId) -> Iterable[Checkpoint]:
        """Return the receipts for the log."""
        return self._store.all_receipts(log)

    def evidence(self) -> Iterable[tuple[str, bytes]]:
        """Return what was kept as evidence."""
        return self._store.evidence(self._book.id)


class RecordVerbs:
    """The record of a node."""

    def __init__(self, house: House, changed: Callable[[Room], None]) -> None:
        self._house = house
        self._changed = changed

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {
            "export": self.export,
            "export.entry": self.export_entry,
            "evidence": self.evidence,
            "pouch.write": self.write_pouch,
            "pouch.read": self.read_pouch,
            "restore.new_epoch": self.new_epoch,
        }

    # -- exports ---------------------------------------------------------------------------

    def export(
        self,
        path: str,
        dialogue: str = "",
        redacted: bool = False,
        release: list[str] | None = None,
        progress: Progress = quiet,
    ) -> Json:
        """Write one bundle that anybody can verify.

        Args:
            path: absolute; the file must not exist.
            redacted: leave out all payloads but those of `release`, the charter's and the minutes';
                headers always go along.
            release: marks of entries whose payloads go along.
        """
        room = self._house.room(dialogue)
        chosen = {parse_mark(room.book, mark)[1].id for mark in release or ()}
        if chosen and not redacted:
            raise Refused(
                "export.release",
                N_("Entries are released one by one only in a redacted export."),
                N_("Add --redacted, or leave out --release."),
            )
        source = BookSource(room.book)
        total = sum(log.size for log in source.logs())

        def released(log: LogPapers, entry: Entry) -> bool:
            if redacted and entry.header.kind in _NEEDED:
                return True
            return entry.id in chosen if redacted else release_all(log, entry)

        chunks = write_bundle(source, released)
        written = _write_new(read_path(path), chunks, total, progress)
        return {"path": path, "bytes": written, "entries": total, "redacted": redacted}

    def export_entry(
        self, mark: str, path: str, dialogue: str = "", withhold: bool = False
    ) -> Json:
        """Write the proof of one entry, which anybody can verify by itself.

        Args:
            mark: of the entry.
            path: absolute; the file must not exist.
            withhold: prove that the entry stands there, without its text.
        """
        room = self._house.room(dialogue)
        book = room.book
        log, entry = parse_mark(book, mark)
        standing = book.state.logs[log]
        signed = _signed(book, log, entry.header.seq)
        if not signed:
            raise Refused(
                "export.unsigned", N_("No signed checkpoint covers {mark} yet."), mark=mark
            )
        papers = LogPapers(
            log, standing.party, standing.node, standing.epoch, standing.lane, signed[0][1].size
        )
        shown = entry._replace(salt=None, payload=None) if withhold else entry
        text = write_proof(
            book.store.founding(book.id), papers, shown, stored_tree(book, log), signed,
            _newer_documents(book, standing.party),
        )  # fmt: skip
        written = _write_new(read_path(path), [text.encode()], 1, quiet)
        return {"path": path, "bytes": written, "mark": mark, "signers": len(signed)}

    def evidence(self, dialogue: str = "") -> Json:
        """Return what is kept as evidence."""
        room = self._house.room(dialogue)
        kept = self._house.store.evidence(room.book.id)
        return [{"kind": kind, "bytes": len(body)} for kind, body in kept]

    # -- pouches ---------------------------------------------------------------------------

    def _desk(self, room: Room) -> PouchDesk:
        return PouchDesk(
            room.book, room.writer, room.counter, self._house.keys, self._house.drawer,
            self._house.clock, os.urandom,
        )  # fmt: skip

    def write_pouch(
        self, path: str, to: str = "", dialogue: str = "", whole: bool = False,
        progress: Progress = quiet,
    ) -> Json:  # fmt: skip
        """Seal a pouch for a party into a folder or a file.

        Args:
            path: absolute; a folder, or a file that does not exist yet.
            to: letter of the party; may be left out where there is only one other.
            whole: carry everything, not only what the party has given no receipt for.
        """
        room = self._house.room(dialogue)
        target = read_path(path)
        check_place(target / suggest_name(b"", 0) if target.is_dir() else target)
        if room.writer.closed_because is None:
            room.upkeep.make_minute()  # where pouches alone go, nothing else would make anything final
        sealing = self._desk(room).seal(self._party(room, to), whole)
        line = sealing.manifest.addressees[0]
        if target.is_dir():
            target = target / suggest_name(sealing.digest, line.counter)
        progress({"done": 0, "total": carried(sealing.manifest.ranges), "what": "sealing"})
        written = write_file(target, sealing.chunks)
        return {
            "path": str(target),
            "counter": line.counter,
            "entries": carried(sealing.manifest.ranges),
            "bytes": written,
        }

    def _party(self, room: Room, letter: str) -> int:
        others = [i for i in range(room.book.state.parties) if i != room.book.own]
        found = [i for i in others if not letter or party_letter(i) == letter.upper()]
        if len(found) != 1:
            raise Refused(
                "api.party",
                N_("Say for which party: {known}."),
                known=", ".join(party_letter(i) for i in others),
            )
        return found[0]

    def read_pouch(self, path: str, progress: Progress = quiet) -> Json:
        """Take a pouch in; it may be old, repeated or torn: what it proves is taken."""
        books = {key: room.book for key, room in self._house.rooms.items()}
        with open_file(read_path(path)) as chunks:
            pouch = open_pouch(chunks, self._house.pouch_identities(), self._house.party, books)
            room = self._house.rooms[DialogueId(pouch.manifest.dialogue)]
            total = carried(pouch.manifest.ranges)
            taken = self._desk(room).take(
                pouch, lambda n: progress({"done": n, "total": total, "what": "entries"})
            )
        self._changed(room)
        index = room.book.founding.genesis.index_of(taken.sender)
        return {
            "from": party_letter(index),
            "counter": taken.number,
            "new": taken.entries,
            "receipts": taken.receipts,
            "missing": taken.missing,
            "repeated": taken.is_repeated,
            "whole": taken.is_whole,
            "fault": fault_to_plain(taken.fault) if taken.fault is not None else None,
            "wants_return": pouch.manifest.wants_receipts,
        }

    # -- epochs ----------------------------------------------------------------------------

    def new_epoch(self, reason: str = "restored", dialogue: str = "", anyway: bool = False) -> Json:
        """Open a new epoch of our own logs, when nobody can tell us our own head.

        Args:
            anyway: a person knows more than this node does, such as that the whole machine was set
                back together with the life mark.

        Raises:
            Refused: ``epoch.needless`` where the present logs can be continued: what is opened then
                says for ever that our node was restored or forked.
        """
        room = self._house.room(dialogue)
        if not anyway and room.counter.is_whole and room.writer.hindrance() is None:
            raise Refused(
                "epoch.needless",
                N_("Our logs can be continued, so a new epoch is not needed; nothing was done."),
                N_("If you know that this is an older copy all the same: detente restore --new-epoch"
                   " --anyway"),
            )  # fmt: skip
        gap = self._house.dice.bytes(1)[0] % _GAPS if reason == "restored" else 0
        refs = open_epoch(
            room.book, room.writer, room.counter, reason, gap=gap, known=self._house.mark.logs()
        )
        self._changed(room)
        return {"openings": [mark_of(room.book, ref) for ref in refs]}


def _signed(book: Book, log: LogId, seq: int) -> list[tuple[PublicKey, Checkpoint]]:
    """Return a checkpoint that covers a position, its own first, with receipts over the same size."""
    nodes = {standing.node.print: standing.node for standing in book.state.logs.values()}
    receipts = [one for one in book.store.receipts(log, seq + 1) if one.signer in nodes]
    for receipt in receipts:
        own = book.store.checkpoint(log, receipt.size)
        if own is not None and own.size == receipt.size:
            same = [one for one in receipts if one.size == own.size]
            return [(nodes[one.signer], one) for one in (own, *same)]
    own = book.store.checkpoint(log, seq + 1)
    return [(nodes[own.signer], own)] if own else []


def _newer_documents(book: Book, party: int) -> bytes:
    """Return a party's documents since the founding, with their signatures; empty when there are none."""
    chain = []
    for version in book.state.charter.versions[party]:
        for where in version.brought_by[:1]:
            entry = book.store.entry(LogId(where.log), where.seq)
            if entry is None or entry.payload is None:
                continue
            body: Any = from_bytes(
                KINDS[entry.header.kind].body, decode_payload(entry.payload).body,
                PAYLOAD_BYTES, "export.document",
            )  # fmt: skip
            chain.append(
                body.signed if entry.header.kind == charter_entries.DOCUMENT else body.document
            )
    return to_bytes(Documents(tuple(chain))) if chain else b""


def _write_new(path: Path, chunks: Iterable[bytes], total: int, progress: Progress) -> int:
    """Write a new file, durable on return; nothing is left behind when it fails."""
    written = 0
    try:
        with placed(path) as part, part.open("wb") as file:
            for chunk in chunks:
                written += file.write(chunk)
                progress({"done": written, "total": 0, "what": "bytes", "entries": total})
            file.flush()
    except FileExistsError:
        raise Refused(
            "export.exists",
            N_("There is a file {path} already."),
            N_("Choose another name; nothing is overwritten."),
            path=str(path),
        ) from None
    except OSError as error:
        raise Refused(
            "export.write",
            N_("The file {path} cannot be written: {why}."),
            path=str(path),
            why=error.strerror or "?",
        ) from error
    return written
