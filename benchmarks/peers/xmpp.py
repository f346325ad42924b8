"""The few words of XMPP that a measurement needs (RFC 6120): one client stream in the clear.

Not a client for anything else: it reads text up to a mark and understands no XML.
"""

from __future__ import annotations

import base64
import socket
from typing import NamedTuple, Self

from benchmarks.peers.peer import Missing


class Account(NamedTuple):
    """Who logs in."""

    user: str
    host: str
    password: str


class Stream:
    """One logged-in client, available for messages."""

    def __init__(self, address: str, account: Account) -> None:
        self._socket = socket.create_connection((address, 5222), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = ""
        self._open(account.host)
        plain = base64.b64encode(f"\0{account.user}\0{account.password}".encode()).decode()
        self.send(
            f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>"
        )
        if "<success" not in self.read_until("<success", "<failure", any_of=True):
            raise Missing("Prosody did not let the client in")
        self._read = ""
        self._open(account.host)
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        self.read_until("id='bind'", "</iq>")
        self.send("<presence/>")

    def _open(self, host: str) -> None:
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{host}' version='1.0' xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        self.read_until("</stream:features>")

    def send(self, text: str) -> None:
        """Write text."""
        self._socket.sendall(text.encode())

    def read_until(self, *marks: str, any_of: bool = False) -> str:
        """Read until all marks have come, one after the other, or one of them; return the text.

        What came after them is kept.
        """
        while True:
            end = self._find(marks, any_of)
            if end:
                text, self._read = self._read[:end], self._read[end:]
                return text
            piece = self._socket.recv(65536)
            if not piece:
                raise Missing("Prosody closed the stream")
            self._read += piece.decode()

    def _find(self, marks: tuple[str, ...], any_of: bool) -> int:
        if any_of:
            found = [self._read.find(mark) + len(mark) for mark in marks if mark in self._read]
            return min(found, default=0)
        at = 0
        for mark in marks:
            place = self._read.find(mark, at)
            if place < 0:
                return 0
            at = place + len(mark)
        return at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
