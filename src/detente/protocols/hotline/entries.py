"""Bodies of the hotline (docs/spec/25-hotline.md §1)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from detente.charter.act import Kind
from detente.charter.entries import ACKNOWLEDGE, HOTLINE
from detente.protocols.wording import Lang, Reason, Seconds
from detente.record.shapes import Chars
from detente.terms.ids import Lane, Ref
from detente.terms.limits import NAME_CHARS

MESSAGE: Final = 16
ACKNOWLEDGEMENT: Final = 17


class Precedence(StrEnum):
    """How soon a message must be before a person (the grades of naval signal practice)."""

    FLASH = "flash"
    IMMEDIATE = "immediate"
    PRIORITY = "priority"
    ROUTINE = "routine"


class Status(StrEnum):
    """Whether a message is meant; never defaulted (the words of the Common Alerting Protocol)."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Message(NamedTuple):
    """A message over the hotline, in its author's own language."""

    status: Status
    precedence: Precedence
    addressee: Annotated[str, Chars(0, NAME_CHARS)]
    text: Annotated[str, Chars(1, 4000)]
    lang: Lang
    acknowledge_within_s: Seconds
    reply_within_s: Seconds


class Acknowledgement(NamedTuple):
    """A person on the other side has the message: received, which is not accepted."""

    of: Ref
    role: Annotated[str, Chars(1, NAME_CHARS)]
    note: Reason


KINDS: Final = (
    Kind(MESSAGE, "hotline.message", Lane.LINE, HOTLINE, Message),
    Kind(ACKNOWLEDGEMENT, "hotline.acknowledgement", Lane.LINE, ACKNOWLEDGE, Acknowledgement),
)
