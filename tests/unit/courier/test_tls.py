"""The TLS channel: docs/spec/09-exchange.md §2. Two ends back to back, no socket."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest
from OpenSSL import SSL

from detente.courier import tls
from detente.courier.tls import GROUP, TlsChannel, TlsIdentity
from detente.exchange.segments import SIZES
from detente.seals.certificates import certificate_print, link_key_der, make_certificate
from detente.terms.errors import Unavailable

SEED_A, SEED_B = b"a" * 32, b"b" * 32


def identity(seed: bytes) -> TlsIdentity:
    return TlsIdentity(make_certificate(seed), link_key_der(seed))


def shake(dialer: TlsChannel, listener: TlsChannel) -> None:
    """Carry the handshake's bytes to and fro until neither has more."""
    forth = dialer.start()
    while forth:
        listener.feed(forth)
        back = listener.take()
        if not back:
            break
        dialer.feed(back)
        forth = dialer.take()


def pair() -> tuple[TlsChannel, TlsChannel]:
    b = identity(SEED_B)
    dialer, listener = identity(SEED_A).dialer(b.print), b.listener()
    shake(dialer, listener)
    return dialer, listener


def test_two_ends_know_each_other_and_share_keying_material() -> None:
    """§2: both certificates are shown and pinned; the exported bytes are the channel's own."""
    dialer, listener = pair()
    assert dialer.is_done
    assert listener.is_done
    assert dialer.peer_print == certificate_print(make_certificate(SEED_B))
    assert listener.peer_print == certificate_print(make_certificate(SEED_A))
    assert len(dialer.exported) == 32
    assert dialer.exported == listener.exported
    assert dialer.exported != pair()[0].exported
    assert listener.feed(dialer.send(b"there")) == b"there"
    assert dialer.feed(listener.send(b"back")) == b"back"


def test_record_has_the_size_of_its_segment_and_22_bytes() -> None:
    """Threat 38: one segment is one record, so seven sizes are seen and no others."""
    dialer, listener = pair()
    for size in SIZES:
        wire = dialer.send(bytes(size))
        assert len(wire) == size + 22
        assert listener.feed(wire) == bytes(size)


def test_wrong_certificate_stops_the_dialer_before_it_shows_its_own() -> None:
    """§2: nothing leaves to a side whose key is not the expected one."""
    dialer = identity(SEED_A).dialer(bytes(32))
    listener = identity(SEED_B).listener()
    listener.feed(dialer.start())
    with pytest.raises(Unavailable) as caught:
        dialer.feed(listener.take())
    assert caught.value.code == "link.key-changed"
    assert dialer.take() == b""
    assert dialer.close() == b""
    assert not dialer.is_done


def classical_client(
    **limits: ssl.TLSVersion,
) -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ecdh_curve("prime256v1")  # classical whatever this Python is linked with
    for name, version in limits.items():
        setattr(context, name, version)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    return context.wrap_bio(incoming, outgoing), incoming, outgoing


@pytest.mark.parametrize("limits", [{}, {"maximum_version": ssl.TLSVersion.TLSv1_2}])
def test_classical_client_is_refused(limits: dict[str, ssl.TLSVersion]) -> None:
    """Threat 29: no key exchange but the hybrid one, no TLS but 1.3."""
    client, incoming, outgoing = classical_client(**limits)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    listener = identity(SEED_B).listener()
    with pytest.raises(Unavailable) as caught:
        listener.feed(outgoing.read())
    assert caught.value.code == "link.group"
    assert not listener.is_done
    incoming.write(listener.take())
    with pytest.raises(ssl.SSLError):
        client.do_handshake()


@pytest.mark.parametrize("maximum", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
def test_classical_server_is_refused(maximum: ssl.TLSVersion, tmp_path: Path) -> None:
    """Threat 29, the other way: our dialer offers nothing classical."""
    key = base64.encodebytes(link_key_der(SEED_B)).decode()
    pem = f"-----BEGIN PRIVATE KEY-----\n{key}-----END PRIVATE KEY-----\n"
    (tmp_path / "b.pem").write_text(pem + ssl.DER_cert_to_PEM_cert(make_certificate(SEED_B)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "b.pem")
    context.set_ecdh_curve("prime256v1")
    context.maximum_version = maximum
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(incoming, outgoing, server_side=True)
    dialer = identity(SEED_A).dialer(None)
    incoming.write(dialer.start())
    with pytest.raises(ssl.SSLError):
        server.do_handshake()
    with pytest.raises(Unavailable) as caught:
        dialer.feed(outgoing.read())
    assert caught.value.code == "link.group"


def test_group_is_read_back_even_if_forcing_it_had_no_effect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Threat 29: a library that ignores the group list is caught before any byte of ours."""

    def force_classical(context: SSL.Context) -> None:
        assert SSL._lib.SSL_CTX_set1_curves_list(context._context, b"X25519") == 1  # type: ignore[attr-defined]

    monkeypatch.setattr(tls, "_force_group", force_classical)
    dialer, listener = identity(SEED_A).dialer(None), identity(SEED_B).listener()
    listener.feed(dialer.start())
    with pytest.raises(Unavailable) as caught:
        dialer.feed(listener.take())
    assert caught.value.code == "link.group"
    assert dialer.take() == b""


@pytest.mark.parametrize("missing", [True, False])
def test_no_link_without_the_call_that_forces_the_group(
    monkeypatch: pytest.MonkeyPatch, missing: bool
) -> None:
    """§2: the call is private in this version of the library; without it nothing opens."""
    whole = SSL._lib  # type: ignore[attr-defined]

    class Without:
        def __getattr__(self, name: str) -> object:
            if name == "SSL_CTX_set1_curves_list":
                if missing:
                    raise AttributeError(name)
                return lambda *_: 0
            return getattr(whole, name)

    monkeypatch.setattr(SSL, "_lib", Without())
    with pytest.raises(Unavailable) as caught:
        identity(SEED_A)
    assert caught.value.code == "link.library"
    assert GROUP in str(caught.value)


def test_altered_bytes_break_the_channel() -> None:
    """§2: integrity of the handshake and of every record."""
    dialer, listener = pair()
    wire = bytearray(dialer.send(b"x" * 100))
    wire[50] ^= 1
    with pytest.raises(Unavailable) as caught:
        listener.feed(bytes(wire))
    assert caught.value.code == "link.broken"

    fresh = identity(SEED_A).dialer(None)
    other = identity(SEED_B).listener()
    other.feed(fresh.start())
    flight = bytearray(other.take())
    flight[-20] ^= 1
    with pytest.raises(Unavailable) as caught:
        fresh.feed(bytes(flight))
    assert caught.value.code == "link.broken"


def test_plain_text_breaks_the_channel() -> None:
    """§2: a browser or scanner that knocks gets nowhere."""
    with pytest.raises(Unavailable) as caught:
        identity(SEED_B).listener().feed(b"GET / HTTP/1.1\r\n\r\n")
    assert caught.value.code == "link.broken"


def test_side_without_certificate_gets_nowhere() -> None:
    """§2: both sides show a certificate."""
    context = SSL.Context(SSL.TLS_METHOD)
    tls._force_group(context)
    nameless = SSL.Connection(context)
    nameless.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        nameless.do_handshake()
    listener = identity(SEED_B).listener()
    listener.feed(nameless.bio_read(65536))
    nameless.bio_write(listener.take())
    nameless.do_handshake()
    with pytest.raises(Unavailable):
        listener.feed(nameless.bio_read(65536))
    assert not listener.is_done


def test_session_is_never_resumed() -> None:
    """§2: whatever ticket was sent, the next handshake is a full one with both certificates."""
    a, b = identity(SEED_A), identity(SEED_B)
    first, listener = a.dialer(b.print), b.listener()
    shake(first, listener)
    session = first._connection.get_session()
    assert session is not None
    again, listener = a.dialer(b.print), b.listener()
    again._connection.set_session(session)
    shake(again, listener)
    assert again.is_done
    assert listener.is_done
    library = SSL._lib  # type: ignore[attr-defined]
    assert library.SSL_session_reused(again._connection._ssl) == 0
    assert library.SSL_session_reused(listener._connection._ssl) == 0


def test_end_is_told_apart_from_a_broken_line() -> None:
    """§5: a side that closes says so inside the channel."""
    dialer, listener = pair()
    assert listener.feed(dialer.send(b"last") + dialer.close()) == b"last"
    assert listener.is_closed
    assert not dialer.is_closed
