"""Claims about other tools: files pass both ways between this program and the Rust age (pyrage).

It has no native post-quantum identity, so hybrid files are held to the published vectors alone.
"""

from __future__ import annotations

from random import Random

import pytest
from pyrage import (  # type: ignore[import-untyped]
    DecryptError,
    decrypt,
    encrypt,
    passphrase,
    x25519,
)

from detente.seals import age
from detente.seals.secrets import Secret
from detente.terms.errors import Rejected

SIZES = [0, 1, 65535, 65536, 65537, 200_000]


@pytest.mark.parametrize("size", SIZES)
def test_other_tool_opens_what_was_sealed_for_its_key(size: int) -> None:
    """One X25519 key pair, made there, used here."""
    theirs = x25519.Identity.generate()
    recipient = age.decode_recipient(str(theirs.to_public()))
    plain = Random(size).randbytes(size)
    sealed = b"".join(age.seal([plain], [recipient], Random(1).randbytes))
    assert decrypt(sealed, [theirs]) == plain
    with pytest.raises(DecryptError):
        decrypt(sealed[:-1], [theirs])


@pytest.mark.parametrize("size", SIZES)
def test_what_another_tool_sealed_opens_here(size: int) -> None:
    """One X25519 key pair, made here, used there; its files carry a grease stanza."""
    ours = age.X25519Identity(Secret(Random(size).randbytes(32)))
    theirs = x25519.Recipient.from_str(age.encode_recipient(ours.recipient()))
    plain = Random(size).randbytes(size)
    sealed = encrypt(plain, [theirs])
    assert b"".join(age.open_sealed([sealed], [ours])) == plain
    with pytest.raises(Rejected) as fault:
        b"".join(age.open_sealed([sealed[:-1]], [ours]))
    assert fault.value.code in {"seals.age.payload", "seals.age.header"}


def test_private_key_text_is_the_same_key_there() -> None:
    """A key written on paper opens a pouch with the public tool."""
    ours = age.X25519Identity(Secret(bytes(range(32))))
    theirs = x25519.Identity.from_str(age.reveal_identity(ours))
    assert str(theirs.to_public()) == age.encode_recipient(ours.recipient())


def test_passphrase_files_pass_both_ways() -> None:
    """Their cost is theirs to choose, about a second's work; it stays below our ceiling."""
    words = "die Glocke läutet zweimal"
    recipient = age.PassphraseRecipient(Secret(words.encode()), work_factor=10)
    sealed = b"".join(age.seal([b"to them"], [recipient], Random(2).randbytes))
    assert passphrase.decrypt(sealed, words) == b"to them"
    with pytest.raises(DecryptError):
        passphrase.decrypt(sealed, "die Glocke")

    identity = age.PassphraseIdentity(Secret(words.encode()), work_factor_ceiling=22)
    sealed = passphrase.encrypt(b"to us", words)
    assert b"".join(age.open_sealed([sealed], [identity])) == b"to us"
