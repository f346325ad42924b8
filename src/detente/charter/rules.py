"""Which charter entries count, and whether a delegate may do an act.

Carries out docs/spec/03-charter.md §5 and §6. One set of rules for us and for them: a broken rule
raises `Violation`; the border decides whose fault it is. Invariants: only the causal past is asked;
no clock; a node without the delegate's secret can satisfy none of these rules for an act.
"""

from __future__ import annotations

from typing import Final

from detente.charter import entries
from detente.charter.act import Act, has_seen, place
from detente.charter.document import (
    RootSignature,
    SignedDocument,
    read_document,
    verify_roots,
)
from detente.charter.state import (
    Charter,
    Granted,
    document_seen,
    documents_seen,
    grants_seen,
    is_ended,
)
from detente.record.entry import Payload
from detente.record.order import Seen
from detente.seals import labels
from detente.seals.signing import Algorithm, verify
from detente.terms.errors import N_, Violation
from detente.terms.ids import KeyPrint
from detente.terms.limits import DELEGATES

VERSIONS: Final = 64
"""Versions of a party's document that a dialogue takes; its logs must fit into a node's greeting."""

CUTS: Final = 4
"""Cuts of one key by its party. Each that changes what stands has everything judged again."""


def check(charter: Charter, act: Act) -> None:
    """Check a charter entry against the charter as its author had seen it.

    Raises:
        Violation: a ``charter.*`` code. Signatures are checked by `check_signatures`.
    """
    match act.kind:
        case entries.OPENING if act.body.document is not None:
            _check_document(charter, act, act.body.document)
        case entries.DOCUMENT:
            _check_document(charter, act, act.body.signed)
        case entries.GRANT:
            _check_grant(charter, act, act.body)
        case entries.CONFIRMATION if act.body.head is not None:
            _check_grant(charter, act, act.body.head)
        case entries.REVOCATION | entries.CLOSING:
            _check_end(charter, act)
        case entries.CUT:
            _check_cut(charter, act)


def _check_document(charter: Charter, act: Act, signed: SignedDocument) -> None:
    known = documents_seen(charter, act.seat, act.seen)
    if any(version.raw == signed.document for version in known):
        return  # an opening repeats what another entry has brought
    if len(known) >= VERSIONS:
        raise Violation(
            "charter.versions", N_("A party may renew its document at most {most} times."),
            most=VERSIONS,
        )  # fmt: skip
    read_document(signed, (known[-1].raw, known[-1].document))


def _check_grant(charter: Charter, act: Act, body: entries.Grant) -> None:
    body.key.checked(Algorithm.EVERYDAY)
    unknown = [scope for scope in body.scopes if scope not in entries.SCOPES]
    if unknown or len(set(body.scopes)) != len(body.scopes):
        raise Violation(
            "charter.scope.unknown",
            N_("A grant names a scope that does not exist: {scope}."),
            scope=unknown[0] if unknown else body.scopes[0],
        )
    held = sum(
        1
        for grants in charter.grants.values()
        for granted in grants
        if granted.party == act.seat and has_seen(act.seen, granted.where)
    )
    if held >= DELEGATES:
        raise Violation(
            "charter.delegates", N_("A party may make at most {most} grants."), most=DELEGATES
        )


def _check_end(charter: Charter, act: Act) -> None:
    granted = find_grant(charter, act)
    if granted.party != act.seat:
        raise Violation("charter.grant.theirs", N_("A party ends only its own grants."))
    if is_ended(charter, granted, act.seen) is not None:
        raise Violation("charter.ended", N_("This mandate has ended already."))


def find_grant(charter: Charter, act: Act) -> Granted:
    """Return the grant that an ending entry names, within the author's causal past."""
    wanted = place(act.body.grant)
    for grants in charter.grants.values():
        for granted in grants:
            same = granted.where == wanted and granted.id == act.body.grant.id
            if same and has_seen(act.seen, wanted):
                return granted
    raise Violation("charter.grant.unknown", N_("The grant that should end is not in the record."))


def _check_cut(charter: Charter, act: Act) -> None:
    body: entries.Cut = act.body
    known = documents_seen(charter, act.seat, act.seen)
    if body.node not in {version.document.node_key().print for version in known}:
        raise Violation("charter.cut", N_("A cut names a node key that was never the party's."))
    before = [
        one
        for one in charter.cuts
        if (one.party, one.body.node) == (act.seat, body.node) and has_seen(act.seen, one.where)
    ]
    if len(before) >= CUTS:
        raise Violation(
            "charter.cut.many", N_("A node key was cut off {most} times already."), most=CUTS
        )


def authorise(charter: Charter, act: Act, scope: str) -> Granted | None:
    """Return the grant under which a delegate may do this act; None for a root act.

    Raises:
        Violation: ``charter.actor`` (no grant of that key), ``charter.revoked``, ``charter.expired``,
            ``charter.scope`` or ``charter.limit``.
    """
    version = document_seen(charter, act.seat, act.seen)
    if act.actor in version.document.root_keys():
        if act.kind in entries.ROOT_ACTS or scope == entries.GRANTING:
            return None
        raise Violation(
            "charter.root", N_("A root key does not speak; it only grants and confirms.")
        )
    if act.kind in entries.ROOT_ACTS:
        raise Violation("charter.root", N_("Only the party's root key may do this."))
    grants = grants_seen(charter, act.actor, act.seat, act.seen)
    if not grants:
        raise _not_granted()
    problem: Violation | None = None
    for granted in grants:
        problem = _problem(charter, granted, act.seen, scope)
        if problem is None:
            return granted
    raise problem or _not_granted()


def _not_granted() -> Violation:
    return Violation(
        "charter.actor",
        N_("This key may not speak for the party."),
        N_("Ask the head of delegation for a grant."),
    )


def mandate_of(
    charter: Charter, actor: KeyPrint, party: int, seen: Seen, scope: str
) -> Granted | None:
    """Return the grant under which an act was done: what it is shown with, whatever was granted since.

    Args:
        actor: print of the key that acted.
        seen: causal past of the act.
        scope: that its kind needs.

    Returns:
        The one that `authorise` found; of an act that none allowed the newest it had seen, if any.
    """
    grants = grants_seen(charter, actor, party, seen)
    held = (one for one in grants if _problem(charter, one, seen, scope) is None)
    return next(held, grants[0] if grants else None)


def _problem(charter: Charter, granted: Granted, seen: Seen, scope: str) -> Violation | None:
    expired = is_ended(charter, granted, seen)
    if expired is not None:
        if expired:
            return Violation("charter.expired", N_("This delegate's mandate has expired."))
        return Violation("charter.revoked", N_("This delegate's mandate was revoked."))
    if scope not in granted.body.scopes:
        return Violation(
            "charter.scope",
            N_("This delegate's mandate does not cover the act: it needs {scope}."),
            N_("Ask a delegate whose mandate covers it, or the head of delegation."),
            scope=scope,
        )
    if granted.body.most:
        used = [where for where in charter.used.get(granted.where, ()) if has_seen(seen, where)]
        if len(used) >= granted.body.most:
            return Violation(
                "charter.limit",
                N_("This delegate's mandate allowed {most} acts, and all are done."),
                most=granted.body.most,
            )
    return None


def check_signatures(
    charter: Charter, act: Act, granted: Granted | None, statement: bytes, payload: Payload
) -> None:
    """Check the signatures in an act's payload over its statement.

    Args:
        granted: what `authorise` returned.
        statement: `record.entry.act_statement` of this entry.

    Raises:
        Violation or Rejected: ``charter.signature`` for a wrong set of signers; ``charter.roots``;
            ``seals.signature``.
    """
    signers = [signer for signer, _ in payload.signatures]
    if granted is None:
        version = document_seen(charter, act.seat, act.seen)
        if act.actor not in signers:
            raise _wrong_signers()
        verify_roots(
            version.document,
            labels.SIGN_ACT,
            statement,
            tuple(RootSignature(signer, *sig) for signer, sig in payload.signatures),
        )
        return
    if signers != [act.actor]:
        raise _wrong_signers()
    verify(granted.key, labels.SIGN_ACT, statement, payload.signatures[0][1])


def _wrong_signers() -> Violation:
    return Violation(
        "charter.signature", N_("An act is not signed by the person in whose name it stands.")
    )
