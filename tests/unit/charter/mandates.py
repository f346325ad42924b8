"""A founded dialogue, its charter, and charter acts as they are counted one after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from detente.charter import entries
from detente.charter.act import Act
from detente.charter.document import key_bytes
from detente.charter.entries import Confirmation, Grant
from detente.charter.rules import check
from detente.charter.state import Charter, apply, start
from detente.record.entry import Payload
from detente.seals import labels
from detente.seals.signing import PrivateKey
from detente.terms.ids import Lane
from tests.acts import Talk
from tests.parties import found, key, make_party

FOUNDING, PARTIES = found(make_party("Arla"), make_party("Borduria", roots=3, threshold=2))
SOLO: Final = next(at for at, party in enumerate(PARTIES) if party.name == "Arla")
"""Seat of the party with one root key; the other has three, of which two must sign."""
COUNCIL: Final = 1 - SOLO
HEAD, CLERK = key("head of delegation"), key("clerk")


def grant_of(person: PrivateKey, *scopes: str, most: int = 0, expires: int = 0) -> Grant:
    return Grant(key_bytes(person.public), "A. Person", "delegate", scopes, expires, most)


def signed(statement: bytes, *signers: PrivateKey, label: bytes = labels.SIGN_ACT) -> Payload:
    """Return the payload of an act that these keys signed."""
    return Payload(b"", tuple((one.public.print, one.sign(label, statement)) for one in signers))


class Counted:
    """A charter, and acts that were checked by the rules and applied."""

    def __init__(self) -> None:
        self.talk = Talk([party.id for party in PARTIES])
        self.charter: Charter = start(FOUNDING)

    def draft(
        self,
        seat: int,
        kind: int,
        body: Any,
        *,
        past: Iterable[Act] | None = None,
        by: PrivateKey | None = None,
        lane: Lane = Lane.LINE,
        epoch: int = 0,
    ) -> Act:
        """Return an act that is not counted yet."""
        actor = (by or PARTIES[seat].roots[0]).public.print
        act = self.talk.act(seat, kind, body, past=past, actor=actor, lane=lane, epoch=epoch)
        self.talk.acts.remove(act)
        return act

    def count(self, act: Act) -> Act:
        check(self.charter, act)
        self.charter = apply(self.charter, act)
        self.talk.acts.append(act)
        return act

    def do(self, seat: int, kind: int, body: Any, **how: Any) -> Act:
        return self.count(self.draft(seat, kind, body, **how))

    def confirm(self, seat: int, head: Grant | None = None) -> Act:
        return self.do(seat, entries.CONFIRMATION, Confirmation("0" * 20, "by telephone", head))
