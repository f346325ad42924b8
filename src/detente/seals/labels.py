"""Every domain-separation label of the product, in one table.

Carries out docs/spec/01-record.md §2: two different uses never share a label, so that bytes signed
or hashed for one purpose mean nothing for another. A test holds that all are distinct and that
none can collide with the RFC 6962 prefixes 0x00 and 0x01.
"""

from __future__ import annotations

from typing import Final

# Hashes (seals.hashing.tagged).
DIALOGUE: Final = b"detente/dialogue/v1"
PARTY: Final = b"detente/party/v1"
DOCUMENT: Final = b"detente/document/v1"
LOG: Final = b"detente/log/v1"
KEY_PRINT: Final = b"detente/key-print/v1"
PAYLOAD: Final = b"detente/payload/v1"
ORDER: Final = b"detente/order-of-parties/v1"
CARD_COMMIT: Final = b"detente/pairing-commit/v1"
PAIRING_NUMBER: Final = b"detente/pairing-number/v1"
FOLD: Final = b"detente/fold/v1"
NONCE: Final = b"detente/genesis-nonce/v1"
POUCH: Final = b"detente/pouch/v1"
POUCH_FRAME: Final = b"detente/pouch-frame/v1"

# Signatures (DSSE payload types, seals.signing.sign).
SIGN_ACT: Final = b"application/vnd.detente.act+cbor"
SIGN_DOCUMENT: Final = b"application/vnd.detente.document+cbor"
SIGN_GENESIS: Final = b"application/vnd.detente.genesis+cbor"
SIGN_POUCH: Final = b"application/vnd.detente.pouch+cbor"
SIGN_LINK: Final = b"application/vnd.detente.link+cbor"

# Checkpoints: C2SP cosignature forms, which fix their own prefixes.
COSIGNATURE_V1: Final = b"cosignature/v1"
MLDSA_CHECKPOINT: Final = b"detente/checkpoint/mldsa65/v1"

HASH_LABELS: Final = (
    DIALOGUE,
    PARTY,
    DOCUMENT,
    LOG,
    KEY_PRINT,
    PAYLOAD,
    ORDER,
    CARD_COMMIT,
    PAIRING_NUMBER,
    FOLD,
    NONCE,
    POUCH,
    POUCH_FRAME,
)
SIGNATURE_LABELS: Final = (
    SIGN_ACT,
    SIGN_DOCUMENT,
    SIGN_GENESIS,
    SIGN_POUCH,
    SIGN_LINK,
    COSIGNATURE_V1,
    MLDSA_CHECKPOINT,
)
