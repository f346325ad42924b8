"""First contact: key cards, commit and reveal, and a number read aloud over another channel.

Carries out docs/spec/04-pairing.md. The inviting side commits to its card, its nonce and the founding
terms; the joining side reveals its card and nonce; the inviting side reveals. Both derive the same
20 digits, people compare them over a channel they already trust, and only then do the root keys
sign the genesis. Because one side commits first, someone in the middle has a single guess among
10**20 (the short-authentication-string construction of Vaudenay 2005 and RFC 6189).

Invariants: pure; messages are the same whether they travel over a link or as files; no step gives
the other side anything to use before both numbers were confirmed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from detente.charter.document import (
    Document,
    RootSignature,
    document_digest,
    read_chain,
    verify_roots,
)
from detente.charter.founding import FoundingPapers, SeatPapers
from detente.charter.pairing_messages import (
    Answer,
    Approval,
    Card,
    FoundingTerms,
    Invitation,
    Message,
    Reveal,
    decode_message,
    encode_message,
)
from detente.record.genesis import (
    RULES,
    SUITE,
    TERM_SETS,
    Genesis,
    Seat,
    decode_genesis,
    encode_genesis,
    order_seats,
)
from detente.record.shapes import to_bytes
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.ids import PartyId
from detente.terms.text import ascii_digits

__all__ = [
    "Answer",
    "Approval",
    "Card",
    "FoundingTerms",
    "Invitation",
    "Message",
    "Pairing",
    "Reveal",
    "Stage",
    "answer",
    "approval",
    "check_number",
    "confirm",
    "decode_message",
    "encode_message",
    "group_digits",
    "invite",
    "papers",
    "take_answer",
    "take_approval",
    "take_reveal",
]

DIGITS = 20
GROUPS = 4


class Stage(StrEnum):
    """Where a pairing stands on one side."""

    INVITED = "invited"
    ANSWERED = "answered"
    COMPARING = "comparing"
    CONFIRMED = "confirmed"


class Pairing(NamedTuple):
    """One side's view of a pairing; kept in the drawer, so that a restart loses nothing."""

    stage: Stage
    inviting: bool
    invitation: Invitation
    card: Card
    nonce: bytes
    terms: FoundingTerms | None
    their_card: Card | None = None
    their_nonce: bytes = b""
    own_signatures: tuple[RootSignature, ...] = ()
    their_signatures: tuple[RootSignature, ...] = ()

    def number(self) -> str:
        """Return the 20 digits of this pairing; valid from `Stage.COMPARING` on."""
        first, second, terms = self.arrived()
        digest = tagged(
            labels.PAIRING_NUMBER,
            to_bytes(first[0]), first[1], to_bytes(second[0]), second[1], to_bytes(terms),
        )  # fmt: skip
        return str(int.from_bytes(digest, "big") % 10**DIGITS).zfill(DIGITS)

    def arrived(self) -> tuple[tuple[Card, bytes], tuple[Card, bytes], FoundingTerms]:
        """Return the inviting and the joining side's card and nonce, and the terms."""
        if self.their_card is None or self.terms is None:
            raise Refused(
                "pairing.early",
                N_("The other side's card has not arrived yet."),
                N_("Wait for it."),
            )
        own, theirs = (self.card, self.nonce), (self.their_card, self.their_nonce)
        return (own, theirs, self.terms) if self.inviting else (theirs, own, self.terms)

    def genesis(self) -> bytes:
        """Return the genesis that both sides derive from the two cards, nonces and the terms."""
        (inviting, nonce1), (joining, nonce2), terms = self.arrived()
        nonce = tagged(labels.NONCE, nonce1, nonce2)
        seats = order_seats(nonce, [_seat(inviting), _seat(joining)])
        return _genesis_bytes(nonce, seats, terms)

    def their_document(self) -> Document:
        """Return the other side's current document."""
        inviting, joining, _ = self.arrived()
        card, _ = joining if self.inviting else inviting
        return read_chain(card.chain)[1][-1]


def _seat(card: Card) -> Seat:
    party, documents = read_chain(card.chain)
    return Seat(party, documents[-1].version, document_digest(card.chain[-1].document))


def _genesis_bytes(nonce: bytes, seats: tuple[Seat, ...], terms: FoundingTerms) -> bytes:
    return encode_genesis(
        Genesis(
            SUITE, RULES, nonce, seats, terms.quotas,
            tuple(sorted(set(terms.languages))), terms.terms, terms.time,
        )
    )  # fmt: skip


def _commitment(card: Card, nonce: bytes, terms: FoundingTerms) -> bytes:
    return tagged(labels.CARD_COMMIT, to_bytes(card), nonce, to_bytes(terms))


def group_digits(number: str) -> str:
    """Return 20 digits in four groups of five, as they are read aloud."""
    size = DIGITS // GROUPS
    return " ".join(number[i : i + size] for i in range(0, DIGITS, size))


def invite(card: Card, terms: FoundingTerms, nonce: bytes, token: bytes, expires: int) -> Pairing:
    """Begin a pairing as the inviting side.

    Args:
        card: our own.
        terms: what the genesis will fix.
        nonce: 32 fresh random bytes.
        token: 16 fresh random bytes by which later messages name this invitation.
        expires: milliseconds since 1970 UTC after which an answer is refused.
    """
    document = read_chain(card.chain)[1][-1]
    if terms.terms not in TERM_SETS:
        raise Refused(
            "pairing.terms",
            N_("There is no set of terms called {name}."),
            N_("Choose one of: {known}."),
            name=terms.terms,
            known=", ".join(TERM_SETS),
        )
    # Terms that no node would accept are found now, not when both sides have compared numbers.
    other = Seat(PartyId(bytes(32)), 1, bytes(32))
    seats = order_seats(nonce, [_seat(card), other])
    decode_genesis(_genesis_bytes(nonce, seats, terms))
    invitation = Invitation(
        1, _commitment(card, nonce, terms), token, document.certificate,
        document.addresses, document.name(), expires,
    )  # fmt: skip
    return Pairing(Stage.INVITED, True, invitation, card, nonce, terms)


def answer(invitation: Invitation, card: Card, nonce: bytes, now: int) -> tuple[Pairing, Answer]:
    """Answer an invitation as the joining side.

    Raises:
        Refused: ``pairing.expired``.
    """
    _check_time(invitation, now)
    pairing = Pairing(Stage.ANSWERED, False, invitation, card, nonce, None)
    return pairing, Answer(invitation.token, card, nonce)


def take_answer(pairing: Pairing, message: Answer, now: int) -> tuple[Pairing, Reveal]:
    """Take the joining side's card, and reveal what was committed to.

    Raises:
        Refused: ``pairing.expired``.
        Rejected: ``pairing.token``, ``pairing.self``, ``pairing.again`` or a fault of the card.
    """
    _check_time(pairing.invitation, now)
    _check_token(pairing, message.token)
    if pairing.stage is not Stage.INVITED and (message.card, message.nonce) != (
        pairing.their_card,
        pairing.their_nonce,
    ):
        raise Rejected(
            "pairing.again",
            N_("A second answer to the same invitation arrived and was not used."),
            N_("If you did not expect it, cancel this pairing and make a new invitation."),
        )
    party, _ = read_chain(message.card.chain)
    _check_other(pairing.card, party)
    if pairing.stage is Stage.INVITED:
        pairing = pairing._replace(
            stage=Stage.COMPARING, their_card=message.card, their_nonce=message.nonce
        )
    _, _, terms = pairing.arrived()
    return pairing, Reveal(message.token, pairing.card, pairing.nonce, terms)


def take_reveal(pairing: Pairing, message: Reveal) -> Pairing:
    """Take the inviting side's card, which must be the one it committed to.

    Raises:
        Rejected: ``pairing.token``, ``pairing.commitment``, ``pairing.self`` or a fault of the card.
    """
    _check_token(pairing, message.token)
    party, documents = read_chain(message.card.chain)
    if _commitment(message.card, message.nonce, message.terms) != pairing.invitation.commitment:
        raise Rejected(
            "pairing.commitment",
            N_("The card that arrived is not the one the invitation announced."),
            N_("Cancel this pairing. Ask the other side for a new invitation by another way."),
        )
    _check_other(pairing.card, party)
    if documents[-1].certificate != pairing.invitation.certificate:
        raise Rejected(
            "pairing.commitment",
            N_("The card that arrived is not the one the invitation announced."),
            N_("Cancel this pairing. Ask the other side for a new invitation by another way."),
        )
    if pairing.stage is not Stage.ANSWERED:
        return pairing
    pairing = pairing._replace(
        stage=Stage.COMPARING,
        their_card=message.card,
        their_nonce=message.nonce,
        terms=message.terms,
    )
    decode_genesis(pairing.genesis())  # the terms must make a genesis that every node accepts
    return pairing


def confirm(pairing: Pairing, heard: str, signatures: tuple[RootSignature, ...]) -> Pairing:
    """Confirm the number as heard from the other side, and add our root signatures.

    Args:
        heard: the 20 digits as typed; spaces and hyphens are ignored.
        signatures: over the genesis, under ``SIGN_GENESIS``.

    Raises:
        Refused: ``pairing.number`` when the digits differ; the caller then drops the pairing.
    """
    check_number(pairing, heard)
    own = read_chain(pairing.card.chain)[1][-1]
    verify_roots(own, labels.SIGN_GENESIS, pairing.genesis(), signatures)
    return pairing._replace(stage=Stage.CONFIRMED, own_signatures=signatures)


def check_number(pairing: Pairing, heard: str) -> None:
    """Check digits as heard from the other side. Raises `Refused` ``pairing.number``."""
    digits = ascii_digits(heard)
    if digits != pairing.number():
        raise Refused(
            "pairing.number",
            N_("The numbers differ. Somebody may be between the two sides."),
            N_(
                "Nothing was agreed, and this pairing is dropped here. Ask the other side to drop it as"
                " well (detente pair cancel), and begin again over another connection."
            ),
        )


def approval(pairing: Pairing) -> Approval:
    """Return the message that carries our root signatures."""
    return Approval(pairing.invitation.token, pairing.own_signatures)


def take_approval(pairing: Pairing, message: Approval) -> Pairing:
    """Take the other side's root signatures over the genesis.

    Raises:
        Rejected: ``pairing.token``, ``charter.roots``, ``seals.signature``.
    """
    _check_token(pairing, message.token)
    verify_roots(
        pairing.their_document(), labels.SIGN_GENESIS, pairing.genesis(), message.signatures
    )
    return pairing._replace(their_signatures=message.signatures)


def papers(pairing: Pairing) -> FoundingPapers | None:
    """Return the founding papers once both sides confirmed, else None."""
    if not (pairing.own_signatures and pairing.their_signatures) or pairing.their_card is None:
        return None
    genesis = pairing.genesis()
    brought = {
        _seat(pairing.card).party: SeatPapers(pairing.card.chain, pairing.own_signatures),
        _seat(pairing.their_card).party: SeatPapers(
            pairing.their_card.chain, pairing.their_signatures
        ),
    }
    seats = decode_genesis(genesis).seats
    return FoundingPapers(genesis, tuple(brought[seat.party] for seat in seats))


def _check_time(invitation: Invitation, now: int) -> None:
    if now > invitation.expires:
        raise Refused(
            "pairing.expired",
            N_("This invitation has expired."),
            N_("Ask the inviting side for a new one."),
        )


def _check_token(pairing: Pairing, token: bytes) -> None:
    if token != pairing.invitation.token:
        raise Rejected("pairing.token", N_("This message belongs to another invitation."))


def _check_other(card: Card, party: PartyId) -> None:
    if read_chain(card.chain)[0] == party:
        raise Rejected(
            "pairing.self", N_("This is our own card: a party does not pair with itself.")
        )
