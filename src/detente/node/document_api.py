"""Verbs about our own party document: a newer version, signed by the root, told to every dialogue.

Carries out docs/spec/03-charter.md §1. Other sides learn a new address from the record itself: over a link
that we dial, or from a pouch.
"""

from __future__ import annotations

from collections.abc import Callable

from detente.charter import entries as charter_entries
from detente.charter.document import (
    Document,
    RootSignature,
    SignedDocument,
    read_chain,
    read_document,
)
from detente.charter.pairing import Card
from detente.desk.marks import mark_of
from detente.node.house import House, Room
from detente.node.plain import Json, Verb, bytes64, read_signatures
from detente.node.setup import save_card
from detente.record.shapes import from_bytes
from detente.terms.ids import Lane
from detente.terms.limits import DOCUMENT_BYTES


class DocumentVerbs:
    """Our own document."""

    def __init__(self, house: House, changed: Callable[[Room], None]) -> None:
        self._house = house
        self._changed = changed

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {"document.commit": self.commit}

    def _last(self) -> tuple[bytes, Document]:
        chain = self._house.card.chain
        return chain[-1].document, read_chain(chain)[1][-1]

    def commit(self, document: str, signatures: Json) -> Json:
        """Keep a signed version and tell every dialogue of it."""
        raw = bytes64(document)
        from_bytes(Document, raw, DOCUMENT_BYTES, "charter.document")
        signed = SignedDocument(
            raw, tuple(RootSignature(who, *sig) for who, sig in read_signatures(signatures))
        )
        fresh = read_document(signed, self._last())
        card = Card((*self._house.card.chain, signed))
        marks = []
        for room in self._house.rooms.values():
            body = charter_entries.NewDocument(signed)
            ref = room.writer.enter(Lane.LINE, charter_entries.DOCUMENT, body)
            marks.append(mark_of(room.book, ref))
            self._changed(room)
        save_card(self._house.folder, card)
        self._house.use_card(card)
        return {"version": fresh.version, "addresses": list(fresh.addresses), "entries": marks}
