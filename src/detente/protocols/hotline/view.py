"""The hotline as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, in_order, uncovered
from detente.protocols.acks import outstanding
from detente.protocols.hotline.state import Hotline


def show(state: Hotline, parties: int, ordinals: Ordinals = uncovered) -> list[dict[str, Any]]:
    """Return all messages in the order of the record, with who acknowledged and who has not."""
    rows = []
    for act in in_order((sent.act for sent in state.sent.values()), ordinals):
        sent = state.sent[act.where]
        rows.append(
            {
                "at": act.where,
                "party": act.party,
                "time": act.time,
                "status": sent.body.status.value,
                "precedence": sent.body.precedence.value,
                "addressee": sent.body.addressee,
                "text": sent.body.text,
                "lang": sent.body.lang,
                "acknowledge_within_s": sent.body.acknowledge_within_s,
                "reply_within_s": sent.body.reply_within_s,
                "acknowledged": [
                    {
                        "at": one.act.where,
                        "party": one.act.party,
                        "role": one.role,
                        "actor": one.act.actor,
                        "time": one.act.time,
                    }
                    for one in sent.acknowledged
                ],
                "outstanding": outstanding(act.party, parties, sent.acknowledged),
            }
        )
    return rows
