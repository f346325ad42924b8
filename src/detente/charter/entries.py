"""Bodies of the charter's entries: documents, confirmation, grants and their ends, openings, cuts.

Carries out docs/spec/03-charter.md §3. All stand on the line, so that who may speak never waits
behind what is being said.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from detente.charter.document import KeyBytes, SignedDocument
from detente.record.shapes import Chars, Within, exact_digest
from detente.terms.ids import Ref
from detente.terms.limits import NAME_CHARS

OPENING: Final = 1
DOCUMENT: Final = 2
CONFIRMATION: Final = 3
GRANT: Final = 4
REVOCATION: Final = 5
CLOSING: Final = 6
CUT: Final = 7
FORK: Final = 8

SPEAK: Final = "speak"
BIND: Final = "bind"
HOTLINE: Final = "hotline"
ACKNOWLEDGE: Final = "acknowledge"
GRANTING: Final = "grant"
SCOPES: Final = (SPEAK, BIND, HOTLINE, ACKNOWLEDGE, GRANTING)
"""What a grant may allow: words on the table, agreement, hotline messages, acknowledgements, grants."""

ShortText = Annotated[str, Chars(0, 500)]


class LogMark(NamedTuple):
    """A log, a number of its entries, and the identifier of the last of them."""

    log: Annotated[bytes, exact_digest]
    size: int
    head: Annotated[bytes, exact_digest]


class Opening(NamedTuple):
    """Entry 0 of every log: whose it is, and what it follows on."""

    party: Annotated[bytes, exact_digest]
    node: Annotated[bytes, exact_digest]
    """Print of the node key that signs this log's checkpoints."""
    epoch: int
    lane: Annotated[int, Within(0, 1)]
    previous: Annotated[tuple[LogMark, ...], Chars(0, 2)]
    """Last own entries known of the epoch before; empty in epoch 0."""
    reason: Annotated[str, Chars(0, 40)]
    """``founding``, ``restored``, ``rotated`` or ``forked``."""
    document: SignedDocument | None
    """The document that names `node`, when it is newer than any in the record."""


class NewDocument(NamedTuple):
    """A newer version of the author's document, signed by its root keys."""

    signed: SignedDocument


class Grant(NamedTuple):
    """A delegate may speak for the party."""

    key: KeyBytes
    name: Annotated[str, Chars(1, NAME_CHARS)]
    role: Annotated[str, Chars(1, NAME_CHARS)]
    """Function in the delegation, shown beside every act: head of delegation, duty officer…"""
    scopes: Annotated[tuple[Annotated[str, Chars(1, 40)], ...], Chars(1, 16)]
    expires: int
    """Milliseconds since 1970 UTC at which the party's node closes the grant; 0 for never."""
    most: int
    """Number of acts allowed; 0 for any number."""


class Confirmation(NamedTuple):
    """The party confirms that the number of the pairing was compared and agreed."""

    number: Annotated[str, Chars(20, 20)]
    how: ShortText
    """Over which other channel, in the party's own words."""
    head: Grant | None
    """First grant, usually to the head of delegation, given in the same breath."""


class Revocation(NamedTuple):
    """A grant ends by decision."""

    grant: Ref
    reason: ShortText


class Closing(NamedTuple):
    """A grant ends because its time came on the party's own node (machine entry)."""

    grant: Ref


class Cut(NamedTuple):
    """The root declares a node key no longer its own from these positions on."""

    node: Annotated[bytes, exact_digest]
    marks: Annotated[tuple[LogMark, ...], Chars(1, 4)]
    """Per log of that key, how many first entries stand."""
    reason: ShortText


class ForkProof(NamedTuple):
    """Proof that a node signed two histories (`record.fork`)."""

    proof: bytes


ROOT_ACTS: Final = frozenset({CONFIRMATION, CUT})
"""Acts that only root keys may do."""
