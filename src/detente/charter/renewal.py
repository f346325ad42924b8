"""The next version of a party's document, built where the root key is, from what its owner wishes.

Carries out docs/spec/03-charter.md §1. Invariant: nothing in it comes from a node but the version before,
which the owner's own card holds.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter.document import (
    Document,
    KeyBytes,
    Name,
    document_digest,
    encode_document,
    read_chain,
)
from detente.charter.pairing import Card
from detente.terms.errors import N_, Refused
from detente.terms.limits import ADDRESSES, NAMES


class EverydayKeys(NamedTuple):
    """Node key, certificate print and pouch recipient that a document names."""

    node: KeyBytes
    certificate: bytes
    pouch: str


def next_version(
    card: Card,
    now: int,
    *,
    addresses: tuple[str, ...] | None = None,
    name: Name | None = None,
    keys: EverydayKeys | None = None,
) -> bytes:
    """Return the bytes of the next version of a document, for the root key to sign.

    Args:
        card: our own, whose last version is followed on.
        now: milliseconds since 1970 UTC.
        addresses: all addresses of the node; None to leave them.
        name: our name in one language; None to leave the names.
        keys: new everyday keys; None to leave them.

    Raises:
        Refused: ``document.addresses`` or ``document.names`` for too many; ``document.same`` when
            nothing would change.
    """
    party, documents = read_chain(card.chain)
    last = documents[-1]
    if addresses is not None and len(addresses) > ADDRESSES:
        raise Refused("document.addresses", N_("At most {most} addresses."), most=ADDRESSES)
    fresh: Document = last._replace(
        version=last.version + 1,
        party=party,
        previous=document_digest(card.chain[-1].document),
        addresses=last.addresses if addresses is None else addresses,
        time=now,
    )
    if name is not None:
        fresh = fresh._replace(names=(*(one for one in last.names if one.lang != name.lang), name))
        if len(fresh.names) > NAMES:
            raise Refused(
                "document.names",
                N_("A party has its name in at most {most} languages."),
                most=NAMES,
            )
    if keys is not None:
        fresh = fresh._replace(node=keys.node, certificate=keys.certificate, pouch=keys.pouch)
    if fresh[4:-1] == last[4:-1]:
        raise Refused("document.same", N_("Nothing would change."))
    return encode_document(fresh)
