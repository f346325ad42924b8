"""What became of an act: one sentence, and no more than is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detente.cli.render import pieces
from detente.cli.render.pieces import Data
from detente.cli.words import _


def entered(done: Data) -> Iterator[str]:
    """Say under which mark an act stands; a receipt cannot have come yet."""
    yield _(
        "{mark} is in the record, {time}. Not yet received by their node.",
        mark=str(done.get("mark", "")),
        time=pieces.clock(done.get("time")),
    )
    yield _("How far it has come: detente show {mark}", mark=str(done.get("mark", "")))


def state_of(shown: Data, parties: Sequence[Data] = ()) -> Iterator[str]:
    """Say how far an entry of the record has come, from its route.

    Received is a machine's receipt and never called read; only a person acknowledges.
    """
    route = shown.get("route") or []
    acknowledged = [step for step in route if step.get("step") == "acknowledged"]
    received = [step for step in route if step.get("step") == "received"]
    for step in acknowledged:
        yield acknowledged_by(step, parties)
    if acknowledged:
        return
    if not received:
        yield _(
            "Sent {time}. Not yet received by their node.", time=pieces.clock(shown.get("time"))
        )
    for step in received:
        yield received_by(step, parties, is_hotline=shown.get("kind") == "hotline.message")


def received_by(step: Data, parties: Sequence[Data] = (), *, is_hotline: bool) -> str:
    """Say that the node of a party has an entry; of the hotline also what is still missing."""
    time = pieces.clock(step.get("time"))
    party = pieces.party(str(step.get("by", "")), parties)
    if is_hotline:
        return _(
            "Received by the node of {party} {time}. Nobody has acknowledged it.",
            party=party,
            time=time,
        )
    return _("Received by the node of {party} {time}.", party=party, time=time)


def acknowledged_by(step: Data, parties: Sequence[Data] = ()) -> str:
    """Say which person has a message, by the function that the party granted.

    The function in an acknowledgement is what its author wrote; where it is another, both are shown.
    """
    party = pieces.party(str(step.get("by") or step.get("party") or ""), parties)
    time, role = pieces.clock(step.get("time")), str(step.get("role", ""))
    granted = str((step.get("actor") or {}).get("role") or role)
    if granted.casefold() == role.casefold():
        return _("Acknowledged by the {role}, {party}, {time}.", role=role, party=party, time=time)
    return _(
        'Acknowledged by the {granted}, {party}, {time}, who signs as "{role}".',
        granted=granted,
        party=party,
        time=time,
        role=role,
    )
