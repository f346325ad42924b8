"""Claims about one author's log: it only grows at its end (docs/spec/01-record.md §7)."""

from __future__ import annotations

import pytest

from detente.record.chain import LogHead, Piece, extend_log, start_log
from detente.record.entry import make_entry
from detente.seals.hashing import EMPTY_ROOT
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, LogId
from tests.unit.record.logs import LOG, TALK, digest, next_entry, pieces_of, write

WHOLE = write(20)
PIECES = pieces_of(WHOLE.entries)


def _fault(head: LogHead, *pieces: Piece) -> Rejected:
    with pytest.raises(Rejected) as fault:
        extend_log(head, pieces)
    assert fault.value.evidence == pieces[-1].raw
    return fault.value


def test_a_log_grows_to_the_same_head_however_it_is_cut_into_batches() -> None:
    """Attack 8: batches are a matter of transport."""
    empty = start_log(TALK, LOG)
    assert (empty.size, empty.root(), empty.head) == (0, EMPTY_ROOT, TALK)
    whole = extend_log(empty, PIECES)
    assert whole.entries == WHOLE.entries
    assert whole.head.size == 20
    assert whole.head.head == WHOLE.entries[-1].id
    for cut in range(21):
        first = extend_log(empty, PIECES[:cut])
        second = extend_log(first.head, PIECES[cut:])
        assert second.head == whole.head
        assert first.entries + second.entries == whole.entries
    assert extend_log(whole.head, []).head == whole.head


def test_an_entry_without_its_payload_continues_the_log_alike() -> None:
    """Attack 40: what is withheld does not break the chain."""
    bare = [Piece(piece.raw, None, None) for piece in PIECES]
    assert extend_log(start_log(TALK, LOG), bare).head == WHOLE.head


def test_an_entry_of_another_log_is_refused() -> None:
    """Attack 6: a log's name comes from dialogue, party, key, epoch and lane, so replay changes it."""
    other = write(1, log=LogId(digest("another log")))
    assert _fault(start_log(TALK, LOG), *pieces_of(other.entries)).code == "record.chain.log"


def test_a_gap_and_a_repetition_are_refused() -> None:
    """Attacks 4 and 7: nothing can be left out or come twice."""
    head = write(3).head
    assert _fault(head, PIECES[4]).code == "record.chain.seq"
    assert _fault(head, PIECES[2]).code == "record.chain.seq"
    assert _fault(head, PIECES[3], PIECES[3]).code == "record.chain.seq"
    assert _fault(head, PIECES[3], PIECES[5]).code == "record.chain.seq"


def test_an_entry_that_continues_another_history_is_refused() -> None:
    """Attack 1: two histories of one log never mix."""
    other = write(1, "other", after=write(2, "other"))
    assert _fault(write(2).head, *pieces_of(other.entries[2:])).code == "record.chain.prev"


def test_the_first_entry_names_the_dialogue() -> None:
    """Attack 6: the first entry of a log cannot stand in another dialogue."""
    elsewhere = start_log(DialogueId(digest("another talk")), LOG)
    assert _fault(elsewhere, PIECES[0]).code == "record.chain.prev"


def test_a_clock_that_does_not_rise_is_refused() -> None:
    """docs/spec/02-order.md §2: order never runs backwards within a log."""
    head = write(3).head
    for clock in (head.clock, 1):
        stuck = next_entry(head, clock=clock)
        assert _fault(head, *pieces_of([stuck])).code == "record.chain.clock"
    first = start_log(TALK, LOG)
    never = make_entry(next_entry(first).header._replace(clock=0), bytes(16), b"")
    assert _fault(first, *pieces_of([never])).code == "record.chain.clock"
    jump = next_entry(head, clock=head.clock + 1000)
    assert extend_log(head, pieces_of([jump])).head.clock == head.clock + 1000


def test_a_batch_fits_whole_or_not_at_all() -> None:
    """The head is a value: a batch that fails leaves the one before untouched."""
    head = write(3).head
    broken = Piece(PIECES[4].raw, PIECES[4].salt, b"something else")
    assert _fault(head, PIECES[3], broken).code == "record.entry.payload"
    assert extend_log(head, PIECES[3:5]).head == write(5).head


def test_subtrees_of_a_long_log_are_handed_out_to_be_stored() -> None:
    """From 256 entries on."""
    extension = extend_log(start_log(TALK, LOG), pieces_of(write(257).entries))
    assert [(one.level, one.index) for one in extension.kept] == [(8, 0)]
