"""Verbs about the record as a whole: doctor for now; exports, pouches, backups in their own files."""

from __future__ import annotations

from collections.abc import Callable

from detente.node.api import Json, Verb
from detente.node.house import House, Room


class RecordVerbs:
    """The record of a node."""

    def __init__(self, house: House, changed: Callable[[Room], None]) -> None:
        self._house = house
        self._changed = changed

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {"evidence": self.evidence}

    def evidence(self, dialogue: str = "") -> Json:
        """Return what is kept as evidence."""
        room = self._house.room(dialogue)
        return [
            {"kind": kind, "bytes": len(body)}
            for kind, body in self._house.store.evidence(room.book.id)
        ]
