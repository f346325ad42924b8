"""Proofs of single entries as text: one text for one proof."""

from __future__ import annotations

import base64
from typing import Any

import cbor2
import pytest

from detente.record.bundle import LogPapers
from detente.record.proof import FIRST_LINE, PROOF_BYTES, read_proof, write_proof
from detente.seals.signing import PublicKey
from detente.terms.errors import Rejected
from tests.bundles import talk


def proof_of(seq: int, party: int = 0, **changes: Any) -> str:
    """Return the proof of an entry of a party's table, under its newest checkpoint."""
    scribe = talk()
    log = scribe.log(party)
    papers = next(one for one in scribe.logs() if one.log == log.id)
    own = log.checkpoints[-1]
    receipts = [one for one in log.receipts if one.size == own.size]
    other: PublicKey = scribe.parties[1 - party].node.public
    given: dict[str, Any] = {
        "founding": scribe.founding(),
        "papers": papers,
        "entry": log.entries[seq],
        "node": log.leaves.node,
        "signed": [(log.node.public, own), *((other, one) for one in receipts)],
    }
    return write_proof(**{**given, **changes})


def _code(data: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        read_proof(data)
    return caught.value.code


def test_a_proof_has_the_lines_of_its_published_form() -> None:
    """Source: C2SP tlog-proof: first line, extra, index, path from the leaf up, note verbatim."""
    head, note = proof_of(5).split("\n\n", 1)
    first, extra, index, *path = head.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", "index 5")
    assert extra.startswith("extra ")
    assert len(path) == 4  # of 14 leaves
    assert all(len(base64.b64decode(line, validate=True)) == 32 for line in path)
    assert note.split("\n")[1] == "14"
    assert note.count("\n\u2014 ") == 4


def test_a_proof_gives_back_what_it_was_made_of() -> None:
    """docs/spec/11-bundle.md §8."""
    entry = talk().log(0).entries[5]
    proof = read_proof(proof_of(5).encode())
    assert (proof.raw, proof.salt, proof.payload) == (entry.raw, entry.salt, entry.payload)
    assert proof.founding == talk().founding()
    assert isinstance(proof.papers, LogPapers)
    assert proof.papers.log == talk().log(0).id
    assert proof.index == 5


def test_a_payload_can_be_withheld_from_a_proof() -> None:
    """Attack 40: place and header are proven without it, and its salt goes with it."""
    entry = talk().log(0).entries[5]._replace(salt=None, payload=None)
    proof = read_proof(proof_of(5, entry=entry).encode())
    assert proof.salt is None
    assert proof.payload is None


@pytest.mark.parametrize("data", [b"", b"c2sp.org/tlog-proof@v2\n", b"detente bundle 1\n", b"\xff"])
def test_what_is_no_proof_is_said_to_be_none(data: bytes) -> None:
    """Another file is not called damaged."""
    assert _code(data) == "record.proof.magic"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index 5", "index 05"),
        ("index 5", "index -5"),
        ("index 5", "index 5 "),
        ("index 5", "index ٥"),
        ("index 5\n", ""),
        ("extra ", "extra  "),
        ("extra ", "Extra "),
        ("=\n", "\n"),
        ("\n\n", "\n"),
    ],
)
def test_there_is_one_text_for_one_proof(old: str, new: str) -> None:
    """Source: C2SP tlog-proof: decimal without leading zeroes, standard base64."""
    text = proof_of(5)
    assert old in text
    assert _code(text.replace(old, new, 1).encode()) == "record.proof"


def test_base64_with_bits_that_mean_nothing_is_refused() -> None:
    """A proof with spare bits set would be a second text for the same proof."""
    text = proof_of(5)
    line = text.split("\n")[3]
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = line[:-2] + last[last.index(line[-2]) ^ 1] + "="
    assert base64.b64decode(other) == base64.b64decode(line)
    assert _code(text.replace(line, other).encode()) == "record.proof"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (0, "text"),
        (1, b"short"),
        (2, True),
        (4, "0"),
        (5, 2),
        (6, None),
        (7, 7),
        (8, None),
        (9, "x"),
    ],
)
def test_an_extra_line_out_of_form_is_refused(field: int, value: object) -> None:
    """Nothing of a wrong type reaches the verifier."""
    lines = proof_of(5).split("\n")
    fields = cbor2.loads(base64.b64decode(lines[1].removeprefix("extra ")))
    fields[field] = value
    lines[1] = "extra " + base64.b64encode(cbor2.dumps(fields)).decode()
    assert _code("\n".join(lines).encode()) == "record.proof"


def test_an_endless_proof_is_refused_before_it_is_read() -> None:
    """Attack 23: sizes are judged first; a path longer than any tree is none."""
    text = proof_of(5)
    assert _code((text + "x" * PROOF_BYTES).encode()) == "record.proof"
    line = text.split("\n")[3]
    assert _code(text.replace(line, "\n".join([line] * 65)).encode()) == "record.proof"
    assert text.startswith(FIRST_LINE)
