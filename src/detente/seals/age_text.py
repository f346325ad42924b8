"""Keys for age files as people copy them, ``age1pq1…`` and ``AGE-SECRET-KEY-PQ-1…`` among them.

Carries out docs/spec/10-pouch.md §2. Source: C2SP age.md, "Native recipient types".

Invariants: a public key is lower case, a private key upper case, as the public tool demands, so
that each key has one text; a text that is refused is not repeated in the fault.
"""

from __future__ import annotations

from typing import Final

from detente.seals.age_recipients import (
    HybridIdentity,
    HybridRecipient,
    X25519Identity,
    X25519Recipient,
)
from detente.seals.bech32 import decode_bech32, encode_bech32
from detente.seals.secrets import Secret
from detente.terms.errors import N_, Rejected

_HYBRID: Final = "age1pq"
_X25519: Final = "age"
_HYBRID_PRIVATE: Final = "age-secret-key-pq-"
_X25519_PRIVATE: Final = "age-secret-key-"


def encode_recipient(recipient: HybridRecipient | X25519Recipient) -> str:
    """Return the text of a public key: 1 959 characters for a hybrid key, 62 for X25519."""
    prefix = _HYBRID if isinstance(recipient, HybridRecipient) else _X25519
    return encode_bech32(prefix, recipient.public)


def decode_recipient(text: str) -> HybridRecipient | X25519Recipient:
    """Return the public key that `text` names.

    Raises:
        Rejected: ``seals.bech32`` for a mistyped text; ``seals.age.recipient`` when it is the text
            of something else, or of an unsafe key.
    """
    prefix, data = decode_bech32(text)
    if prefix == _HYBRID and text.islower():
        return HybridRecipient(data)
    if prefix == _X25519 and text.islower():
        return X25519Recipient(data)
    raise Rejected(
        "seals.age.recipient",
        N_("This is not a public key for sealed files."),
        N_("Such a key begins with age1 and is written in small letters."),
    )


def reveal_identity(identity: HybridIdentity | X25519Identity) -> str:
    """Return the text of a private key, for a paper copy or the public tool; it is the key."""
    prefix = _HYBRID_PRIVATE if isinstance(identity, HybridIdentity) else _X25519_PRIVATE
    return encode_bech32(prefix, identity.seed.reveal()).upper()


def decode_identity(text: str) -> HybridIdentity | X25519Identity:
    """Return the private key that `text` holds.

    Raises:
        Rejected: ``seals.bech32`` for a mistyped text; ``seals.age.identity`` when it is the text
            of something else.
    """
    prefix, data = decode_bech32(text)
    if prefix == _HYBRID_PRIVATE and text.isupper():
        return HybridIdentity(Secret(data))
    if prefix == _X25519_PRIVATE and text.isupper():
        return X25519Identity(Secret(data))
    raise Rejected(
        "seals.age.identity",
        N_("This is not a private key for sealed files."),
        N_("Such a key begins with AGE-SECRET-KEY- and is written in capital letters."),
    )
