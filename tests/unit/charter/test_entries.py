"""Claims about the bodies of charter entries (docs/spec/05-kinds.md §3)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter import entries
from detente.charter.entries import (
    Closing,
    Confirmation,
    Cut,
    ForkProof,
    LogMark,
    NewDocument,
    Opening,
    Revocation,
)
from detente.dialogue.kinds import CHARTER
from detente.record.shapes import from_bytes, to_bytes
from detente.terms.errors import Rejected
from detente.terms.ids import EntryId, Lane, LogId, Ref
from detente.terms.limits import PAYLOAD_BYTES
from tests.unit.charter.mandates import HEAD, PARTIES, grant_of

MARK = LogMark(bytes(32), 2**64 - 1, bytes(32))
REF = Ref(LogId(bytes(32)), 7, EntryId(bytes(32)))
GRANT = grant_of(HEAD, "speak", "bind")
BODIES: list[Any] = [
    Opening(bytes(32), bytes(32), 0, 0, (), "founding", None),
    Opening(bytes(32), bytes(32), 3, 1, (MARK, MARK), "restored", PARTIES[1].chain[0]),
    NewDocument(PARTIES[1].chain[0]),
    GRANT,
    Confirmation("12345678901234567890", "by telephone", GRANT),
    Confirmation("12345678901234567890", "", None),
    Revocation(REF, "left the service"),
    Closing(REF),
    Cut(bytes(32), (MARK,) * 4, "stolen"),
    ForkProof(b"proof"),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: type(body).__name__)
def test_every_body_comes_back_from_its_one_encoding(body: Any) -> None:
    """Round trip; what has no first grant or document says so in one way."""
    data = to_bytes(body)
    assert from_bytes(type(body), data, PAYLOAD_BYTES, "form") == body


HOSTILE: list[Any] = [
    BODIES[0]._replace(party=bytes(31)), BODIES[0]._replace(node=b""), BODIES[0]._replace(lane=2),
    BODIES[0]._replace(previous=(MARK,) * 3), BODIES[0]._replace(reason="x" * 41),
    BODIES[1]._replace(previous=(MARK._replace(log=b""),)),
    BODIES[1]._replace(previous=(MARK._replace(head=bytes(33)),)),
    GRANT._replace(name=""), GRANT._replace(name="x" * 121), GRANT._replace(role=""),
    GRANT._replace(role="x" * 121), GRANT._replace(scopes=()), GRANT._replace(scopes=("",)),
    GRANT._replace(scopes=("x" * 41,)), GRANT._replace(scopes=("speak",) * 17),
    BODIES[4]._replace(number="1" * 19), BODIES[4]._replace(number="1" * 21),
    BODIES[4]._replace(how="x" * 501), BODIES[6]._replace(reason="x" * 501),
    BODIES[8]._replace(marks=()), BODIES[8]._replace(marks=(MARK,) * 5),
    BODIES[8]._replace(node=bytes(31)), BODIES[8]._replace(reason="x" * 501),
]  # fmt: skip


def test_fields_of_bodies_are_bounded() -> None:
    """Attack 23: every limit of docs/spec/05-kinds.md §3, just beyond it."""
    for body in HOSTILE:
        with pytest.raises(Rejected):
            from_bytes(type(body), to_bytes(body), PAYLOAD_BYTES, "form")


def test_charter_entries_stand_on_the_line() -> None:
    """docs/spec/03-charter.md §3.1: who may speak never waits behind what is being said."""
    assert all(kind.lane is Lane.LINE for kind in CHARTER)


def test_what_the_node_enters_by_itself_needs_no_scope() -> None:
    """Documents carry root signatures of their own; closings and fork proofs say what anyone can check."""
    machine = {kind.number for kind in CHARTER if kind.is_machine}
    assert machine == {entries.OPENING, entries.DOCUMENT, entries.CLOSING, entries.FORK}


def test_root_acts_cannot_be_granted() -> None:
    """The scope of confirmations and cuts is not among those that a grant may name."""
    for kind in CHARTER:
        if kind.number in entries.ROOT_ACTS:
            assert kind.scope not in entries.SCOPES
