"""Those who knock at a node's port and are no party: noise, slowness, other programs, other keys."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from OpenSSL import SSL

from detente.courier.tls import TlsIdentity
from detente.seals.certificates import link_key_der, make_certificate

_SHAKE_S = 10.0


def identity_of(seed: bytes) -> TlsIdentity:
    """Return a link identity that nobody knows."""
    return TlsIdentity(make_certificate(seed), link_key_der(seed))


def knock(port: int, data: bytes) -> bytes:
    """Send bytes to a port and return what came back before the connection ended."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), _SHAKE_S) as line:
        with contextlib.suppress(OSError):
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while piece := line.recv(65536):
                got += piece
    return got


def shake_as_a_stranger(port: int, seed: bytes, first: bytes = b"") -> bytes:
    """Shake hands with a certificate that nobody knows, say something, and return what is answered."""
    channel = identity_of(seed).dialer(None)
    with socket.create_connection(("127.0.0.1", port), _SHAKE_S) as line:
        line.sendall(channel.start())
        got = b""
        with contextlib.suppress(OSError, SSL.Error):
            while not channel.is_closed:
                data = line.recv(65536)
                if not data:
                    break
                was_done = channel.is_done
                got += channel.feed(data)
                line.sendall(channel.take())
                if channel.is_done and not was_done and first:
                    line.sendall(channel.send(first))
        return got


def shake_classically(port: int) -> str:
    """Shake hands with TLS that offers no hybrid key exchange; return the error it ends with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ecdh_curve("prime256v1")
    try:
        with (
            socket.create_connection(("127.0.0.1", port), _SHAKE_S) as line,
            context.wrap_socket(line) as secured,
        ):
            secured.sendall(b"hello")
            return secured.version() or "" if secured.recv(1) else "closed"
    except ssl.SSLError as error:
        return error.reason or "error"
    except OSError:
        return "closed"


@contextlib.contextmanager
def slow_ones(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Hold connections that send one byte now and then, and never finish."""
    lines = []
    stop = threading.Event()
    for _ in range(count):
        with contextlib.suppress(OSError):
            lines.append(socket.create_connection(("127.0.0.1", port), _SHAKE_S))

    def trickle() -> None:
        while not stop.wait(0.1):
            for line in lines:
                with contextlib.suppress(OSError):
                    line.send(b"\x16")

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield lines
    finally:
        stop.set()
        thread.join(5)
        for line in lines:
            line.close()


class Silence:
    """Listens, takes one connection and says nothing until it is told to hang up."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(_SHAKE_S)
        self.port: int = self._listening.getsockname()[1]

    def take(self) -> socket.socket:
        """Return the connection of whoever dials, and let nobody else in."""
        line, _ = self._listening.accept()
        self._listening.close()
        return line


class Impostor:
    """Listens in the place of a node, with another certificate, and notes what it is told.

    Args:
        folder: for nothing but a fresh seed; kept so that two impostors differ.
    """

    def __init__(self, folder: Path) -> None:
        self._identity = identity_of(os.urandom(32))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.folder = folder
        self.port: int = self._listening.getsockname()[1]
        self.visits = 0
        self.told = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self.visits += 1
            with contextlib.suppress(OSError, Exception), line:
                line.settimeout(5)
                channel = self._identity.listener()
                while data := line.recv(65536):
                    self.told += channel.feed(data)
                    line.sendall(channel.take())

    def close(self) -> None:
        """Stop listening."""
        self._listening.close()
