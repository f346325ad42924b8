"""Mistakes in how two nodes talk, and in what a node does by itself."""

from __future__ import annotations

from itertools import count
from typing import Any, Final

from detente.exchange.session import REPEATS, Reply
from detente.record.checkpoint import Checkpoint, sign_checkpoint
from tests.faults.planting import returns, skipped, slips

_FLOOD: Final = "tests/sim/test_flood.py::test_"
_MANY: Final = "tests/sim/test_many_logs.py::test_"
_RESTORE: Final = "tests/sim/test_restore.py::test_"
_THEFT: Final = "tests/sim/test_theft.py::test_"
_WITHHELD: Final = "tests/sim/test_withheld.py::test_"


def signs_anew(_: Any) -> Any:
    """Sign a receipt for every delivery, known or not."""
    times = count(1)

    def sign(self: Any, one: Checkpoint) -> Checkpoint:
        key = self._keyring.node()
        return sign_checkpoint(key, one.dialogue, one.log, one.size, one.root, next(times))

    return sign


def ignores_cuts(original: Any) -> Any:
    """Freeze for forks and forget cuts."""
    return lambda state: original(state._replace(charter=state.charter._replace(cuts=())))


def ignores_what_was_named(original: Any) -> Any:
    """Let a cut take back what others have answered."""
    return lambda state: original(state._replace(reached=type(state.reached)()))


def shares_one_bucket(_: Any) -> Any:
    """Count line and table against one quota."""
    return lambda self, log: (self._book.state.logs[log].party, 1)


def follows_only_at_first(_: Any) -> Any:
    """Never follow a log that was not there when the session began."""
    return lambda self, heads, peer=None: Reply()


def forgets_the_hurry(original: Any) -> Any:
    """Serve the table before the line."""
    return lambda self: original(self)[::-1]


def counts_every_head(_: Any) -> Any:
    """Let heads with a new log count as a repetition."""

    def note(self: Any, _heads: Any) -> bool:
        self._repeats += 1
        return bool(self._repeats <= REPEATS)

    return note


def names_every_log(original: Any) -> Any:
    """Name every log that moved, however many they are."""
    return 10**6


MISTAKES: Final = (
    slips(
        5,
        "who has saved and died gives no receipt later",
        "detente.desk.give:Giver.receipts",
        returns(()),
        _WITHHELD + "a_node_that_dies_after_its_commit_gives_its_receipt_later",
    ),
    slips(
        7,
        "every delivery is signed for anew",
        "detente.desk.receive:Receiver._receipt",
        signs_anew,
        "tests/sim/test_replay.py::test_the_same_entries_a_thousand_times_change_nothing",
    ),
    slips(
        8,
        "what waited is never looked at again",
        "detente.desk.book:_still_waits",
        returns(value=True),
        "tests/sim/test_order.py::test_doubled_and_reordered_parcels_give_one_state",
    ),
    slips(
        12,
        "a cut changes nothing",
        "detente.desk.book:frozen_sizes",
        ignores_cuts,
        _THEFT + "what_a_thief_signs_after_the_cut_is_void_on_every_node",
    ),
    slips(
        12,
        "a cut unsays what was answered",
        "detente.desk.book:frozen_sizes",
        ignores_what_was_named,
        _THEFT + "what_another_party_had_named_before_the_cut_stands",
    ),
    slips(
        12,
        "a cut may name any log",
        "detente.dialogue.admit:check_cut",
        skipped,
        _THEFT + "a_cut_reaches_only_logs_of_the_key_it_names",
    ),
    slips(
        13,
        "a document's thresholds are not counted",
        "detente.charter.document:verify_roots",
        skipped,
        _THEFT + "a_document_without_its_thresholds_is_void",
    ),
    slips(
        13,
        "a log that came too early is never asked for again",
        "detente.desk.counter:Counter.may_come",
        returns(value=False),
        _THEFT + "two_renewals_are_caught_up_by_who_was_away",
    ),
    slips(
        13,
        "a new epoch is not followed before the next link",
        "detente.desk.counter:Counter.take_heads",
        follows_only_at_first,
        _THEFT + "logs_of_a_new_epoch_are_followed_in_a_running_session",
    ),
    slips(
        19,
        "a restored node writes at once",
        "detente.desk.write:Writer._may_write",
        skipped,
        _RESTORE + "a_restored_node_writes_nothing_until_it_has_caught_up",
    ),
    slips(
        19,
        "any one voice confirms a restored node",
        "detente.desk.own_head:OwnHead.confirm",
        lambda original: lambda self, peer: original(self, None),
        _RESTORE + "one_party_among_several_is_not_enough_to_confirm_a_restored_node",
    ),
    slips(
        19,
        "a node ignores its own head",
        "detente.desk.own_head:OwnHead.learn",
        returns(value=False),
        _RESTORE + "what_a_copied_disk_wrote_alone_is_set_aside",
    ),
    slips(
        19,
        "a claim without a signature is believed",
        "detente.desk.own_head:verify_checkpoint",
        skipped,
        _RESTORE + "a_head_that_we_did_not_sign_does_not_close_us",
    ),
    slips(
        20,
        "own entries from elsewhere raise no question",
        "detente.desk.own_head:OwnHead.notice",
        skipped,
        _RESTORE + "a_second_copy_at_work_stops_the_first",
    ),
    slips(
        22,
        "quotas are not asked for",
        "detente.desk.counter:Counter.allowance",
        returns(2**40),
        _FLOOD + "a_quota_delays_and_loses_nothing",
    ),
    slips(
        22,
        "each link has a quota of its own",
        "detente.desk.counter:Counter.allowance",
        returns(2**40),
        _FLOOD + "a_new_link_brings_no_new_quota",
    ),
    slips(
        22,
        "line and table share a quota",
        "detente.desk.counter:Counter._bucket_key",
        shares_one_bucket,
        _FLOOD + "the_line_is_not_delayed_by_a_flood_on_the_table",
    ),
    slips(
        22,
        "the table goes first",
        "detente.desk.counter:Counter.logs",
        forgets_the_hurry,
        _FLOOD + "the_line_goes_before_the_table_in_what_is_sent",
    ),
    slips(
        22,
        "credit is not counted",
        "detente.exchange.session:Session._spend",
        skipped,
        _FLOOD + "more_than_the_credit_ends_the_link",
    ),
    slips(
        22,
        "repetition is not counted",
        "detente.exchange.session:Session._count",
        skipped,
        _FLOOD + "asking_the_same_again_and_again_ends_the_link",
    ),
    slips(
        22,
        "an entry names every log that moved",
        "detente.desk.write:ENTRY_REFS",
        names_every_log,
        _FLOOD + "many_epochs_do_not_stop_others_from_writing",
    ),
    slips(
        22,
        "a node takes every log",
        "detente.desk.introduce:Room.takes",
        returns(value=True),
        _MANY + "a_stolen_node_key_leaves_room_for_the_next",
    ),
    slips(
        22,
        "what an entry of another party waits for is left out",
        "detente.desk.introduce:_waited_for",
        returns({}),
        _MANY
        + "a_log_is_taken_beyond_its_partys_share_once_an_entry_of_another_party_waits_for_it",
    ),
    slips(
        22,
        "every new log is a repetition",
        "detente.exchange.session:_Shown.note",
        counts_every_head,
        _MANY + "heads_that_follow_news_of_a_third_party_are_no_flood",
    ),
    slips(
        23,
        "the founding's limit binds our side only",
        "detente.desk.receive:Receiver._covered",
        skipped,
        _FLOOD + "an_entry_larger_than_the_founding_terms_allow_never_enters",
    ),
)
