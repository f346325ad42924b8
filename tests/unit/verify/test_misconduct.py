"""Proofs of misconduct: said in the same words of either party, by signatures alone."""

from __future__ import annotations

import pytest

from detente.record.checkpoint import encode_checkpoint
from detente.record.fork import Fork, Roots, encode_fork
from detente.record.tree import consistency_path
from detente.terms.ids import Lane
from detente.testing.scribe import Scribe
from detente.testing.written import WrittenLog, prove_fork
from detente.verify.report import Outcome, Stretch
from detente.verify.words import lines, say
from tests.bundles import bundle_of, verified, write_talk


def _forked(party: int, seed: str = "forked") -> tuple[Scribe, WrittenLog, Fork]:
    """Return a talk in which a party's node signed two ends of its table, and the proof."""
    scribe = write_talk(seed)
    log = scribe.log(party)
    other = log.branch(log.size - 2)
    scribe.write(party, 4711, b"another end", into=other)
    return scribe, other, prove_fork(log, other, scribe.now_ms // 1000)


@pytest.mark.parametrize(("party", "place"), [(0, "A-12"), (1, "B-7")])
def test_a_counted_fork_proof_names_the_node_and_the_place(party: int, place: str) -> None:
    """Attack 1: the record that proves it is intact, and what follows the fork counts for nothing."""
    scribe, _, proof = _forked(party)
    scribe.accuse(1 - party, proof)
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    (proven,) = report.misconduct
    letter = "AB"[party]
    name = scribe.parties[party].name
    assert say(proven) == (
        f"The node of {letter} ({name}) signed two different entries {place}. Both signatures are "
        "here; nobody's word is needed."
    )
    last = f"{letter}-{scribe.log(party).size - 1}"
    assert Stretch(place, last, 2, "record.frozen") in report.void
    assert all(act.mark not in {place, last} for act in report.acts)


def test_the_sentence_is_the_same_for_either_party() -> None:
    """Equal wording: only letter, name and mark differ."""
    messages = set()
    for party in (0, 1):
        scribe, _, proof = _forked(party)
        scribe.accuse(1 - party, proof)
        messages.add(verified(bundle_of(scribe)).misconduct[0].message)
    assert len(messages) == 1


def test_a_proof_kept_as_evidence_is_said_and_freezes_nothing() -> None:
    """docs/spec/11-bundle.md §5.1 step 9: evidence is weighed; only a counted entry changes what stands."""
    scribe, _, proof = _forked(0)
    scribe.evidence_kept.append(("fork", encode_fork(proof)))
    report = verified(bundle_of(scribe))
    assert [one.code for one in report.misconduct] == ["verify.fork"]
    assert report.void == ()


def test_the_same_proof_in_record_and_evidence_is_said_once() -> None:
    """Saying it twice would make two of one."""
    scribe, _, proof = _forked(0)
    scribe.accuse(1, proof)
    scribe.evidence_kept.append(("fork", encode_fork(proof)))
    assert len(verified(bundle_of(scribe)).misconduct) == 1


def test_a_proof_by_roots_shows_two_histories_without_their_place() -> None:
    """docs/spec/02-order.md §6: evidence, though not enough to enter the record."""
    scribe = write_talk("roots")
    log = scribe.log(1)
    other = log.branch(4)
    scribe.write(1, 4711, b"elsewhere", into=other)
    time = scribe.now_ms // 1000
    path = consistency_path(other.size, log.size, log.leaves.node)
    roots = Roots(log.root_at(other.size), tuple(path))
    scribe.evidence_kept.append(
        ("fork", encode_fork(Fork(other.sign(time), log.sign(time), roots)))
    )
    (proven,) = verified(bundle_of(scribe)).misconduct
    assert proven.code == "verify.fork.roots"
    assert proven.values["mark"] == "B-4"


@pytest.mark.parametrize("what", ["signature", "dialogue", "same", "garbage"])
def test_a_false_accusation_proves_nothing_and_blames_nobody(what: str) -> None:
    """Attack 3: a proof with one thing wrong changes nothing; it is said to prove nothing."""
    scribe, _, proof = _forked(0)
    smaller = proof.smaller
    if what == "signature":
        signature = smaller.signature._replace(mldsa=bytes(3309))
        proof = proof._replace(smaller=smaller._replace(signature=signature))
    elif what == "dialogue":
        proof = _forked(0, "another talk")[2]
    elif what == "same":
        proof = proof._replace(smaller=proof.larger)
    data = b"\x80" if what == "garbage" else encode_fork(proof)
    scribe.evidence_kept.append(("fork", data))
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.INTACT
    assert report.misconduct == ()
    assert [one.code for one in report.remarks] == ["verify.evidence"]


def test_a_receipt_for_other_entries_is_remarked_without_blame() -> None:
    """docs/spec/11-bundle.md §3.5: it shows a contradiction, and not whose it is."""
    scribe, other, _ = _forked(0)
    receipt = other.sign(scribe.now_ms // 1000, by=scribe.parties[1].node)
    scribe.evidence_kept.append(("receipt", encode_checkpoint(receipt)))
    report = verified(bundle_of(scribe))
    (remark,) = report.remarks
    assert remark.code == "verify.receipt.other"
    assert remark.values == {"letter": "B", "mark": "A-12"}
    assert report.misconduct == ()


def test_evidence_of_an_unknown_kind_is_mentioned() -> None:
    """docs/spec/11-bundle.md §3.5: other names may stand there; they prove nothing."""
    scribe = write_talk("unknown evidence")
    scribe.evidence_kept.append(("minutes\x1b[2J", b"of another meeting"))
    (remark,) = verified(bundle_of(scribe)).remarks
    assert remark.code == "verify.evidence.kind"
    assert "\x1b" not in say(remark)


@pytest.mark.parametrize("lane", [Lane.LINE, Lane.TABLE])
def test_a_bundle_with_a_signature_for_another_history_is_bad(lane: Lane) -> None:
    """Attack 2: a checkpoint whose root is not that of the entries here, though truly signed."""
    scribe = write_talk("two roots")
    log = scribe.log(0, lane)
    other = log.branch(log.size - 1)
    scribe.write(0, 4711, b"another end", into=other, lane=lane)
    at = next(i for i, one in enumerate(log.checkpoints) if one.size == other.size)
    log.checkpoints[at] = other.sign(scribe.now_ms // 1000)
    report = verified(bundle_of(scribe))
    assert report.outcome is Outcome.BAD
    assert report.damage is not None
    assert report.damage.what.code == "verify.root"
    assert report.damage.what.values["letter"] == "A"


def test_the_words_put_misconduct_right_after_who_the_parties_are() -> None:
    """docs/spec/11-bundle.md §6.3: a proof is not hidden at the end of a long report."""
    scribe, _, proof = _forked(0)
    scribe.accuse(1, proof)
    codes = [line.code for line in lines(verified(bundle_of(scribe)))]
    assert codes[0] == "words.intact"
    assert codes.index("verify.fork") < codes.index("words.receipt")
