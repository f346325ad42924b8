"""Published age files: every one gives exactly the outcome that its authors expect.

Source: C2SP/CCTV ``age/testdata``. 143 files; the 33 armoured ones do not apply, because pouches
are binary (docs/spec/10-pouch.md §2).
"""

from __future__ import annotations

import zlib
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import pytest

from detente.seals import age
from detente.seals.age_header import Source, encode_header, read_header
from detente.seals.age_stream import open_payload, seal_payload
from detente.seals.secrets import Secret
from detente.terms.errors import Rejected

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "cctv-age"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published age vectors are not beside the repository"
)

OUTCOME = {
    "seals.age.header": "header failure",
    "seals.age.mac": "HMAC failure",
    "seals.age.payload": "payload failure",
    "seals.age.no-match": "no match",
}


class Vector(NamedTuple):
    name: str
    expect: str
    payload: str
    file_key: bytes
    identities: tuple[age.Identity, ...]
    is_armoured: bool
    file: bytes


def _load(path: Path) -> Vector:
    head, _, file = path.read_bytes().partition(b"\n\n")
    pairs = [line.split(": ", 1) for line in head.decode().split("\n")]
    fields = dict(pairs)
    known = {"expect", "payload", "identity", "passphrase", "armored", "file key", "comment"}
    assert set(fields) <= known | {"compressed"}
    if "compressed" in fields:
        assert fields["compressed"] == "zlib"
        file = zlib.decompress(file)
    identities: list[age.Identity] = []
    for key, value in pairs:
        if key == "identity":
            identities.append(age.decode_identity(value))
        elif key == "passphrase":
            identities.append(age.PassphraseIdentity(Secret(value.encode())))
    return Vector(
        path.name,
        fields["expect"],
        fields.get("payload", ""),
        bytes.fromhex(fields["file key"]),
        tuple(identities),
        fields.get("armored") == "yes",
        file,
    )


VECTORS = [_load(path) for path in sorted(FOLDER.iterdir())] if FOLDER.is_dir() else []
BINARY = [vector for vector in VECTORS if not vector.is_armoured]


def _outcome(vector: Vector, size: int) -> tuple[str, str]:
    """Return the outcome, and the hash of what was released, reading `size` bytes at a time."""
    chunks = [vector.file[at : at + size] for at in range(0, len(vector.file), size)]
    released = sha256()
    try:
        pieces = age.open_sealed(chunks, vector.identities)
    except Rejected as fault:
        return OUTCOME[fault.code], ""
    outcome = "success"
    try:
        for piece in pieces:
            released.update(piece)
    except Rejected as fault:
        outcome = OUTCOME[fault.code]
    return outcome, released.hexdigest()


def test_every_published_file_is_accounted_for() -> None:
    """None is skipped silently: 33 armoured ones do not apply, 110 do."""
    assert len(VECTORS) == 143
    assert len(BINARY) == 110
    assert Counter(vector.expect for vector in BINARY) == {
        "success": 19,
        "header failure": 60,
        "HMAC failure": 1,
        "payload failure": 18,
        "no match": 12,
    }
    assert sum(b"-> mlkem768x25519 " in vector.file for vector in BINARY) == 16


@pytest.mark.parametrize("vector", BINARY, ids=lambda vector: vector.name)
def test_published_file_gives_exactly_the_expected_outcome(vector: Vector) -> None:
    """The four failures are told apart, and exactly what the authors say is released."""
    sizes = [len(vector.file) + 1, 65536, 1000]
    if len(vector.file) < 4000:
        sizes.append(1)
    for size in sizes:
        assert _outcome(vector, size) == (vector.expect, vector.payload)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in BINARY if vector.expect != "header failure"],
    ids=lambda vector: vector.name,
)
def test_published_header_is_written_back_to_the_same_bytes(vector: Vector) -> None:
    """A header that was read encodes to itself, its MAC included where it is right."""
    header = read_header(Source([vector.file]))
    encoded = encode_header(header.stanzas, vector.file_key)
    assert encoded.startswith(header.covered + b" ")
    if vector.expect == "success":
        assert vector.file.startswith(encoded)


@pytest.mark.parametrize(
    "vector",
    [vector for vector in BINARY if vector.expect == "success"],
    ids=lambda vector: vector.name,
)
def test_published_payload_is_sealed_again_to_the_same_bytes(vector: Vector) -> None:
    """The sealing direction: with the same file key and nonce, the same file comes out."""
    source = Source([vector.file])
    read_header(source)
    nonce = source.take(16)
    sealed = b"".join(source.rest())
    plain = list(open_payload(vector.file_key, nonce, [sealed]))
    assert b"".join(seal_payload(vector.file_key, nonce, plain)) == sealed
