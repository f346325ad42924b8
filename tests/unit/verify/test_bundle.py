"""What a verifier says of a true bundle: how far it reaches, who signed what, what is final."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from detente.protocols.statements import entries as statements
from detente.record.bundle import MAGIC
from detente.record.chain import Piece
from detente.record.entry import make_entry
from detente.testing.scribe import Scribe
from detente.testing.written import prove_fork
from detente.verify import bundle as bundle_verifier
from detente.verify import reading
from detente.verify.bundle import verify_bundle
from detente.verify.report import Outcome, Stretch
from tests.bundles import bundle, bundle_of, talk, verified, write_talk


def test_a_true_record_is_intact_up_to_its_last_entries() -> None:
    """docs/spec/11-bundle.md §6.1: all entries are proven, log by log."""
    report = verified(bundle())
    assert (report.outcome, report.exit_code()) == (Outcome.INTACT, 0)
    assert report.entries == 29
    assert [(log.last_intact, log.entries, log.intact) for log in report.logs] == [
        ("A-L2", 3, 3), ("A-13", 14, 14), ("B-L2", 3, 3), ("B-8", 9, 9),
    ]  # fmt: skip
    assert report.damage is None
    assert report.doubts == report.misconduct == report.remarks == ()


def test_every_counted_act_is_shown_with_its_person_and_function() -> None:
    """docs/spec/11-bundle.md §6.3: who signed what, in the words of the grant."""
    report = verified(bundle())
    acts = {act.mark: act for act in report.acts}
    name = talk().parties[0].name
    assert acts["A-1"][1:5] == ("opening.proposal", "A", f"{name} head", "head")
    assert acts["A-L1"][1:5] == ("charter.confirmation", "A", "", "")
    assert len(acts) == 2 * 2 + 2 + 11


def test_complete_minutes_are_final_and_compared_with_the_entries() -> None:
    """docs/spec/11-bundle.md §5.1 step 8: roots and digest of each are computed again."""
    (minute,) = verified(bundle()).minutes
    assert minute.ordinal == 1
    assert minute.agrees is True
    assert minute.marks == ("A-L2", "A-4", "B-L2", "B-3")


def test_several_minutes_follow_on_each_other() -> None:
    """docs/spec/02-order.md §7: each digest stands on the one before."""
    scribe = write_talk("minutes")
    scribe.minute()
    scribe.say(0, "One more.")
    scribe.minute()
    shown = verified(bundle_of(scribe)).minutes
    assert [(one.ordinal, one.agrees) for one in shown] == [(1, True), (2, True), (3, True)]


def test_a_minute_that_only_one_side_entered_makes_nothing_final() -> None:
    """docs/spec/02-order.md §7: a minute is complete when every party has entered the same."""
    scribe = Scribe(seed="alone").open()
    scribe.minute(0)
    assert verified(bundle_of(scribe)).minutes == ()


def test_receipts_say_up_to_which_entry_the_other_side_signed_and_when() -> None:
    """docs/spec/11-bundle.md §6.3: the newest receipt of each party for each log."""
    receipts = {receipt.upto: receipt for receipt in verified(bundle()).receipts}
    newest = talk().log(0).receipts[-1]
    assert receipts["A-13"].letter == "B"
    assert receipts["A-13"].time == newest.time
    assert receipts["B-8"].letter == "A"


def test_unknown_kinds_and_void_entries_are_named_and_do_not_make_a_record_bad() -> None:
    """docs/spec/11-bundle.md §6.2: they are kept, counted, and said."""
    scribe = Scribe(seed="void").open()
    stranger = scribe.head(1)
    body = statements.Statement("In your name.", "en", None, None)
    scribe.enter(0, "statements.statement", body, stranger)
    scribe.fill(0, 3)
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    assert report.void == (Stretch("A-2", "A-2", 1, "charter.actor"),)
    assert report.not_understood == (Stretch("A-3", "A-5", 3, ""),)
    assert all(act.mark != "A-2" for act in report.acts)


def test_an_act_with_half_of_its_signature_is_void() -> None:
    """Attack 28: one half of the hybrid signature is no signature, in acts as elsewhere."""
    scribe = Scribe(seed="half").open()
    whole = scribe._sign_act

    def half(*args: object) -> object:
        ((signer, signature),) = whole(*args)  # type: ignore[arg-type]
        return ((signer, signature._replace(mldsa=b"")),)

    scribe._sign_act = half  # type: ignore[method-assign, assignment]
    scribe.say(0, "Half signed.")
    assert verified(bundle_of(scribe)).void == (Stretch("A-2", "A-2", 1, "seals.signature"),)


def test_an_act_moved_to_another_place_is_void() -> None:
    """Decision D5: the signature means one place of one record, so an administrator cannot replay it."""
    scribe = Scribe(seed="replay").open()
    scribe.say(0, "Once.")
    said = scribe.log(0).entries[-1]
    header = scribe.draft(scribe.log(0), said.header.kind, said.header.actor)
    moved = make_entry(header, bytes(16), said.payload or b"")
    scribe.log(0).extend([Piece(moved.raw, moved.salt, moved.payload)])
    scribe.settle()
    scribe.sign(0)
    assert verified(bundle_of(scribe)).void == (Stretch("A-3", "A-3", 1, "seals.signature"),)


def test_a_later_epoch_is_judged_under_the_key_that_its_opening_brings() -> None:
    """docs/spec/11-bundle.md §5.1 step 2: the document in the opening names the new node key."""
    scribe = write_talk("epoch")
    scribe.open_epoch(1, key="second")
    scribe.say(1, "Under a new key.")
    scribe.minute()
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    assert [log.last_intact for log in report.logs if log.epoch == 1] == ["B.1-L0", "B.1-2"]
    assert any(act.mark == "B.1-1" for act in report.acts)
    assert report.minutes[-1].agrees is True


def test_a_dialogue_without_entries_is_intact_and_says_so() -> None:
    """A founding alone proves who founded."""
    report = verified(bundle_of(Scribe(seed="founded")))
    assert (report.outcome, report.entries) == (Outcome.INTACT, 0)
    assert {party.letter for party in report.parties} == {"A", "B"}


def test_three_parties_are_verified_like_two() -> None:
    """Built for N parties: each receipt and minute names its party."""
    scribe = Scribe(("Arla", "Borduria", "Caledon"), seed="three").open()
    scribe.say(2, "Third.")
    scribe.minute()
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    assert {receipt.letter for receipt in report.receipts if receipt.upto == "C-3"} == {"A", "B"}
    assert report.minutes[0].agrees is True


def test_the_report_is_the_same_however_the_bytes_arrive() -> None:
    """A verifier reads chunks of any size, from a list or a stream that is read once."""
    data = bundle()
    expected = verified(data)
    assert verified(data, 1) == expected
    assert verify_bundle(iter([data])) == expected


def test_progress_tells_each_step_and_all_entries() -> None:
    """docs/spec/11-bundle.md §5.1: steps are numbered as in the specification's list."""
    told: list[tuple[int, int]] = []
    verify_bundle([bundle()], lambda step, entries: told.append((step, entries)))
    steps = [step for step, _ in told]
    assert sorted(set(steps)) == [1, 2, 3, 4, 6, 8]
    assert max(steps) <= len(reading.STEPS)
    assert told[-1] == (8, 29)


def test_a_report_as_plain_data_is_json_and_complete() -> None:
    """`--json` shows what the words are made of."""
    report = verified(bundle())
    plain = json.loads(json.dumps(report.to_plain()))
    assert plain["outcome"] == "intact"
    assert plain["logs"][1]["last_intact"] == "A-13"
    assert plain["acts"][0]["kind"] == "charter.confirmation"
    assert set(plain) == set(report.__dataclass_fields__)


def test_a_file_that_changes_between_two_readings_is_not_judged() -> None:
    """A record read twice must be the same twice, or what is reported is about neither."""
    scribe = write_talk("changing")
    _fork_and_accuse(scribe)
    first, second = bundle_of(scribe), bundle_of(scribe, signatures=1)

    class Changing:
        def __init__(self) -> None:
            self.files = iter([first, second])

        def __iter__(self) -> Iterator[bytes]:
            return iter([next(self.files)])

    report = verify_bundle(Changing())
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.doubts[0].code == "verify.changed"


def _fork_and_accuse(scribe: Scribe) -> None:
    log = scribe.log(0)
    other = log.branch(log.size - 1)
    scribe.write(0, 4711, b"another end", into=other)
    scribe.accuse(1, prove_fork(log, other, scribe.now_ms // 1000))


def test_a_file_that_needs_ever_more_readings_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file cannot keep a verifier busy for ever: the number of readings is bounded."""
    monkeypatch.setattr(bundle_verifier, "PASSES", 1)
    scribe = write_talk("restless")
    _fork_and_accuse(scribe)
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.CANNOT_TELL
    assert report.doubts[0].code == "verify.restless"


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, MAGIC, MAGIC[:5], b"not a bundle", MAGIC + bytes(4)]
)
def test_garbage_gives_a_report_and_never_an_exception(data: bytes) -> None:
    """Invariant of the verifier: nothing in the bytes makes it raise."""
    report = verified(data)
    assert report.outcome in (Outcome.CANNOT_TELL, Outcome.BAD)
    assert report.damage is not None
