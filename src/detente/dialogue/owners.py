"""Whose a log is that follows on the first ones: its key must stand in a document of its party.

Carries out docs/spec/06-dialogue.md §3.3 and 11-bundle.md §5, step 2. A document is known when the record
holds it, or when the opening brings it and it follows on one that the record holds: on any, for a party
may have signed two documents of one version, and which of them came first must not decide.

Invariant: the same for a node that is handed a log and for a verifier that finds one in a bundle.
"""

from __future__ import annotations

from detente.charter.document import Document, document_digest, read_document
from detente.charter.entries import Opening
from detente.charter.state import Version
from detente.record.shapes import from_bytes
from detente.seals.signing import PublicKey
from detente.terms.errors import N_, Rejected
from detente.terms.ids import Lane
from detente.terms.limits import DOCUMENT_BYTES


def find_owner(versions: tuple[Version, ...], opening: Opening) -> PublicKey | None:
    """Return the node key that an opening names, as a document of its party gives it.

    Args:
        versions: of the party's document that are known.

    Returns:
        None while the document that would name the key, or the one before it, is not known.

    Raises:
        Rejected: ``exchange.log.key`` when the document that the opening brings names another key; the
            faults of a document.
    """
    for version in versions:
        key = version.document.node_key()
        if key.print == opening.node:
            return key
    if opening.document is None or opening.lane != Lane.LINE:
        return None
    raw = opening.document.document
    document = from_bytes(Document, raw, DOCUMENT_BYTES, "charter.document")
    before = [one for one in versions if document_digest(one.raw) == document.previous]
    if not before:
        return None
    key = read_document(opening.document, (before[0].raw, before[0].document)).node_key()
    if key.print != opening.node:
        raise Rejected(
            "exchange.log.key", N_("A log's opening names a key that its document does not.")
        )
    return key
