"""Whose log it is: the key that signs it must stand in a document that the party's root keys signed.

Carries out docs/spec/11-bundle.md §5, step 2. The keys of the first logs follow from the founding. A
later log begins with its opening, whose party must have named the key in a document: one that the
record already holds, or one that the opening itself brings.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.dialogue.doubt import lacks_papers
from detente.dialogue.owners import find_owner
from detente.dialogue.state import Dialogue, empty_standing
from detente.record.bundle import LogPapers
from detente.record.entry import Entry, decode_payload
from detente.record.genesis import log_id
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.limits import PAYLOAD_BYTES


def check_claim(state: Dialogue, papers: LogPapers) -> None:
    """Check that a log's identifier follows from what its bundle says of it.

    Raises:
        Rejected: ``verify.log``.
    """
    parties = state.charter.parties
    if papers.epoch == 0 and papers.log not in state.logs:
        raise Rejected("verify.log", N_("A log of epoch 0 is not one of the founding's."))
    if papers.party >= len(parties) or papers.log != log_id(
        state.id, parties[papers.party], papers.node.print, papers.epoch, papers.lane
    ):
        raise Rejected(
            "verify.log", N_("A log in this bundle belongs to another dialogue or party.")
        )


def recognise(state: Dialogue, papers: LogPapers, opening: Entry) -> Dialogue:
    """Return the state with one more log, whose key was found to be its party's.

    Args:
        papers: already checked by `check_claim`.
        opening: first entry of the log; all that it names is judged.

    Raises:
        Rejected: ``verify.owner`` when no document names the key; ``verify.owner.withheld`` when the
            document that may do so, or one before it, is not here; the faults of a document.
    """
    versions = state.charter.versions[papers.party]
    if all(version.document.node_key() != papers.node for version in versions):
        if opening.payload is None:
            raise _untold()
        payload = decode_payload(opening.payload)
        body = from_bytes(charter_entries.Opening, payload.body, PAYLOAD_BYTES, "verify.owner")
        key = find_owner(versions, body)
        if key is None and (
            body.document is not None
            or lacks_papers(state, papers.party)
            or _is_frozen(state, papers.party)
        ):
            raise _untold()
        if key != papers.node:
            raise Rejected(
                "verify.owner",
                N_("A log is signed with a key that no document of its party names."),
            )
    standing = empty_standing(state.id, papers.party, papers.node, papers.epoch, papers.lane)
    return state._replace(logs=state.logs.set(papers.log, standing))


def _is_frozen(state: Dialogue, party: int) -> bool:
    """Tell whether a log of a party is left out in part, and perhaps with it a document."""
    return any(known[0].party == party for known in state.forks.values()) or any(
        cut.party == party for cut in state.charter.cuts
    )


def _untold() -> Rejected:
    return Rejected(
        "verify.owner.withheld",
        N_("Whose log it is cannot be told: a document that would say so is not here."),
    )
