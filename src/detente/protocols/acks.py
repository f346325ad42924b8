"""Who must acknowledge what, and who did: shared by the protocols that ask for it. Imports none of them.

An acknowledgement is an act of a person; a receipt is a fact about storage and lives with the
checkpoints. The two are never merged (docs/spec/25-hotline.md §3).
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter.act import Done


class Acknowledged(NamedTuple):
    """One person's acknowledgement."""

    act: Done
    role: str
    """Function of the person, as the acknowledgement states it."""


def outstanding(author: int, parties: int, acknowledged: tuple[Acknowledged, ...]) -> list[int]:
    """Return the parties, other than the author, of which nobody has acknowledged."""
    answered = {one.act.party for one in acknowledged}
    return [party for party in range(parties) if party != author and party not in answered]
