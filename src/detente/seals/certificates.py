"""Self-signed certificates for the link: a carrier for a pinned Ed25519 key, nothing more.

Carries out docs/spec/09-exchange.md §2. Names and dates in the certificate mean nothing; a peer
is known by the SHA-256 print of the whole certificate, which its party document names.
Source: RFC 5280, RFC 8410.
"""

from __future__ import annotations

import datetime
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_NAME: Final = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "detente link")])
_FROM: Final = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_UNTIL: Final = datetime.datetime(
    9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC
)  # RFC 5280 §4.1.2.5


def make_certificate(seed: bytes) -> bytes:
    """Return the DER certificate of the Ed25519 key with this 32-byte seed; the same each time."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    serial = int.from_bytes(
        sha256(b"detente/link-serial" + key.public_key().public_bytes_raw()).digest()[:19], "big"
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_NAME)
        .issuer_name(_NAME)
        .public_key(key.public_key())
        .serial_number(serial | 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, None)
    )
    return certificate.public_bytes(Encoding.DER)


def link_key_der(seed: bytes) -> bytes:
    """Return the PKCS #8 DER of the link's private key, for the TLS library; never written to disk."""
    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )


def certificate_print(der: bytes) -> bytes:
    """Return the SHA-256 of the certificate's DER bytes, by which it is pinned."""
    return sha256(der).digest()
