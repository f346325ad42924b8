"""The opening as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, in_order, uncovered
from detente.protocols.opening.state import Opening, is_open


def show(state: Opening, parties: int, ordinals: Ordinals = uncovered) -> dict[str, Any]:
    """Return whether the dialogue is open, and every proposal with the answers to it."""
    proposals = []
    for act in in_order((proposed.act for proposed in state.proposals.values()), ordinals):
        proposed = state.proposals[act.where]
        proposals.append(
            {
                "at": act.where,
                "party": act.party,
                "title": proposed.body.title,
                "purpose": proposed.body.purpose,
                "lang": proposed.body.lang,
                "consented": sorted({act.party, *(done.party for done in proposed.consents)}),
                "refused": sorted({done.party for done in proposed.refusals}),
            }
        )
    return {"open": is_open(state, parties), "proposals": proposals}
