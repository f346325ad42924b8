"""Verbs about our own party document: a newer version, signed by the root, told to every dialogue.

Carries out docs/spec/03-charter.md §1. Other sides learn a new address from the record itself: over a link
that we dial, or from a pouch.
"""

from __future__ import annotations

from collections.abc import Callable

from detente.charter import entries as charter_entries
from detente.charter.document import (
    Document,
    KeyBytes,
    Name,
    RootSignature,
    SignedDocument,
    document_digest,
    encode_document,
    read_chain,
    read_document,
)
from detente.charter.pairing import Card
from detente.desk.marks import mark_of
from detente.node.api import Json, Verb, bytes64, read_signatures, text64
from detente.node.house import House, Room
from detente.node.setup import save_card
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Refused
from detente.terms.ids import Lane
from detente.terms.limits import ADDRESSES, DOCUMENT_BYTES


class DocumentVerbs:
    """Our own document."""

    def __init__(self, house: House, changed: Callable[[Room], None]) -> None:
        self._house = house
        self._changed = changed

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {"document.draft": self.draft, "document.commit": self.commit}

    def _last(self) -> tuple[bytes, Document]:
        chain = self._house.card.chain
        return chain[-1].document, read_chain(chain)[1][-1]

    def draft(
        self,
        addresses: list[str] | None = None,
        name: str = "",
        lang: str = "",
        keys: Json = None,
    ) -> Json:
        """Return the next version of our document, for the root key to sign.

        Args:
            addresses: all addresses of this node; None to leave them.
            name: our name in `lang`; empty to leave the names.
            keys: new everyday keys to announce: node key, certificate print and pouch recipient;
                None to leave them.
        """
        raw, last = self._last()
        names = last.names
        if name:
            tag = lang or names[0].lang
            names = (*(one for one in names if one.lang != tag), Name(tag, name))
        if addresses is not None and len(addresses) > ADDRESSES:
            raise Refused("document.addresses", N_("At most {most} addresses."), most=ADDRESSES)
        fresh = last._replace(
            version=last.version + 1,
            party=self._house.party,
            previous=document_digest(raw),
            names=names,
            addresses=last.addresses if addresses is None else tuple(addresses),
            time=self._house.clock.now(),
        )
        if keys is not None:
            algorithm, first, second = keys["node"]
            fresh = fresh._replace(
                node=KeyBytes(int(algorithm), bytes64(first), bytes64(second)),
                certificate=bytes64(keys["certificate"]),
                pouch=str(keys["pouch"]),
            )
        if fresh[4:-1] == last[4:-1]:
            raise Refused("document.same", N_("Nothing would change."))
        return {"document": text64(encode_document(fresh)), "version": fresh.version}

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
