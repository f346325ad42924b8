"""A certificate for a peer's server on loopback, from an authority made for one run."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_Key = ec.EllipticCurvePrivateKey


def make_authority(folder: Path, host: str) -> None:
    """Write ``authority.crt``, and ``HOST.crt`` and ``HOST.key`` for a server."""
    key = ec.generate_private_key(ec.SECP256R1())
    _save(folder / "authority.crt", _sign("authority", key, "authority", key, is_authority=True))
    make_server(folder, host, "authority", key)


def make_server(folder: Path, host: str, issuer: str = "", by: _Key | None = None) -> None:
    """Write ``HOST.crt`` and ``HOST.key``, self-signed unless an issuer is given."""
    key = ec.generate_private_key(ec.SECP256R1())
    _save(folder / f"{host}.crt", _sign(host, key, issuer or host, by or key, is_authority=False))
    (folder / f"{host}.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _sign(
    subject: str, key: _Key, issuer: str, by: _Key, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .sign(by, hashes.SHA256())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _save(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
