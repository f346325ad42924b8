"""Bodies of the agenda (docs/spec/21-agenda.md §1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import BIND
from detente.protocols.wording import Lang, Reason, Text, Title
from detente.terms.ids import Lane, Ref

ITEM: Final = 72
AGREEMENT: Final = 73
WITHDRAWAL: Final = 74
DECLINE: Final = 75


class Item(NamedTuple):
    """A party proposes an item."""

    title: Title
    text: Text
    lang: Lang


class Agreement(NamedTuple):
    """A party agrees that an item of another stands on the agenda: to discuss it, not to its content."""

    item: Ref


class Withdrawal(NamedTuple):
    """A party takes back an item that it proposed."""

    item: Ref
    reason: Reason


class Decline(NamedTuple):
    """A party does not agree to discuss an item; a position, not silence. It may agree later."""

    item: Ref
    reason: Reason


KINDS: Final = (
    Kind(ITEM, "agenda.item", Lane.TABLE, BIND, Item, needs_open=True),
    Kind(AGREEMENT, "agenda.agreement", Lane.TABLE, BIND, Agreement, needs_open=True),
    Kind(WITHDRAWAL, "agenda.withdrawal", Lane.TABLE, BIND, Withdrawal, needs_open=True),
    Kind(DECLINE, "agenda.decline", Lane.TABLE, BIND, Decline, needs_open=True),
)
