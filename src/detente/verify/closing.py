"""After the last item: all that a pass found out, as one report.

Carries out docs/spec/11-bundle.md §6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

from detente.record.verdict import Standing
from detente.terms.errors import N_, Rejected
from detente.terms.ids import party_letter
from detente.verify.dating import misdated
from detente.verify.finality import find_dispute, show_minutes
from detente.verify.misconduct import two_histories
from detente.verify.missing import find_missing, find_unowned, show_held
from detente.verify.reading import Reading
from detente.verify.report import (
    Damage,
    LogShown,
    MinuteShown,
    Outcome,
    PartyShown,
    ReceiptShown,
    Report,
    Sentence,
    Subject,
)
from detente.verify.shelf import ShelvedLog

_NOT_PROVING: Final = frozenset(
    {
        "record.bundle.magic",
        "record.bundle.short",
        "record.genesis.suite",
        "record.proof.magic",
        "verify.owner.withheld",
        "verify.proof.unsigned",
    }
)
"""Faults that say too little is here, not that something is wrong."""


def make_report(reading: Reading, proofs: Iterable[bytes], digest: str) -> Report:
    """Return the report on a pass over a whole bundle, or over what came before its first damage.

    Args:
        proofs: fork proofs counted in any pass.
        digest: SHA-256 of the bytes read.
    """
    if reading.founding is None:
        return Report(outcome_of(reading.damage), digest=digest, damage=reading.damage)
    reading.settle()
    damage, doubts = reading.damage, []
    shown: list[MinuteShown] = []
    if damage is None:
        damage = find_unowned(reading)
    if damage is None:
        doubts = list(find_missing(reading))
        shown = show_minutes(reading.shelf, reading.complete_minutes())
        damage = find_dispute(shown)
    outcome = Outcome.CANNOT_TELL if doubts else outcome_of(damage)
    logs = reading.shelf.logs
    own_proofs: list[Sentence] = []
    for proof in proofs:
        with suppress(
            Rejected
        ):  # one that a later pass left out, with the document that it rests on
            own_proofs.append(two_histories(reading.judging.state, proof))
    return Report(
        outcome,
        Subject.RECORD,
        reading.founding.dialogue.hex(),
        digest,
        _parties(reading),
        reading.entries,
        tuple(_show_log(reading, number, log) for number, log in enumerate(logs)),
        tuple(act for number, seq, act in reading.judging.acts if seq < logs[number].intact),
        tuple(shown),
        tuple(one for log in logs for one in log.stretches(Standing.VOID)),
        tuple(one for log in logs for one in log.stretches(Standing.NOT_UNDERSTOOD)),
        tuple(one for log in logs for one in log.without_payload()),
        tuple(one for log in logs for one in log.resting_on_others()),
        tuple(show_held(reading)),
        tuple(
            one
            for number, log in enumerate(logs)
            for one in misdated(reading.shelf, log, reading.signatures.received.get(number, ()))
        ),
        tuple(_receipts(reading)),
        _each_once([*own_proofs, *reading.misconduct]),
        damage,
        tuple(doubts),
        _each_once([*_strangers(reading), *reading.remarks]),
    )


def outcome_of(damage: Damage | None) -> Outcome:
    """Return what the first damage makes of a record."""
    if damage is None:
        return Outcome.INTACT
    return Outcome.CANNOT_TELL if damage.what.code in _NOT_PROVING else Outcome.BAD


def _each_once(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    known: dict[str, Sentence] = {}
    for one in sentences:
        known.setdefault(repr(one), one)
    return tuple(known.values())


def _parties(reading: Reading) -> tuple[PartyShown, ...]:
    charter = reading.judging.state.charter
    return tuple(
        PartyShown(party_letter(index), charter.versions[index][-1].document.name(), party.hex())
        for index, party in enumerate(charter.parties)
    )


def _strangers(reading: Reading) -> Iterator[Sentence]:
    if reading.signatures.strangers:
        message = N_("Receipts by keys that belong to nobody here, which were ignored: {count}.")
        yield Sentence("verify.strangers", message, {"count": reading.signatures.strangers})


def _show_log(reading: Reading, number: int, log: ShelvedLog) -> LogShown:
    papers, newest = log.papers, reading.signatures.newest.get((number, None))
    size = len(log.leaves)
    uncovered = ""
    if log.covered < size:
        uncovered = f"{log.mark(log.covered)}…{log.mark(size - 1)}"
    return LogShown(
        party_letter(papers.party), papers.lane.name.lower(), papers.epoch, size, log.intact,
        log.mark(log.intact - 1) if log.intact else "", newest.time if newest else 0, uncovered,
    )  # fmt: skip


def _receipts(reading: Reading) -> Iterator[ReceiptShown]:
    charter = reading.judging.state.charter
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for (number, signer), statement in reading.signatures.newest.items():
        if signer is None:
            continue
        party = reading.signatures.party_of(signer)
        keys = {version.document.node_key().print for version in charter.versions[party]}
        if signer in keys and statement.size <= reading.shelf.logs[number].intact:
            key = (number, party)
            best[key] = max(best.get(key, (0, 0)), (statement.size, statement.time))
    for (number, party), (size, time) in sorted(best.items()):
        yield ReceiptShown(reading.shelf.logs[number].mark(size - 1), party_letter(party), time)
