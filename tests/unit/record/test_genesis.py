"""Claims about the founding terms and the names of logs (docs/spec/01-record.md §6)."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from detente.record.encoding import decode, encode
from detente.record.genesis import (
    RULES,
    SUITE,
    TERM_SETS,
    Genesis,
    Quotas,
    Seat,
    decode_genesis,
    dialogue_id,
    encode_genesis,
    log_id,
    order_seats,
)
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, KeyPrint, Lane, PartyId
from detente.terms.limits import GENESIS_BYTES, KIB, PARTIES, PAYLOAD_BYTES
from tests.unit.record.logs import digest

NONCE = digest("nonce")


def _seats(count: int) -> tuple[Seat, ...]:
    return order_seats(
        NONCE, [Seat(PartyId(digest(f"party {at}")), 1, digest(f"doc {at}")) for at in range(count)]
    )


GENESIS = Genesis(
    SUITE, RULES, NONCE, _seats(2), Quotas(), ("en", "fa", "fr"), "states", 1_790_000_000_000
)


def _fault(data: bytes) -> Rejected:
    with pytest.raises(Rejected) as fault:
        decode_genesis(data)
    return fault.value


def test_founding_terms_come_back_from_their_one_encoding() -> None:
    """Round trip for two to eight parties and each set of terms."""
    for count, terms in product(range(2, PARTIES + 1), TERM_SETS):
        genesis = GENESIS._replace(seats=_seats(count), terms=terms)
        data = encode_genesis(genesis)
        assert len(data) <= GENESIS_BYTES
        assert decode_genesis(data) == genesis
        assert encode_genesis(decode_genesis(data)) == data


def test_a_dialogue_is_named_by_all_of_its_terms() -> None:
    """What the parties signed is what the identifier means: any other word is another dialogue."""
    changes: dict[str, Any] = {
        "nonce": digest("other"), "seats": _seats(3), "quotas": Quotas(200 * KIB), "languages": ("en",),
        "terms": "labour", "time": 1,
    }  # fmt: skip
    ids = {
        dialogue_id(encode_genesis(GENESIS._replace(**{name: value})))
        for name, value in changes.items()
    }
    assert len(ids | {dialogue_id(encode_genesis(GENESIS))}) == len(changes) + 1


def test_a_suite_or_rules_of_another_version_are_refused_with_their_numbers() -> None:
    """Attack 30: unknown suite is refused, and the person learns which version is wanted."""
    for genesis in (GENESIS._replace(suite=2), GENESIS._replace(rules=7)):
        fault = _fault(encode_genesis(genesis))
        assert fault.code == "record.genesis.suite"
        assert fault.details == {"suite": genesis.suite, "rules": genesis.rules}
        assert fault.next_step


def test_seats_stand_in_the_order_that_nobody_chose() -> None:
    """Attack 25: any other order of the same seats is not a genesis, and neither is a repetition."""
    seats = GENESIS.seats
    assert order_seats(NONCE, list(reversed(seats))) == seats
    orders = {order_seats(digest(f"nonce {at}"), list(seats))[0].party for at in range(20)}
    assert len(orders) == 2  # another nonce may give another order
    for wrong in (tuple(reversed(seats)), (seats[0], seats[0]), (*seats, seats[1])):
        assert _fault(encode_genesis(GENESIS._replace(seats=wrong))).code == "record.genesis"


def test_values_out_of_bounds_are_refused() -> None:
    """Every limit of the genesis, just beyond it."""
    first = GENESIS.seats[0]
    wrong: list[dict[str, Any]] = [
        {"nonce": NONCE[:-1]}, {"nonce": b""}, {"seats": ()}, {"seats": _seats(1)},
        {"seats": _seats(PARTIES + 1)}, {"languages": ()}, {"languages": ("fr", "en")},
        {"languages": ("en", "en")}, {"languages": ("e",)}, {"languages": ("x" * 36,)},
        {"languages": tuple(f"l{at:02}" for at in range(17))}, {"terms": "games"}, {"terms": ""},
        {"quotas": Quotas(payload_bytes=192 * KIB - 1)},
        {"quotas": Quotas(payload_bytes=PAYLOAD_BYTES + 1)},
        {"quotas": Quotas(bytes_per_hour=512 * KIB - 1)},
        {"quotas": Quotas(line_bytes_per_hour=512 * KIB - 1)},
    ]  # fmt: skip
    wrong += [
        {"seats": order_seats(NONCE, [first._replace(**change), GENESIS.seats[1]])}
        for change in (
            {"party": PartyId(b"short")}, {"version": 0}, {"document": b"short"}, {"document": b""},
        )
    ]  # fmt: skip
    for change in wrong:
        fault = _fault(encode_genesis(GENESIS._replace(**change)))
        assert fault.code == "record.genesis", change


def test_values_at_their_bounds_are_accepted() -> None:
    """Every limit of the genesis, both ends included."""
    for change in (
        {"languages": ("en",)}, {"languages": ("x" * 35,)},
        {"languages": tuple(f"l{at:02}" for at in range(16))},
        {"quotas": Quotas(192 * KIB, 512 * KIB, 512 * KIB)},
        {"quotas": Quotas(PAYLOAD_BYTES, 2**64 - 1, 2**64 - 1)}, {"time": 0},
    ):  # fmt: skip
        genesis = GENESIS._replace(**change)
        assert decode_genesis(encode_genesis(genesis)) == genesis


def _fault_of(data: bytes) -> str | None:
    try:
        decode_genesis(data)
    except Rejected as fault:
        return fault.code
    return None


def test_every_field_takes_its_own_type_only() -> None:
    """Attack 25: true is not 1, an empty text is not an empty list, and nothing is filled in.

    A quota left out would mean each node's own default: two nodes of different versions would
    then hold each other to different limits under one signature.
    """
    plain: list[Any] = decode(encode_genesis(GENESIS), GENESIS_BYTES)
    hostile: list[Any] = [
        None, True, False, 0, 7, 2**64 - 1, b"", b"x" * 32, "", "en", [], [7], [[7]], [b"x"], ["en", 7],
        [[], []], ["ab", "cd"], [True] * 4, plain[6][:2], [*plain[6], 1],
        [plain[5][0], plain[5][1][:2]], [[*plain[5][0], 0], plain[5][1]],
        [[plain[5][0][0], True, plain[5][0][2]], plain[5][1]],
        [1024, True, 100], [1024, None, 100], [1024, "x", 100], [1024, b"x", 100], [1024, [], 100],
    ]  # fmt: skip
    accepted = 0
    for field in range(len(plain)):
        for value in hostile:
            data = encode([*plain[:field], value, *plain[field + 1 :]])
            fault = _fault_of(data)
            if fault is None:
                accepted += 1
                assert encode_genesis(decode_genesis(data)) == data
            else:
                assert fault in {"record.genesis", "record.genesis.suite"}
    # Another nonce (which happens to give the same order), other languages, three other times.
    assert accepted == 5


def test_what_is_no_array_of_ten_is_refused() -> None:
    """Also another format and another product's papers."""
    plain: list[Any] = decode(encode_genesis(GENESIS), GENESIS_BYTES)
    hostile: list[Any] = [
        plain[:-1], [*plain, 0], [], b"x", "detente ge", 7, None,
        [2, *plain[1:]], [1, "other genesis", *plain[2:]],
    ]  # fmt: skip
    for value in hostile:
        assert _fault(encode(value)).code == "record.genesis"
    assert _fault(bytes(GENESIS_BYTES + 1)).code == "record.genesis"


def test_a_party_is_found_by_its_identifier() -> None:
    """-1 for whoever has no seat."""
    for index, seat in enumerate(GENESIS.seats):
        assert GENESIS.index_of(seat.party) == index
    assert GENESIS.index_of(PartyId(digest("stranger"))) == -1


def test_every_part_of_a_logs_name_changes_it() -> None:
    """Attack 6: replay into another dialogue, party, key, epoch or lane is another log."""
    talk, party, key = DialogueId(digest("t")), PartyId(digest("p")), KeyPrint(digest("k"))
    logs = {
        log_id(talk, party, key, 0, Lane.LINE),
        log_id(talk, party, key, 0, Lane.TABLE),
        log_id(talk, party, key, 1, Lane.LINE),
        log_id(talk, party, KeyPrint(digest("k2")), 0, Lane.LINE),
        log_id(talk, PartyId(digest("p2")), key, 0, Lane.LINE),
        log_id(DialogueId(digest("t2")), party, key, 0, Lane.LINE),
        log_id(talk, PartyId(key), KeyPrint(party), 0, Lane.LINE),
    }
    assert len(logs) == 7
