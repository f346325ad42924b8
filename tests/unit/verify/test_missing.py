"""What is not in a bundle although something in it shows that it should be: never silently complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detente.charter import entries as charter
from detente.dialogue.kinds import MINUTE
from detente.record.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from detente.terms.ids import EntryId, Lane, LogId, Ref
from detente.testing.parties import make_key, renew_party
from detente.testing.scribe import Scribe
from detente.testing.written import WrittenLog, prove_fork
from detente.verify import judging
from detente.verify.report import Outcome, Report, Stretch
from detente.verify.words import lines, say
from tests.bundles import (
    CHECKPOINT,
    LOG,
    RECEIPT,
    bundle,
    bundle_of,
    entries_of,
    put_together,
    recount,
    take_apart,
    talk,
    verified,
    with_entries,
    write_talk,
)


def _codes(report: Report) -> set[str]:
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.exit_code() == 2
    return {doubt.code for doubt in report.doubts}


def _cut(size: int, keep: Callable[[Checkpoint], bool]) -> Report:
    """Verify the talk with A's table cut to `size`, and of its signatures only those to keep."""
    log = talk().log(0).id
    items = take_apart(bundle())
    number = [item[1] for item in items if item[0] == LOG].index(log)
    entries, seen = [], 0
    for entry in entries_of(items):
        seen += entry[0] == number
        if entry[0] != number or seen <= size:
            entries.append(entry)

    def is_kept(item: list[Any]) -> bool:
        if item[0] not in (CHECKPOINT, RECEIPT):
            return True
        checkpoint = decode_checkpoint(item[1])
        return checkpoint.log != log or keep(checkpoint)

    return verified(with_entries(items, entries, is_kept))


def test_a_log_cut_below_its_newest_signature_is_not_complete() -> None:
    """Attack 4: a signature over more entries than are here shows that some are missing."""
    report = _cut(13, lambda checkpoint: True)
    assert "verify.cut" in _codes(report)
    assert report.logs[1].last_intact == "A-12"


def test_a_log_cut_with_its_signatures_is_missed_by_what_others_named() -> None:
    """Attack 4: the other side's entries name what was dropped, and wait for it."""
    report = _cut(11, lambda checkpoint: checkpoint.size <= 11)
    assert _codes(report) == {"verify.held"}
    assert report.doubts[0].values == {
        "mark": "B-5", "letter": "B", "missing": "A-11", "owner": "A"
    }  # fmt: skip
    assert say(report.doubts[0]) == (
        "B-5, by the node of B, names A-11, which is not here. No signature of the node of A that is "
        "here reaches as far."
    )
    assert report.held == (Stretch("B-5", "B-8", 4, "A-11"),)
    assert all(act.mark not in {"B-5", "B-6"} for act in report.acts)


def test_a_receipt_of_the_other_side_shows_what_was_dropped() -> None:
    """Attack 4: a receipt outlives the entries that somebody would rather not have written."""
    report = _cut(
        11, lambda one: one.size <= 11 or one.signer != talk().parties[0].node.public.print
    )
    assert "verify.cut" in _codes(report)


def test_a_prefix_that_nothing_contradicts_is_intact_up_to_its_own_end() -> None:
    """What nobody has named or receipted cannot be missed; the words say how far the record reaches."""
    scribe = write_talk("prefix")
    before = bundle_of(scribe)
    scribe.say(0, "Not in the first export.")
    report = verified(before)
    assert report.outcome is Outcome.INTACT
    assert report.logs[1].last_intact == "A-13"
    assert verified(bundle_of(scribe)).logs[1].last_intact == "A-14"


def test_a_whole_log_left_out_is_missed() -> None:
    """docs/spec/11-bundle.md §5.1 step 10: every log of the founding must be there."""
    scribe = Scribe(seed="left out").open()
    del scribe.written[scribe.log(1).id]
    codes = _codes(verified(bundle_of(scribe)))
    assert "verify.no-log" in codes


def test_a_log_of_a_later_epoch_left_out_is_missed_when_it_was_named() -> None:
    """docs/spec/11-bundle.md §5.1 step 10: an entry names a log that is not here."""
    scribe = write_talk("epochs")
    scribe.open_epoch(1, key="second")
    scribe.say(0, "I have seen your new epoch.")
    for log in [log for log in scribe.written.values() if log.epoch == 1]:
        del scribe.written[log.id]
    report = verified(bundle_of(scribe))
    assert _codes(report) == {"verify.held.log"}


def test_an_opening_without_its_payload_leaves_its_log_unowned() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: what a withheld document would have said cannot be told."""
    scribe = write_talk("withheld opening")
    scribe.open_epoch(1, key="second")
    data = bundle_of(scribe, released=lambda log, entry: log.epoch == 0)
    report = verified(data)
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.damage is not None
    assert report.damage.what.code == "verify.owner.withheld"


def test_a_document_that_is_skipped_leaves_the_log_unowned() -> None:
    """docs/spec/03-charter.md §1: each version follows on the one before; a withheld one is missed."""
    scribe = write_talk("skipped document")
    scribe.open_epoch(1, key="second")
    scribe.open_epoch(1, key="third")
    report = verified(bundle_of(scribe, released=lambda log, entry: log.epoch != 1))
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.damage is not None
    assert report.damage.what.code == "verify.owner.withheld"


def test_an_entry_that_names_another_than_the_one_here_is_pointed_at() -> None:
    """Attacks 1 and 3: A may have signed two histories, or B may say so; B says it, and A's one is here."""
    scribe = Scribe(seed="contradiction").open()
    log = scribe.log(0)
    ref = Ref(log.id, log.size - 1, EntryId(b"\x07" * 32))
    clock = max(log.head.clock, scribe.log(1).head.clock) + 1
    scribe.write(1, 4711, b"seen", refs=(ref,), clock=clock)
    scribe.sign(1)
    report = verified(bundle_of(scribe))
    assert _codes(report) == {"verify.contradiction"}
    (doubt,) = report.doubts
    assert say(doubt) == (
        "B-2, by the node of B, names another entry A-1 than the one that is here. The one here is "
        "signed by the node of A; for another, B-2 is no proof."
    )
    assert report.logs[1].last_intact == "A-1"


def test_a_name_that_leads_nowhere_is_said_to_be_its_authors_word() -> None:
    """Attack 3: who invents a log makes it untold whether all is here, and nothing looks like A's doing."""
    scribe = Scribe(seed="invented").open()
    ref = Ref(LogId(b"\xee" * 32), 7, EntryId(b"\xdd" * 32))
    scribe.write(1, 4711, b"seen", refs=(ref,))
    scribe.sign(1)
    scribe.say(0, "Honest.")
    report = verified(bundle_of(scribe))
    assert _codes(report) == {"verify.held.log"}
    (doubt,) = report.doubts
    assert say(doubt) == (
        "B-2, by the node of B, names an entry of a log that is not in this bundle. Whether there is "
        "such a log cannot be told from it."
    )
    assert "A-2" in {act.mark for act in report.acts}


@pytest.mark.parametrize("falling", [False, True])
def test_entries_in_any_order_of_logs_are_judged_alike(falling: bool) -> None:
    """docs/spec/11-bundle.md §3.3 is a SHOULD: log after log, the verdicts are the same."""
    items = take_apart(bundle())
    by_log = sorted(entries_of(items), key=lambda entry: entry[0], reverse=falling)
    report = verified(with_entries(items, by_log))
    assert report.outcome is Outcome.INTACT
    assert set(report.acts) == set(verified(bundle()).acts)
    assert report.minutes == verified(bundle()).minutes


def test_entries_too_far_from_what_they_name_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle cannot make a verifier keep all of it in memory by standing in the wrong order."""
    monkeypatch.setattr(judging, "WAITING_BYTES", 4096)
    items = take_apart(bundle())
    by_log = sorted(entries_of(items), key=lambda entry: entry[0], reverse=True)
    codes = _codes(verified(with_entries(items, by_log)))
    assert "verify.order" in codes


def test_receipts_by_strangers_are_ignored_and_counted() -> None:
    """docs/spec/11-bundle.md §5.1 step 4: a receipt by an unknown key is no receipt."""
    scribe = write_talk("strangers")
    scribe.log(0).sign(scribe.now_ms // 1000, by=make_key("stranger"))
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    assert [(one.code, one.values) for one in report.remarks] == [
        ("verify.strangers", {"count": 1})
    ]
    assert report.receipts == verified(bundle_of(write_talk("strangers"))).receipts


def test_a_receipt_under_a_key_that_a_bundle_only_claims_is_no_receipt() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: naming a key in a log of no entries makes it nobody's key."""
    scribe = write_talk("claimed")
    key = make_key("claimed")
    empty = WrittenLog(scribe.founded.dialogue, (1, scribe.parties[1].id), key, 7, Lane.TABLE)
    items = take_apart(bundle_of(scribe))
    log = scribe.log(0)
    forged = log.sign(scribe.now_ms // 1000, by=key)
    logs = [i for i, item in enumerate(items) if item[0] == LOG]
    items.insert(logs[-1] + 1, [LOG, empty.id, 1, key.public.to_plain(), 7, 1, 0])
    receipts = [
        i
        for i, item in enumerate(items)
        if item[0] == RECEIPT and decode_checkpoint(item[1]).log == log.id
    ]
    at = receipts[-1] + (forged.signer > decode_checkpoint(items[receipts[-1]][1]).signer)
    items.insert(at, [RECEIPT, encode_checkpoint(forged)])
    report = verified(put_together(recount(items)))
    assert report.outcome is Outcome.INTACT
    assert report.receipts == verified(bundle_of(write_talk("claimed"))).receipts


def test_redaction_keeps_chain_order_and_counts_provable() -> None:
    """Attack 40: payloads gone, every header here; the record is intact and says what is missing."""
    data = bundle_of(talk(), released=lambda log, entry: log.party == 0)
    report, whole = verified(data), verified(bundle())
    assert report.outcome is Outcome.INTACT
    assert report.entries == whole.entries == 29
    assert report.logs == whole.logs
    assert report.receipts == whole.receipts
    assert report.withheld == (Stretch("B-L0", "B-L2", 3, ""), Stretch("B-0", "B-8", 9, ""))
    assert report.withheld_entries() == 12


def test_what_rests_on_a_withheld_payload_is_not_called_void() -> None:
    """docs/spec/06-dialogue.md §2: whether an act counts may depend on what is not here."""
    scribe = talk()
    grants = charter.GRANT
    data = bundle_of(scribe, released=lambda log, entry: entry.header.kind != grants)
    report = verified(data)
    assert report.outcome is Outcome.INTACT
    assert report.void == ()
    assert [(one.first, one.last) for one in report.unjudged] == [
        ("A-1", "A-4"), ("A-11", "A-13"), ("B-1", "B-3"), ("B-5", "B-7"),
    ]  # fmt: skip
    assert all(act.kind.startswith("charter.") for act in report.acts)


@pytest.mark.parametrize("kind", [charter.REVOCATION, charter.CLOSING])
def test_what_a_dismissed_delegate_says_does_not_count_when_the_dismissal_is_withheld(
    kind: int,
) -> None:
    """docs/spec/02-order.md §3.6: who redacts cannot put somebody back into office."""
    scribe = Scribe(seed="dismissed").open("head", "aide")
    aide = scribe.people[0]["aide"]
    before = scribe.say(0, "In office.", aide)
    (granted,) = scribe.state.charter.grants[aide.key.public.print]
    grant = Ref(scribe.log(0, Lane.LINE).id, granted.where.seq, EntryId(granted.id))
    if kind == charter.REVOCATION:
        body = charter.Revocation(grant, "dismissed")
        scribe.enter(0, "charter.revocation", body, scribe.parties[0].root)
    else:
        scribe.enter(0, "charter.closing", charter.Closing(grant))
    after = scribe.say(0, "After dismissal.", aide)
    reason = scribe.verdicts[after.log, after.seq].reason
    assert reason in {"charter.revoked", "charter.expired"}
    report = verified(bundle_of(scribe, released=lambda log, entry: entry.header.kind != kind))
    assert report.outcome is Outcome.INTACT
    assert report.void == ()
    assert report.unjudged == (Stretch(f"A-{after.seq}", f"A-{after.seq}", 1, ""),)
    marks = {act.mark for act in report.acts}
    assert f"A-{before.seq}" in marks
    assert f"A-{after.seq}" not in marks
    said = [say(line) for line in lines(report)]
    told = "Whether these count cannot be told without the missing payloads"
    assert f"{told}: A-{after.seq}." in said


def _forked_scribe() -> Scribe:
    scribe = write_talk("withheld proof")
    log = scribe.log(0)
    other = log.branch(log.size - 2)
    scribe.write(0, 4711, b"another end", into=other)
    scribe.accuse(1, prove_fork(log, other, scribe.now_ms // 1000))
    return scribe


def test_nothing_counts_while_a_proof_of_two_histories_is_withheld() -> None:
    """docs/spec/02-order.md §3.6: it may leave out any entry, also one read before it."""
    scribe = _forked_scribe()
    data = bundle_of(scribe, released=lambda log, entry: entry.header.kind != charter.FORK)
    report = verified(data)
    assert report.outcome is Outcome.INTACT
    assert (report.acts, report.void, report.minutes) == ((), (), ())
    assert sum(one.entries for one in report.unjudged) == 23
    assert [one.code for one in report.remarks] == ["verify.standing.withheld"]
    codes = {line.code for line in lines(report)}
    assert "words.minute.untold" in codes
    assert "words.minute.none" not in codes


@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_minute_that_is_withheld_matters_where_a_log_is_frozen(is_frozen: bool) -> None:
    """docs/spec/02-order.md §3.6: what it makes final stands, whatever is proven."""
    scribe = _forked_scribe() if is_frozen else write_talk("withheld minute")
    report = verified(bundle_of(scribe, released=lambda log, entry: entry.header.kind != MINUTE))
    assert report.outcome is Outcome.INTACT
    assert bool(report.acts) is not is_frozen
    assert bool(report.unjudged) is is_frozen


def test_whose_a_log_is_cannot_be_told_without_the_document_that_says_so() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: nobody is accused for what was left out."""
    scribe = write_talk("withheld document")
    renewed = renew_party(scribe.parties[1], make_key("withheld document/new"))
    scribe.enter(1, "charter.document", charter.NewDocument(renewed.chain[-1]))
    scribe.parties = (scribe.parties[0], renewed)
    scribe.open_epoch(1)
    assert verified(bundle_of(scribe)).outcome is Outcome.INTACT
    report = verified(
        bundle_of(scribe, released=lambda _, one: one.header.kind != charter.DOCUMENT)
    )
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.damage is not None
    assert report.damage.what.code == "verify.owner.withheld"


def test_a_minute_over_withheld_payloads_is_final_and_its_digest_untold() -> None:
    """docs/spec/11-bundle.md §5.1 step 8: roots agree, verdicts cannot be compared."""
    scribe = talk()
    hidden = scribe.log(0).entries[2].id
    report = verified(bundle_of(scribe, released=lambda log, entry: entry.id != hidden))
    (minute,) = report.minutes
    assert minute.agrees is None
    assert report.outcome is Outcome.INTACT
