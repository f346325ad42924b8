"""Proofs that bear their own weight: two histories signed by one node, and what falls short of proof.

Carries out docs/spec/11-bundle.md §5, step 9. Wording is the same whoever is shown to have done it.

Invariants: a proof counts by the signatures in it and nothing else; evidence that proves nothing
is said to prove nothing, and blames nobody.
"""

from __future__ import annotations

from detente.dialogue.freezes import find_log
from detente.dialogue.state import Dialogue
from detente.record.bundle import Evidence
from detente.record.checkpoint import decode_checkpoint, verify_checkpoint
from detente.record.fork import Leaves, decode_fork, verify_fork
from detente.terms.errors import N_, Rejected
from detente.terms.ids import format_mark, party_letter
from detente.verify.report import Sentence
from detente.verify.shelf import Shelf
from detente.verify.signatures import Signatures

Found = tuple[list[Sentence], list[Sentence]]
"""Proofs of misconduct, and remarks."""


def weigh(state: Dialogue, shelf: Shelf, signatures: Signatures, evidence: Evidence) -> Found:
    """Return what a piece of evidence proves."""
    try:
        match evidence.kind:
            case "fork":
                return [two_histories(state, evidence.body)], []
            case "receipt":
                return [], [_receipt(state, shelf, signatures, evidence.body)]
    except Rejected as fault:
        message = N_("Something was kept as evidence ({kind}) that proves nothing by itself.")
        return [], [
            Sentence("verify.evidence", message, {"kind": evidence.kind, "code": fault.code})
        ]
    message = N_("Something was kept as evidence ({kind}) that this program cannot weigh.")
    return [], [Sentence("verify.evidence.kind", message, {"kind": evidence.kind})]


def _no_proof() -> Rejected:
    return Rejected("verify.evidence", N_("What was given as proof proves nothing."))


def two_histories(state: Dialogue, proof: bytes) -> Sentence:
    """Return what a proof says about the node that signed two histories of a log.

    Raises:
        Rejected: when it proves nothing.
    """
    fork = decode_fork(proof)
    versions = state.charter.versions
    found = find_log(state, [versions[party] for party in range(state.parties)], fork)
    if found is None or fork.smaller.dialogue != state.id:
        raise _no_proof()
    party, node, epoch, lane = found
    verify_fork(node, fork)
    values: dict[str, str | int] = {
        "letter": party_letter(party),
        "name": versions[party][-1].document.name(),
    }
    if isinstance(fork.shown, Leaves):
        values["mark"] = format_mark(party, lane, epoch, fork.shown.at)
        message = N_(
            "The node of {letter} ({name}) signed two different entries {mark}. Both signatures are "
            "here; nobody's word is needed."
        )
        return Sentence("verify.fork", message, values)
    values["mark"] = format_mark(party, lane, epoch, fork.smaller.size - 1)
    message = N_(
        "The node of {letter} ({name}) signed two histories that differ somewhere up to {mark}. Both "
        "signatures are here; nobody's word is needed."
    )
    return Sentence("verify.fork.roots", message, values)


def _receipt(state: Dialogue, shelf: Shelf, signatures: Signatures, body: bytes) -> Sentence:
    receipt = decode_checkpoint(body)
    log = shelf.find(receipt.log)
    key = signatures.key_of(receipt.signer)
    if log is None or key is None or receipt.dialogue != state.id:
        raise _no_proof()
    verify_checkpoint(key, receipt)
    if not 0 < receipt.size <= len(log.leaves) or log.leaves.root_at(receipt.size) == receipt.root:
        raise _no_proof()
    message = N_(
        "The node of {letter} gave a receipt for entries up to {mark} that differ from those here. "
        "Who made them differ cannot be told from it."
    )
    return Sentence(
        "verify.receipt.other",
        message,
        {
            "letter": party_letter(signatures.party_of(receipt.signer)),
            "mark": log.mark(receipt.size - 1),
        },
    )
