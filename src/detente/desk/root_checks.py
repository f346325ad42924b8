"""Look at what a root key is asked to sign when a pairing is confirmed.

Carries out docs/spec/04-pairing.md §4. Number, genesis and confirmation are built again from the cards and
nonces of the pairing, in the process that holds the root key; a node that was tampered with
gets no signature over anything else.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.charter import pairing
from detente.charter.document import read_chain
from detente.charter.pairing import Card, Pairing
from detente.record.encoding import decode
from detente.record.genesis import dialogue_id, log_id
from detente.record.shapes import from_bytes
from detente.terms.errors import N_, Rejected
from detente.terms.ids import Lane
from detente.terms.limits import PAYLOAD_BYTES


class Asked(NamedTuple):
    """What the node asks to have signed."""

    pairing: Pairing
    genesis: bytes
    confirmation: bytes
    """Act statement."""


def check_confirmation(
    asked: Asked, card: Card, heard: str, how: str, head: charter_entries.Grant | None
) -> None:
    """Check that what is to be signed confirms this pairing, with this number, and nothing else.

    Args:
        card: our own, from our own folder.
        heard: digits as heard from the other side.
        how: over which channel, in our own words.
        head: first grant that was wished.

    Raises:
        Refused: ``pairing.number``. Rejected: ``desk.draft``: nothing is signed then.
    """
    state = asked.pairing
    pairing.check_number(state, heard)
    party, documents = read_chain(card.chain)
    dialogue = dialogue_id(asked.genesis)
    log = log_id(dialogue, party, documents[-1].node_key().print, 0, Lane.LINE)
    fields = decode(asked.confirmation, PAYLOAD_BYTES, "desk.draft")
    body = from_bytes(charter_entries.Confirmation, fields[-1], PAYLOAD_BYTES, "desk.draft")
    same = (
        state.card == card
        and asked.genesis == state.genesis()
        and fields[0] == dialogue
        and fields[1] == log
        and fields[2] == 1
        and fields[7] == charter_entries.CONFIRMATION
        and fields[8] in documents[-1].root_keys()
        and body == charter_entries.Confirmation(state.number(), how, head)
    )
    if not same:
        raise Rejected(
            "desk.draft",
            N_("The node asks to sign something else than what was wished."),
            N_("Nothing was signed. Do not use this node until its program has been examined."),
        )
