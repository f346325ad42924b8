"""Whatever is altered in a bundle is found, and what was proven before it stays proven."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries as charter
from detente.record.checkpoint import decode_checkpoint, encode_checkpoint
from detente.record.entry import decode_header, encode_header
from detente.terms.ids import Lane
from detente.testing.parties import make_key
from detente.testing.written import WrittenLog
from detente.verify.report import Outcome, Report
from tests.bundles import (
    CHECKPOINT,
    ENTRIES,
    FOUNDING,
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


def _changed(kind: int, change: Any, nth: int = -1) -> Report:
    items = take_apart(bundle())
    at = [i for i, item in enumerate(items) if item[0] == kind][nth]
    items[at] = change(items[at])
    return verified(put_together(items))


def _blamed(report: Report) -> str:
    assert report.outcome is Outcome.BAD
    assert report.exit_code() == 1
    assert report.damage is not None
    return report.damage.what.code


@pytest.mark.parametrize("kind", [CHECKPOINT, RECEIPT])
@pytest.mark.parametrize("half", ["ed25519", "mldsa"])
@pytest.mark.parametrize("change", [lambda half: b"", lambda half: bytes(len(half))])
def test_a_checkpoint_or_receipt_with_one_half_stripped_is_bad(
    kind: int, half: str, change: Any
) -> None:
    """Attack 28: both halves of a hybrid signature are required; one missing is none."""

    def strip(item: list[Any]) -> list[Any]:
        checkpoint = decode_checkpoint(item[1])
        signature = checkpoint.signature
        stripped = signature._replace(**{half: change(getattr(signature, half))})
        return [kind, encode_checkpoint(checkpoint._replace(signature=stripped))]

    report = _changed(kind, strip)
    assert _blamed(report) == "seals.signature"


@pytest.mark.parametrize(("field", "value"), [("size", 13), ("root", bytes(32)), ("time", 1)])
def test_a_checkpoint_means_one_size_root_and_time(field: str, value: Any) -> None:
    """docs/spec/01-record.md §8: nothing that a signature covers can be changed under it."""

    def alter(item: list[Any]) -> list[Any]:
        return [
            CHECKPOINT,
            encode_checkpoint(decode_checkpoint(item[1])._replace(**{field: value})),
        ]

    # The last checkpoint of the last log has size 9; one of size 13 keeps the ascending order.
    assert _blamed(_changed(CHECKPOINT, alter)) == "seals.signature"


def test_a_checkpoint_signed_by_another_node_is_bad() -> None:
    """docs/spec/11-bundle.md §5.1 step 3: only the key that names the log signs for it."""

    def borrow(item: list[Any]) -> list[Any]:
        receipt = talk().log(1).receipts[-1]
        return [CHECKPOINT, encode_checkpoint(receipt)]

    assert _blamed(_changed(CHECKPOINT, borrow)) == "record.checkpoint.signer"


def test_a_receipt_by_the_logs_own_node_is_bad() -> None:
    """docs/spec/11-bundle.md §5.1 step 4: nobody receipts to itself."""

    def borrow(item: list[Any]) -> list[Any]:
        return [RECEIPT, encode_checkpoint(talk().log(1).checkpoints[-1])]

    assert _blamed(_changed(RECEIPT, borrow)) == "verify.checkpoint"


def test_founding_papers_without_a_root_signature_are_bad() -> None:
    """docs/spec/11-bundle.md §5.1 step 1: the roots vouch for everything else."""
    report = _changed(FOUNDING, lambda item: [FOUNDING, item[1][:-1] + bytes((item[1][-1] ^ 1,))])
    assert _blamed(report) == "seals.signature"
    assert report.dialogue == ""


def test_a_changed_payload_is_found_at_its_mark() -> None:
    """docs/spec/11-bundle.md §5.1 step 5: what came before stays proven."""
    items = take_apart(bundle())
    entries = entries_of(items)
    at = next(i for i, entry in enumerate(entries) if b"Statement 6." in (entry[3] or b""))
    number, raw, salt, payload = entries[at]
    entries[at] = (number, raw, salt, (payload or b"").replace(b"Statement 6.", b"Statement 9."))
    report = verified(with_entries(items, entries))
    assert _blamed(report) == "record.entry.payload"
    assert report.damage is not None
    assert report.damage.mark == "B-5"
    assert [log.last_intact for log in report.logs] == ["A-L2", "A-13", "B-L2", "B-4"]
    assert all(act.mark != "B-5" for act in report.acts)


def test_a_changed_header_breaks_the_chain_after_it() -> None:
    """docs/spec/01-record.md §7: each entry names the one before."""
    items = take_apart(bundle())
    entries = entries_of(items)
    at = [i for i, entry in enumerate(entries) if entry[0] == 1][4]
    number, raw, salt, payload = entries[at]
    header = decode_header(raw)
    entries[at] = (number, encode_header(header._replace(time=header.time + 1)), salt, payload)
    report = verified(with_entries(items, entries))
    assert _blamed(report) == "verify.root"
    assert report.damage is not None
    assert report.damage.mark == "A-4"


def test_a_changed_header_is_found_without_any_checkpoint_in_between() -> None:
    """docs/spec/11-bundle.md §5.1: chain and newest root suffice."""
    items = take_apart(bundle_of(talk(), signatures=1))
    entries = entries_of(items)
    at = [i for i, entry in enumerate(entries) if entry[0] == 1][4]
    number, raw, salt, payload = entries[at]
    entries[at] = (
        number,
        raw.replace(b"\x1b\x00\x00\x01\xa0", b"\x1b\x00\x00\x01\xa1"),
        salt,
        payload,
    )
    assert entries[at][1] != raw
    assert _blamed(verified(with_entries(items, entries))) == "record.chain.prev"


def test_entries_removed_from_the_middle_are_missed() -> None:
    """Attack 4: a log without a gap is the only log there is, even when all counts are made to fit."""
    items = take_apart(bundle())
    entries = entries_of(items)
    at = [i for i, entry in enumerate(entries) if entry[0] == 1][3]
    report = verified(with_entries(items, entries[:at] + entries[at + 1 :]))
    assert _blamed(report) == "record.chain.seq"


def test_entries_swapped_or_doubled_within_a_log_are_missed() -> None:
    """docs/spec/01-record.md §7: order is part of the chain."""
    items = take_apart(bundle())
    entries = entries_of(items)
    mine = [i for i, entry in enumerate(entries) if entry[0] == 1]
    swapped = list(entries)
    swapped[mine[3]], swapped[mine[4]] = swapped[mine[4]], swapped[mine[3]]
    assert _blamed(verified(with_entries(items, swapped))) == "record.chain.seq"
    doubled = [*entries[: mine[3]], entries[mine[3]], *entries[mine[3] :]]
    assert _blamed(verified(with_entries(items, doubled))) == "record.chain.seq"


def test_entries_of_another_dialogue_do_not_fit() -> None:
    """Attack 6: a log's identifier derives from its dialogue, so nothing can be carried across."""
    other = take_apart(bundle_of(write_talk("other")))
    items = take_apart(bundle())
    assert _blamed(verified(with_entries(items, entries_of(other)))) == "record.chain.log"


def test_logs_and_checkpoints_of_another_dialogue_do_not_fit() -> None:
    """Attack 6: with its logs and signatures carried across as well."""
    other = take_apart(bundle_of(write_talk("other")))
    items = [take_apart(bundle())[0], *other[1:]]
    assert _blamed(verified(put_together(items))) == "verify.log"


def test_logs_may_not_be_given_to_another_party() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: whose log it is follows from its identifier."""
    items = take_apart(bundle())
    logs = [i for i, item in enumerate(items) if item[0] == LOG]
    for at in logs:
        items[at] = [*items[at][:2], 0 if items[at][2] else 1, *items[at][3:]]
    items[logs[0] : logs[-1] + 1] = sorted(
        (items[at] for at in logs), key=lambda item: (item[2], item[4], item[5], item[1])
    )
    assert _blamed(verified(put_together(items))) == "verify.log"


def test_a_log_under_a_key_that_its_party_never_named_is_bad() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: a new epoch needs a document that the roots signed."""
    scribe = write_talk("unnamed")
    stolen = make_key("stolen")
    party = scribe.parties[1].id
    log = WrittenLog(scribe.founded.dialogue, (1, party), stolen, 1, Lane.TABLE)
    scribe.written[log.id] = log
    body = charter.Opening(party, stolen.public.print, 1, 1, (), "rotated", None)
    scribe.write(1, "charter.opening", body, into=log, refs=(), clock=1)
    log.sign(scribe.now_ms // 1000)
    report = verified(bundle_of(scribe))
    assert _blamed(report) == "verify.owner"
    assert report.damage is not None
    assert report.damage.mark == "B.1-0"


def test_all_signatures_of_a_log_gone_prove_nothing() -> None:
    """Attack 28, both halves of all: what nobody signed is not called intact."""
    items = take_apart(bundle())
    log = talk().log(0).id
    kept = [
        item
        for item in items
        if item[0] not in (CHECKPOINT, RECEIPT) or decode_checkpoint(item[1]).log != log
    ]
    report = verified(put_together(recount(kept)))
    assert report.outcome is Outcome.CANNOT_TELL
    assert {doubt.code for doubt in report.doubts} >= {"verify.uncovered"}
    assert report.logs[1].uncovered == "A-0…A-13"
    assert report.logs[1].intact == 0
    assert all(not act.mark.startswith("A-") or act.mark[2] == "L" for act in report.acts)


def test_unsigned_entries_end_no_mandate() -> None:
    """docs/spec/11-bundle.md §5.1 step 7: what nobody signed for is not judged, so it changes nothing."""
    scribe = write_talk("unsigned")
    items = take_apart(bundle_of(scribe))
    size = scribe.log(0).size
    for index in range(3):
        scribe.write(0, 4711, b"%d" % index)
    new = scribe.log(0).entries[size:]
    extra = [(1, one.raw, one.salt, one.payload) for one in new]
    report = verified(with_entries(items, [*entries_of(items), *extra]))
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.logs[1].uncovered == "A-14…A-16"
    assert report.logs[1].last_intact == "A-13"
    assert report.not_understood == verified(bundle_of(write_talk("unsigned"))).not_understood


def test_an_empty_run_of_a_bundle_with_all_entries_gone_is_not_intact() -> None:
    """Signatures that cover entries which are not here make the record incomplete."""
    items = take_apart(bundle())
    report = verified(with_entries(items, []))
    assert report.outcome is Outcome.CANNOT_TELL
    assert {doubt.code for doubt in report.doubts} == {"verify.cut"}


@pytest.mark.parametrize("kind", [FOUNDING, LOG, ENTRIES])
def test_an_item_left_out_is_never_intact(kind: int) -> None:
    """Counts made to fit: founding, a log or entries gone."""
    items = take_apart(bundle())
    at = next(i for i, item in enumerate(items) if item[0] == kind)
    left = recount([*items[:at], *items[at + 1 :]])
    assert verified(put_together(left)).outcome is not Outcome.INTACT
