"""Objections as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, in_order, uncovered
from detente.protocols.objections.state import Objections


def show(state: Objections, ordinals: Ordinals = uncovered) -> list[dict[str, Any]]:
    """Return all objections in the order of the record."""
    rows = []
    for act in in_order((raised.act for raised in state.raised.values()), ordinals):
        raised = state.raised[act.where]
        rows.append(
            {
                "at": act.where,
                "party": act.party,
                "to": raised.body.to,
                "grounds": raised.body.grounds,
                "lang": raised.body.lang,
                "maintained": not raised.liftings,
            }
        )
    return rows
