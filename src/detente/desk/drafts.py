"""Look at a draft before a person's key signs it: it must say what the person wished, and nothing else.

Carries out docs/spec/06-dialogue.md §6. Drafts are made by the node and signed where the key is; a node
that was tampered with could hand over another text. So the statement is built again from the draft's own
fields, and every field that the person gave is compared.

Known weakness: an entry named by its mark is compared by lane and number only, because only the node
knows its identifier (docs/limits.md).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from detente.charter.act import Kind
from detente.charter.entries import Cut
from detente.desk.write import Draft
from detente.record.entry import act_statement
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, Ref
from detente.terms.limits import PAYLOAD_BYTES


def check_draft(
    draft: Draft, statement: bytes, kind: Kind, wish: Mapping[str, Any], actor: KeyPrint
) -> None:
    """Check that a draft is the act that was wished.

    Args:
        draft: as the node handed it over.
        statement: bytes that the node asks to have signed.
        kind: of the act wished.
        wish: field name → value, as the person gave it.
        actor: print of the key that would sign.

    Raises:
        Rejected: ``desk.draft``: nothing is signed then.
    """
    header = draft.header
    body: Any = from_bytes(kind.body, draft.body, PAYLOAD_BYTES, "desk.draft")
    same = (
        statement == draft.statement == act_statement(draft.dialogue, header, draft.body)
        and header.kind == kind.number
        and header.actor == actor
        and _is_same_cut(wish, body)
        and all(
            _is_same(wish[field], getattr(body, field)) for field in body._fields if field in wish
        )
    )
    if not same:
        raise Rejected(
            "desk.draft",
            N_("The node asks to sign something else than what was wished."),
            N_("Nothing was signed. Do not use this node until its program has been examined."),
        )


def _is_same_cut(wish: Mapping[str, Any], body: Any) -> bool:
    """Tell whether a cut names the numbers of entries that were wished; true for any other kind."""
    if not isinstance(body, Cut):
        return True
    numbers = sorted(int(str(mark).rpartition("-")[2].lstrip("Ll")) for mark in wish["last"])
    return numbers == sorted(mark.size - 1 for mark in body.marks)


def _is_same(wished: Any, drafted: Any) -> bool:
    if isinstance(drafted, Ref):
        number = str(wished).rpartition("-")[2].lstrip("Ll")
        return not number.isdigit() or int(number) == drafted.seq
    if isinstance(drafted, enum.Enum):
        return bool(drafted.value == wished)
    if drafted is None or drafted in ("", 0):
        return not wished
    if isinstance(wished, tuple):
        return bool(wished == drafted)
    if isinstance(drafted, tuple) and hasattr(drafted, "_fields"):
        return isinstance(wished, Mapping) and all(
            _is_same(wished[field], getattr(drafted, field))
            for field in drafted._fields
            if field in wished
        )
    if isinstance(drafted, tuple):
        return len(wished) == len(drafted) and all(map(_is_same, wished, drafted))
    return bool(drafted == wished)
