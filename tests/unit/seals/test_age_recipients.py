"""Claims about who can be sealed for, and who opens.

Source: C2SP age.md, "Native recipient types".
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from detente.seals import age, age_passphrase
from detente.seals.age_header import Stanza, encode_base64, encode_header
from detente.seals.age_recipients import HYBRID_KEY_BYTES
from detente.seals.bech32 import decode_bech32, encode_bech32
from detente.seals.secrets import Secret
from detente.terms.errors import Fault, Refused, Rejected, Unavailable

# The example keys printed in age.md. Of the hybrid recipient's 1 959 characters only both ends are
# kept here: the last six are a checksum over all the others.
HYBRID_TEXT = "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR"
HYBRID_RECIPIENT_ENDS = ("age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9r", "yty7saeq0d3fzv49zc0k")
X25519_TEXT = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
X25519_RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

LOW_ORDER = [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f"]
"""Zero, one and minus one: points that every private key takes to zero (RFC 7748 §6.1)."""


def _code_of(family: type[Fault], act: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(family) as fault:
        act(*arguments)
    return fault.value.code


def test_published_hybrid_identity_has_the_published_recipient() -> None:
    """age.md, "The MLKEM768-X25519 … recipient type": seed expansion, key order and text."""
    identity = age.decode_identity(HYBRID_TEXT)
    assert isinstance(identity, age.HybridIdentity)
    text = age.encode_recipient(identity.recipient())
    assert (text[:40], text[-20:], len(text)) == (*HYBRID_RECIPIENT_ENDS, 1959)
    assert age.decode_recipient(text) == identity.recipient()
    assert age.reveal_identity(identity) == HYBRID_TEXT


def test_published_x25519_identity_has_the_published_recipient() -> None:
    """age.md, "The X25519 recipient type"."""
    identity = age.decode_identity(X25519_TEXT)
    assert isinstance(identity, age.X25519Identity)
    assert age.encode_recipient(identity.recipient()) == X25519_RECIPIENT
    assert age.decode_recipient(X25519_RECIPIENT) == identity.recipient()
    assert age.reveal_identity(identity) == X25519_TEXT


@pytest.mark.parametrize(
    "text",
    [
        X25519_TEXT,  # private where public is due
        X25519_RECIPIENT.upper(),
        encode_bech32("age", bytes(31)),
        encode_bech32("age", bytes(33)),
        encode_bech32("age1pq", bytes(HYBRID_KEY_BYTES - 1)),
        encode_bech32("age1tag", bytes(33)),
        *(encode_bech32("age", point) for point in LOW_ORDER),
    ],
)
def test_text_of_anything_else_is_no_recipient(text: str) -> None:
    """A wrong key must be refused when it is entered, not when it is needed."""
    assert _code_of(Rejected, age.decode_recipient, text) == "seals.age.recipient"


@pytest.mark.parametrize(
    "text",
    [
        X25519_RECIPIENT,
        X25519_TEXT.lower(),
        encode_bech32("age-secret-key-", bytes(31)).upper(),
        encode_bech32("age-secret-key-pq-", bytes(33)).upper(),
    ],
)
def test_text_of_anything_else_is_no_identity(text: str) -> None:
    """And the fault does not repeat it."""
    with pytest.raises(Rejected) as fault:
        age.decode_identity(text)
    assert fault.value.code == "seals.age.identity"
    assert text not in str(fault.value)


def test_unsafe_hybrid_keys_are_refused_on_sight() -> None:
    """FIPS 203 §7.2 modulus check; RFC 7748 §6.1 small order; both halves have a size."""
    good = age.HybridIdentity(Secret(bytes(32))).recipient().public
    over_modulus = b"\xff\xff\xff" + good[3:]
    for public in (good[:-1], good + b"\x00", b"", over_modulus):
        assert _code_of(Rejected, age.HybridRecipient, public) == "seals.age.recipient"
    for point in LOW_ORDER:
        low = good[:1184] + point
        assert _code_of(Rejected, age.HybridRecipient, low) == "seals.age.recipient"


def test_no_identity_prints_its_key() -> None:
    """Private values print as ``<private>``."""
    for identity in (
        age.decode_identity(HYBRID_TEXT),
        age.decode_identity(X25519_TEXT),
        age.PassphraseIdentity(Secret(b"hunter2")),
        age.PassphraseRecipient(Secret(b"hunter2")),
    ):
        assert "<private>" in repr(identity)
        assert "hunter2" not in repr(identity)


def test_stanza_for_an_unknown_kind_of_recipient_is_passed_over() -> None:
    """age.md: identities MUST ignore stanzas that they do not recognise."""
    identity = age.X25519Identity(Secret(bytes(32)))
    ours = identity.recipient().wrap(bytes(16), Random(0).randbytes)
    others = [Stanza(("example.com/enigma", "1"), b"x" * 99), Stanza(("x25519", "y"), b"")]
    assert identity.unwrap([*others, ours]) == bytes(16)
    assert identity.unwrap(others) is None
    assert age.HybridIdentity(Secret(bytes(32))).unwrap([*others, ours]) is None
    assert age.PassphraseIdentity(Secret(b"x")).unwrap([*others, ours]) is None


def test_wrapped_key_of_another_size_is_refused_before_it_is_opened() -> None:
    """age.md: exactly 32 bytes, against partitioning oracles."""
    share = encode_base64(age.X25519Identity(Secret(bytes(32))).recipient().public)
    identities: list[tuple[age.Identity, tuple[str, ...]]] = [
        (age.X25519Identity(Secret(bytes(32))), ("X25519", share)),
        (age.HybridIdentity(Secret(bytes(32))), ("mlkem768x25519", encode_base64(bytes(1120)))),
        (age.PassphraseIdentity(Secret(b"x")), ("scrypt", encode_base64(bytes(16)), "1")),
    ]
    for identity, arguments in identities:
        for size in (31, 33, 48):
            stanza = Stanza(arguments, bytes(size))
            assert _code_of(Rejected, identity.unwrap, [stanza]) == "seals.age.header"


def test_work_factor_above_the_ceiling_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """age.md: an upper limit on the work factor; the file must not choose our cost."""
    monkeypatch.setattr(age_passphrase, "Scrypt", None)  # to reach it would be a TypeError
    salt = encode_base64(bytes(16))
    for factor in (age_passphrase.WORK_FACTOR_CEILING + 1, 64, 99):
        stanza = Stanza(("scrypt", salt, str(factor)), bytes(32))
        identity = age.PassphraseIdentity(Secret(b"x"))
        assert _code_of(Rejected, identity.unwrap, [stanza]) == "seals.age.header"


@pytest.mark.parametrize("factor", ["0", "01", "+1", "-1", "1 ", "0x1", "१", "", "100", "9" * 5000])
def test_work_factor_has_one_spelling(factor: str) -> None:
    """age.md: ``^[1-9][0-9]*$``; two digits reach beyond every ceiling."""
    stanza = Stanza(("scrypt", encode_base64(bytes(16)), factor), bytes(32))
    identity = age.PassphraseIdentity(Secret(b"x"), work_factor_ceiling=99)
    assert _code_of(Rejected, identity.unwrap, [stanza]) == "seals.age.header"


def test_passphrase_beside_another_recipient_is_refused_whoever_opens_it() -> None:
    """age.md: an scrypt stanza MUST be the only one."""
    x25519 = age.X25519Identity(Secret(bytes(32)))
    passphrase = age.PassphraseRecipient(Secret(b"x"), work_factor=1)
    key, draw = bytes(16), Random(0).randbytes
    stanzas = [x25519.recipient().wrap(key, draw), passphrase.wrap(key, draw)]
    sealed = encode_header(stanzas, key) + bytes(100)
    for identity in (x25519, age.PassphraseIdentity(Secret(b"x"))):
        assert _code_of(Rejected, age.open_sealed, [sealed], [identity]) == "seals.age.header"


def test_passphrase_and_its_cost_are_checked_when_they_are_set() -> None:
    """A caller learns of a mistake before it seals."""
    assert _code_of(Refused, age.PassphraseRecipient, Secret(b"")) == "seals.secret.empty"
    assert _code_of(Refused, age.PassphraseIdentity, Secret(b"")) == "seals.secret.empty"
    for factor in (0, -1, age_passphrase.WORK_FACTOR_CEILING + 1):
        assert (
            _code_of(Refused, age.PassphraseRecipient, Secret(b"x"), factor)
            == "seals.age.work-factor"
        )


def test_too_little_memory_is_nobodys_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file may open later, or elsewhere: `Unavailable`, not `Rejected`."""

    def out_of_memory(*args: object) -> Scrypt:
        raise MemoryError

    monkeypatch.setattr(age_passphrase, "Scrypt", out_of_memory)
    recipient = age.PassphraseRecipient(Secret(b"x"))
    assert (
        _code_of(Unavailable, recipient.wrap, bytes(16), Random(0).randbytes) == "seals.age.memory"
    )


def test_hybrid_encapsulation_is_never_the_same_twice() -> None:
    """A known limit: the library lets nobody fix it, so `random` does not reach it."""
    recipient = age.HybridIdentity(Secret(bytes(32))).recipient()
    one, two = (recipient.wrap(bytes(16), Random(0).randbytes) for _ in range(2))
    assert one != two


def test_prefixes_are_those_of_the_format() -> None:
    """age.md names the four human-readable parts."""
    assert decode_bech32(HYBRID_TEXT)[0].upper() == "AGE-SECRET-KEY-PQ-"
    assert decode_bech32(X25519_TEXT)[0].upper() == "AGE-SECRET-KEY-"
    assert decode_bech32(X25519_RECIPIENT)[0] == "age"
