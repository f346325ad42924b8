"""Statements as plain data."""

from __future__ import annotations

from typing import Any

from detente.charter.act import Ordinals, Place, in_order, uncovered
from detente.protocols.statements.state import Statements


def show(state: Statements, ordinals: Ordinals = uncovered) -> list[dict[str, Any]]:
    """Return all statements in the order of the record, with what was attached to each."""
    return [
        show_one(state, act.where)
        for act in in_order((said.act for said in state.said.values()), ordinals)
    ]


def show_one(state: Statements, where: Place) -> dict[str, Any]:
    """Return one statement."""
    said = state.said[where]
    return {
        "at": where,
        "party": said.act.party,
        "time": said.act.time,
        "text": said.body.text,
        "lang": said.body.lang,
        "item": said.body.item,
        "reply_to": said.body.reply_to,
        "corrections": [
            {"at": one.act.where, "text": one.body.text, "reason": one.body.reason}
            for one in said.corrections
        ],
        "withdrawn": bool(said.withdrawals),
        "withdrawal_reason": said.withdrawals[0].body.reason if said.withdrawals else "",
        "translations": show_translations(state, where),
    }


def show_translations(state: Statements, where: Place) -> list[dict[str, Any]]:
    """Return the translations of any entry, oldest first."""
    return [
        {
            "at": one.act.where,
            "party": one.act.party,
            "text": one.body.text,
            "lang": one.body.lang,
            "by": one.body.by,
            "grade": one.body.grade.value,
            "machine": one.body.machine,
        }
        for one in state.translations.get(where, ())
    ]
