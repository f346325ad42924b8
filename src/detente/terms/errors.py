"""Faults, sorted by whose they are.

Four families: `Refused` (our side asked for what the rules forbid), `Rejected` (bytes from
elsewhere are wrong), `Unavailable` (a store, link or key did not answer; may be retried) and
`Bug` (an invariant of ours broke). Rules raise a `Violation`, which belongs to nobody until the
border that called them decides whose it is (docs/spec/00-terms.md §6).

Every fault has a stable code, a sentence for the person and, where there is one, a next step.
Sentences are English message ids; a door translates them. Invariant: no fault carries a secret,
and text that came from elsewhere is quoted, cut and stripped before it enters a sentence.
"""

from __future__ import annotations

from typing import Final

from detente.terms.text import quote_foreign

#: Foreign values are cut to this many characters inside a sentence: enough to recognise, too
#: short to hide a second sentence in.
_FOREIGN_CHARS: Final = 80

Detail = str | int


def N_(message: str) -> str:
    """Mark a sentence for the message catalogue without translating it here."""
    return message


class Fault(Exception):
    """Carry a code, a sentence with named places, and the values for those places.

    Args:
        code: stable dotted identifier, documented in docs/errors.md, e.g. ``"record.chain.prev"``.
        sentence: message id with ``{name}`` places.
        next_step: message id of what the person can do, or the empty string.
        details: values for the places; strings are treated as foreign and quoted.
    """

    exit_code: int = 1

    def __init__(self, code: str, sentence: str, next_step: str = "", **details: Detail) -> None:
        self.code = code
        self.sentence = sentence
        self.next_step = next_step
        self.details = details
        super().__init__(code)

    def quoted_details(self) -> dict[str, Detail]:
        """Return the details with foreign text made harmless, for a door to fill the places."""
        return {
            key: quote_foreign(value, _FOREIGN_CHARS) if isinstance(value, str) else value
            for key, value in self.details.items()
        }

    def __str__(self) -> str:
        text = self.sentence.format(**self.quoted_details())
        if self.next_step:
            text += " " + self.next_step.format(**self.quoted_details())
        return f"{text} [{self.code}]"


class Violation(Fault):
    """A rule was broken; the border that called the rule says by whom."""


class Refused(Fault):
    """Our own side asked for what the rules forbid; nothing was signed or stored."""

    exit_code = 2


class Rejected(Fault):
    """Bytes from elsewhere are wrong; they never enter the record.

    `evidence` is what was wrong, kept by the caller where it proves something.
    """

    exit_code = 3

    def __init__(
        self,
        code: str,
        sentence: str,
        next_step: str = "",
        *,
        evidence: bytes = b"",
        **details: Detail,
    ) -> None:
        super().__init__(code, sentence, next_step, **details)
        self.evidence = evidence


class Unavailable(Fault):
    """A store, link or key did not answer; the same request may succeed later."""

    exit_code = 4


class Bug(Fault):
    """One of our own invariants broke. Never caught except at a door."""

    exit_code = 70

    def __init__(self, what: str) -> None:
        super().__init__(
            "house.bug",
            N_("An invariant of this program broke: {what}."),
            N_("Please report it; the record on disk is not touched."),
            what=what,
        )


def refused(violation: Fault) -> Refused:
    """Return `violation` as our own side's fault."""
    return Refused(violation.code, violation.sentence, violation.next_step, **violation.details)


def rejected(violation: Fault, evidence: bytes = b"") -> Rejected:
    """Return `violation` as the fault of whoever sent the bytes."""
    return Rejected(
        violation.code,
        violation.sentence,
        violation.next_step,
        evidence=evidence,
        **violation.details,
    )
