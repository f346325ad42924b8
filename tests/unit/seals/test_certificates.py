"""Claims about link certificates: a carrier for one pinned key (docs/spec/09-exchange.md §2)."""

from __future__ import annotations

from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

from detente.seals.certificates import certificate_print, link_key_der, make_certificate

SEED = bytes(range(32))


def test_a_seed_always_makes_the_same_certificate() -> None:
    """The print in a party's document stays right after a restart or a restore."""
    assert make_certificate(SEED) == make_certificate(SEED)
    assert make_certificate(SEED) != make_certificate(bytes(32))


def test_certificate_carries_the_key_of_the_seed_and_is_signed_with_it() -> None:
    """RFC 5280 and 8410: what a TLS library demands of a self-signed certificate."""
    certificate = x509.load_der_x509_certificate(make_certificate(SEED))
    certificate.verify_directly_issued_by(certificate)
    public = certificate.public_key()
    assert isinstance(public, Ed25519PublicKey)
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    assert public.public_bytes_raw() == private.public_key().public_bytes_raw()
    assert certificate.serial_number > 0
    assert certificate.serial_number.bit_length() < 160
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert not constraints.ca


def test_dates_of_a_certificate_never_end_a_link() -> None:
    """Attack 11: names and dates mean nothing; no clock decides who may talk."""
    certificate = x509.load_der_x509_certificate(make_certificate(SEED))
    assert certificate.not_valid_before_utc.year == 2020
    assert certificate.not_valid_after_utc.year == 9999


def test_certificate_names_nobody() -> None:
    """Whoever comes to see it learns nothing about whose it is."""
    certificate = x509.load_der_x509_certificate(make_certificate(SEED))
    assert certificate.subject == certificate.issuer
    assert certificate.subject.rfc4514_string() == "CN=detente link"


def test_the_private_half_is_that_of_the_same_seed() -> None:
    """PKCS #8 without a passphrase, for memory only."""
    key = load_der_private_key(link_key_der(SEED), None)
    assert isinstance(key, Ed25519PrivateKey)
    assert key.private_bytes_raw() == SEED


def test_a_certificate_is_known_by_the_hash_of_all_its_bytes() -> None:
    """Pinning: one altered bit is another certificate."""
    der = make_certificate(SEED)
    assert certificate_print(der) == sha256(der).digest()
    assert certificate_print(der) != certificate_print(der[:-1] + bytes((der[-1] ^ 1,)))
