"""Two verifiers that share no code come to the same outcome on good, redacted and altered bundles.

Attack 42: one fault in one verifier must not be able to pass a bad record, or to fail a good one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from detente.charter.entries import DOCUMENT, FORK, GRANT, REVOCATION, SCOPES, NewDocument
from detente.terms.ids import format_mark
from detente.testing.parties import make_key, renew_party
from detente.testing.scribe import Scribe
from detente.testing.written import prove_fork
from detente.verify.report import Report
from tests.bundles import (
    bundle,
    bundle_of,
    changed_at,
    put_together,
    recount,
    take_apart,
    talk,
    verified,
    write_talk,
)
from tests.second_verifier import plain
from tests.second_verifier.verifier import Verifier


def _redacted() -> bytes:
    return bundle_of(talk(), released=lambda log, entry: entry.header.seq % 3 == 0)


def _agreed(data: bytes) -> tuple[Report, Verifier]:
    """Return what both found out, after they agreed."""
    report, second = verified(data), Verifier()
    assert second.run(data) == report.outcome.value
    return report, second


def test_both_find_a_good_record_intact_and_count_the_same() -> None:
    """Entries, signatures, acts: the same numbers from two programs."""
    report, second = _agreed(bundle())
    assert report.outcome.value == "intact"
    assert second.counts[2] == report.entries
    assert [log.intact for log in second.logs] == [log.intact for log in report.logs]
    assert len(second.acts) == len(report.acts) > 0
    assert second.unproven == []


def test_both_find_a_redacted_record_intact_and_miss_the_same_payloads() -> None:
    """Headers always, payloads where released: what is not here is counted by both."""
    report, second = _agreed(_redacted())
    assert report.outcome.value == "intact"
    assert second.counts[3] == report.withheld_entries() > 0


@pytest.mark.parametrize("seed", range(6))
def test_both_agree_on_bundles_with_one_bit_changed(seed: int) -> None:
    """Wherever the bit lies: in a header, payload, signature, key, length or count."""
    dice = random.Random(seed)
    for whole in (bundle(), _redacted()):
        for _ in range(12):
            _agreed(changed_at(whole, dice.randrange(len(whole)), 1 << dice.randrange(8)))


def test_both_agree_on_bundles_that_end_early() -> None:
    """A file cut anywhere proves nothing against anybody."""
    dice = random.Random(1)
    for _ in range(15):
        report, _ = _agreed(bundle()[: dice.randrange(len(bundle()))])
        assert report.outcome.value == "cannot tell"


def _drop(items: list[Any], at: int, _: int) -> None:
    del items[at]


def _double(items: list[Any], at: int, _: int) -> None:
    items.insert(at, items[at])


def _swap(items: list[Any], at: int, other: int) -> None:
    items[at], items[other] = items[other], items[at]


def _move(items: list[Any], at: int, other: int) -> None:
    items.insert(other, items.pop(at))


@pytest.mark.parametrize("change", [_drop, _double, _swap, _move])
@pytest.mark.parametrize("is_counted", [True, False])
def test_both_agree_on_items_dropped_doubled_swapped_and_moved(
    change: Callable[[list[Any], int, int], None], is_counted: bool
) -> None:
    """Whether or not whoever did it corrected sizes and counts."""
    dice = random.Random(2)
    for _ in range(10):
        items = take_apart(bundle())
        change(items, dice.randrange(len(items)), dice.randrange(len(items)))
        _agreed(put_together(recount(items) if is_counted else items))


@cache
def _long_talk() -> Scribe:
    """Return a talk with a new node key and epoch, a new delegate, a forged act and a forked log."""
    scribe = write_talk("long")
    scribe.open_epoch(1, key="second")
    scribe.grant(0, "N. Nabil", "envoy", ("speak",))
    scribe.say(0, "By the envoy.", scribe.people[0]["envoy"])
    scribe.say(0, "In the head's name.", scribe.people[0]["envoy"], actor=scribe.head(0).print)
    scribe.say(1, "From the new epoch.")
    log = scribe.log(0)
    other = log.branch(log.size - 1)
    scribe.write(0, 4711, b"another history", into=other)
    scribe.accuse(1, prove_fork(log, other, scribe.now_ms // 1000))
    return scribe


def test_both_agree_on_new_keys_new_people_forged_acts_and_two_histories() -> None:
    """What is proven against somebody leaves the record intact; a forged act proves nothing."""
    report, second = _agreed(bundle_of(_long_talk()))
    assert report.outcome.value == "intact"
    assert report.misconduct
    assert len(second.unproven) == 1
    assert {act.mark for act in report.acts} <= {_mark(second, *where) for where in second.acts}


def _mark(second: Verifier, number: int, seq: int) -> str:
    log = second.logs[number]
    return format_mark(log.party, log.lane, log.epoch, seq)


def test_both_cannot_tell_whose_a_log_is_when_its_opening_is_withheld() -> None:
    """11-bundle §5, step 2: a later epoch stands on the document that its opening brings."""
    data = bundle_of(_long_talk(), released=lambda log, entry: not log.epoch)
    report, _ = _agreed(data)
    assert report.outcome.value == "cannot tell"


def test_both_cannot_tell_whose_a_log_is_when_a_document_is_withheld() -> None:
    """11-bundle §5, step 2: what would say so was left out, and nobody is accused for it."""
    scribe = write_talk("document")
    renewed = renew_party(scribe.parties[0], make_key("document/new"))
    scribe.enter(0, "charter.document", NewDocument(renewed.chain[-1]))
    scribe.parties = (renewed, scribe.parties[1])
    scribe.open_epoch(0)
    for hidden, outcome in ((0, "intact"), (DOCUMENT, "cannot tell")):
        report, _ = _agreed(
            bundle_of(scribe, released=lambda _, one, kind=hidden: one.header.kind != kind)
        )
        assert report.outcome.value == outcome


@pytest.mark.parametrize("kind", [GRANT, REVOCATION, FORK])
def test_both_find_a_record_intact_whatever_kind_is_withheld(kind: int) -> None:
    """02-order §3.6: what cannot be told of verdicts does not make the record less whole."""
    data = bundle_of(_long_talk(), released=lambda log, entry: entry.header.kind != kind)
    report, second = _agreed(data)
    assert report.outcome.value == "intact"
    assert {act.mark for act in report.acts} <= {_mark(second, *where) for where in second.acts}


@pytest.mark.parametrize("seed", range(3))
def test_both_agree_on_a_long_talk_with_items_missing(seed: int) -> None:
    """Logs, checkpoints and entries left out of a record with several epochs."""
    dice = random.Random(seed)
    for _ in range(8):
        items = take_apart(bundle_of(_long_talk()))
        for _ in range(dice.randrange(1, 4)):
            del items[dice.randrange(1, len(items))]
        _agreed(put_together(recount(items)))


@pytest.mark.parametrize("half", ["ed25519", "mldsa"])
def test_a_planted_fault_in_the_second_verifier_is_noticed(
    half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verifier that looks at one half of each signature only disagrees with ours."""
    items = take_apart(bundle())
    at = next(i for i, item in enumerate(items) if item[0] == 2)
    parts = plain.read(items[at][1], 1 << 20)
    parts[6 if half == "ed25519" else 7] = bytes(64 if half == "ed25519" else 3309)
    items[at] = [2, plain.write(parts)]
    data = put_together(items)
    assert Verifier().run(data) == verified(data).outcome.value == "bad"

    def one_half(self: plain.Key, first: bytes, second: bytes, *rest: Any) -> None:
        """Check nothing."""

    monkeypatch.setattr(plain.Key, "check_parts", one_half)
    assert Verifier().run(data) == "intact"


def test_the_second_verifier_imports_nothing_of_ours() -> None:
    """Standard library, PyNaCl and cryptography: a fault of our code cannot be a fault of it."""
    for path in Path(plain.__file__).parent.glob("*.py"):
        if not path.name.startswith("test_"):
            assert (
                re.findall(r"\bdetente[. ]import|import detente|from detente", path.read_text())
                == []
            )


def test_scopes_are_what_the_specification_names() -> None:
    """03-charter §6.1."""
    assert set(SCOPES) == {"speak", "bind", "hotline", "acknowledge", "grant"}
