"""The agenda as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, in_order, uncovered
from detente.protocols.agenda.state import Agenda, agreeing, declining, status


def show(state: Agenda, parties: int, ordinals: Ordinals = uncovered) -> list[dict[str, Any]]:
    """Return the items in the order of the record, each with its status and who stands where."""
    rows = []
    for act in in_order((item.act for item in state.items.values()), ordinals):
        item = state.items[act.where]
        rows.append(
            {
                "at": act.where,
                "party": act.party,
                "title": item.body.title,
                "text": item.body.text,
                "lang": item.body.lang,
                "status": status(item, parties).value,
                "agreed": sorted(agreeing(item)),
                "declined": sorted(declining(item)),
            }
        )
    return rows
