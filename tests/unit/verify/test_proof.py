"""What the proof of a single entry proves, and what it leaves to the whole record."""

from __future__ import annotations

from typing import Any

import pytest

from detente.record.proof import FIRST_LINE, write_proof
from detente.record.shapes import to_bytes
from detente.testing.scribe import Scribe
from detente.verify.proof import Documents, verify_proof
from detente.verify.report import Outcome, Report, Subject
from detente.verify.words import lines, say
from tests.bundles import talk, write_talk


def _prove(scribe: Scribe, seq: int, party: int = 0, **changes: Any) -> str:
    log = scribe.log(party)
    own = log.checkpoints[-1]
    other = scribe.parties[1 - party].node.public
    given: dict[str, Any] = {
        "founding": scribe.founding(),
        "papers": next(one for one in scribe.logs() if one.log == log.id),
        "entry": log.entries[seq],
        "node": log.leaves.node,
        "signed": [
            (log.node.public, own),
            *((other, one) for one in log.receipts if one.size == own.size),
        ],
    }
    return write_proof(**{**given, **changes})


def _report(text: str) -> Report:
    return verify_proof(text.encode())


def _blamed(text: str) -> str:
    report = _report(text)
    assert report.outcome is Outcome.BAD
    assert report.damage is not None
    return report.damage.what.code


@pytest.mark.parametrize("seq", range(14))
def test_every_entry_of_a_log_can_be_proven_alone(seq: int) -> None:
    """docs/spec/11-bundle.md §8: place, node's signature and receipt, from one text file."""
    report = _report(_prove(talk(), seq))
    assert (report.outcome, report.subject, report.exit_code()) == (
        Outcome.INTACT,
        Subject.ENTRY,
        0,
    )
    assert report.logs[0].last_intact == f"A-{seq}"
    assert [(one.upto, one.letter) for one in report.receipts] == [(f"A-{seq}", "B")]


def test_the_words_say_what_a_proof_alone_cannot_show() -> None:
    """docs/spec/11-bundle.md §8: verdict and mandate follow from the whole record."""
    words = [say(line) for line in lines(_report(_prove(talk(), 5)))]
    assert words[0].startswith("Entry A-5 stands in the record: the node of A signed for it at ")
    assert words[-1].startswith("What the rules made of this entry")
    assert not any("final" in line for line in words)


def test_a_withheld_payload_leaves_the_header_proven() -> None:
    """Attack 40."""
    entry = talk().log(0).entries[5]._replace(salt=None, payload=None)
    report = _report(_prove(talk(), 5, entry=entry))
    assert report.outcome is Outcome.INTACT
    assert "Its payload is not here; only its header is proven." in map(say, lines(report))


def test_a_proof_for_another_place_entry_or_payload_is_bad() -> None:
    """Index, header, payload and path belong together."""
    log = talk().log(0)
    text = _prove(talk(), 5)
    assert _blamed(text.replace("index 5", "index 6")) == "verify.proof"
    assert _blamed(_prove(talk(), 5, node=lambda level, at: bytes(32))) == "record.tree.inclusion"
    mixed = log.entries[5]._replace(payload=log.entries[4].payload)
    assert _blamed(_prove(talk(), 5, entry=mixed)) == "record.entry.payload"


@pytest.mark.parametrize("line", [0, 1, 2, 3])
def test_a_note_with_one_signature_line_stripped_is_bad(line: int) -> None:
    """Attack 28: a key that signed with one half only has not signed."""
    text = _prove(talk(), 5)
    head, signatures = text.rsplit("\n\n", 1)
    rows = signatures.removesuffix("\n").split("\n")
    assert len(rows) == 4
    del rows[line]
    assert _blamed(head + "\n\n" + "\n".join(rows) + "\n") == "record.note"


def test_a_note_without_the_logs_own_signature_proves_nothing() -> None:
    """Receipts alone do not make a party's log."""
    head, signatures = _prove(talk(), 5).rsplit("\n\n", 1)
    rows = signatures.removesuffix("\n").split("\n")
    report = _report(head + "\n\n" + "\n".join(rows[2:]) + "\n")
    assert report.outcome is Outcome.CANNOT_TELL
    assert say(next(lines(report))) == "This proves nothing about an entry."


def test_a_note_without_receipts_is_still_the_partys_own_word() -> None:
    """What the other side holds is then not shown."""
    log = talk().log(0)
    report = _report(_prove(talk(), 5, signed=[(log.node.public, log.checkpoints[-1])]))
    assert report.outcome is Outcome.INTACT
    assert report.receipts == ()


def test_a_proof_from_another_dialogue_is_bad() -> None:
    """Attack 6: founding, log and note name one dialogue."""
    other = write_talk("another")
    assert _blamed(_prove(talk(), 5, founding=other.founding())) in {"verify.owner", "verify.proof"}


def test_a_proof_of_a_later_epoch_brings_the_document_that_names_its_key() -> None:
    """docs/spec/11-bundle.md §8: the founding does not know a key that came later."""
    scribe = write_talk("later")
    scribe.open_epoch(1, key="second")
    scribe.say(1, "Under a new key.")
    documents = to_bytes(Documents(scribe.parties[1].chain[1:]))
    report = _report(_prove(scribe, 1, 1, documents=documents))
    assert report.outcome is Outcome.INTACT
    assert report.logs[0].last_intact == "B.1-1"
    assert _blamed(_prove(scribe, 1, 1)) == "verify.owner"
    foreign = to_bytes(Documents(scribe.parties[0].chain))
    assert _blamed(_prove(scribe, 1, 1, documents=foreign)) == "charter.document"


@pytest.mark.parametrize(
    "rest", [b"", b"\nextra AA==\nindex 0\n\n", b"\nextra AA==\n\n\n\n", b"\n\xff\xfe"]
)
def test_garbage_gives_a_report_and_never_an_exception(rest: bytes) -> None:
    """Invariant of the verifier: nothing in the bytes makes it raise."""
    for data in (rest, FIRST_LINE.encode() + rest):
        assert verify_proof(data).outcome is not Outcome.INTACT


def test_a_proof_says_what_the_entry_says() -> None:
    """Who is given the proof of a statement learns what was stated, by which key, and when."""
    (shown,) = _report(_prove(talk(), 2)).shown
    assert (shown.mark, shown.kind, shown.letter) == ("A-2", "statements.statement", "A")
    assert (shown.text, shown.is_here) == ("Statement 0.", True)
    header = talk().log(0).entries[2].header
    assert (shown.actor, shown.time) == (header.actor.hex(), header.time)


def test_a_proof_names_other_entries_by_their_marks_where_it_can() -> None:
    """The logs of the founding follow from its papers."""
    (shown,) = _report(_prove(talk(), 1, party=1)).shown
    assert (shown.kind, shown.fields["proposal"]) == ("opening.consent", "A-1")


def test_a_proof_without_payload_still_says_kind_key_and_time() -> None:
    """The header is proven, and says that much."""
    entry = talk().log(0).entries[2]._replace(salt=None, payload=None)
    (shown,) = _report(_prove(talk(), 2, entry=entry)).shown
    assert (shown.kind, shown.is_here, shown.text) == ("statements.statement", False, "")
    assert shown.actor
