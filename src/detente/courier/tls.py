"""One TLS 1.3 channel over bytes in memory: hybrid key exchange, certificates pinned by print.

Carries out docs/spec/09-exchange.md §2. Sources: RFC 8446; the group X25519MLKEM768 of
draft-ietf-tls-ecdhe-mlkem; RFC 8410 for the Ed25519 certificates. The library is pyOpenSSL, over
the OpenSSL that the `cryptography` wheel carries.

Invariants: no group but X25519MLKEM768, forced before the handshake and read back after it, so a
library that ignored the first would be caught by the second; no TLS 1.2, resumption, early data or
renegotiation; names and dates in certificates are never looked at; a dialer that meets the wrong
certificate sends nothing more, not even its own certificate; no socket here.

OpenSSL's server offers two session tickets after each handshake and the binding has no call to
stop it. No session is kept that they could name, so presenting one leads to a full handshake.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from OpenSSL import SSL, crypto

from detente.exchange.greeting import EXPORTER_BYTES, EXPORTER_LABEL
from detente.terms.errors import N_, Unavailable

GROUP: Final = "X25519MLKEM768"
_SUITES: Final = b"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_ED25519: Final = 1087  # OpenSSL's number for the key type (NID_ED25519)
_RECORD_BYTES: Final = 16 * 1024
_CHUNK_BYTES: Final = 64 * 1024

# What OpenSSL 4 calls the ways in which two sides fail to agree on group or version. Only the
# wording for the person hangs on this list, never whether a link is opened.
_NO_COMMON_GROUP: Final = frozenset(
    {
        "no suitable key share",
        "unsupported protocol",
        "tls alert handshake failure",
        "tlsv1 alert protocol version",
    }
)


class TlsIdentity:
    """A node's link certificate with its key, ready for any number of channels.

    Args:
        certificate: DER of the self-signed Ed25519 certificate.
        key: DER (PKCS #8) of its private key; held by the TLS library from here on.

    Raises:
        Unavailable: ``link.library`` when the library cannot be told which group to use.
    """

    def __init__(self, certificate: bytes, key: bytes) -> None:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_max_proto_version(SSL.TLS1_3_VERSION)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_tls13_ciphersuites(_SUITES)
        _force_group(context)
        context.use_certificate(
            crypto.load_certificate(crypto.FILETYPE_ASN1, certificate).to_cryptography()
        )
        context.use_privatekey(
            crypto.load_privatekey(crypto.FILETYPE_ASN1, key).to_cryptography_key()  # type: ignore[arg-type]
        )
        # The callback accepts every chain, because a chain says nothing here: TLS itself proves
        # that the peer holds the key, and `TlsChannel` compares the print.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self._context = context
        self.print = sha256(certificate).digest()

    def dialer(self, expected: bytes | None) -> TlsChannel:
        """Return the dialling end of a new channel to the certificate with the print `expected`.

        None accepts any Ed25519 certificate: for pairing, where people compare afterwards.
        """
        connection = SSL.Connection(self._context)
        connection.set_connect_state()
        return TlsChannel(connection, expected)

    def listener(self) -> TlsChannel:
        """Return the listening end of a new channel; its holder looks up `peer_print`."""
        connection = SSL.Connection(self._context)
        connection.set_accept_state()
        return TlsChannel(connection, None)


class TlsChannel:
    """One end of one channel: bytes of the wire in and out, plain bytes out and in."""

    def __init__(self, connection: SSL.Connection, expected: bytes | None) -> None:
        self._connection = connection
        self._expected = expected
        self._mute = False
        self.is_done = False
        """Whether the handshake is over and all that it must show was checked."""
        self.is_closed = False
        """Whether the other side said that it will send no more."""
        self.peer_print = b""
        """SHA-256 of the other side's certificate; set with `is_done`."""
        self.exported = b""
        """Keying material that only the two ends of this channel know; set with `is_done`."""

    def start(self) -> bytes:
        """Return the bytes that open the handshake; nothing for a listener."""
        self._shake()
        return self.take()

    def feed(self, data: bytes) -> bytes:
        """Take bytes from the wire and return the plain bytes that they complete.

        Call `take` afterwards, also after a fault: it may hold an alert.

        Raises:
            Unavailable: ``link.group`` when the other side offers no hybrid exchange or no TLS
                1.3; ``link.key-changed`` when it shows another certificate than expected;
                ``link.certificate`` for one that is not Ed25519; ``link.broken`` when the bytes
                were altered or make no sense.
        """
        if data:
            self._connection.bio_write(data)
        if not self.is_done:
            self._shake()
        return self._read() if self.is_done else b""

    def send(self, data: bytes) -> bytes:
        """Return `data` (at most 16 KiB for one record) as bytes for the wire."""
        self._connection.send(data)
        return self.take()

    def take(self) -> bytes:
        """Return the bytes that wait for the wire."""
        pieces: list[bytes] = []
        while not self._mute:
            try:
                piece = self._connection.bio_read(_CHUNK_BYTES)
            except SSL.WantReadError:
                break
            pieces.append(piece)
            if len(piece) < _CHUNK_BYTES:
                break
        return b"".join(pieces)

    def close(self) -> bytes:
        """Return the bytes that tell the other side that no more will come."""
        if self.is_done:
            try:
                self._connection.shutdown()
            except SSL.Error:
                return b""
        return self.take()

    def _shake(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return
        except SSL.Error as error:
            raise _handshake_fault(error) from None
        try:
            self._check()
        except Unavailable:
            self._mute = True
            raise
        self.exported = self._connection.export_keying_material(EXPORTER_LABEL, EXPORTER_BYTES)
        self.is_done = True

    def _check(self) -> None:
        connection = self._connection
        if (
            connection.get_group_name() != GROUP
            or connection.get_protocol_version_name() != "TLSv1.3"
        ):
            raise _no_group()
        certificate = connection.get_peer_certificate()
        if certificate is None or certificate.get_pubkey().type() != _ED25519:
            raise Unavailable(
                "link.certificate", N_("The other side's certificate is not of the kind used here.")
            )
        der = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
        self.peer_print = sha256(der).digest()
        if self._expected is not None and self.peer_print != self._expected:
            raise Unavailable(
                "link.key-changed",
                N_(
                    "The other side's key has changed. Nothing is sent until two people have "
                    "compared the number by another channel."
                ),
            )

    def _read(self) -> bytes:
        pieces: list[bytes] = []
        while True:
            try:
                pieces.append(self._connection.recv(_RECORD_BYTES))
            except SSL.WantReadError:
                break
            except SSL.ZeroReturnError:
                self.is_closed = True
                break
            except SSL.Error:
                raise _broken() from None
        return b"".join(pieces)


def _force_group(context: SSL.Context) -> None:
    # pyOpenSSL has no public call for this yet (its pull request 1442); the version is pinned, and
    # without the private call no link is opened at all.
    library = getattr(SSL, "_lib", None)
    set_groups = getattr(library, "SSL_CTX_set1_curves_list", None)
    handle = getattr(context, "_context", None)
    if set_groups is None or handle is None or set_groups(handle, GROUP.encode()) != 1:
        raise Unavailable(
            "link.library",
            N_("The TLS library cannot be told to use {group}; no link is opened."),
            N_("Install the versions that this program names."),
            group=GROUP,
        )


def _handshake_fault(error: SSL.Error) -> Unavailable:
    stack = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reasons = {entry[-1] for entry in stack}
    return _no_group() if reasons & _NO_COMMON_GROUP else _broken()


def _no_group() -> Unavailable:
    return Unavailable(
        "link.group",
        N_("The other side does not offer {group} with TLS 1.3. Nothing was sent."),
        N_("Both nodes need a version of this program with the same suite."),
        group=GROUP,
    )


def _broken() -> Unavailable:
    return Unavailable(
        "link.broken", N_("The encrypted connection broke: its bytes were altered or lost.")
    )
