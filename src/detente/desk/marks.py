"""Marks by which people name entries, both ways: ``A-12``, ``B-L3``, ``A.1-12``.

Carries out docs/spec/00-terms.md §3.3.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from detente.charter.act import Place
from detente.desk.book import Book
from detente.record.entry import Entry
from detente.terms.errors import N_, Refused
from detente.terms.ids import MARK_TAG_CHARS, Lane, LogId, Ref, format_mark

_MARK: Final = re.compile(r"([A-Ha-h])(?:\.(\d{1,4}))?(?:~([0-9A-Fa-f]{6}))?-([Ll])?(\d{1,12})")


class Mark(NamedTuple):
    """What a mark says, before anybody has looked for the entry."""

    party: int
    epoch: int
    tag: str
    """Beginning of the log's identifier in lower-case hexadecimal, or empty."""
    lane: Lane
    seq: int


def is_mark(text: str) -> bool:
    """Tell whether a text has the form of a mark."""
    return _MARK.fullmatch(text.strip()) is not None


def split_mark(text: str) -> Mark:
    """Return what a mark says. Raises `Refused` ``mark.form``."""
    match = _MARK.fullmatch(text.strip())
    if match is None:
        raise Refused(
            "mark.form",
            N_("{text} is not the mark of an entry."),
            N_("Marks look like A-12, or B-L3 for the line. See: detente log"),
            text=text,
        )
    letter, epoch, tag, line, seq = match.groups()
    lane = Lane.LINE if line else Lane.TABLE
    party = ord(letter.upper()) - ord("A")
    return Mark(party, int(epoch or 0), (tag or "").lower(), lane, int(seq))


def mark_of(book: Book, where: Place | tuple[bytes, int] | Ref) -> str:
    """Return the mark of the entry at a place; ``?`` for a log that is not known here."""
    standing = book.state.logs.get(where[0])
    if standing is None:
        return "?"
    has_twin = len(_twins(book, standing.party, standing.epoch, standing.lane)) > 1
    tag = where[0].hex()[:MARK_TAG_CHARS] if has_twin else ""
    return format_mark(standing.party, standing.lane, standing.epoch, where[1], tag)


def _twins(book: Book, party: int, epoch: int, lane: int) -> list[LogId]:
    """Return a party's logs of one epoch and lane: one, or as many as it opened under several keys."""
    return [
        LogId(log)
        for log, standing in book.state.logs.items()
        if (standing.party, standing.epoch, standing.lane) == (party, epoch, lane)
    ]


def parse_mark(book: Book, text: str) -> tuple[LogId, Entry]:
    """Return log and entry that a mark names.

    Raises:
        Refused: ``mark.form``, ``mark.unknown``, or ``mark.ambiguous`` when the party has two logs that
            it could mean.
    """
    mark = split_mark(text)
    twins = _twins(book, mark.party, mark.epoch, mark.lane)
    logs = [log for log in twins if log.hex().startswith(mark.tag)]
    if len(logs) > 1:
        raise Refused(
            "mark.ambiguous",
            N_("{text} could mean entries of {count} logs, which the party opened under several keys."),
            N_("Name the one that is meant as detente log does: {first}"),
            text=text, count=len(logs), first=mark_of(book, (logs[0], mark.seq)),
        )  # fmt: skip
    for log in logs:
        entry = book.store.entry(log, mark.seq)
        if entry is not None:
            return log, entry
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
