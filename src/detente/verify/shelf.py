"""What a verification keeps of the entries that it has read: little, packed, and enough to judge others.

Per entry an identifier (32 bytes), a clock (8) and a verdict (1); per log of which an entry's author had
seen more than before, a place and a size (16). Logs that nobody names cost nothing, however many a
bundle lists. Payloads are forgotten once judged (docs/spec/11-bundle.md §5).

Invariant: append-only; it answers `dialogue.admit.Facts` for judged entries.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby

from detente.dialogue.admit import Run
from detente.dialogue.past import Fact
from detente.record.bundle import LogPapers
from detente.record.chain import Extension, LogHead, start_log
from detente.record.leaves import Leaves
from detente.record.verdict import Standing, Verdict
from detente.terms.ids import MARK_TAG_CHARS, DialogueId, LogId, format_mark
from detente.verify.report import Stretch

_CLOCK = struct.Struct("<Q")
_DOUBTED = bytes.maketrans(
    bytes((Standing.COUNTED, Standing.VOID)), bytes((Standing.WITHHELD, Standing.WITHHELD))
)


class Growth:
    """How much of one log the authors of another's entries had seen: where it grew, and to what."""

    def __init__(self) -> None:
        self.seqs = array("Q")
        self.sizes = array("Q")

    def at(self, seq: int) -> int:
        """Return how many first entries the author of an entry had seen."""
        found = bisect_right(self.seqs, seq)
        return self.sizes[found - 1] if found else 0


class ShelvedLog:
    """One log as far as it was read."""

    def __init__(self, dialogue: DialogueId, papers: LogPapers) -> None:
        self.papers = papers
        self.tag = ""
        """In its marks, where its party has another log of its epoch and lane."""
        self.leaves = Leaves()
        self.head: LogHead = start_log(dialogue, papers.log)
        self.clocks = bytearray()
        self.times = array("Q")
        """Claimed time of each entry read, in milliseconds."""
        self.standings = bytearray()
        """One byte for each judged entry."""
        self.reasons: dict[int, str] = {}
        self.withheld = bytearray()
        """One byte for each entry read: 1 where the payload is not here."""
        self.covered = 0
        """Entries below the newest checkpoint of the log's own node."""
        self.intact = 0
        """Entries below the largest checkpoint whose root was found to agree."""
        self.growths: dict[int, Growth] = {}
        """Number of another log → what the authors of these entries had seen of it."""

    @property
    def judged(self) -> int:
        """Return how many first entries are judged."""
        return len(self.standings)

    def mark(self, seq: int) -> str:
        """Return the mark of an entry."""
        papers = self.papers
        return format_mark(papers.party, papers.lane, papers.epoch, seq, self.tag)

    def append(self, extension: Extension) -> None:
        """Take entries that were found to continue the log."""
        self.head = extension.head
        entries = extension.entries
        self.leaves.append([entry.id for entry in entries], extension.kept)
        self.clocks += struct.pack(f"<{len(entries)}Q", *[entry.header.clock for entry in entries])
        self.times.extend([entry.header.time for entry in entries])
        self.withheld += bytes([entry.payload is None for entry in entries])

    def clock(self, seq: int) -> int:
        """Return the clock of an entry."""
        clock: int = _CLOCK.unpack_from(self.clocks, 8 * seq)[0]
        return clock

    def verdict(self, seq: int) -> Verdict:
        """Return the verdict of a judged entry."""
        return Verdict(Standing(self.standings[seq]), self.reasons.get(seq, ""))

    def doubt(self) -> None:
        """Make every verdict but *not understood* one that cannot be told."""
        self.standings = self.standings.translate(_DOUBTED)
        self.reasons.clear()

    def stretches(self, standing: Standing) -> Iterator[Stretch]:
        """Yield the stretches of judged entries of one standing and reason."""
        for first, last in runs_of(self.standings, standing):
            if standing == Standing.VOID:
                at = first
                for reason, run in groupby(self.reasons[seq] for seq in range(first, last + 1)):
                    count = sum(1 for _ in run)
                    yield self.stretch(at, at + count - 1, reason)
                    at += count
            else:
                yield self.stretch(first, last, "")

    def without_payload(self) -> Iterator[Stretch]:
        """Yield the stretches of entries whose payload is not here."""
        for first, last in runs_of(self.withheld, 1):
            yield self.stretch(first, last, "")

    def resting_on_others(self) -> Iterator[Stretch]:
        """Yield the stretches of entries whose verdict rests on a payload that is not here."""
        unsure = (
            bytes(
                standing == Standing.WITHHELD and not withheld
                for standing, withheld in zip(self.standings, self.withheld, strict=False)
            )
            if Standing.WITHHELD in self.standings
            else b""
        )
        for first, last in runs_of(unsure, 1):
            yield self.stretch(first, last, "")

    def stretch(self, first: int, last: int, reason: str) -> Stretch:
        """Return neighbouring entries that share a fate."""
        return Stretch(self.mark(first), self.mark(last), last - first + 1, reason)


def runs_of(row: bytes | bytearray, wanted: int) -> Iterator[tuple[int, int]]:
    """Yield (first, last) for neighbouring bytes of one value."""
    at = 0
    for value, run in groupby(row):
        count = len(list(run))
        if value == wanted:
            yield at, at + count - 1
        at += count


class Shelf:
    """All logs of a bundle, and the facts about their judged entries."""

    def __init__(self) -> None:
        self.logs: list[ShelvedLog] = []
        self.numbers: dict[bytes, int] = {}

    def add(self, log: ShelvedLog) -> None:
        """Add a log; all are added before the first entry is judged."""
        one = log.papers
        for other in self.logs:
            twin = other.papers
            if (twin.party, twin.epoch, twin.lane) == (one.party, one.epoch, one.lane):
                other.tag, log.tag = (each.log.hex()[:MARK_TAG_CHARS] for each in (twin, one))
        self.numbers[log.papers.log] = len(self.logs)
        self.logs.append(log)

    def find(self, log: bytes) -> ShelvedLog | None:
        """Return a log by its identifier."""
        number = self.numbers.get(log)
        return None if number is None else self.logs[number]

    def keep(self, log: ShelvedLog, run: Run) -> None:
        """Keep what judging found out about the next entries of a log."""
        first = log.judged
        log.standings += bytes(run.admitted - first)
        for seq, verdict in run.verdicts.items():
            log.standings[seq] = verdict.standing
            if verdict.reason:
                log.reasons[seq] = verdict.reason
        for seq, past in sorted(run.seen.items()):
            for other, size in past.items():
                number = self.numbers[other]
                growth = log.growths.get(number)
                if growth is None:
                    growth = log.growths[number] = Growth()
                elif growth.sizes[-1] == size:
                    continue
                growth.seqs.append(seq)
                growth.sizes.append(size)

    def past(self, log: ShelvedLog, seq: int) -> dict[bytes, int]:
        """Return the causal past of a judged entry, itself included."""
        past: dict[bytes, int] = {
            self.logs[number].papers.log: size
            for number, growth in log.growths.items()
            if (size := growth.at(seq))
        }
        past[log.papers.log] = seq + 1
        return past

    def fact(self, log: LogId, seq: int) -> Fact:
        """Return the facts of a judged entry (`dialogue.admit.Facts`)."""
        shelved = self.logs[self.numbers[log]]
        return Fact(shelved.leaves.leaf(seq), shelved.clock(seq), self.past(shelved, seq))

    def has_judged(self, log: bytes, seq: int) -> bool:
        """Tell whether an entry is here and judged."""
        shelved = self.find(log)
        return shelved is not None and shelved.judged > seq
