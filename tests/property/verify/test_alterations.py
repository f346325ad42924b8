"""A bundle altered in any way is never called intact with other contents.

Every byte of a bundle is covered: lengths and types by the form, the founding by root signatures,
entries by chain, tree and checkpoints, checkpoints and receipts by their signatures, counts by
counting. Two things alone may change and leave the outcome: evidence, which is weighed by itself
and vouches for nothing else, and the key that a receipt names, which makes it a stranger's and
takes it away. Neither changes an entry, an act, a minute or a verdict.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detente.terms.ids import format_mark, party_letter
from detente.verify.report import Outcome, ReceiptShown, Report
from tests.bundles import (
    ENTRIES,
    bundle,
    bundle_of,
    changed_at,
    entries_of,
    put_together,
    recount,
    take_apart,
    talk,
    verified,
    with_entries,
    write_talk,
)


def _content(report: Report) -> tuple[Any, ...]:
    """Return all that a report says of the record, less receipts, which may be fewer."""
    return (
        report.dialogue, report.parties, report.entries, report.logs, report.acts, report.minutes,
        report.void, report.not_understood, report.withheld, report.unjudged, report.misconduct,
    )  # fmt: skip


@cache
def _given() -> set[ReceiptShown]:
    """Return all receipts that were ever given in the talk: taking one away shows the one before."""
    return {
        ReceiptShown(
            format_mark(log.party[0], log.lane, log.epoch, one.size - 1),
            party_letter(1 - log.party[0]),
            one.time,
        )
        for log in talk().written.values()
        for one in log.receipts
    }


def _check(data: bytes) -> Outcome:
    report = verified(data, 1 << 16)
    if report.outcome is Outcome.INTACT:
        true = verified(bundle(), 1 << 16)
        assert _content(report) == _content(true)
        assert set(report.receipts) <= _given()
    return report.outcome


@settings(max_examples=250)
@given(st.integers(0, 2**32), st.integers(1, 255))
def test_a_flipped_byte_is_found_or_did_not_matter(where: int, value: int) -> None:
    """docs/spec/11-bundle.md §6: bad, cannot tell, or the same contents."""
    outcome = _check(changed_at(bundle(), where % len(bundle()), value))
    assert outcome in Outcome


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_a_bundle_cut_anywhere_is_not_intact(where: int) -> None:
    """docs/spec/11-bundle.md §4.1: a part of a bundle is not a bundle."""
    assert _check(bundle()[: where % len(bundle())]) is not Outcome.INTACT


@settings(max_examples=120)
@given(st.integers(0, 2**32), st.booleans())
def test_items_moved_doubled_or_removed_are_found(seed: int, counted: bool) -> None:
    """docs/spec/11-bundle.md §2: also when somebody makes the counts fit."""
    dice, items = Random(seed), take_apart(bundle())
    at, other = dice.randrange(len(items)), dice.randrange(len(items))
    match dice.randrange(3):
        case 0:
            items[at], items[other] = items[other], items[at]
        case 1:
            items.insert(other, items[at])
        case _:
            del items[at]
    if counted:
        items = recount(items)
    outcome = _check(put_together(items))
    if not counted and items != take_apart(bundle()):
        assert outcome is not Outcome.INTACT


@settings(max_examples=120)
@given(st.integers(0, 2**32))
def test_entries_moved_doubled_removed_or_brought_in_are_found(seed: int) -> None:
    """docs/spec/01-record.md §7; attacks 4, 6 and 7: counts made to fit, signatures left as they are."""
    dice, items = Random(seed), take_apart(bundle())
    entries = entries_of(items)
    at, other = dice.randrange(len(entries)), dice.randrange(len(entries))
    match dice.randrange(5):
        case 0:
            entries[at], entries[other] = entries[other], entries[at]
        case 1:
            entries.insert(other, entries[at])
        case 2:
            del entries[at]
        case 3:
            foreign = entries_of(take_apart(_other()))
            entries[at] = (entries[at][0], *foreign[other % len(foreign)][1:])
        case _:
            number, raw, _, _ = entries[at]
            entries[at] = (number, raw, *entries[other][2:])
    _check(with_entries(items, entries))


@cache
def _other() -> bytes:
    return bundle_of(write_talk("property"))


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_withheld_payloads_change_no_count_and_no_order(seed: int) -> None:
    """Attack 40: any set of payloads may be missing; headers, chains and signatures are as before."""
    dice, items = Random(seed), take_apart(bundle())
    chance = dice.random()
    entries = [
        (number, raw, None, None) if dice.random() < chance else (number, raw, salt, payload)
        for number, raw, salt, payload in entries_of(items)
    ]
    report, whole = verified(with_entries(items, entries)), verified(bundle())
    assert report.outcome is Outcome.INTACT
    assert (report.entries, report.logs, report.receipts) == (
        whole.entries, whole.logs, whole.receipts,
    )  # fmt: skip
    assert report.withheld_entries() == sum(entry[3] is None for entry in entries)
    assert set(report.acts) <= set(whole.acts)
    assert report.void == ()
    assert all(item[0] != ENTRIES or item[1] for item in items)
