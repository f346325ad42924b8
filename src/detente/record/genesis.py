"""The genesis: what the parties fixed before the first entry, and what names logs after it.

Carries out docs/spec/01-record.md §6. Suite, limits, quotas, languages, set of terms and the
order of the parties stand here once and never change inside a dialogue; the dialogue's
identifier is the digest of these bytes, and every party's root keys sign them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from detente.record.encoding import decode, encode
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms import limits
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, DialogueId, KeyPrint, Lane, LogId, PartyId

FORMAT: Final = 1
SUITE: Final = 1
"""SHA-256, Ed25519 + ML-DSA-65, X25519MLKEM768, X-Wing, ChaCha20-Poly1305 (docs/spec/01-record.md §6.2)."""
RULES: Final = 1
"""Version of the rules by which entries count."""

LEAST_PAYLOAD: Final = 192 * limits.KIB
"""Least `payload_bytes`, so that whatever the rules need fits: 40 000 characters of four bytes (157 KiB),
a document with 18 root signatures (145 KiB), a minute of 1024 logs (80 KiB), a proof of two histories
(18 KiB), each with its own signature."""
LEAST_PER_HOUR: Final = 512 * limits.KIB
"""Least quota of either lane: two of the largest payloads there can be."""

TERM_SETS: Final = ("states", "labour", "commercial")


class Seat(NamedTuple):
    """One party at the table, as the genesis names it."""

    party: PartyId
    version: int
    """Version of the party's document that was current at the founding; 1 or more."""
    document: bytes
    """Digest of that document."""


class Quotas(NamedTuple):
    """What each party may ask the others to store; beyond it they wait, they are never refused."""

    payload_bytes: int = limits.PAYLOAD_BYTES
    """Largest payload of one entry."""
    bytes_per_hour: int = 512 * limits.MIB
    line_bytes_per_hour: int = 64 * limits.MIB
    """Reserved for the line: never used up by the table."""


class Genesis(NamedTuple):
    """The founding terms of one dialogue."""

    suite: int
    rules: int
    nonce: bytes
    """32 bytes to which every party contributed."""
    seats: tuple[Seat, ...]
    """The parties in the one order in which they are shown everywhere."""
    quotas: Quotas
    languages: tuple[str, ...]
    """BCP 47 tags in which originals may be written, sorted."""
    terms: str
    """Set of words: one of `TERM_SETS`."""
    time: int
    """Milliseconds since 1970 UTC, as claimed by the inviting side."""

    def index_of(self, party: PartyId) -> int:
        """Return the place of `party` in the agreed order; -1 when it has no seat."""
        return next((i for i, seat in enumerate(self.seats) if seat.party == party), -1)


def order_seats(nonce: bytes, seats: list[Seat]) -> tuple[Seat, ...]:
    """Return the seats in the order that nobody chose: by a hash with the common nonce."""
    return tuple(sorted(seats, key=lambda seat: tagged(labels.ORDER, nonce, seat.party)))


def encode_genesis(genesis: Genesis) -> bytes:
    """Return the canonical bytes of a genesis."""
    return encode(
        [
            FORMAT,
            "detente genesis",
            genesis.suite,
            genesis.rules,
            genesis.nonce,
            [list(seat) for seat in genesis.seats],
            list(genesis.quotas),
            list(genesis.languages),
            genesis.terms,
            genesis.time,
        ]
    )


def decode_genesis(data: bytes) -> Genesis:
    """Return the genesis of `data`, every field checked.

    Raises:
        Rejected: ``record.genesis`` for wrong form or values; ``record.genesis.suite`` for a suite
            or a version of the rules that this program does not have.
    """
    fields = decode(data, limits.GENESIS_BYTES, "record.genesis")
    try:
        fmt, name, suite, rules, nonce, seats, quotas, languages, terms, time = fields
        if not all(type(number) is int for number in (fmt, suite, rules)):
            raise _bad()
        # A quota left out would be filled in by each node's own default.
        if fmt != FORMAT or name != "detente genesis" or len(quotas) != len(Quotas._fields):
            raise _bad()
        genesis = Genesis(
            suite,
            rules,
            nonce,
            tuple(Seat(*seat) for seat in seats),
            Quotas(*quotas),
            tuple(languages),
            terms,
            time,
        )
    except (TypeError, ValueError):
        raise _bad() from None
    if genesis.suite != SUITE or genesis.rules != RULES:
        raise Rejected(
            "record.genesis.suite",
            N_(
                "This dialogue uses suite {suite} and rules {rules}, which this version does not have."
            ),
            N_("Use a version of the software that names both."),
            suite=genesis.suite,
            rules=genesis.rules,
        )
    _check(genesis)
    return genesis


def _check(genesis: Genesis) -> None:
    ok = (
        _is_bytes(genesis.nonce, DIGEST_BYTES)
        and 2 <= len(genesis.seats) <= limits.PARTIES
        and all(
            _is_bytes(seat.party, DIGEST_BYTES)
            and _is_uint(seat.version)
            and seat.version >= 1
            and _is_bytes(seat.document, DIGEST_BYTES)
            for seat in genesis.seats
        )
        and len({seat.party for seat in genesis.seats}) == len(genesis.seats)
        and order_seats(genesis.nonce, list(genesis.seats)) == genesis.seats
        and all(_is_uint(value) for value in genesis.quotas)
        and LEAST_PAYLOAD <= genesis.quotas.payload_bytes <= limits.PAYLOAD_BYTES
        and min(genesis.quotas[1:]) >= LEAST_PER_HOUR
        and 1 <= len(genesis.languages) <= 16
        and all(isinstance(tag, str) and 2 <= len(tag) <= 35 for tag in genesis.languages)
        and list(genesis.languages) == sorted(set(genesis.languages))
        and genesis.terms in TERM_SETS
        and _is_uint(genesis.time)
    )
    if not ok:
        raise _bad()


def _is_bytes(value: object, size: int) -> bool:
    return isinstance(value, bytes) and len(value) == size


def _is_uint(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad() -> Rejected:
    return Rejected(
        "record.genesis", N_("The founding terms of a dialogue do not have their form.")
    )


def dialogue_id(genesis: bytes) -> DialogueId:
    """Return the identifier of the dialogue whose genesis has these bytes."""
    return DialogueId(tagged(labels.DIALOGUE, genesis))


def log_id(dialogue: DialogueId, party: PartyId, node: KeyPrint, epoch: int, lane: Lane) -> LogId:
    """Return the identifier of one log: replay into another dialogue or lane changes it."""
    return LogId(
        tagged(labels.LOG, dialogue, party, node, epoch.to_bytes(8, "big"), bytes((lane,)))
    )


def epochs_of(parties: int) -> range:
    """Return the epochs that logs of a dialogue may have: the same for every node (06-dialogue.md §3.3)."""
    return range(limits.LINES // (len(Lane) * parties))
