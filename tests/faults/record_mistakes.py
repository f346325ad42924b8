"""Mistakes in what a record is and how it is judged."""

from __future__ import annotations

from typing import Any, Final

from detente.record.verdict import void
from detente.seals.signing import verify_ed25519
from detente.terms.errors import Violation
from detente.terms.times import DAY
from tests.faults.planting import returns, skipped, slips

_FORKS: Final = "tests/sim/test_forks.py::test_"
_ADMISSION: Final = "tests/sim/test_admission.py::test_"
_ORDER: Final = "tests/sim/test_order.py::test_"
_MINUTES: Final = "tests/sim/test_minutes.py::test_"
_UNKNOWN: Final = "tests/sim/test_unknown.py::test_"
_REPLAY: Final = "tests/sim/test_replay.py::test_"


def believes_any_leaves(_: Any) -> Any:
    """Take a proof at its word."""
    return lambda _, fork: getattr(fork.shown, "at", 0)


def sees_whatever_is_named(_: Any) -> Any:
    """Judge an entry without what it names."""
    return lambda state, standing, header, before, *rest: (before[1], state.reached)


def forgives_clocks(original: Any) -> Any:
    """Admit an entry with any clock that it claims."""

    def past(state: Any, standing: Any, header: Any, before: Any, *rest: Any) -> Any:
        seen, reached = original(state, standing, header, before, *rest)
        return (before[1] if seen is None else seen), reached

    return past


def forgives(code: str) -> Any:
    """Return a maker that leaves one rule of a mandate out."""

    def make(original: Any) -> Any:
        def problem(*args: Any) -> Any:
            found = original(*args)
            return None if found is not None and found.code == code else found

        return problem

    return make


def expires_by_the_clock(original: Any) -> Any:
    """Void an act because its author's clock stood after the hour."""

    def problem(charter: Any, granted: Any, act: Any, scope: str) -> Any:
        if 0 < granted.body.expires < act.time:
            return Violation("charter.expired", "")
        return original(charter, granted, act, scope)

    return problem


def orders_by_time(_: Any) -> Any:
    """Sort the record by the times that its authors claim."""
    return lambda header, ordinal=0: (0, header.time, header.log, header.seq)


def omits_minutes(original: Any) -> Any:
    """Sort the record without regard to minutes."""
    return lambda header, ordinal=0: original(header)


def signs_no_place(original: Any) -> Any:
    """Let a delegate sign what is said, but not where it stands."""

    def statement(dialogue: Any, header: Any, body: Any) -> Any:
        bare = header._replace(seq=0, prev=bytes(32), clock=0, refs=(), time=0)
        return original(dialogue, bare, body)

    return statement


def checks_one_half(_: Any) -> Any:
    """Check Ed25519 and forget ML-DSA."""
    return lambda key, ed_message, _, __, signature: verify_ed25519(
        key.ed25519, ed_message, signature.ed25519
    )


def asks_any_party(_: Any) -> Any:
    """Take a minute for complete when one party has entered it."""
    return lambda state, minute: {0}


def takes_the_highest(original: Any) -> Any:
    """Keep of a forked log what the proof with the highest place leaves."""

    def sizes(state: Any) -> Any:
        found = original(state)
        for log, known in state.forks.items():
            found[log] = max(one.common for one in known)
        return found

    return sizes


def refuses_the_future(original: Any) -> Any:
    """Take no entry whose author's clock is a day ahead of ours."""

    def covered(self: Any, extension: Any, batch: Any) -> None:
        assert all(one.header.time < self._clock.now() + DAY for one in extension.entries)
        original(self, extension, batch)

    return covered


MISTAKES: Final = (
    slips(
        1,
        "a contradiction is not turned into a proof",
        "detente.desk.receive:exact_proof",
        returns(None),
        _FORKS + "three_parties_freeze_a_forked_log_at_the_same_place",
    ),
    slips(
        1,
        "a frozen log goes on counting",
        "detente.desk.book:frozen_sizes",
        returns({}),
        _FORKS + "three_parties_freeze_a_forked_log_at_the_same_place",
    ),
    slips(
        1,
        "of several proofs the highest counts",
        "detente.desk.book:frozen_sizes",
        takes_the_highest,
        _FORKS + "a_proof_brings_together_three_histories",
    ),
    slips(
        1,
        "a proof undoes what all have minuted",
        "detente.dialogue.minutes:final_sizes",
        returns({}),
        _FORKS + "a_fork_does_not_touch_what_a_complete_minute_covers",
    ),
    slips(
        1,
        "only the finder states the proof",
        "detente.desk.receive:join_proofs",
        returns(value=False),
        _FORKS + "a_proof_does_not_fall_with_the_log_of_who_found_it",
    ),
    slips(
        2,
        "contradicting checkpoints are not compared",
        "detente.desk.receive:contradiction",
        returns(None),
        _FORKS + "a_second_signed_root_for_one_size_is_kept_as_proof",
    ),
    slips(
        3,
        "a proof is believed unread",
        "detente.dialogue.freezes:verify_fork",
        believes_any_leaves,
        _FORKS + "false_accusations_are_void_and_change_nothing",
    ),
    slips(
        3,
        "a proof need not show the place",
        "detente.dialogue.freezes:Leaves",
        returns(None),
        _FORKS + "a_proof_that_hides_the_place_does_not_count",
    ),
    slips(
        4,
        "an entry is judged without what it names",
        "detente.dialogue.admit:find_past",
        sees_whatever_is_named,
        "tests/sim/test_withheld.py::test_a_withheld_entry_is_named_by_who_had_it",
    ),
    slips(
        6,
        "a checkpoint is not asked which log it is of",
        "detente.desk.receive:Receiver._verify",
        skipped,
        _REPLAY + "entries_of_one_dialogue_are_refused_in_another",
    ),
    slips(
        7,
        "a delegate's signature names no place",
        "detente.desk.write:act_statement detente.dialogue.admit:act_statement",
        signs_no_place,
        _REPLAY + "an_act_cannot_be_moved_to_another_place",
    ),
    slips(
        9,
        "the order follows claimed times",
        "detente.testing.checks:order_key",
        orders_by_time,
        _ORDER + "a_false_time_changes_neither_order_nor_verdict",
    ),
    slips(
        10,
        "a clock may be claimed",
        "detente.dialogue.admit:find_past",
        forgives_clocks,
        _ORDER + "an_entry_cannot_name_a_place_in_the_order_for_itself",
    ),
    slips(
        10,
        "the order takes no notice of minutes",
        "detente.testing.checks:order_key",
        omits_minutes,
        _MINUTES + "a_late_entry_with_a_low_clock_sorts_after_what_is_minuted",
    ),
    slips(
        10,
        "a withdrawal beats an agreement that crossed it",
        "detente.protocols.agenda.state:_crossed",
        returns(value=False),
        _ORDER + "an_agreement_that_crossed_a_withdrawal_is_contested_in_every_order",
    ),
    slips(
        10,
        "one party's minute makes final",
        "detente.dialogue.minutes:_asked",
        asks_any_party,
        _MINUTES + "a_minute_is_not_complete_before_the_last_party_entered_it",
    ),
    slips(
        10,
        "a minute is entered unread",
        "detente.desk.upkeep:Upkeep._minute",
        lambda _: lambda self, sizes, ordinal: next(iter(self._comparable()), None),
        _MINUTES + "minutes_that_differ_show_as_a_dispute_and_make_nothing_final",
    ),
    slips(
        10,
        "what a broken log says of its clock is built on",
        "detente.dialogue.state:Standing.is_broken_at",
        returns(value=False),
        _ORDER + "nobody_uses_clocks_up_through_a_log_that_is_broken",
    ),
    slips(
        11,
        "entries from the future are refused",
        "detente.desk.receive:Receiver._covered",
        refuses_the_future,
        _ORDER + "a_clock_that_goes_back_stops_nothing",
    ),
    slips(
        11,
        "a mandate expires by the author's clock",
        "detente.charter.rules:_problem",
        expires_by_the_clock,
        _ADMISSION + "a_mandate_expires_by_an_entry_and_not_by_a_clock",
    ),
    slips(
        14,
        "a revocation is not looked up",
        "detente.charter.rules:is_ended",
        returns(None),
        _ADMISSION + "a_revoked_delegate_is_void_from_the_revocation_on",
    ),
    slips(
        14,
        "a mandate's scope is not asked for",
        "detente.charter.rules:_problem",
        forgives("charter.scope"),
        _ADMISSION + "a_delegate_does_only_what_the_mandate_covers",
    ),
    slips(
        14,
        "a mandate's number of acts is not counted",
        "detente.charter.rules:_problem",
        forgives("charter.limit"),
        _ADMISSION + "a_mandate_for_a_number_of_acts_ends_with_the_last",
    ),
    slips(
        22,
        "every lower proof has all judged again",
        "detente.dialogue.minutes:PLACES detente.desk.misconduct:PLACES",
        lambda _: 2**40,
        "tests/sim/test_proofs.py::test_who_signs_one_history_after_the_other_does_not_have_all_judged_again_for_ever",
    ),
    slips(
        28,
        "one half of a signature is enough",
        "detente.seals.signing:verify_parts",
        checks_one_half,
        _ADMISSION + "an_act_with_one_half_of_its_signature_is_void",
    ),
    slips(
        30,
        "an unknown kind is void",
        "detente.dialogue.admit:NOT_UNDERSTOOD",
        lambda _: void("kind"),
        _UNKNOWN + "an_unknown_kind_is_kept_passed_on_and_counted_as_not_understood",
    ),
    slips(
        30,
        "any suite will do",
        "detente.record.genesis:SUITE",
        lambda _: 2,
        _UNKNOWN + "an_unknown_suite_or_set_of_rules_is_refused",
    ),
    slips(
        39,
        "an act's signatures are not checked",
        "detente.charter.rules:check_signatures",
        skipped,
        _ADMISSION + "an_operator_without_the_delegates_key_forges_no_act",
    ),
    slips(
        39,
        "a node may acknowledge",
        "detente.charter.rules:check_signatures",
        skipped,
        _ADMISSION + "a_node_cannot_acknowledge_for_a_person",
    ),
)
