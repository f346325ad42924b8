"""Bodies of the opening of a dialogue (docs/spec/20-opening.md §1)."""

from __future__ import annotations

from typing import Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import BIND
from detente.protocols.wording import Lang, Reason, Text, Title
from detente.terms.ids import Lane, Ref

PROPOSAL: Final = 64
CONSENT: Final = 65
REFUSAL: Final = 66


class Proposal(NamedTuple):
    """A party proposes to open the dialogue."""

    title: Title
    purpose: Text
    lang: Lang


class Consent(NamedTuple):
    """A party agrees to a proposal of opening; the proposer need not consent to its own."""

    proposal: Ref


class Refusal(NamedTuple):
    """A party declines a proposal, with or without a reason; it may consent later."""

    proposal: Ref
    reason: Reason


KINDS: Final = (
    Kind(PROPOSAL, "opening.proposal", Lane.TABLE, BIND, Proposal),
    Kind(CONSENT, "opening.consent", Lane.TABLE, BIND, Consent),
    Kind(REFUSAL, "opening.refusal", Lane.TABLE, BIND, Refusal),
)
