"""What single entries of an export say: for whoever was given it and holds no node.

Carries out docs/spec/11-bundle.md §7. Called after the verification, with its report: nothing is shown
that the report does not call proven, and the payload is the one that the proven header names.

Invariants: as `verify.bundle`; texts are given exactly as stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import Any

from detente.charter.founding import read_founding
from detente.dialogue.bodies import card_of, plain_body, read_body, text_of
from detente.dialogue.kinds import kind_name
from detente.record.bundle import Entries, Founded, LogPapers
from detente.record.bundle_reader import read_bundle
from detente.record.chain import Piece
from detente.record.entry import Entry, decode_entry
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DialogueId, Ref, party_letter, short
from detente.verify.report import EntryShown, Report
from detente.verify.shelf import Shelf, ShelvedLog


def show_entry(entry: Entry, mark: str, party: int, name: Callable[[Ref], Any]) -> EntryShown:
    """Return what an entry says.

    Args:
        entry: proven to stand at its place.
        name: what stands in the place of an entry that it names.
    """
    header, body = entry.header, read_body(entry)
    return EntryShown(
        mark,
        kind_name(header.kind),
        party_letter(party),
        header.actor.hex(),
        header.time,
        entry.payload is not None,
        getattr(body, "lang", ""),
        text_of(body),
        plain_body(body, name) if body is not None else {},
        card_of(body),
    )


def find_entries(
    chunks: Iterable[bytes], marks: Collection[str], report: Report
) -> dict[str, EntryShown]:
    """Return the entries of a bundle that have these marks, as far as they are proven.

    Args:
        chunks: the bytes that `report` is about, from their beginning.

    Returns:
        By mark; one that is not there, or not proven, is left out.

    Raises:
        Rejected: ``verify.changed`` when these are not the bytes that were verified.
    """
    search = _Search(marks, report)
    hasher = sha256()
    try:
        for item in read_bundle(_noted(chunks, hasher)):
            search.take(item)
    except Rejected:  # the report says what; what was proven before it stays proven
        return search.found
    if report.damage is None and hasher.hexdigest() != report.digest:
        raise Rejected("verify.changed", N_("The file changed while it was being read."))
    return search.found


class _Search:
    """Goes through the items of a bundle once."""

    def __init__(self, marks: Collection[str], report: Report) -> None:
        self.found: dict[str, EntryShown] = {}
        self._marks = marks
        self._report = report
        self._shelf = Shelf()
        self._dialogue = DialogueId(b"")
        self._sizes: dict[int, int] = {}

    def take(self, item: Any) -> None:
        """Take the next item."""
        match item:
            case Founded():
                self._dialogue = read_founding(item.data).dialogue
            case LogPapers():
                self._shelf.add(ShelvedLog(self._dialogue, item))
            case Entries():
                for number, pieces in item.runs:
                    self._look(number, pieces)

    def _look(self, number: int, pieces: list[Piece]) -> None:
        log, start = self._shelf.logs[number], self._sizes.get(number, 0)
        self._sizes[number] = start + len(pieces)
        if number >= len(self._report.logs):
            return
        for seq, piece in enumerate(pieces, start):
            if seq >= self._report.logs[number].intact:
                return
            mark = log.mark(seq)
            if mark in self._marks:
                entry = decode_entry(*piece)
                self.found[mark] = show_entry(entry, mark, log.papers.party, self._name)

    def _name(self, ref: Ref) -> str:
        log = self._shelf.find(ref.log)
        return log.mark(ref.seq) if log is not None else name_afar(ref)


def name_afar(ref: Ref) -> str:
    """Return a name for an entry of a log that is not here, so that it has no mark."""
    return f"{short(ref.log)}-{ref.seq}"


def _noted(chunks: Iterable[bytes], hasher: Any) -> Iterable[bytes]:
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk
