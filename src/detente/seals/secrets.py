"""Secrets: how private bytes are held in memory, and sealed on disk under a person's passphrase.

Carries out docs/spec/10-pouch.md §6. Sources: Argon2id, RFC 9106; AES-256-GCM, NIST SP 800-38D.
Version 1 of a sealed secret, integers big-endian:

    version u8 = 1 ‖ memory MiB u16 ‖ passes u8 ‖ lanes u8 ‖ salt 16 ‖ nonce 12      the header
    AES-256-GCM(key = Argon2id(passphrase, salt), plain, associated data = context)  16 more bytes
    checksum 8 = first bytes of SHA-256(context ‖ everything between)

    context = len u8 ‖ "detente/secret/v1" ‖ len u16 ‖ label ‖ header

The checksum has no key and protects against nobody. It tells a damaged file from a mistyped
passphrase, so that the owner of a broken disk is not told to remember harder; somebody who alters
a file on purpose and mends the checksum gets "wrong passphrase".

Invariants: no private value prints, pickles or stands in a fault; nothing of a plain text leaves
before its tag holds; a hostile file cannot ask for more memory or work than the stated range.
Known weakness: Python may leave copies of a private value in freed memory; nothing here wipes it.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple, NoReturn, final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from detente.terms.errors import N_, Bug, Refused, Rejected, Unavailable
from detente.terms.limits import KIB

SECRET_LABEL: Final = "detente/secret/v1"  # noqa: S105 - a label, not a password

PLAIN_BYTES: Final = 64 * KIB
"""Seeds, and the key texts of a whole node, are far smaller; larger matter is not "a secret"."""

MEMORY_MIB: Final = range(8, 4096 + 1)
"""Below, a passphrase falls to one graphics card; above, opening would exhaust a small machine."""
PASSES: Final = range(1, 16 + 1)
LANES: Final = range(1, 16 + 1)

_VERSION: Final = 1
_HEADER: Final = struct.Struct(">BHBB16s12s")
_KEY_BYTES: Final = 32
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_CHECKSUM_BYTES: Final = 8

Random = Callable[[int], bytes]
"""Source of that many unpredictable bytes; the caller passes the system's, a test a fixed one."""


class SecretParams(NamedTuple):
    """What one guess at a passphrase costs, stored in the sealed secret.

    The defaults take about a second and 256 MiB; RFC 9106 §4 recommends 3 passes and 4 lanes.
    """

    memory_mib: int = 256
    passes: int = 3
    lanes: int = 4

    @property
    def is_in_range(self) -> bool:
        """Whether opening accepts these figures."""
        return self.memory_mib in MEMORY_MIB and self.passes in PASSES and self.lanes in LANES


@final
class Secret:
    """Private bytes that do not print, pickle or copy; `reveal` is the one way out."""

    __slots__ = ("_value",)

    _value: bytes

    def __init__(self, value: bytes) -> None:
        object.__setattr__(self, "_value", bytes(value))

    def reveal(self) -> bytes:
        """Return the private bytes; every call of this is worth a reader's attention."""
        return self._value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret does not change")

    def __repr__(self) -> str:
        return "<private>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not copied out of its holder")

    def __eq__(self, other: object) -> bool:
        """Compare in constant time. Without a hash: a secret is no key of a table."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]


def draw(random: Random, count: int) -> bytes:
    """Return `count` bytes from `random`; a source that gives another number is a bug of ours."""
    drawn = random(count)
    if len(drawn) != count:
        raise Bug("a source of randomness gave the wrong number of bytes")
    return drawn


def check_passphrase(passphrase: bytes) -> None:
    """Refuse an empty passphrase; how strong another must be is for the caller to say.

    Raises:
        Refused: ``seals.secret.empty``.
    """
    if not passphrase:
        raise Refused(
            "seals.secret.empty",
            N_("Nothing can be sealed under an empty passphrase."),
            N_("Choose a passphrase."),
        )


def seal_secret(
    plain: bytes, passphrase: bytes, label: str, params: SecretParams, random: Random
) -> bytes:
    """Seal `plain` so that only `passphrase` opens it, and only under the same `label`.

    Args:
        plain: at most `PLAIN_BYTES`; its length shows in the result.
        passphrase: 1 or more bytes; the caller decides encoding, normal form and least strength.
        label: what this secret is, e.g. ``"node-key"``; public, at most 65 535 bytes of UTF-8.
        params: the cost of a guess.
        random: 28 bytes are drawn.

    Raises:
        Refused: ``seals.secret.empty`` for an empty passphrase; ``seals.secret.params`` for a
            cost that opening would not accept; ``seals.secret.size`` for too large a plain text.
        Unavailable: ``seals.secret.memory`` when the machine has not that much memory.
    """
    check_passphrase(passphrase)
    if not params.is_in_range:
        raise Refused(
            "seals.secret.params",
            N_("Secrets take {least} to {most} MiB, 1 to 16 passes and 1 to 16 lanes."),
            N_("Correct the cost of a passphrase in the settings."),
            least=MEMORY_MIB[0],
            most=MEMORY_MIB[-1],
        )
    if len(plain) > PLAIN_BYTES:
        raise Refused(
            "seals.secret.size", N_("A secret has at most {most} bytes."), most=PLAIN_BYTES
        )
    salt = draw(random, _SALT_BYTES)
    nonce = draw(random, _NONCE_BYTES)
    header = _HEADER.pack(_VERSION, *params, salt, nonce)
    context = _context(label, header)
    sealed = AESGCM(_derive(passphrase, salt, params)).encrypt(nonce, plain, context)
    return header + sealed + _checksum(context, sealed)


def open_secret(blob: bytes, passphrase: bytes, label: str) -> bytes:
    """Return the plain bytes that were sealed under `passphrase` and `label`.

    Args:
        blob: from disk or a backup; unverified.
        passphrase: as it was given to `seal_secret`.
        label: as it was given to `seal_secret`.

    Raises:
        Refused: ``seals.secret.wrong`` when the passphrase does not open it.
        Rejected: ``seals.secret.damaged`` when the bytes are not those that were written, belong
            to another label, or ask for a cost outside the range; found before any costly work.
        Unavailable: ``seals.secret.memory`` when the machine has not the memory to open it.
    """
    least = _HEADER.size + _TAG_BYTES + _CHECKSUM_BYTES
    if not least <= len(blob) <= least + PLAIN_BYTES:
        raise _damaged()
    header = blob[: _HEADER.size]
    version, memory_mib, passes, lanes, salt, nonce = _HEADER.unpack(header)
    params = SecretParams(memory_mib, passes, lanes)
    sealed = blob[_HEADER.size : -_CHECKSUM_BYTES]
    context = _context(label, header)
    if (
        version != _VERSION
        or _checksum(context, sealed) != blob[-_CHECKSUM_BYTES:]
        or not params.is_in_range
    ):
        raise _damaged()
    try:
        return AESGCM(_derive(passphrase, salt, params)).decrypt(nonce, sealed, context)
    except InvalidTag:
        raise Refused(
            "seals.secret.wrong",
            N_("The passphrase does not open this."),
            N_("Check the keyboard's layout and capital letters, then try again."),
        ) from None


def _context(label: str, header: bytes) -> bytes:
    """Return what the tag covers beside the plain text; no two inputs give the same."""
    fixed, named = SECRET_LABEL.encode(), label.encode()
    return bytes((len(fixed),)) + fixed + len(named).to_bytes(2, "big") + named + header


def _checksum(context: bytes, sealed: bytes) -> bytes:
    return sha256(context + sealed).digest()[:_CHECKSUM_BYTES]


def _derive(passphrase: bytes, salt: bytes, params: SecretParams) -> bytes:
    try:
        return Argon2id(
            salt=salt,
            length=_KEY_BYTES,
            iterations=params.passes,
            lanes=params.lanes,
            memory_cost=params.memory_mib * KIB,  # the library counts in KiB
        ).derive(passphrase)
    except MemoryError:
        raise Unavailable(
            "seals.secret.memory",
            N_("This machine has not the {memory_mib} MiB of free memory that the secret needs."),
            N_("Close other programs and try again."),
            memory_mib=params.memory_mib,
        ) from None


def _damaged() -> Rejected:
    return Rejected(
        "seals.secret.damaged",
        N_("This sealed secret is damaged, or is not the one that belongs here."),
        N_("Take it from a backup."),
    )
