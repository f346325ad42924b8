"""Pairing at the desk: keeps each step in the drawer, so that a restart in the middle loses nothing.

Carries out docs/spec/04-pairing.md. Our first entries (opening, confirmation, first grant) are made and
signed when our people confirm the number, while the root key is at hand, and enter the record when
the other side has confirmed as well.
"""

from __future__ import annotations

from typing import NamedTuple

from detente.charter import entries as charter_entries
from detente.charter import pairing
from detente.charter.document import RootSignature, read_chain, verify_roots
from detente.charter.founding import Founding, encode_founding, read_founding
from detente.charter.pairing import (
    Answer,
    Approval,
    Card,
    FoundingTerms,
    Invitation,
    Message,
    Pairing,
    Reveal,
    Stage,
)
from detente.ports import Clock, Dice, Drawer, LogInfo, Store
from detente.record.chain import Piece
from detente.record.entry import NO_ACTOR, Header, act_statement, encode_payload, make_entry
from detente.record.genesis import dialogue_id, log_id
from detente.record.shapes import from_bytes, to_bytes
from detente.seals import labels
from detente.seals.signing import Signature
from detente.terms.errors import N_, Refused
from detente.terms.ids import DialogueId, KeyPrint, Lane, LogId, PartyId
from detente.terms.limits import MIB, SALT_BYTES

_SHELF = "pairing"
_FIRST = "first-entries"
_DONE = "paired"


class FirstEntries(NamedTuple):
    """Our own first entries, made before the dialogue exists."""

    pieces: tuple[tuple[bytes, bytes, bytes], ...]


class ToSign(NamedTuple):
    """What a root key signs when people confirm the number."""

    genesis: bytes
    """Under ``SIGN_GENESIS``."""
    confirmation: bytes
    """Act statement, under ``SIGN_ACT``."""


class Preparation(NamedTuple):
    """First entries that wait for their signature."""

    opening: Piece
    confirmation: Header
    body: bytes
    to_sign: ToSign


class PairingDesk:
    """All pairings of this node."""

    def __init__(self, drawer: Drawer, store: Store, clock: Clock, dice: Dice, card: Card) -> None:
        self._drawer = drawer
        self._store = store
        self._clock = clock
        self._dice = dice
        self.card = card
        self._preparations: dict[bytes, Preparation] = {}

    def pending(self) -> list[Pairing]:
        """Return the pairings under way."""
        found = (self._drawer.get(_SHELF, key) for key in self._drawer.keys(_SHELF))
        return [from_bytes(Pairing, data, 4 * MIB, "pairing.drawer") for data in found if data]

    def get(self, token: bytes) -> Pairing:
        """Return one pairing. Raises `Refused` ``pairing.unknown``."""
        data = self._drawer.get(_SHELF, token.hex())
        if data is None:
            raise Refused(
                "pairing.unknown",
                N_("There is no pairing under way by this invitation."),
                N_("See: detente pair status."),
            )
        return from_bytes(Pairing, data, 4 * MIB, "pairing.drawer")

    def _put(self, state: Pairing) -> None:
        self._drawer.put(_SHELF, state.invitation.token.hex(), to_bytes(state))

    def cancel(self, token: bytes) -> None:
        """Drop a pairing."""
        self.get(token)
        self._drawer.remove(_SHELF, token.hex())

    def invite(self, terms: FoundingTerms, valid_ms: int) -> Pairing:
        """Begin a pairing."""
        state = pairing.invite(
            self.card, terms, self._dice.bytes(32), self._dice.bytes(16),
            self._clock.now() + valid_ms,
        )  # fmt: skip
        self._put(state)
        return state

    def is_open(self, token: bytes) -> bool:
        """Tell whether messages for this invitation are taken from a link that is not known yet."""
        return self._drawer.get(_SHELF, token.hex()) is not None

    def take(self, message: Message) -> tuple[Pairing, Message | None]:
        """Take any pairing message; return where it stands and what to send back, if anything.

        Raises:
            Refused or Rejected: ``pairing.*``. The pairing stays as it was: whoever can send us
                messages cannot end it by sending wrong ones.
        """
        now = self._clock.now()
        if isinstance(message, Invitation):
            known = self._drawer.get(_SHELF, message.token.hex())
            if known is not None:
                state = self.get(message.token)
                if state.inviting:
                    raise Refused(
                        "pairing.self",
                        N_("This is our own invitation: a party does not pair with itself."),
                        N_("Send it to the other side."),
                    )
                return state, self._again(state)
            state, answer = pairing.answer(message, self.card, self._dice.bytes(32), now)
            self._put(state)
            return state, answer
        if isinstance(message, Approval):
            done = self._drawer.get(_DONE, message.token.hex())
            if done is not None:
                # It was founded already; the other side may have missed our approval.
                state = from_bytes(Pairing, done, 4 * MIB, "pairing.drawer")
                pairing.take_approval(state, message)
                return state, pairing.approval(state)
        state = self.get(message.token)
        match message:
            case Answer():
                state, reveal = pairing.take_answer(state, message, now)
                self._put(state)
                return state, reveal
            case Reveal():
                state = pairing.take_reveal(state, message)
                self._put(state)
                return state, None
            case Approval():
                state = pairing.take_approval(state, message)
                self._put(state)
                return state, None

    def _again(self, state: Pairing) -> Message | None:
        """Return the message that is ours to send at this stage, for a repeated delivery."""
        if state.stage is Stage.ANSWERED:
            return Answer(state.invitation.token, state.card, state.nonce)
        if state.stage is Stage.CONFIRMED:
            return pairing.approval(state)
        return None

    def outgoing(self, state: Pairing) -> Message | None:
        """Return the message that the other side may still lack from us."""
        if state.stage is Stage.COMPARING and state.inviting and state.terms is not None:
            return Reveal(state.invitation.token, state.card, state.nonce, state.terms)
        return self._again(state)

    # -- confirming ------------------------------------------------------------------------

    def prepare(
        self, token: bytes, heard: str, how: str, head: charter_entries.Grant | None
    ) -> ToSign:
        """Check the number as heard, and return what the root key is to sign.

        Args:
            heard: digits as typed from what the other side read aloud.
            how: over which channel, in our own words.
            head: first grant, usually to the head of delegation.

        Raises:
            Refused: ``pairing.number``; the pairing is dropped then, nothing of it may be used again.
        """
        state = self.get(token)
        try:
            pairing.check_number(state, heard)
        except Refused as fault:
            if fault.code == "pairing.number":
                self.cancel(token)
            raise
        preparation = self._prepare(state, how, head)
        self._preparations[token] = preparation
        return preparation.to_sign

    def _prepare(self, state: Pairing, how: str, head: charter_entries.Grant | None) -> Preparation:
        genesis = state.genesis()
        dialogue = dialogue_id(genesis)
        party, documents = read_chain(state.card.chain)
        node = documents[-1].node_key()
        log = log_id(dialogue, party, node.print, 0, Lane.LINE)
        opening_body = charter_entries.Opening(party, node.print, 0, 0, (), "founding", None)
        opening = make_entry(
            self._header(log, 0, dialogue, charter_entries.OPENING, NO_ACTOR),
            self._dice.bytes(SALT_BYTES), encode_payload(to_bytes(opening_body)),
        )  # fmt: skip
        body = to_bytes(charter_entries.Confirmation(state.number(), how, head))
        actor = next(iter(documents[-1].root_keys()))
        confirmation = self._header(log, 1, opening.id, charter_entries.CONFIRMATION, actor)
        return Preparation(
            Piece(opening.raw, opening.salt, opening.payload), confirmation, body,
            ToSign(genesis, act_statement(dialogue, confirmation, body)),
        )  # fmt: skip

    def _header(self, log: LogId, seq: int, prev: bytes, kind: int, actor: KeyPrint) -> Header:
        return Header(log, seq, prev, seq + 1, (), self._clock.now(), kind, actor, 0, bytes(32))

    def confirm(
        self,
        token: bytes,
        heard: str,
        genesis: tuple[RootSignature, ...],
        confirmation: tuple[RootSignature, ...],
    ) -> Pairing:
        """Confirm a pairing with the root signatures over what `prepare` returned.

        Raises:
            Refused: ``pairing.number``, ``pairing.unprepared``. Rejected: a signature does not hold.
        """
        preparation = self._preparations.get(token)
        if preparation is None:
            raise Refused(
                "pairing.unprepared",
                N_("The number has not been checked in this run of the node."),
                N_("Confirm the pairing again."),
            )
        state = pairing.confirm(self.get(token), heard, genesis)
        signatures = tuple(
            (KeyPrint(one.signer), Signature(one.ed25519, one.mldsa)) for one in confirmation
        )
        document = read_chain(state.card.chain)[1][-1]
        verify_roots(document, labels.SIGN_ACT, preparation.to_sign.confirmation, confirmation)
        entry = make_entry(
            preparation.confirmation, self._dice.bytes(SALT_BYTES),
            encode_payload(preparation.body, signatures),
        )  # fmt: skip
        first = FirstEntries(
            (_whole(preparation.opening), (entry.raw, entry.salt or b"", entry.payload or b""))
        )
        dialogue = dialogue_id(state.genesis())
        self._drawer.put(_FIRST, dialogue.hex(), to_bytes(first))
        self._put(state)
        del self._preparations[token]
        return state

    def found(self, state: Pairing) -> DialogueId | None:
        """Found the dialogue once both sides have confirmed; None while one has not.

        The first entries are adopted by the caller (`first_entries`), now or after a restart.
        """
        papers = pairing.papers(state)
        if papers is None:
            return None
        data = encode_founding(papers)
        founding = read_founding(data)
        if founding.dialogue not in self._store.dialogues():
            with self._store.unit() as unit:
                unit.found(founding.dialogue, data, first_logs(founding))
        self._drawer.put(_DONE, state.invitation.token.hex(), to_bytes(state))
        self._drawer.remove(_SHELF, state.invitation.token.hex())
        return founding.dialogue

    def is_inviting(self) -> bool:
        """Tell whether a side that is not known yet may still have something to say about a pairing."""
        now = self._clock.now()
        found = [
            self._drawer.get(shelf, key)
            for shelf in (_SHELF, _DONE)
            for key in self._drawer.keys(shelf)
        ]
        states = [from_bytes(Pairing, one, 4 * MIB, "pairing.drawer") for one in found if one]
        return any(one.inviting and one.invitation.expires >= now for one in states)

    def first_entries(self, dialogue: DialogueId) -> list[Piece]:
        """Return our own first entries that were signed when the number was confirmed."""
        data = self._drawer.get(_FIRST, dialogue.hex())
        if data is None:
            return []
        first = from_bytes(FirstEntries, data, MIB, "pairing.drawer")
        return [Piece(*piece) for piece in first.pieces]


def _whole(piece: Piece) -> tuple[bytes, bytes, bytes]:
    return piece.raw, piece.salt or b"", piece.payload or b""


def first_logs(founding: Founding) -> list[LogInfo]:
    """Return the logs of epoch 0 of every party."""
    logs = []
    for index, seat in enumerate(founding.genesis.seats):
        key = founding.current(index).node_key()
        for lane in Lane:
            log = log_id(founding.dialogue, seat.party, key.print, 0, lane)
            logs.append(LogInfo(log, PartyId(seat.party), key, 0, lane))
    return logs
