"""What a bundle does not hold although something in it shows that it should.

Carries out docs/spec/11-bundle.md §5, step 10. Invariant: nothing missing is ever passed over in
silence; it makes the outcome *cannot tell*, and blames nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from detente.terms.errors import N_
from detente.terms.ids import party_letter
from detente.verify.reading import Reading
from detente.verify.report import Damage, Sentence, Stretch
from detente.verify.shelf import Shelf


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
        values: dict[str, str | int] = {
            "mark": shelf.logs[number].mark(held.seq), "missing": _missing(shelf, *held.missing[:2])
        }  # fmt: skip
        if held.contradicts:
            message = N_("{mark} names another entry {missing} than the one that is here.")
            yield Sentence("verify.contradiction", message, values)
        elif values["missing"]:
            message = N_("{mark} names {missing}, which is not here.")
            yield Sentence("verify.held", message, values)
        else:
            message = N_("{mark} names an entry of a log that is not in this bundle.")
            yield Sentence("verify.held.log", message, values)


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
