"""What entries say, as plain data for whoever shows them: a node's own pages and a verifier's report.

Carries out docs/spec/06-dialogue.md §7 and 11-bundle.md §7. Texts are given exactly as stored; a door makes
them harmless for its own medium.

Invariants: nothing is judged here; a body that cannot be read is None and never an exception.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.charter.document import Document, SignedDocument
from detente.dialogue.kinds import KINDS
from detente.record.entry import Entry, decode_payload
from detente.record.shapes import from_bytes
from detente.terms.errors import Rejected
from detente.terms.ids import Ref
from detente.terms.limits import DOCUMENT_BYTES, PAYLOAD_BYTES


def read_body(entry: Entry) -> Any:
    """Return the body of an entry; None when it is withheld, not understood or not of its form."""
    kind = KINDS.get(entry.header.kind)
    if kind is None or entry.payload is None:
        return None
    try:
        body = decode_payload(entry.payload).body
        return from_bytes(kind.body, body, PAYLOAD_BYTES, "dialogue.body")
    except Rejected:
        return None


def plain_body(body: Any, name: Callable[[Ref], Any]) -> Any:
    """Return a body as plain data, bytes in hexadecimal.

    Args:
        name: what stands in the place of an entry that the body names, usually its mark.
    """
    if isinstance(body, Ref):
        return name(body)
    if isinstance(body, tuple) and hasattr(body, "_fields"):
        return {
            field: plain_body(value, name)
            for field, value in zip(body._fields, body, strict=True)
        }  # fmt: skip
    if isinstance(body, tuple):
        return [plain_body(one, name) for one in body]
    return body.hex() if isinstance(body, bytes) else body


def text_of(body: Any) -> str:
    """Return the words of a body that a person wrote as one text; empty where there are none."""
    found = (getattr(body, field, "") for field in ("text", "grounds", "purpose"))
    return next((text for text in found if text), "")


def card_of(body: Any) -> dict[str, Any] | None:
    """Return what a party's document says, in brief, for a body that brings one; else None.

    Keys are given by their prints: whole they are thousands of bytes that nobody compares.
    """
    signed = getattr(body, "signed", None) or getattr(body, "document", None)
    if not isinstance(signed, SignedDocument):
        return None
    try:
        document = from_bytes(Document, signed.document, DOCUMENT_BYTES, "charter.document")
        roots, node = list(document.root_keys()), document.node_key().print
    except Rejected:
        return None
    return {
        "version": document.version,
        "names": [{"lang": name.lang, "text": name.text} for name in document.names],
        "addresses": list(document.addresses),
        "node": node.hex(),
        "roots": [root.hex() for root in roots],
        "threshold": document.threshold,
        "certificate": document.certificate.hex(),
        "pouch": document.pouch,
    }
