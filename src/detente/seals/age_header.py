"""The textual header of an age file: the stanzas that wrap the file key, and the header's MAC.

Carries out docs/spec/10-pouch.md §3. Source: C2SP age.md, "Header", with its ABNF taken strictly;
base64 is RFC 4648 §4 without padding, canonical only; the MAC is HMAC-SHA-256 under a key from
HKDF-SHA-256 (RFC 2104, RFC 5869).

Invariants: a header that was read encodes to the same bytes again; nothing is decoded twice; a
stranger's header costs at most `HEADER_BYTES` of memory, whatever follows it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from detente.terms.errors import N_, Rejected
from detente.terms.limits import KIB

STANZAS: Final = 64
"""One per recipient. Eight parties with several keys each stay below it, and it bounds the work:
every identity may try every stanza, at about 0.1 ms a try."""

HEADER_BYTES: Final = 128 * KIB
"""64 hybrid stanzas come to 100 KiB; the header is held whole, because its MAC comes last."""

FILE_KEY_BYTES: Final = 16

_VERSION_LINE: Final = b"age-encryption.org/v1"
_MAC_MARK: Final = b"---"
_COLUMNS: Final = 64
_MAC_BYTES: Final = 32
_ARGUMENT: Final = re.compile(rb"[\x21-\x7e]+")


class Stanza(NamedTuple):
    """One wrapped copy of the file key; the first argument says by what it is wrapped."""

    arguments: tuple[str, ...]
    """One or more, each of one or more visible ASCII characters."""
    body: bytes

    @property
    def type(self) -> str:
        """Return the first argument, e.g. ``X25519``."""
        return self.arguments[0]


class Header(NamedTuple):
    """A header as it was read: well formed, its MAC not yet checked."""

    stanzas: tuple[Stanza, ...]
    covered: bytes
    """Every byte that the MAC covers: from the version line to the mark ``---``."""
    mac: bytes


class Source:
    """Bytes that arrive in pieces of any size: lines first, then a fixed count, then the rest."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._held = bytearray()

    def _fetch(self) -> bool:
        for chunk in self._chunks:
            self._held += chunk
            return True
        return False

    def take_line(self, most: int) -> bytes | None:
        """Return the next line without its line feed; None when none ends within `most` bytes."""
        looked_at = 0
        while (end := self._held.find(b"\n", looked_at, most)) < 0:
            looked_at = len(self._held)
            if looked_at >= most or not self._fetch():
                return None
        return self.take(end + 1)[:-1]

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer only at the end of the input."""
        while len(self._held) < count and self._fetch():
            pass
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def rest(self) -> Iterator[bytes]:
        """Yield what has not been taken, in pieces of any size."""
        if held := self.take(len(self._held)):
            yield held
        yield from self._chunks


def read_header(source: Source) -> Header:
    """Take a header from `source`, which is left at the first byte after it.

    Returns:
        One or more stanzas, in the order of the file; the MAC is not checked.

    Raises:
        Rejected: ``seals.age.header`` when the bytes do not follow the grammar of age v1, or the
            header is longer or has more stanzas than this program reads.
    """
    covered = bytearray()
    stanzas: list[Stanza] = []
    if _next_line(source, covered) != _VERSION_LINE:
        raise header_fault(N_("It is not a file in the format age v1."))
    while True:
        line = _next_line(source, covered)
        if line.startswith(_MAC_MARK):
            break
        if len(stanzas) == STANZAS:
            raise header_fault(N_("It is sealed for more recipients than this program reads."))
        stanzas.append(_read_stanza(line, source, covered))
    if not stanzas:
        raise header_fault(N_("It is sealed for nobody."))
    mac = decode_base64(line[4:], _MAC_BYTES) if line.startswith(_MAC_MARK + b" ") else None
    if mac is None:
        raise header_fault(N_("The header's last line is damaged."))
    before_last_line = len(covered) - len(line) - 1
    return Header(tuple(stanzas), bytes(covered[: before_last_line + len(_MAC_MARK)]), mac)


def encode_header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Return the whole header for `stanzas`, with its MAC under `file_key`, line feed included."""
    lines = [_VERSION_LINE]
    for stanza in stanzas:
        lines.append(b"-> " + " ".join(stanza.arguments).encode("ascii"))
        body = encode_base64(stanza.body).encode("ascii")
        # A body whose last line is full is followed by an empty one: the range runs one past.
        lines += [body[at : at + _COLUMNS] for at in range(0, len(body) + 1, _COLUMNS)]
    covered = b"\n".join((*lines, _MAC_MARK))
    mac = _mac_of(covered, file_key).finalize()
    return covered + b" " + encode_base64(mac).encode("ascii") + b"\n"


def check_mac(header: Header, file_key: bytes) -> None:
    """Check that whoever knew `file_key` wrote this header, to the last byte.

    Raises:
        Rejected: ``seals.age.mac`` when the MAC is another.
    """
    try:
        _mac_of(header.covered, file_key).verify(header.mac)
    except InvalidSignature:
        raise Rejected(
            "seals.age.mac",
            N_("The header of this sealed file was altered after it was sealed."),
            N_("Ask the sender for a new copy."),
        ) from None


def derive_key(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA-256, the one key derivation of the format."""
    return HKDF(SHA256(), 32, salt, info).derive(ikm)


def encode_base64(data: bytes) -> str:
    """Return `data` in base64 without padding."""
    return base64.b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64(text: bytes, size_bytes: int | None = None) -> bytes | None:
    """Return the bytes of canonical base64 without padding, or None.

    Args:
        text: unverified.
        size_bytes: the only length that is accepted; None for any.
    """
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None
    if size_bytes is not None and len(data) != size_bytes:
        return None
    # Re-encoding finds padding in the text, and set bits where the last character has none to give.
    return data if encode_base64(data).encode("ascii") == text else None


def header_fault(why: str) -> Rejected:
    """Return the fault of a header that does not follow the format."""
    return Rejected("seals.age.header", why, N_("Ask the sender for a new copy."))


def _next_line(source: Source, covered: bytearray) -> bytes:
    line = source.take_line(HEADER_BYTES - len(covered))
    if line is None:
        raise header_fault(N_("The header of the sealed file is incomplete, or too long."))
    covered += line + b"\n"
    return line


def _read_stanza(line: bytes, source: Source, covered: bytearray) -> Stanza:
    mark, *arguments = line.split(b" ")
    if mark != b"->" or not arguments or not all(map(_ARGUMENT.fullmatch, arguments)):
        raise header_fault(N_("A line of the header is damaged."))
    coded = bytearray()
    while True:
        body_line = _next_line(source, covered)
        coded += body_line
        if len(body_line) != _COLUMNS:
            break
    body = decode_base64(bytes(coded)) if len(body_line) < _COLUMNS else None
    if body is None:
        raise header_fault(N_("A wrapped key in the header is damaged."))
    return Stanza(tuple(argument.decode("ascii") for argument in arguments), body)


def _mac_of(covered: bytes, file_key: bytes) -> HMAC:
    mac = HMAC(derive_key(file_key, b"", b"header"), SHA256())
    mac.update(covered)
    return mac
