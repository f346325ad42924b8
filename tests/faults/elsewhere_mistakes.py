"""Mistakes in rooms whose attack tests stand beside them."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from typing import Any, Final

import apsw
import cbor2

from detente.courier.pulse import Beat
from detente.exchange.segments import HEADER
from detente.seals import labels
from detente.terms.errors import Rejected
from tests.faults.planting import Mistake, returns, skipped, slips


def decodes_leniently(_: Any) -> Any:
    """Decode without writing the value again and comparing."""

    def decode(data: bytes, limit: int, code: str = "x", depth: int = 8) -> Any:
        try:
            return cbor2.loads(data)
        except ValueError:
            raise Rejected(code, "") from None

    return decode


def pads_nothing(_: Any) -> Any:
    """Send a segment as long as what it holds."""
    return lambda size_class, stream, flags, body, rest: (
        HEADER.pack(size_class, stream, flags, len(body), rest) + bytes(body)
    )


def compresses(original: Any) -> Any:
    """Press a frame together before it is sealed."""
    return lambda frame: zlib.compress(original(frame))


def takes_full_for_saved(_: Any) -> Any:
    """Say that a transaction is saved whatever the disk said."""

    def commit(self: Any) -> Iterator[Any]:
        self.connection.execute("begin immediate")
        yield self.connection
        with contextlib.suppress(apsw.Error):
            self.connection.execute("commit")
        if self.connection.in_transaction:
            self.connection.execute("rollback")

    return commit


TEXT: Final = "tests/unit/terms/test_text.py::test_"
TLS: Final = "tests/unit/courier/test_tls.py::test_"

MISTAKES: Final[tuple[Mistake, ...]] = (
    slips(
        16,
        "the end of a log is not checked at the start",
        "detente.store.sqlite:check_tail",
        returns(()),
        "tests/unit/store/test_damage.py::"
        "test_the_start_checks_the_end_of_each_log_and_refuses_to_write_on_top",
    ),
    slips(
        17,
        "what a full disk refused is taken for saved",
        "detente.store.writer:Writer._commit_or_undo",
        takes_full_for_saved,
        "tests/unit/store/test_disk_full.py::"
        "test_a_unit_that_meets_a_full_disk_is_undone_and_can_be_repeated",
    ),
    slips(
        21,
        "silence is not counted",
        "detente.courier.pulse:Pulse.judge",
        returns(Beat.NOTHING),
        "tests/unit/courier/test_pulse.py::test_silent_side_is_gone_after_three_missed_beats",
    ),
    slips(
        24,
        "frames are pressed together",
        "tests.unit.exchange.pouch_cases:encode_frame",
        compresses,
        "tests/unit/exchange/test_pouch.py::test_repetitive_content_is_not_compressed",
    ),
    slips(
        25,
        "a value need not be in its one form",
        "tests.unit.record.test_encoding:decode",
        decodes_leniently,
        "tests/unit/record/test_encoding.py::test_longer_forms_of_a_number_are_refused",
    ),
    slips(
        26,
        "two uses share a label",
        "detente.seals.labels:SIGN_ACT",
        lambda _: labels.SIGN_GENESIS,
        "tests/unit/seals/test_labels.py::test_every_label_stands_in_exactly_one_of_the_two_lists",
    ),
    slips(
        7,
        "a wish is signed again unseen",
        "detente.node.acts:check_next",
        skipped,
        "tests/unit/node/test_acts.py::test_a_feigned_move_gets_no_second_signature",
    ),
    slips(
        39,
        "a draft is signed unread",
        "detente.node.acts:check_draft",
        skipped,
        "tests/unit/node/test_acts.py::test_a_draft_for_another_dialogue_gets_no_signature",
    ),
    slips(
        27,
        "an unsafe point may be registered",
        "nacl.bindings:crypto_core_ed25519_is_valid_point",
        returns(value=True),
        "tests/unit/seals/test_signing.py::test_nothing_but_a_sound_key_can_be_registered",
    ),
    slips(
        29,
        "the group is neither forced nor read back",
        "detente.courier.tls:_force_group detente.courier.tls:TlsChannel._check",
        skipped,
        TLS + "classical_client_is_refused",
    ),
    slips(
        31,
        "hidden characters are not looked for",
        "tests.unit.terms.test_text:find_flags",
        returns(()),
        TEXT + "every_bidirectional_control_is_flagged",
    ),
    slips(
        38,
        "segments are not padded",
        "detente.exchange.segments:_pack",
        pads_nothing,
        "tests/unit/exchange/test_segments.py::test_only_seven_sizes_ever_leave",
    ),
)
