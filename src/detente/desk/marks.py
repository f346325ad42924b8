"""Marks by which people name entries, both ways: ``A-12``, ``B-L3``, ``A.1-12``.

Carries out docs/spec/00-terms.md §3.3.
"""

from __future__ import annotations

import re
from typing import Final

from detente.charter.act import Place
from detente.desk.book import Book
from detente.record.entry import Entry
from detente.terms.errors import N_, Refused
from detente.terms.ids import Lane, LogId, Ref, format_mark

_MARK: Final = re.compile(r"([A-Ha-h])(?:\.(\d{1,4}))?-([Ll])?(\d{1,12})")


def mark_of(book: Book, where: Place | tuple[bytes, int] | Ref) -> str:
    """Return the mark of the entry at a place; ``?`` for a log that is not known here."""
    standing = book.state.logs.get(where[0])
    if standing is None:
        return "?"
    return format_mark(standing.party, standing.lane, standing.epoch, where[1])


def parse_mark(book: Book, text: str) -> tuple[LogId, Entry]:
    """Return log and entry that a mark names.

    Raises:
        Refused: ``mark.form`` or ``mark.unknown``.
    """
    match = _MARK.fullmatch(text.strip())
    if match is None:
        raise Refused(
            "mark.form",
            N_("{text} is not the mark of an entry."),
            N_("Marks look like A-12, or B-L3 for the line. See: detente log"),
            text=text,
        )
    letter, epoch, line, seq = match.groups()
    lane = Lane.LINE if line else Lane.TABLE
    party = ord(letter.upper()) - ord("A")
    for log, standing in book.state.logs.items():
        same = (standing.party, standing.epoch, standing.lane) == (party, int(epoch or 0), lane)
        entry = book.store.entry(LogId(log), int(seq)) if same else None
        if entry is not None:
            return LogId(log), entry
    raise Refused(
        "mark.unknown",
        N_("There is no entry {text} here."),
        N_("See which there are: detente log"),
        text=text,
    )


def ref_of(book: Book, text: str) -> Ref:
    """Return the reference to the entry that a mark names."""
    log, entry = parse_mark(book, text)
    return Ref(log, entry.header.seq, entry.id)
