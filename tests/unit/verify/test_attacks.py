"""Attacks on a record as a verifier sees them, each with a planted fault that lets it through.

Numbers are those of the list of attacks in docs/threat-model.md. What the planted fault removes is what
the claim before it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detente.charter import entries as charter
from detente.charter import rules
from detente.record import checkpoint as checkpoints
from detente.record.bundle import write_bundle
from detente.record.checkpoint import decode_checkpoint, encode_checkpoint
from detente.seals.signing import PublicKey, Signature, verify_ed25519
from detente.testing.scribe import Scribe
from detente.verify import closing, reading
from detente.verify.report import Outcome, Report, Stretch
from detente.verify.shelf import ShelvedLog
from tests.bundles import (
    CHECKPOINT,
    LOG,
    RECEIPT,
    bundle_of,
    entries_of,
    put_together,
    recount,
    take_apart,
    talk,
    verified,
    with_entries,
)


def _code(report: Report) -> str:
    return report.damage.what.code if report.damage else ""


def _only_ed25519(
    key: PublicKey, ed_message: bytes, mldsa_message: bytes, context: bytes, signature: Signature
) -> None:
    verify_ed25519(key.ed25519, ed_message, signature.ed25519)


# -- attack 4: withheld entries ------------------------------------------------------------


def _range_dropped() -> Report:
    """Verify the talk without the end of A's table and all that was signed about it."""
    items = take_apart(bundle_of(talk()))
    log = talk().log(0).id
    number = [item[1] for item in items if item[0] == LOG].index(log)
    kept, read = [], 0
    for entry in entries_of(items):
        read += entry[0] == number
        if entry[0] != number or read <= 10:
            kept.append(entry)

    def is_kept(item: list[object]) -> bool:
        if item[0] not in (CHECKPOINT, RECEIPT):
            return True
        one = decode_checkpoint(item[1])  # type: ignore[arg-type]
        return one.log != log or one.size <= 10

    return verified(with_entries(items, kept, is_kept))


def test_a_dropped_range_is_never_silently_complete() -> None:
    """Attack 4: 'named by B, not here', and everything that rests on it waits."""
    report = _range_dropped()
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.held != ()


def test_planted_fault_nothing_missing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 4, without the look for what others named."""

    def nothing(_: object) -> Iterator[object]:
        return iter(())

    monkeypatch.setattr(closing, "find_missing", nothing)
    assert _range_dropped().outcome is Outcome.INTACT


# -- attack 6: replay into another dialogue ------------------------------------------------


def _replayed(whole: bool) -> Report:
    """Verify one talk with entries, or all but the founding, of another talk of the same parties."""
    here, there = (take_apart(bundle_of(Scribe(talk=name).open())) for name in ("one", "two"))
    if whole:
        return verified(put_together([here[0], *there[1:]]))
    return verified(with_entries(here, entries_of(there)))


@pytest.mark.parametrize("whole", [False, True])
def test_entries_of_the_same_parties_mean_nothing_in_another_dialogue(whole: bool) -> None:
    """Attack 6: same keys, same persons, another genesis: refused by the log's identifier."""
    report = _replayed(whole)
    assert report.outcome is Outcome.BAD
    assert _code(report) == ("verify.log" if whole else "record.chain.log")


def test_planted_fault_a_bundle_is_believed_about_its_logs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Attack 6, without the identifier: only the next line of defence is left."""
    monkeypatch.setattr(reading, "check_claim", lambda state, papers: None)
    report = _replayed(whole=True)
    assert _code(report) == "verify.checkpoint"


# -- attack 12: node key stolen ------------------------------------------------------------


def _cut() -> Report:
    """Verify a talk in which A's root cuts its node's table two entries back, one of them receipted."""
    scribe = Scribe(seed="cut").open()
    scribe.say(0, "True.")
    log = scribe.log(0)
    mark = charter.LogMark(log.id, log.size, log.entries[-1].id)
    scribe.say(0, "Forged, and named by B before it saw the cut.")
    scribe.say(1, "I have seen both.")
    scribe.say(0, "Forged later.")
    stolen = scribe.parties[0].node.public.print
    scribe.open_epoch(0, key="new")
    body = charter.Cut(stolen, (mark,), "Our node was taken away.")
    scribe.enter(0, "charter.cut", body, scribe.parties[0].root)
    return verified(bundle_of(scribe))


def test_a_cut_leaves_out_what_the_other_side_had_not_named() -> None:
    """Attack 12: what was named before the cut was seen stands, the rest counts for nothing."""
    report = _cut()
    assert report.outcome is Outcome.INTACT
    assert Stretch("A-4", "A-4", 1, "record.frozen") in report.void
    assert any(act.mark == "A-3" for act in report.acts)
    assert all(act.mark != "A-4" for act in report.acts)


def test_planted_fault_a_cut_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 12, without a second pass: the forged entry counts."""
    monkeypatch.setattr(reading, "frozen_sizes", lambda state: {})
    assert any(act.mark == "A-4" for act in _cut().acts)


# -- attack 28: one half of the hybrid stripped --------------------------------------------


def _half_signed(kind: int) -> Report:
    """Verify the talk with the post-quantum half of its last checkpoint or receipt removed."""
    items = take_apart(bundle_of(talk()))
    at = max(i for i, item in enumerate(items) if item[0] == kind)
    one = decode_checkpoint(items[at][1])
    half = one._replace(signature=one.signature._replace(mldsa=b""))
    items[at] = [kind, encode_checkpoint(half)]
    return verified(put_together(items))


@pytest.mark.parametrize("kind", [CHECKPOINT, RECEIPT])
def test_half_a_signature_is_none(kind: int) -> None:
    """Attack 28: both halves are required."""
    report = _half_signed(kind)
    assert (report.outcome, _code(report)) == (Outcome.BAD, "seals.signature")


@pytest.mark.parametrize("kind", [CHECKPOINT, RECEIPT])
def test_planted_fault_one_half_is_enough(monkeypatch: pytest.MonkeyPatch, kind: int) -> None:
    """Attack 28, with the classical half alone looked at."""
    monkeypatch.setattr(checkpoints, "verify_parts", _only_ed25519)
    assert _half_signed(kind).outcome is Outcome.INTACT


def test_all_signatures_stripped_is_not_signed() -> None:
    """Attack 28: the other way to get rid of a half is to get rid of all."""
    items = [item for item in take_apart(bundle_of(talk())) if item[0] not in (CHECKPOINT, RECEIPT)]
    report = verified(put_together(recount(items)))
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.acts == ()


# -- attack 40: deletion demanded ----------------------------------------------------------


def _dropped() -> Report:
    """Verify a talk of which one statement was erased."""
    scribe = Scribe(seed="erased").open()
    scribe.say(0, "To be erased.")
    scribe.say(1, "Noted.")
    log = scribe.log(0)
    log.entries[-1] = log.entries[-1]._replace(salt=None, payload=None)
    data = b"".join(write_bundle(scribe))
    assert b"To be erased" not in data
    return verified(data)


def test_an_erased_payload_leaves_chain_and_counts_provable() -> None:
    """Attack 40: header and place stay; that it is gone is said; nothing else changes."""
    report = _dropped()
    assert report.outcome is Outcome.INTACT
    assert report.withheld == (Stretch("A-2", "A-2", 1, ""),)
    assert [act.mark for act in report.acts][-1] == "B-2"


def test_planted_fault_a_missing_payload_goes_unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 40, without the note of what is not here."""
    monkeypatch.setattr(ShelvedLog, "without_payload", lambda self: iter(()))
    assert _dropped().withheld == ()


# -- attack 14: an act without a mandate ---------------------------------------------------


def _revoked() -> Report:
    scribe = Scribe(seed="revoked").open("head", "clerk")
    clerk = scribe.people[0]["clerk"]
    grant = scribe.grant(0, clerk.name, "clerk")
    for entry in scribe.log(0, scribe.written[grant.log].lane).entries:
        if entry.header.kind == charter.GRANT and entry.id != grant.id:
            ref = grant._replace(seq=entry.header.seq, id=entry.id)
            scribe.enter(
                0, "charter.revocation", charter.Revocation(ref, ""), scribe.parties[0].root
            )
    scribe.enter(0, "charter.revocation", charter.Revocation(grant, ""), scribe.parties[0].root)
    scribe.say(0, "I still speak.", clerk)
    return verified(bundle_of(scribe))


def test_an_act_after_its_mandate_ended_is_void_by_position() -> None:
    """Attack 14: by what its author had seen, not by a clock; every verifier says the same."""
    report = _revoked()
    assert report.void == (Stretch("A-2", "A-2", 1, "charter.revoked"),)


def test_planted_fault_mandates_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack 14, with the newest grant taken as it is."""

    def trusting(state: object, act: object, scope: str) -> object:
        return state.grants[act.actor][-1] if act.actor in state.grants else None  # type: ignore[attr-defined]

    monkeypatch.setattr(rules, "authorise", trusting)
    assert _revoked().void == ()
