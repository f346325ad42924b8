"""What a bundle does not hold although something in it shows that it should.

Carries out docs/spec/11-bundle.md §5, step 10. Invariant: nothing missing is ever passed over in
silence; it makes the outcome *cannot tell*, and blames nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.dialogue.past import Held
from detente.terms.errors import N_
from detente.terms.ids import party_letter
from detente.verify.reading import Reading
from detente.verify.report import Damage, Sentence, Stretch
from detente.verify.shelf import Shelf, ShelvedLog


def find_unowned(reading: Reading) -> Damage | None:
    """Return what is wrong with a log of which it could not be told whose it is."""
    for number, fault in reading.judging.unowned.items():
        mark = reading.shelf.logs[number].mark(0)
        return Damage(Sentence(fault.code, fault.sentence, dict(fault.details)), mark)
    return None


def find_missing(reading: Reading) -> Iterator[Sentence]:
    """Yield a sentence for each thing that is missing."""
    shelf, judging = reading.shelf, reading.judging
    for log, standing in judging.state.logs.items():
        if log not in shelf.numbers:
            message = N_("A log of {letter} is not in this bundle.")
            yield Sentence("verify.no-log", message, {"letter": party_letter(standing.party)})
    for number, shelved in enumerate(shelf.logs):
        beyond = reading.signatures.unreached(number)
        if beyond is not None:
            message = N_("A signature covers entries up to {mark}, and they are not all here.")
            yield Sentence("verify.cut", message, {"mark": shelved.mark(beyond.size - 1)})
        if shelved.covered < len(shelved.leaves):
            message = N_("Nobody has signed for the entries from {mark} on.")
            yield Sentence("verify.uncovered", message, {"mark": shelved.mark(shelved.covered)})
        if number in judging.given_up:
            message = N_(
                "Entries from {mark} on stand too far from those that they name to be judged."
            )
            yield Sentence("verify.order", message, {"mark": shelved.mark(shelved.judged)})
    for number, held in judging.held.items():
        yield _claimed(reading, shelf.logs[number], held)


def _claimed(reading: Reading, log: ShelvedLog, held: Held) -> Sentence:
    """Return who says that there is something which is not here, and what speaks for it.

    The name of an entry is the word of whoever wrote it, and no proof: it must not read as if the one
    named had two histories, or had kept something back.
    """
    values: dict[str, str | int] = {
        "mark": log.mark(held.seq), "letter": party_letter(log.papers.party)
    }  # fmt: skip
    named = reading.shelf.find(held.missing.log)
    if named is None:
        message = N_(
            "{mark}, by the node of {letter}, names an entry of a log that is not in this bundle. "
            "Whether there is such a log cannot be told from it."
        )
        return Sentence("verify.held.log", message, values)
    values["missing"] = named.mark(held.missing.seq)
    values["owner"] = party_letter(named.papers.party)
    if held.contradicts:
        if held.missing.seq < named.intact:
            message = N_(
                "{mark}, by the node of {letter}, names another entry {missing} than the one that is "
                "here. The one here is signed by the node of {owner}; for another, {mark} is no proof."
            )
        else:
            message = N_(
                "{mark}, by the node of {letter}, names another entry {missing} than the one that is "
                "here."
            )
        return Sentence("verify.contradiction", message, values)
    if held.missing.seq < named.covered:
        message = N_("{mark}, by the node of {letter}, names {missing}, which is not here.")
    else:
        message = N_(
            "{mark}, by the node of {letter}, names {missing}, which is not here. No signature of the "
            "node of {owner} that is here reaches as far."
        )
    return Sentence("verify.held", message, values)


def _missing(shelf: Shelf, log: bytes, seq: int) -> str:
    shelved = shelf.find(log)
    return shelved.mark(seq) if shelved else ""


def show_held(reading: Reading) -> Iterator[Stretch]:
    """Yield the entries that wait for what is not here, and the mark of what they wait for."""
    for number, held in sorted(reading.judging.held.items()):
        log = reading.shelf.logs[number]
        last = min(log.covered, len(log.leaves)) - 1
        reason = _missing(reading.shelf, *held.missing[:2])
        yield Stretch(log.mark(held.seq), log.mark(last), last - held.seq + 1, reason)
