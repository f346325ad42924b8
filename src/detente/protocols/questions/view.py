"""Requests as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, in_order, uncovered
from detente.protocols.questions.state import Asked, Questions


def show(state: Questions, parties: int, ordinals: Ordinals = uncovered) -> list[dict[str, Any]]:
    """Return all requests in the order of the record, each question with each party's last answer.

    An answer carries the place of its reply, and before it what the party had answered earlier.
    """
    rows = []
    for act in in_order((asked.act for asked in state.asked.values()), ordinals):
        asked = state.asked[act.where]
        answering = [party for party in range(parties) if party != act.party]
        rows.append(
            {
                "at": act.where,
                "party": act.party,
                "lang": asked.body.lang,
                "item": asked.body.item,
                "questions": [
                    {
                        "number": number,
                        "text": text,
                        "answers": {party: _answer(asked, party, number) for party in answering},
                    }
                    for number, text in enumerate(asked.body.questions, 1)
                ],
            }
        )
    return rows


def _answer(asked: Asked, party: int, number: int) -> dict[str, Any] | None:
    found = [
        {"at": reply.act.where, "declined": answer.declined, "text": answer.text}
        for reply in asked.replies
        if reply.act.party == party
        for answer in reply.body.answers
        if answer.number == number
    ]
    return {**found[-1], "before": found[:-1]} if found else None
