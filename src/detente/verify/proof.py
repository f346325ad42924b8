"""Verify the proof of a single entry.

Carries out docs/spec/11-bundle.md §8. It shows that an entry stands at its place in a log that the
party's own node signed for, and who receipted it. What the rules made of the entry, and whether the
person who signed it held a mandate, follows only from the whole record, and the report says so.

Invariants: as `verify.bundle`.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from detente.charter.document import SignedDocument, read_document
from detente.charter.founding import Founding, read_founding
from detente.record.checkpoint import Checkpoint, parse_note, verify_checkpoint
from detente.record.entry import Entry, decode_entry
from detente.record.genesis import log_id
from detente.record.proof import Proof, read_proof
from detente.record.shapes import from_bytes
from detente.record.tree import verify_inclusion
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, Lane, Ref, format_mark, party_letter
from detente.terms.limits import MIB
from detente.verify.closing import outcome_of
from detente.verify.contents import name_afar, show_entry
from detente.verify.reading import sentence_of
from detente.verify.report import (
    Damage,
    LogShown,
    Outcome,
    PartyShown,
    ReceiptShown,
    Report,
    Sentence,
    Stretch,
    Subject,
)


class Documents(NamedTuple):
    """Newer documents of a party, in order, from the one after the founding's."""

    chain: tuple[SignedDocument, ...]


def verify_proof(data: bytes) -> Report:
    """Return what the proof of an entry proves.

    Args:
        data: the whole file.
    """
    digest = sha256(data).hexdigest()
    try:
        proof = read_proof(data)
        founding = read_founding(proof.founding)
        keys = _keys(founding, proof)
        entry = decode_entry(proof.raw, proof.salt, proof.payload)
        own, receipts = _signed(founding, proof, keys)
        if entry.header.log != proof.papers.log or entry.header.seq != proof.index:
            raise _elsewhere()
        verify_inclusion(entry.id, proof.index, own.size, proof.path, own.root)
    except Rejected as fault:
        damage = Damage(sentence_of(fault), "")
        return Report(outcome_of(damage), Subject.ENTRY, digest=digest, damage=damage)
    return _report(founding, proof, entry, own, receipts, digest)


def _keys(founding: Founding, proof: Proof) -> dict[KeyPrint, tuple[int, PublicKey]]:
    """Return all node keys that documents here name, the log's own found to be its party's."""
    keys = {
        (key := document.node_key()).print: (party, key)
        for party, documents in enumerate(founding.documents)
        for document in documents
    }
    papers = proof.papers
    if papers.party >= len(founding.documents):
        raise _elsewhere()
    if proof.documents:
        seat = founding.papers.seats[papers.party]
        last = (seat.chain[-1].document, founding.current(papers.party))
        for signed in from_bytes(Documents, proof.documents, 4 * MIB, "record.proof").chain:
            document = read_document(signed, last)
            last = (signed.document, document)
            key = document.node_key()
            keys[key.print] = (papers.party, key)
    if keys.get(papers.node.print) != (papers.party, papers.node):
        raise Rejected(
            "verify.owner", N_("A log is signed with a key that no document of its party names.")
        )
    return keys


def _signed(
    founding: Founding, proof: Proof, keys: dict[KeyPrint, tuple[int, PublicKey]]
) -> tuple[Checkpoint, list[tuple[int, Checkpoint]]]:
    """Return the checkpoint of the log's own node, and the receipts by party, all verified."""
    papers = proof.papers
    party = founding.genesis.seats[papers.party].party
    expected = log_id(founding.dialogue, party, papers.node.print, papers.epoch, papers.lane)
    own: Checkpoint | None = None
    receipts: list[tuple[int, Checkpoint]] = []
    for checkpoint in parse_note(proof.note, {name: key for name, (_, key) in keys.items()}):
        if checkpoint.dialogue != founding.dialogue or not (
            checkpoint.log == papers.log == expected
        ):
            raise _elsewhere()
        signer, key = keys[checkpoint.signer]
        verify_checkpoint(key, checkpoint)
        if key == papers.node:
            own = checkpoint
        elif signer != papers.party:
            receipts.append((signer, checkpoint))
    if own is None:
        raise Rejected(
            "verify.proof.unsigned", N_("The node whose log it is has not signed this proof.")
        )
    return own, receipts


def _report(
    founding: Founding,
    proof: Proof,
    entry: Entry,
    own: Checkpoint,
    receipts: list[tuple[int, Checkpoint]],
    digest: str,
) -> Report:
    papers = proof.papers
    letter = party_letter(papers.party)
    mark = format_mark(papers.party, papers.lane, papers.epoch, proof.index)
    log = LogShown(letter, papers.lane.name.lower(), papers.epoch, 1, 1, mark, own.time, "")
    remark = Sentence(
        "verify.proof.alone",
        N_(
            "What the rules made of this entry, and whether its author held a mandate, follows only "
            "from the whole record."
        ),
        {},
    )
    return Report(
        Outcome.INTACT,
        Subject.ENTRY,
        founding.dialogue.hex(),
        digest,
        tuple(
            PartyShown(party_letter(at), founding.current(at).name(), seat.party.hex())
            for at, seat in enumerate(founding.genesis.seats)
        ),
        1,
        (log,),
        withheld=() if entry.payload is not None else (Stretch(mark, mark, 1, ""),),
        receipts=tuple(
            ReceiptShown(mark, party_letter(party), receipt.time) for party, receipt in receipts
        ),
        remarks=(remark,),
        shown=(show_entry(entry, mark, papers.party, _names(founding, proof)),),
    )


def _names(founding: Founding, proof: Proof) -> Callable[[Ref], str]:
    """Return how to name other entries: of the proof's own log and of the first logs by their marks."""
    logs = {proof.papers.log: (proof.papers.party, proof.papers.lane, proof.papers.epoch)}
    for party, seat in enumerate(founding.genesis.seats):
        node = founding.documents[party][-1].node_key().print
        for lane in Lane:
            logs[log_id(founding.dialogue, seat.party, node, 0, lane)] = (party, lane, 0)

    def name(ref: Ref) -> str:
        known = logs.get(ref.log)
        return format_mark(*known, ref.seq) if known is not None else name_afar(ref)

    return name


def _elsewhere() -> Rejected:
    return Rejected(
        "verify.proof",
        N_("The parts of this proof belong to different entries, logs or dialogues."),
    )
