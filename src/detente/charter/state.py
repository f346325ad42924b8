"""What the charter's entries amount to: who may speak for whom, as far as anyone has seen.

Carries out docs/spec/03-charter.md §4. Invariants: states are frozen and only grow; whether a grant
holds is asked for a causal past, never for "now"; `apply` is total.
"""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from detente.charter import entries
from detente.charter.act import Act, Place, has_seen, joined, place
from detente.charter.document import Document, SignedDocument
from detente.charter.founding import Founding
from detente.record.order import Seen
from detente.record.shapes import from_bytes
from detente.seals.signing import Algorithm, PublicKey
from detente.terms.ids import KeyPrint, PartyId
from detente.terms.limits import DOCUMENT_BYTES


class Version(NamedTuple):
    """A party document and the entries that brought it; none for those of the founding."""

    raw: bytes
    document: Document
    brought_by: tuple[Place, ...]


class Granted(NamedTuple):
    """A grant as it stands in the record."""

    where: Place
    id: bytes
    party: int
    key: PublicKey
    body: entries.Grant


class Ended(NamedTuple):
    """The end of a grant."""

    where: Place
    expired: bool


class Cutting(NamedTuple):
    """A cut as it stands in the record."""

    where: Place
    party: int
    body: entries.Cut


class Charter(NamedTuple):
    """All parties' documents, grants and ends."""

    parties: tuple[PartyId, ...]
    versions: Map[int, tuple[Version, ...]]
    """Party index → document versions, by number and bytes."""
    confirmed: Map[int, tuple[Place, ...]]
    grants: Map[bytes, tuple[Granted, ...]]
    """Key print → grants of that key."""
    ends: Map[Place, tuple[Ended, ...]]
    """Grant → its ends."""
    used: Map[Place, tuple[Place, ...]]
    """Grant with a limit → acts done under it."""
    cuts: tuple[Cutting, ...]


def start(founding: Founding) -> Charter:
    """Return the charter of a dialogue that has only been founded."""
    versions = {
        index: tuple(
            Version(signed.document, document, ())
            for signed, document in zip(seat.chain, documents, strict=True)
        )
        for index, (seat, documents) in enumerate(
            zip(founding.papers.seats, founding.documents, strict=True)
        )
    }
    parties = tuple(seat.party for seat in founding.genesis.seats)
    return Charter(parties, Map(versions), Map(), Map(), Map(), Map(), ())


def documents_seen(charter: Charter, index: int, seen: Seen) -> list[Version]:
    """Return the versions of a party's document within a causal past, oldest first."""
    return [
        version
        for version in charter.versions[index]
        if not version.brought_by or any(has_seen(seen, where) for where in version.brought_by)
    ]


def document_seen(charter: Charter, index: int, seen: Seen) -> Version:
    """Return the newest version of a party's document within a causal past."""
    return documents_seen(charter, index, seen)[-1]


def newest_document(charter: Charter, index: int) -> Version:
    """Return the newest version of a party's document that the record holds."""
    return charter.versions[index][-1]


def is_ended(charter: Charter, granted: Granted, seen: Seen) -> bool | None:
    """Tell how a grant stands in a causal past: None while it holds, else whether it expired."""
    for end in charter.ends.get(granted.where, ()):
        if has_seen(seen, end.where):
            return end.expired
    return None


def grants_seen(charter: Charter, actor: KeyPrint, party: int, seen: Seen) -> list[Granted]:
    """Return the grants of a key by a party within a causal past, newest first."""
    return [
        granted
        for granted in reversed(charter.grants.get(actor, ()))
        if granted.party == party and has_seen(seen, granted.where)
    ]


def apply(charter: Charter, act: Act) -> Charter:
    """Return the charter with one more counted entry of a charter kind."""
    here = place(act.ref)
    body = act.body
    match act.kind:
        case entries.OPENING if body.document is not None:
            return _bring(charter, act.seat, here, body.document)
        case entries.DOCUMENT:
            return _bring(charter, act.seat, here, body.signed)
        case entries.CONFIRMATION:
            places = joined(charter.confirmed.get(act.seat, ()), here)
            charter = charter._replace(confirmed=charter.confirmed.set(act.seat, places))
            return _grant(charter, act, body.head) if body.head else charter
        case entries.GRANT:
            return _grant(charter, act, body)
        case entries.REVOCATION | entries.CLOSING:
            target = place(body.grant)
            end = Ended(here, act.kind == entries.CLOSING)
            ends = joined(charter.ends.get(target, ()), end)
            return charter._replace(ends=charter.ends.set(target, ends))
        case entries.CUT:
            cuts = joined(charter.cuts, Cutting(here, act.seat, body))
            return charter._replace(cuts=cuts)
    return charter


def use(charter: Charter, granted: Granted, act: Act) -> Charter:
    """Return the charter after an act under a grant that limits the number of acts."""
    if not granted.body.most:
        return charter
    acts = joined(charter.used.get(granted.where, ()), place(act.ref))
    return charter._replace(used=charter.used.set(granted.where, acts))


def _grant(charter: Charter, act: Act, body: entries.Grant) -> Charter:
    key = body.key.checked(Algorithm.EVERYDAY)
    granted = Granted(place(act.ref), act.ref.id, act.seat, key, body)
    known = joined(charter.grants.get(key.print, ()), granted, lambda grant: grant.where)
    return charter._replace(grants=charter.grants.set(key.print, known))


def _bring(charter: Charter, index: int, here: Place, signed: SignedDocument) -> Charter:
    """Return the charter with a document that the rules have checked; several entries may bring it."""
    versions = {version.raw: version for version in charter.versions[index]}
    known = versions.get(signed.document)
    if known is None:
        document = from_bytes(Document, signed.document, DOCUMENT_BYTES, "charter.document")
        known = Version(signed.document, document, (here,))
    elif known.brought_by:
        known = known._replace(brought_by=joined(known.brought_by, here))
    versions[signed.document] = known
    ordered = sorted(versions.values(), key=lambda version: (version.document.version, version.raw))
    return charter._replace(versions=charter.versions.set(index, tuple(ordered)))
