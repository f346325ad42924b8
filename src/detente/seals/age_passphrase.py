"""Passphrases that an age file can be sealed for, by scrypt.

Carries out docs/spec/10-pouch.md §3. Source: C2SP age.md, "The scrypt recipient type"; RFC 7914.

Invariants: a passphrase is the only recipient of its file, both ways, so that whoever opens the
file knows that somebody with the passphrase sealed it; no file makes us work harder than a
ceiling of our own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from detente.seals.age_header import Stanza, decode_base64, encode_base64, header_fault
from detente.seals.age_recipients import WRAPPED_BYTES, unwrap_key, wrap_key
from detente.seals.secrets import Random, Secret, check_passphrase, draw
from detente.terms.errors import N_, Refused, Unavailable

SCRYPT_TYPE: Final = "scrypt"

WORK_FACTOR: Final = 18
"""Base-two logarithm: 256 MiB and a second or two, as the public tool seals."""
WORK_FACTOR_CEILING: Final = 20
"""1 GiB. One more doubles what a stranger's file costs us, and the factor stands in that file."""

_SALT_PREFIX: Final = b"age-encryption.org/v1/scrypt"
_SALT_BYTES: Final = 16
_WORK_FACTOR_TEXT: Final = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, slots=True)
class PassphraseRecipient:
    """A passphrase; it must be the only recipient of a file.

    Args:
        passphrase: 1 or more bytes, UTF-8 by the format's custom.
        work_factor: base-two logarithm of scrypt's N, 1 to `WORK_FACTOR_CEILING`.

    Raises:
        Refused: ``seals.secret.empty``; ``seals.age.work-factor`` outside the range.
    """

    passphrase: Secret
    work_factor: int = WORK_FACTOR

    def __post_init__(self) -> None:
        check_passphrase(self.passphrase.reveal())
        if not 1 <= self.work_factor <= WORK_FACTOR_CEILING:
            raise Refused(
                "seals.age.work-factor",
                N_("The work factor of a passphrase lies between 1 and {most}."),
                most=WORK_FACTOR_CEILING,
            )

    def wrap(self, file_key: bytes, random: Random) -> Stanza:
        """Return the stanza that gives `file_key` to the passphrase; 16 bytes are drawn.

        Raises:
            Unavailable: ``seals.age.memory`` when the machine has not that much memory.
        """
        salt = draw(random, _SALT_BYTES)
        key = _stretch(self.passphrase, salt, self.work_factor)
        arguments = (SCRYPT_TYPE, encode_base64(salt), str(self.work_factor))
        return Stanza(arguments, wrap_key(key, file_key))


@dataclass(frozen=True, slots=True)
class PassphraseIdentity:
    """A passphrase, and how much work a file may ask for before it is tried.

    Args:
        passphrase: 1 or more bytes.
        work_factor_ceiling: base-two logarithm of the largest N that is computed.

    Raises:
        Refused: ``seals.secret.empty``.
    """

    passphrase: Secret
    work_factor_ceiling: int = WORK_FACTOR_CEILING

    def __post_init__(self) -> None:
        check_passphrase(self.passphrase.reveal())

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key if the passphrase opens its stanza, or None.

        Raises:
            Rejected: ``seals.age.header`` for a malformed ``scrypt`` stanza, or one that asks for
                more work than the ceiling.
            Unavailable: ``seals.age.memory`` when the machine has not the memory to open it.
        """
        for stanza in stanzas:
            if stanza.type != SCRYPT_TYPE:
                continue
            salt, work_factor = self._read(stanza)
            file_key = unwrap_key(_stretch(self.passphrase, salt, work_factor), stanza.body)
            if file_key is not None:
                return file_key
        return None

    def _read(self, stanza: Stanza) -> tuple[bytes, int]:
        salt = None
        if len(stanza.arguments) == 3 and len(stanza.body) == WRAPPED_BYTES:
            salt = decode_base64(stanza.arguments[1].encode(), _SALT_BYTES)
        if salt is None or not _WORK_FACTOR_TEXT.fullmatch(stanza.arguments[2]):
            raise header_fault(N_("A wrapped key in the header is damaged."))
        work_factor = int(stanza.arguments[2])
        if work_factor > self.work_factor_ceiling:
            raise header_fault(N_("The sealed file asks for more work than this program does."))
        return salt, work_factor


def check_alone(stanzas: Sequence[Stanza]) -> None:
    """Refuse a header in which a passphrase stands beside anything else.

    It is asked of every header, whoever opens it, so that all readers of a file agree on it, and a
    stranger cannot multiply the work by repeating the stanza.

    Raises:
        Rejected: ``seals.age.header``.
    """
    if len(stanzas) > 1 and any(stanza.type == SCRYPT_TYPE for stanza in stanzas):
        raise header_fault(N_("A passphrase stands beside another recipient."))


def _stretch(passphrase: Secret, salt: bytes, work_factor: int) -> bytes:
    try:
        return Scrypt(_SALT_PREFIX + salt, 32, 1 << work_factor, 8, 1).derive(passphrase.reveal())
    except MemoryError:
        raise Unavailable(
            "seals.age.memory",
            N_("This machine has not the free memory that the passphrase needs."),
            N_("Close other programs and try again."),
        ) from None
