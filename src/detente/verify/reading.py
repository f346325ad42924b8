"""One pass over a bundle: the numbered steps of verification, item by item.

Carries out docs/spec/11-bundle.md §5. A pass stops at the first thing that does not hold; what was
proven until then stays proven. A record that holds proof of two histories or a cut is read twice,
because such an entry changes what stands before it.

Invariants: nothing is believed because the bundle says so; memory is bounded by what `verify.shelf`
keeps of each entry and by the state of the dialogue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from detente.charter.founding import Founding, read_founding
from detente.dialogue.doubt import is_standing_untold
from detente.dialogue.minutes import complete_minutes, frozen_sizes
from detente.dialogue.state import start
from detente.record.bundle import Entries, Evidence, Founded, Item, LogPapers, Signed
from detente.record.bundle_reader import read_bundle
from detente.record.chain import Extension, Piece, extend_log
from detente.record.entry import Entry
from detente.record.minute import Minute
from detente.terms.errors import N_, Fault, Rejected
from detente.terms.ids import party_letter
from detente.verify.judging import Judging
from detente.verify.misconduct import weigh
from detente.verify.owners import check_claim
from detente.verify.report import Damage, Sentence
from detente.verify.shelf import Shelf, ShelvedLog
from detente.verify.signatures import Signatures, Statement

STEPS: Final = (
    N_("Checking the founding papers."),
    N_("Checking whose the logs are."),
    N_("Checking the signed checkpoints."),
    N_("Checking the receipts."),
    N_("Checking the chains of entries."),
    N_("Checking roots and judging entries."),
    N_("Judging again, because a proof or a cut changed what stands."),
    N_("Checking the minutes."),
    N_("Weighing the evidence."),
)
"""What is done, in the order in which it is first done; steps 3 to 6 overlap."""

Progress = Callable[[int, int], None]
"""Called with the number of the step, from 1, and the number of entries read so far."""


class Stop(Exception):
    """The first thing that does not hold was found."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(damage.what.code)
        self.damage = damage


def sentence_of(fault: Fault) -> Sentence:
    """Return what a fault says."""
    return Sentence(fault.code, fault.sentence, dict(fault.details))


class Reading:
    """One pass, and what it found out.

    Args:
        stands: log → how many first entries stand, as an earlier pass found out.
        progress: told about each step.
    """

    def __init__(self, stands: Mapping[bytes, int], progress: Progress) -> None:
        self.founding: Founding | None = None
        self.shelf = Shelf()
        self.judging: Judging
        self.signatures: Signatures
        self.misconduct: list[Sentence] = []
        self.remarks: list[Sentence] = []
        self.damage: Damage | None = None
        self.entries = 0
        self.is_told = True
        """Whether it can be told which entries stand; found out by `settle`."""
        self.stands = stands
        self._progress = progress

    def read(self, chunks: Iterable[bytes]) -> None:
        """Take all items; `damage` says what stopped it, if anything did."""
        try:
            for item in read_bundle(chunks):
                self._take(item)
        except Stop as stop:
            self.damage = stop.damage
        except Rejected as fault:
            self.damage = Damage(sentence_of(fault), "")

    def _take(self, item: Item) -> None:
        match item:
            case Entries():
                self._take_entries(item)
            case Founded():
                self._progress(1, 0)
                self.founding = read_founding(item.data)
                self.judging = Judging(start(self.founding), self.shelf, self.stands)
                self.signatures = Signatures(self.founding, self.shelf)
            case LogPapers():
                self._progress(2, 0)
                check_claim(self.judging.state, item)
                self.shelf.add(ShelvedLog(self.judging.state.id, item))
                self.signatures.know(item)
            case Signed():
                self._progress(4 if item.is_receipt else 3, 0)
                self._take_signed(item)
            case Evidence():
                self._progress(9, self.entries)
                proof, remark = weigh(self.judging.state, self.shelf, self.signatures, item)
                self.misconduct += proof
                self.remarks += remark

    def _take_signed(self, signed: Signed) -> None:
        log = self.shelf.logs[signed.number]
        try:
            self.signatures.take(signed)
        except Rejected as fault:
            raise Stop(Damage(sentence_of(fault), log.mark(signed.checkpoint.size - 1))) from None

    def _take_entries(self, item: Entries) -> None:
        pieces: dict[int, list[Piece]] = {}
        for number, run in item.runs:
            pieces.setdefault(number, []).extend(run)
        faults: list[Stop] = []
        fresh = {number: self._extend(number, run, faults) for number, run in pieces.items()}
        self._progress(7 if self.stands else 6, self.entries)
        for number, run in item.runs:  # judged in the order in which they stand
            log, entries = self.shelf.logs[number], fresh[number]
            mine, fresh[number] = entries[: len(run)], entries[len(run) :]
            if mine and mine[-1].header.seq >= log.covered:
                mine = [entry for entry in mine if entry.header.seq < log.covered]
            if mine:
                self.judging.take(number, mine)
        if faults:
            raise faults[0]

    def _extend(self, number: int, pieces: list[Piece], faults: list[Stop]) -> list[Entry]:
        """Add the next entries of a log as far as they fit; note what is wrong, the first first."""
        log = self.shelf.logs[number]
        unfit: list[Stop] = []
        try:
            extension = extend_log(log.head, pieces)
        except Rejected:
            extension, fault = _sound_part(log, pieces)
            unfit.append(fault)
        log.append(extension)
        self.entries += len(extension.entries)
        differs = self.signatures.reached(number)
        if differs is not None:
            faults.append(Stop(self._other_history(log, differs)))
        faults += unfit
        return extension.entries

    def _other_history(self, log: ShelvedLog, statement: Statement) -> Damage:
        mark = log.mark(statement.size - 1)
        party = self.signatures.party_of(statement.signer)
        values: dict[str, str | int] = {"letter": party_letter(party), "mark": mark}
        if statement.is_receipt:
            message = N_(
                "The node of {letter} gave a receipt for other entries up to {mark} than those here."
            )
            return Damage(Sentence("verify.receipt-root", message, values), mark)
        message = N_("The node of {letter} signed other entries up to {mark} than those here.")
        return Damage(Sentence("verify.root", message, values), mark)

    # -- after the last item ---------------------------------------------------------------

    def freezes(self) -> dict[bytes, int]:
        """Return what stands of which logs, by what this pass has counted."""
        return frozen_sizes(self.judging.state)

    def settle(self) -> None:
        """Take every verdict back where a payload is not here on which it hangs what stands."""
        # Here and not while judging: what stands hangs on such an entry wherever it is, also behind.
        if is_standing_untold(self.judging.state, self.stands):
            self.is_told = False
            self.judging.doubt_all()
            message = N_(
                "A cut, a proof of two histories or a minute is here without its payload. What stands "
                "hangs on it, and so of no entry it can be told whether it counts."
            )
            self.remarks.append(Sentence("verify.standing.withheld", message, {}))

    def complete_minutes(self) -> list[Minute]:
        """Return the minutes that all parties entered, as far as that can be told."""
        return complete_minutes(self.judging.state) if self.founding and self.is_told else []


def _sound_part(log: ShelvedLog, pieces: list[Piece]) -> tuple[Extension, Stop]:
    """Return the entries before the first that does not fit, and what is wrong with that one."""
    head = log.head
    sound = Extension(head, [], [])
    for piece in pieces:
        try:
            one = extend_log(sound.head, [piece])
        except Rejected as fault:
            mark = log.mark(sound.head.size)
            return sound, Stop(Damage(sentence_of(fault), mark))
        sound = Extension(one.head, sound.entries + one.entries, sound.kept + one.kept)
    return sound, Stop(Damage(Sentence("verify.chain", N_("A log does not hold."), {}), ""))
