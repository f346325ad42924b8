"""Hybrid signatures: Ed25519 and ML-DSA side by side, both required.

Carries out docs/spec/01-record.md §3. Sources: RFC 8032 with libsodium's acceptance rule (cofactorless,
canonical, small-order keys refused), FIPS 204 ML-DSA with a context string, and the DSSE
pre-authentication encoding, which signs a type together with the bytes. A signature with one half
missing or wrong is no signature.

Invariants: verification raises, it never returns a verdict; one function verifies Ed25519
everywhere, because verifiers of different libraries disagree on edge cases; no private value is
printable.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

import nacl.bindings
import nacl.exceptions
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa

from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint

SEED_BYTES: Final = 64
ED25519_KEY_BYTES: Final = 32
ED25519_SIGNATURE_BYTES: Final = 64


class Algorithm(IntEnum):
    """The two pairs of suite 1: what signs every day, and what signs a party's documents."""

    EVERYDAY = 1
    """Ed25519 with ML-DSA-65: nodes and delegates."""
    ROOT = 2
    """Ed25519 with ML-DSA-87: root keys."""


_MldsaPrivate = mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
_MldsaPublic = mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
_KEY_BYTES: Final = {Algorithm.EVERYDAY: 1952, Algorithm.ROOT: 2592}
_SIGNATURE_BYTES: Final = {Algorithm.EVERYDAY: 3309, Algorithm.ROOT: 4627}


class Signature(NamedTuple):
    """One hybrid signature: 64 bytes of Ed25519, 3 309 or 4 627 bytes of ML-DSA."""

    ed25519: bytes
    mldsa: bytes


class PublicKey(NamedTuple):
    """One hybrid public key; equal keys compare equal."""

    algorithm: Algorithm
    ed25519: bytes
    mldsa: bytes

    @property
    def print(self) -> KeyPrint:
        """Return the key's digest, by which the record names it."""
        return _print_of(self)

    def to_plain(self) -> list[object]:
        """Return ``[algorithm, ed25519, mldsa]`` for canonical encoding."""
        return [int(self.algorithm), self.ed25519, self.mldsa]


@lru_cache(maxsize=4096)
def _print_of(key: PublicKey) -> KeyPrint:
    return KeyPrint(tagged(labels.KEY_PRINT, bytes((key.algorithm,)), key.ed25519, key.mldsa))


class PrivateKey:
    """One hybrid private key, held in memory by whoever may sign with it."""

    __slots__ = ("_ed25519", "_mldsa", "public")

    def __init__(self, algorithm: Algorithm, seed: bytes) -> None:
        """Derive the pair from a 64-byte seed: 32 for Ed25519, 32 for ML-DSA (FIPS 204 §3.6.3)."""
        if len(seed) != SEED_BYTES:
            raise ValueError("a hybrid seed has 64 bytes")
        ed_public, self._ed25519 = nacl.bindings.crypto_sign_seed_keypair(seed[:32])
        self._mldsa: _MldsaPrivate
        if algorithm is Algorithm.EVERYDAY:
            self._mldsa = mldsa.MLDSA65PrivateKey.from_seed_bytes(seed[32:])
        else:
            self._mldsa = mldsa.MLDSA87PrivateKey.from_seed_bytes(seed[32:])
        self.public = PublicKey(algorithm, ed_public, self._mldsa.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return "<private>"

    def __reduce__(self) -> str:
        raise TypeError("a private key is not copied out of its holder")

    def sign(self, label: bytes, message: bytes) -> Signature:
        """Sign `message` under the type `label`.

        Args:
            label: one of the ``SIGN_`` labels; becomes the DSSE type and the ML-DSA context.
            message: any bytes; the caller has made them canonical.
        """
        framed = pre_authentication(label, message)
        return self.sign_parts(framed, framed, label)

    def sign_parts(self, ed_message: bytes, mldsa_message: bytes, context: bytes) -> Signature:
        """Sign two given messages as they stand, for formats that fix their own framing."""
        signed = nacl.bindings.crypto_sign(ed_message, self._ed25519)
        return Signature(signed[:ED25519_SIGNATURE_BYTES], self._mldsa.sign(mldsa_message, context))


def pre_authentication(label: bytes, message: bytes) -> bytes:
    """Return the DSSE pre-authentication encoding of a type and its bytes (DSSE v1.0.0)."""
    return b"DSSEv1 %d %b %d %b" % (len(label), label, len(message), message)


def parse_public_key(plain: object) -> PublicKey:
    """Return the public key that ``[algorithm, ed25519, mldsa]`` names, checked for registration.

    Raises:
        Rejected: ``seals.key`` for an unknown algorithm, a wrong size, or an Ed25519 point that is
            not canonical, not in the main subgroup or of small order (attack "verifier split").
    """
    if not isinstance(plain, list | tuple) or len(plain) != 3:
        raise _bad_key()
    algorithm, ed25519, ml_dsa = plain
    if (
        type(algorithm) not in (int, Algorithm)
        or algorithm not in _KEY_BYTES
        or not isinstance(ed25519, bytes)
        or len(ed25519) != ED25519_KEY_BYTES
        or not isinstance(ml_dsa, bytes)
        or len(ml_dsa) != _KEY_BYTES[Algorithm(algorithm)]
        or not nacl.bindings.crypto_core_ed25519_is_valid_point(ed25519)
    ):
        raise _bad_key()
    return PublicKey(Algorithm(algorithm), ed25519, ml_dsa)


def parse_signature(plain: object) -> Signature:
    """Return the signature that ``[ed25519, mldsa]`` holds; sizes are checked when it is verified.

    Raises:
        Rejected: ``seals.signature`` when it is not two byte strings.
    """
    if (
        not isinstance(plain, list | tuple)
        or len(plain) != 2
        or not all(isinstance(half, bytes) for half in plain)
    ):
        raise bad_signature()
    return Signature(plain[0], plain[1])


def verify(key: PublicKey, label: bytes, message: bytes, signature: Signature) -> None:
    """Check both halves of `signature` over `message` under the type `label`.

    Raises:
        Rejected: ``seals.signature`` when either half is missing or wrong.
    """
    framed = pre_authentication(label, message)
    verify_parts(key, framed, framed, label, signature)


def verify_parts(
    key: PublicKey, ed_message: bytes, mldsa_message: bytes, context: bytes, signature: Signature
) -> None:
    """Check both halves over two given messages, for formats that fix their own framing.

    Raises:
        Rejected: ``seals.signature`` when either half is missing or wrong.
    """
    verify_ed25519(key.ed25519, ed_message, signature.ed25519)
    if len(signature.mldsa) != _SIGNATURE_BYTES[key.algorithm]:
        raise bad_signature()
    try:
        _mldsa_public(key.algorithm, key.mldsa).verify(signature.mldsa, mldsa_message, context)
    except (InvalidSignature, ValueError):
        raise bad_signature() from None


def verify_ed25519(key: bytes, message: bytes, signature: bytes) -> None:
    """Check one Ed25519 signature by the one rule of this project: libsodium's.

    Raises:
        Rejected: ``seals.signature``.
    """
    if len(signature) != ED25519_SIGNATURE_BYTES or len(key) != ED25519_KEY_BYTES:
        raise bad_signature()
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except nacl.exceptions.BadSignatureError:
        raise bad_signature() from None


@lru_cache(maxsize=1024)
def _mldsa_public(algorithm: Algorithm, key: bytes) -> _MldsaPublic:
    if algorithm is Algorithm.EVERYDAY:
        return mldsa.MLDSA65PublicKey.from_public_bytes(key)
    return mldsa.MLDSA87PublicKey.from_public_bytes(key)


def bad_signature() -> Rejected:
    """Return the fault of a signature that does not hold."""
    return Rejected("seals.signature", N_("A signature does not hold."))


def _bad_key() -> Rejected:
    return Rejected("seals.key", N_("A public key has the wrong form or an unsafe value."))
