"""Verbs of pairing: invitations, messages as they arrive, the number, confirmation.

Carries out docs/spec/04-pairing.md.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from detente.charter import pairing
from detente.charter.document import RootSignature, read_chain
from detente.charter.pairing import (
    FoundingTerms,
    Invitation,
    Message,
    Pairing,
    Stage,
    decode_message,
    encode_message,
    group_digits,
)
from detente.node.first_grant import first_grant
from detente.node.house import House
from detente.node.plain import Json, Verb, bytes64, fault_to_plain, read_signatures, text64
from detente.record.genesis import Quotas
from detente.record.shapes import to_bytes
from detente.terms.errors import N_, Fault, Refused, Rejected
from detente.terms.ids import DialogueId
from detente.terms.text import is_language_tag
from detente.terms.times import MINUTE

PREFIX = "detente-invitation:"
_CHUNK = 1800
"""Characters per QR code of a card: a code of version 40 read without trouble holds about 2 900."""


class PairVerbs:
    """Pairing at one node."""

    def __init__(
        self, house: House, founded: Callable[[DialogueId], None], dial: Callable[[bytes], None]
    ) -> None:
        self._house = house
        self._founded = founded
        self._dial = dial
        self.troubles: dict[str, Fault] = {}
        """What last went wrong with a pairing over a link, by its token in hexadecimal."""

    def verbs(self) -> dict[str, Verb]:
        """Return the verbs of this group by name."""
        return {
            "pair.card": self.card,
            "pair.invite": self.invite,
            "pair.take": self.take,
            "pair.join": self.take,
            "pair.list": self.pending,
            "pair.cancel": self.cancel,
            "pair.prepare": self.prepare,
            "pair.confirm": self.confirm,
        }

    def card(self) -> Json:
        """Return our key card, whole and in pieces for QR codes."""
        data = to_bytes(self._house.card)
        text = base64.b32encode(data).decode().rstrip("=")
        pieces = [text[i : i + _CHUNK] for i in range(0, len(text), _CHUNK)]
        party, documents = read_chain(self._house.card.chain)
        return {
            "card": text64(data),
            "party": party.hex(),
            "name": documents[-1].name(),
            "chunks": [
                f"DETENTE:CARD:{number}/{len(pieces)}:{piece}"
                for number, piece in enumerate(pieces, 1)
            ],
        }

    def invite(
        self,
        languages: list[str] | None = None,
        terms: str = "states",
        valid_minutes: int = 60,
    ) -> Json:
        """Begin a pairing as the inviting side."""
        if not 1 <= valid_minutes <= 60 * 24 * 30:
            raise Refused("pairing.valid", N_("An invitation is valid for 1 minute to 30 days."))
        tags = tuple(sorted(set(languages or ["en"])))
        for tag in tags:
            if not is_language_tag(tag):
                raise Refused(
                    "pairing.language",
                    N_("{lang} is not the code of a language."),
                    N_("Write it as en, ar-EG or zh-Hant (BCP 47)."),
                    lang=tag,
                )
        founding = FoundingTerms(tags, terms, Quotas(), self._house.clock.now())
        state = self._house.pairing.invite(founding, valid_minutes * MINUTE)
        data = encode_message(state.invitation)
        return {
            "token": state.invitation.token.hex(),
            "message": text64(data),
            "text": PREFIX + base64.urlsafe_b64encode(data).decode(),
            "expires": state.invitation.expires,
            "addresses": list(state.invitation.addresses),
        }

    def take(self, message: str = "", text: str = "") -> Json:
        """Take any pairing message, from a file, a text or a link; return what happens next."""
        taken = self._read(message, text)
        state, reply = self._house.pairing.take(taken)
        dialogue = self._house.pairing.found(state) if state.their_signatures else None
        if dialogue is not None:
            self._founded(dialogue)
        by_link = isinstance(taken, Invitation) and bool(taken.addresses)
        if by_link:
            self._dial(state.invitation.token)
        return {
            **self._row(state),
            "message": text64(encode_message(reply)) if reply else None,
            "by_link": by_link,
            "dialogue": dialogue.hex() if dialogue else None,
        }

    def _read(self, message: str, text: str) -> Message:
        if message:
            return decode_message(bytes64(message))
        word = text.strip()
        if not word.startswith(PREFIX):
            raise Refused(
                "pairing.text",
                N_("This is not an invitation."),
                N_("An invitation begins with detente-invitation: or comes as a file."),
            )
        try:
            return decode_message(base64.urlsafe_b64decode(word[len(PREFIX) :]))
        except (ValueError, Rejected):
            raise Refused(
                "pairing.text",
                N_("This is not a whole invitation."),
                N_("Copy it again, from detente-invitation: to its end, or use the file."),
            ) from None

    def _row(self, state: Pairing) -> dict[str, Json]:
        known = state.their_card is not None
        claimed_name = "" if state.inviting else state.invitation.claimed_name
        number = group_digits(state.number()) if known and state.terms is not None else None
        return {
            "token": state.invitation.token.hex(),
            "stage": state.stage.value,
            "inviting": state.inviting,
            "their_name": state.their_document().name() if known else claimed_name,
            "their_addresses": list(state.their_document().addresses) if known else [],
            "number": number,
            "terms": _terms(state.terms) if state.terms is not None else None,
            "expires": state.invitation.expires,
            "they_confirmed": bool(state.their_signatures),
            "trouble": self._trouble(state),
        }

    def _trouble(self, state: Pairing) -> Json:
        """Return what stands in the way of a pairing, as far as is known here."""
        fault = self.troubles.get(state.invitation.token.hex())
        if fault is None and self._house.clock.now() > state.invitation.expires:
            fault = Refused(
                "pairing.late",
                N_("The invitation has expired; the nodes carry its messages no longer."),
                N_("Cancel it and begin again, or finish it by files: detente pair take."),
            )
        return fault_to_plain(fault) if fault is not None else None

    def pending(self) -> Json:
        """Return the pairings under way."""
        return [self._row(state) for state in self._house.pairing.pending()]

    def cancel(self, token: str) -> Json:
        """Drop a pairing."""
        self._house.pairing.cancel(self._token(token))
        return {"token": token}

    def _token(self, text: str) -> bytes:
        found = [
            state.invitation.token
            for state in self._house.pairing.pending()
            if state.invitation.token.hex().startswith(text.lower())
        ]
        if len(found) != 1:
            raise Refused(
                "pairing.unknown",
                N_("There is no pairing under way by this invitation."),
                N_("See: detente pair status."),
            )
        return found[0]

    def prepare(
        self, heard: str, token: str = "", how: str = "", head: str = "", head_name: str = "",
        head_role: str = "",
    ) -> Json:  # fmt: skip
        """Check the number as heard, and return what the root key is to sign.

        Args:
            heard: digits read aloud by the other side.
            how: over which channel they were compared.
            head: name of the key that is granted all scopes at once; empty for none.
            head_name, head_role: how that person is shown.
        """
        grant = first_grant(self._house.files, head, head_name, head_role)
        to_sign = self._house.pairing.prepare(self._token(token), heard, how, grant)
        return {
            "pairing": text64(to_bytes(self._house.pairing.get(self._token(token)))),
            "genesis": text64(to_sign.genesis),
            "confirmation": text64(to_sign.confirmation),
        }

    def confirm(self, heard: str, genesis: Json, confirmation: Json, token: str = "") -> Json:
        """Confirm with root signatures over what `prepare` returned."""
        state = self._house.pairing.confirm(
            self._token(token), heard, _roots(genesis), _roots(confirmation)
        )
        row = self._row(state)
        message = text64(encode_message(pairing.approval(state)))
        dialogue = self._house.pairing.found(state)
        if dialogue is not None:
            self._founded(dialogue)
        self._dial(state.invitation.token)
        return {**row, "message": message, "dialogue": dialogue.hex() if dialogue else None}

    # -- over a link -----------------------------------------------------------------------

    def serve_message(self, data: bytes) -> list[bytes]:
        """Take a message that came over a pairing link; return what to send back.

        Raises:
            Rejected or Refused: nothing changed.
        """
        message = decode_message(data)
        if isinstance(message, Invitation):
            raise Rejected("pairing.turn", N_("An invitation does not come over a link."))
        try:
            state, reply = self._house.pairing.take(message)
        except Fault as fault:
            if self._house.pairing.is_open(message.token):
                self.troubles[message.token.hex()] = fault
            raise
        out = [reply] if reply else []
        if state.stage is Stage.CONFIRMED and reply is None:
            out.append(pairing.approval(state))
        dialogue = self._house.pairing.found(state) if state.their_signatures else None
        if dialogue is not None:
            self._founded(dialogue)
        return [encode_message(one) for one in out]

    def to_send(self, token: bytes) -> tuple[Pairing, bytes] | None:
        """Return the state of a pairing and the message the other side may still lack; None if over."""
        for state in self._house.pairing.pending():
            if state.invitation.token == token:
                message = self._house.pairing.outgoing(state)
                return state, encode_message(message) if message else b""
        return None


def _terms(terms: FoundingTerms) -> Json:
    """Return what both sides fix by confirming, and the quotas that are usual."""
    return {
        "languages": list(terms.languages),
        "set": terms.terms,
        "quotas": terms.quotas._asdict(),
        "usual": Quotas()._asdict(),
    }


def _roots(rows: Json) -> tuple[RootSignature, ...]:
    return tuple(RootSignature(signer, *sig) for signer, sig in read_signatures(rows))
