"""What the link must know of the world: who we are, who may come, and how long to wait.

Shapes and settings only; `node` fills them from the keyring and the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from detente.courier.tls import TlsIdentity
from detente.exchange.greeting import Sign
from detente.ports import Outside
from detente.terms.ids import DialogueId, KeyPrint, PartyId
from detente.terms.limits import KIB, MIB


class PeerBook(Protocol):
    """Who may have a link with us; asked anew at every handshake."""

    def by_certificate(self, certificate: bytes) -> Sequence[Outside]:
        """Return the parties whose documents name the certificate of this SHA-256 print, never ourselves.

        There may be several: anybody can put another's print into a document of his own.
        """

    def dialogues_with(self, party: PartyId) -> Sequence[DialogueId]:
        """Return the dialogues that we and `party` share."""

    def has_invitation(self) -> bool:
        """Return whether an invitation of ours is open, so that a stranger may pair."""


@dataclass(frozen=True, slots=True)
class LinkIdentity:
    """Who we are on a link."""

    party: PartyId
    node: KeyPrint
    tls: TlsIdentity
    sign: Sign
    """Signs (label, statement) with the node key; its faults pass through."""


class LinkSettings(NamedTuple):
    """Times in seconds, sizes in bytes; the defaults are for a node on the open network."""

    connect_s: float = 10.0
    handshake_s: float = 10.0
    """From the connection to the last greeting."""
    heartbeat_s: float = 15.0
    dead_s: float = 45.0
    linger_s: float = 2.0
    """How long `close` waits for what is queued to leave."""
    first_bytes: int = 96 * KIB
    """Longest first message: a greeting, or a stranger's key card with its documents."""
    knock_bytes: int = 128 * KIB
    """Most bytes taken from a side that has not proved who it is, up to its first message."""
    at_once: int = 64
    per_place: int = 8
    per_second: float = 50.0
    """See `gate.Gate`; 50 handshakes a second use about a twentieth of one core."""
    pairing_s: float = 600.0
    pairing_links: int = 4
    pairing_messages: int = 8
    pairing_bytes: int = 256 * KIB
    hold_bytes: int = 16 * MIB
    """Received bytes that wait to be fetched beyond which we stop reading."""
    unsent_bytes: int = 64 * KIB
    """Bytes the kernel may hold that have not left: what a flash message cannot overtake."""
    constant_s: float = 0.0
    """When above 0, one segment leaves per this many seconds, whether there is news or not."""
    constant_class: int = 4
    """Size class of every segment then: 4 KiB."""


USUAL: Final = LinkSettings()
