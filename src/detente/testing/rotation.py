"""A simulated party renews its keys, and cuts off one that was stolen.

The steps are those of a real node: the document is announced in the old log, then the node begins
an epoch under the new key; a cut is an act of the root, in the new epoch.
"""

from __future__ import annotations

from detente.charter import entries as charter
from detente.charter.document import (
    Document,
    SignedDocument,
    document_digest,
    encode_document,
    sign_with_root,
)
from detente.desk.epochs import open_epoch
from detente.seals import labels
from detente.seals.signing import PrivateKey
from detente.terms.ids import Lane, LogId, Ref
from detente.testing.keys import MemoryKeys
from detente.testing.node import Node
from detente.testing.parties import Party, make_key, renew_party


def announce(node: Node, party: Party) -> Ref:
    """Enter the newest document of a party into its own line."""
    body = charter.NewDocument(party.chain[-1])
    ref = node.writer.enter(Lane.LINE, charter.DOCUMENT, body)
    node.party = party
    return ref


def begin_epoch(
    node: Node,
    reason: str = "rotated",
    key: PrivateKey | None = None,
    document: SignedDocument | None = None,
) -> None:
    """Begin new logs, under a new node key where one is given; links begin anew then.

    Raises:
        Refused: as `desk.epochs.open_epoch`.
    """
    if key is not None:
        node.keys = MemoryKeys(key)
        node.stop()
        node.start()
    public = key.public if key else None
    open_epoch(node.book, node.writer, node.counter, reason, public, document)


def rotate(node: Node, name: str) -> None:
    """Announce a new node key and begin an epoch under it."""
    key = make_key(f"rotation/{node.name}/{name}")
    announce(node, renew_party(node.party, key))
    begin_epoch(node, "rotated", key)


def replace_key(node: Node, name: str) -> None:
    """Begin an epoch under a new node key without writing to logs whose key somebody else holds."""
    key = make_key(f"rotation/{node.name}/{name}")
    node.party = renew_party(node.party, key)
    begin_epoch(node, "rotated", key, node.party.chain[-1])


def cut_key(node: Node, key: PrivateKey, sizes: dict[LogId, int]) -> Ref:
    """Declare, as the root, that of a node key's logs only the first so many entries are our own."""
    marks = tuple(
        charter.LogMark(log, size, node.store.entries(log, size - 1, 1)[0].id)
        for log, size in sorted(sizes.items())
    )
    body = charter.Cut(key.public.print, marks, "The key was stolen.")
    return node.act("charter.cut", body, node.party.root)


def next_document(party: Party, /, *signers: PrivateKey, **changes: object) -> SignedDocument:
    """Return a next version of a party's document with fields changed, signed by whoever is given."""
    before: Document = party.documents[-1]
    fields: dict[str, object] = {
        "version": before.version + 1,
        "party": party.id,
        "previous": document_digest(party.chain[-1].document),
        **changes,
    }
    raw = encode_document(before._replace(**fields))  # type: ignore[arg-type]
    signatures = tuple(sign_with_root(key, labels.SIGN_DOCUMENT, raw) for key in signers)
    return SignedDocument(raw, signatures)
