"""Keys that an age file can be sealed for: hybrid keys, and X25519 keys.

Carries out docs/spec/10-pouch.md §3. Source: C2SP age.md, "Native recipient types":
``mlkem768x25519`` is HPKE base mode (RFC 9180) with MLKEM768-X25519, which is X-Wing
(draft-ietf-hpke-pq-03, draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and ChaCha20Poly1305;
``X25519`` is RFC 7748 with HKDF-SHA-256. Left out on purpose: SSH keys, plugins and the hardware
types ``p256tag`` and ``mlkem768p256tag``.

Invariants: a stanza of another type is never an error; a malformed stanza of one's own type
always is; a wrapped key has exactly 32 bytes before anything tries to open it (against
partitioning oracles); no private value prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import shake_256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from detente.seals.age_header import (
    FILE_KEY_BYTES,
    Stanza,
    decode_base64,
    derive_key,
    encode_base64,
    header_fault,
)
from detente.seals.secrets import Random, Secret, draw
from detente.terms.errors import N_, Rejected

HYBRID_TYPE: Final = "mlkem768x25519"
X25519_TYPE: Final = "X25519"

HYBRID_KEY_BYTES: Final = 1216
SEED_BYTES: Final = 32
WRAPPED_BYTES: Final = FILE_KEY_BYTES + 16

_HYBRID_INFO: Final = b"age-encryption.org/mlkem768x25519"
_X25519_INFO: Final = b"age-encryption.org/v1/X25519"

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_KEY_BYTES: Final = 1184
_ENCAPSULATED_BYTES: Final = 1120
_MLKEM_CIPHERTEXT_BYTES: Final = 1088
_X25519_BYTES: Final = 32
_ZERO_NONCE: Final = bytes(12)  # fixed by the format; each wrap key seals one message


@dataclass(frozen=True, slots=True)
class HybridRecipient:
    """Public X-Wing key: 1 184 bytes of ML-KEM-768, then 32 of X25519.

    Raises:
        Rejected: ``seals.age.recipient`` when the size is wrong, an ML-KEM coefficient is out of
            range (FIPS 203 §7.2), or the X25519 point has small order.
    """

    public: bytes

    def __post_init__(self) -> None:
        self._key()
        _check_order(self.public[_MLKEM_KEY_BYTES:])

    def _key(self) -> MLKEM768X25519PublicKey:
        try:
            return MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(self.public[:_MLKEM_KEY_BYTES]),
                X25519PublicKey.from_public_bytes(self.public[_MLKEM_KEY_BYTES:]),
            )
        except ValueError:
            raise _bad_recipient() from None

    def wrap(self, file_key: bytes, random: Random) -> Stanza:
        """Return the stanza that gives `file_key` to this recipient.

        `random` is not drawn from: the library encapsulates with the system's randomness and
        lets nobody fix it, so a hybrid stanza cannot be made twice.
        """
        del random
        sealed = _SUITE.encrypt(file_key, self._key(), _HYBRID_INFO)
        encapsulated = encode_base64(sealed[:_ENCAPSULATED_BYTES])
        return Stanza((HYBRID_TYPE, encapsulated), sealed[_ENCAPSULATED_BYTES:])


@dataclass(frozen=True, slots=True)
class X25519Recipient:
    """Public X25519 key, 32 bytes: for files that tools without post-quantum keys must open.

    Raises:
        Rejected: ``seals.age.recipient`` when the size is wrong or the point has small order.
    """

    public: bytes

    def __post_init__(self) -> None:
        _check_order(self.public)

    def wrap(self, file_key: bytes, random: Random) -> Stanza:
        """Return the stanza that gives `file_key` to this recipient; 32 bytes are drawn."""
        ephemeral = X25519PrivateKey.from_private_bytes(draw(random, SEED_BYTES))
        share = ephemeral.public_key().public_bytes_raw()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(self.public))
        key_of_stanza = derive_key(shared, share + self.public, _X25519_INFO)
        return Stanza((X25519_TYPE, encode_base64(share)), wrap_key(key_of_stanza, file_key))


@dataclass(frozen=True, slots=True)
class HybridIdentity:
    """Private X-Wing key: a seed of 32 bytes.

    Raises:
        Rejected: ``seals.age.identity`` when the size is wrong.
    """

    seed: Secret

    def __post_init__(self) -> None:
        _check_seed(self.seed)

    def _expand(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        expanded = shake_256(self.seed.reveal()).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(expanded[:64]),
            X25519PrivateKey.from_private_bytes(expanded[64:]),
        )

    def recipient(self) -> HybridRecipient:
        """Return the public key."""
        mlkem, x25519 = self._expand()
        return HybridRecipient(
            mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        )

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key from the first stanza that this identity opens, or None.

        Raises:
            Rejected: ``seals.age.header`` for a malformed ``mlkem768x25519`` stanza.
        """
        mlkem, x25519 = self._expand()
        key = MLKEM768X25519PrivateKey(mlkem, x25519)
        for stanza in stanzas:
            if stanza.type != HYBRID_TYPE:
                continue
            encapsulated = _read_share(stanza, _ENCAPSULATED_BYTES)
            # RFC 9180 §7.1.4 wants an all-zero exchange refused; the library reports it as a
            # wrong tag, which would read here as "for somebody else".
            _exchange(x25519, encapsulated[_MLKEM_CIPHERTEXT_BYTES:])
            try:
                return _SUITE.decrypt(encapsulated + stanza.body, key, _HYBRID_INFO)
            except InvalidTag:
                continue
        return None


@dataclass(frozen=True, slots=True)
class X25519Identity:
    """Private X25519 key, 32 bytes.

    Raises:
        Rejected: ``seals.age.identity`` when the size is wrong.
    """

    seed: Secret

    def __post_init__(self) -> None:
        _check_seed(self.seed)

    def _key(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.seed.reveal())

    def recipient(self) -> X25519Recipient:
        """Return the public key."""
        return X25519Recipient(self._key().public_key().public_bytes_raw())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key from the first stanza that this identity opens, or None.

        Raises:
            Rejected: ``seals.age.header`` for a malformed ``X25519`` stanza.
        """
        key = self._key()
        public = key.public_key().public_bytes_raw()
        for stanza in stanzas:
            if stanza.type != X25519_TYPE:
                continue
            share = _read_share(stanza, _X25519_BYTES)
            key_of_stanza = derive_key(_exchange(key, share), share + public, _X25519_INFO)
            file_key = unwrap_key(key_of_stanza, stanza.body)
            if file_key is not None:
                return file_key
        return None


def wrap_key(key: bytes, file_key: bytes) -> bytes:
    """Return `file_key` sealed under the 32-byte `key`, which seals nothing else."""
    return ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None)


def unwrap_key(key: bytes, body: bytes) -> bytes | None:
    """Return the file key that `body` holds, or None when `key` is another."""
    try:
        return ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, body, None)
    except InvalidTag:
        return None


def _read_share(stanza: Stanza, size_bytes: int) -> bytes:
    """Return the one further argument of a stanza whose shape is: type, share, wrapped key."""
    share = None
    if len(stanza.arguments) == 2 and len(stanza.body) == WRAPPED_BYTES:
        share = decode_base64(stanza.arguments[1].encode(), size_bytes)
    if share is None:
        raise header_fault(N_("A wrapped key in the header is damaged."))
    return share


def _exchange(key: X25519PrivateKey, share: bytes) -> bytes:
    try:
        return key.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:  # all zero: the share has small order (RFC 7748 §6.1)
        raise header_fault(N_("A wrapped key in the header is unsafe.")) from None


def _check_order(public: bytes) -> None:
    """Refuse a point of small order: every clamped scalar takes it to zero, so any one will do."""
    try:
        probe = X25519PrivateKey.from_private_bytes(bytes(range(SEED_BYTES)))
        probe.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise _bad_recipient() from None


def _check_seed(seed: Secret) -> None:
    if len(seed.reveal()) != SEED_BYTES:
        raise Rejected("seals.age.identity", N_("This is not a private key for sealed files."))


def _bad_recipient() -> Rejected:
    return Rejected("seals.age.recipient", N_("This is not a public key for sealed files."))
