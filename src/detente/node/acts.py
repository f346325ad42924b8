"""What a client asks a node for before it lets a person's key sign: a draft, and what bears it out.

Carries out docs/spec/06-dialogue.md §6.4 and §6.5. Invariant: what comes from here has passed
`desk.drafts`; nothing of the node's answer is used that has not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from detente.charter.document import key_bytes
from detente.desk.drafts import Claims, Wish, again, check_draft, check_next, not_wished
from detente.desk.write import Draft
from detente.keyring.files import KeyFiles
from detente.node.plain import HEADERS, Json, bytes64, text64
from detente.record.chain import Piece
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected, Unavailable
from detente.terms.ids import KeyPrint, LogId
from detente.terms.limits import MIB

Call = Callable[..., Json]
"""A verb of the node and its arguments → its result (`node.client.Client.call`)."""


def ask_draft(call: Call, wish: Wish, request: dict[str, Any], before: Draft | None) -> Draft:
    """Return a draft of a wish that may be signed.

    Args:
        call: reaches the node.
        wish: what the person wants.
        request: arguments of ``act.draft``, which say the same to the node.
        before: of the same wish, signed already, its place taken by another entry as the node says.

    Raises:
        Rejected: ``desk.draft``, ``desk.again``, for a node that asks for something else.
        Unavailable: ``client.moved`` when our log was overtaken by too much, or by a new epoch.
    """
    answer = call("act.draft", **request)
    draft = from_bytes(Draft, bytes64(answer["draft"]), MIB, "api.draft")
    try:
        check_draft(draft, bytes64(answer["statement"]), wish, _read_claims(answer))
    except Rejected:
        if before is None:
            raise
        raise again() from None  # that nothing was signed would not be true any more
    if before is not None:
        log, first = before.header.log, before.header.seq
        count = draft.header.seq - first
        if draft.header.log != log or count > HEADERS:
            raise moved()
        where = {"log": log.hex(), "first": first, "count": count, "dialogue": request["dialogue"]}
        rows = call("headers", **where) if count > 0 else []
        check_next(before, draft, [bytes64(row) for row in rows])
    return draft


def with_key(kind: str, body: Json, files: KeyFiles) -> tuple[Json, dict[str, Any]]:
    """Return a body for the node and one to compare with; in a grant, the key in the delegate's place.

    The key is the one in our own folder, so that the node cannot put another there.
    """
    wished = dict(body)
    if kind == "charter.grant" and "delegate" in body:
        key = files.public(wished.pop("delegate"))
        body = {**body, "key": [int(key.algorithm), text64(key.ed25519), text64(key.mldsa)]}
        wished["key"] = key_bytes(key)
    return body, wished


def moved() -> Unavailable:
    """Return the fault of an act that others keep overtaking; it was not stored."""
    return Unavailable(
        "client.moved", N_("Others keep entering acts at this moment."), N_("Try again.")
    )


def _read_claims(answer: Json) -> Claims:
    """Return what a node says beside a draft. Raises `Rejected` ``desk.draft`` when it says nothing."""
    try:
        grant = answer["grant"]
        logs = {
            LogId(bytes.fromhex(log)): (KeyPrint(bytes.fromhex(node)), int(epoch))
            for log, (node, epoch) in answer["logs"].items()
        }
        if not all(0 <= epoch < 2**64 for _, epoch in logs.values()):
            raise ValueError
        return Claims(
            bytes64(answer["genesis"]), logs, Piece(*map(bytes64, grant)) if grant else None
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise not_wished() from None
