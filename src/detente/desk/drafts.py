"""Look at a draft before a person's key signs it: it must say what the person wished, and nothing else.

Carries out docs/spec/06-dialogue.md §6.4 and §6.5. Drafts are made by the node and signed where the key
is; a node that was tampered with could hand over another act. So the statement is built again from the
draft's own fields, every field of the body is compared, and each log that is named is found again from
its identifier, which is a digest of dialogue, party, node key, epoch and lane.

Known weakness: which entry stands at a place, and what it says, is the node's word (docs/limits.md).
Invariant: reads no record; what the node says besides the draft counts only where a digest bears it out.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from detente.charter import entries as charter_entries
from detente.charter.act import Kind
from detente.desk.marks import is_mark, split_mark
from detente.desk.write import Draft
from detente.record.chain import Piece
from detente.record.entry import Header, act_statement, decode_entry, decode_payload
from detente.record.genesis import decode_genesis, dialogue_id, log_id
from detente.record.shapes import from_bytes
from detente.seals.signing import parse_public_key
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, Lane, LogId, PartyId, Ref
from detente.terms.limits import PAYLOAD_BYTES


class Wish(NamedTuple):
    """An act that a person wants, with what the person's own process knows without the node."""

    kind: Kind
    body: Mapping[str, Any]
    """Field name → value as the person gave it; entries are named by marks, a grant also by the name
    or the key print of its delegate."""
    actor: KeyPrint
    """Of the key that would sign."""
    party: PartyId
    """Our own, from the card in our own folder."""
    dialogue: str
    """Beginning of its id in lower-case hexadecimal: as typed, or all of it once it was answered."""


class Claims(NamedTuple):
    """What the node says beside a draft, so that it can be compared."""

    genesis: bytes
    """Of the dialogue."""
    logs: Mapping[LogId, tuple[KeyPrint, int]]
    """Each log that the draft names → its node key and epoch (0 to 2^64 - 1)."""
    grant: Piece | None
    """Of a revocation: the entry that gave the mandate."""


def check_draft(draft: Draft, statement: bytes, wish: Wish, claimed: Claims) -> None:
    """Check that a draft is the act that was wished.

    Args:
        draft: as the node handed it over.
        statement: bytes that the node asks to have signed.
        wish: what the person wants.
        claimed: by the node; not verified.

    Raises:
        Rejected: ``desk.draft``, or a code of ``record`` for a genesis or grant of no proper form;
            nothing is signed then.
    """
    header = draft.header
    body: Any = from_bytes(wish.kind.body, draft.body, PAYLOAD_BYTES, "desk.draft")
    if not (
        statement == draft.statement == act_statement(draft.dialogue, header, draft.body)
        and draft.dialogue.hex().startswith(wish.dialogue)
        and draft.dialogue == dialogue_id(claimed.genesis)
        and header.kind == wish.kind.number
        and header.actor == wish.actor
    ):
        raise not_wished()
    compared = _Comparison(draft, claimed)
    if not (
        wish.party in compared.seats
        and compared.is_log(header.log, wish.party, wish.kind.lane)
        and compared.is_body(wish.body, body)
    ):
        raise not_wished()


def not_wished() -> Rejected:
    """Return the fault of a node that asks to sign something else."""
    return Rejected(
        "desk.draft",
        N_("The node asks to sign something else than what was wished."),
        N_("Nothing was signed. Do not use this node until its program has been examined."),
    )


def check_next(before: Draft, after: Draft, between: Sequence[bytes]) -> None:
    """Check that one wish may be signed a second time: another entry has the place of the first.

    A signature names its place and the entry before. The first therefore counts only where our act
    has its place; the second only where the entries seen here stand, since each names the one before. When
    the entry at the place of the first is not our act, no history of the log holds both, whatever the
    node does with them.

    Args:
        before: signed already; in the log of `after`.
        after: checked by `check_draft`; not yet signed.
        between: headers as the node shows them, from the place of `before` to the one before `after`.

    Raises:
        Rejected: ``desk.again`` when they are not that; ``record.entry.*`` for no proper header.
    """
    log, start = before.header.log, before.header.seq
    entries = [decode_entry(raw, None, None) for raw in between]
    ids = [before.header.prev, *(entry.id for entry in entries)]
    is_chain = all(
        (entry.header.log, entry.header.seq, entry.header.prev)
        == (log, start + number, ids[number])
        for number, entry in enumerate(entries)
    )
    follows = (after.header.log, after.header.seq, after.header.prev) == (
        log, start + len(entries), ids[-1],
    )  # fmt: skip
    if not entries or not is_chain or not follows or _is_act(entries[0].header, before):
        raise again()


def again() -> Rejected:
    """Return the fault of a node that asks for more after it was given a signature."""
    return Rejected(
        "desk.again",
        N_("The node asks for a second signature without need."),
        N_("Do not use this node until its program has been examined."),
    )


def _is_act(header: Header, draft: Draft) -> bool:
    """Tell whether a header could be a draft's once committed: all but length and hash are the same."""
    return header._replace(length=0, payload_hash=bytes(32)) == draft.header._replace(
        length=0, payload_hash=bytes(32)
    )


class _Comparison:
    """Compares wishes with one draft of one dialogue, whose genesis has the dialogue's digest."""

    def __init__(self, draft: Draft, claimed: Claims) -> None:
        self._dialogue = draft.dialogue
        self._claimed = claimed
        self.seats = [seat.party for seat in decode_genesis(claimed.genesis).seats]

    def is_log(self, log: LogId, party: PartyId, lane: Lane, epoch: int | None = None) -> bool:
        """Tell whether a log is a party's of this dialogue, lane and epoch (None for any)."""
        if log not in self._claimed.logs:
            return False
        node, number = self._claimed.logs[log]
        # A wrong node key or epoch gives another digest, or names a log that no record holds.
        return epoch in (None, number) and log == log_id(self._dialogue, party, node, number, lane)

    def is_marked(self, text: str, log: LogId, seq: int) -> bool:
        """Tell whether a mark means this place."""
        mark = split_mark(text)
        return (
            mark.party < len(self.seats)
            and mark.seq == seq
            and log.hex().startswith(mark.tag)
            and self.is_log(log, self.seats[mark.party], mark.lane, mark.epoch)
        )

    def is_body(self, wished: Mapping[str, Any], body: Any) -> bool:
        """Tell whether a body says what was wished in every field, and nothing was left out."""
        if isinstance(body, charter_entries.Cut):
            return self._is_cut(wished, body)
        if isinstance(body, charter_entries.Revocation):
            text = str(wished.get("grant") or "")
            if not is_mark(text):
                return (
                    self._is_mandate(text, body.grant)
                    and set(wished) <= {"grant", "reason"}
                    and self._is_same(wished.get("reason"), body.reason)
                )
        return self._is_same(wished, body)

    def _is_cut(self, wished: Mapping[str, Any], body: charter_entries.Cut) -> bool:
        """Tell whether a cut leaves the entries that were wished as the last ones, of one node key."""
        last = list(wished.get("last") or ())
        return (
            set(wished) <= {"last", "reason"}
            and self._is_same(wished.get("reason"), body.reason)
            and len(last) == len(body.marks)
            and all(
                self.is_marked(text, LogId(mark.log), mark.size - 1)
                and self._claimed.logs[LogId(mark.log)][0] == body.node
                for text, mark in zip(last, body.marks, strict=True)
            )
        )

    def _is_mandate(self, text: str, named: Ref) -> bool:
        """Tell whether an entry gave a mandate to the delegate of this name or key print."""
        if self._claimed.grant is None:
            return False
        entry = decode_entry(*self._claimed.grant)
        if entry.payload is None or (entry.header.log, entry.header.seq, entry.id) != named:
            return False
        data, kind = decode_payload(entry.payload).body, entry.header.kind
        grant: charter_entries.Grant | None = None
        if kind == charter_entries.GRANT:
            grant = from_bytes(charter_entries.Grant, data, PAYLOAD_BYTES, "desk.draft")
        elif kind == charter_entries.CONFIRMATION:  # it brings the first mandate along
            confirmed = charter_entries.Confirmation
            grant = from_bytes(confirmed, data, PAYLOAD_BYTES, "desk.draft").head
        return grant is not None and text in (
            grant.name, parse_public_key(grant.key).print.hex(),
        )  # fmt: skip

    def _is_same(self, wished: Any, drafted: Any) -> bool:
        if isinstance(drafted, Ref):
            return isinstance(wished, str) and self.is_marked(wished, drafted.log, drafted.seq)
        if isinstance(drafted, enum.Enum):
            return bool(drafted.value == wished)
        if drafted is None or drafted in ("", 0, ()):
            return not wished
        if isinstance(drafted, tuple) and wished == drafted:
            return True
        if isinstance(drafted, tuple) and hasattr(drafted, "_fields"):
            # A field that was not wished must be empty: a reply to something, say, changes what is said.
            return (
                isinstance(wished, Mapping)
                and set(wished) <= set(drafted._fields)
                and all(
                    self._is_same(wished.get(field), getattr(drafted, field))
                    for field in drafted._fields
                )
            )
        if isinstance(drafted, tuple):
            return (
                isinstance(wished, list | tuple)
                and len(wished) == len(drafted)
                and all(map(self._is_same, wished, drafted))
            )
        return bool(drafted == wished)
