"""A claim about other tools: in an emergency the Rust age (pyrage) opens a pouch.

It has no post-quantum identity of its own, so this pouch is sealed for an X25519 key, which differs
in nothing but the one stanza; hybrid stanzas are held to the published vectors elsewhere.
"""

from __future__ import annotations

from random import Random

from pyrage import decrypt, x25519  # type: ignore[import-untyped]

from detente.exchange.frames import encode_frame
from detente.exchange.pouch import write_pouch
from detente.exchange.pouch_manifest import decode_manifest, size_class
from detente.record.encoding import decode
from detente.seals import age, labels
from detente.seals.signing import parse_signature, verify
from detente.terms.limits import KIB
from tests.unit.exchange import pouch_cases as cases
from tests.unit.exchange.pouch_cases import A


def test_public_tool_opens_a_pouch_and_its_inside_can_be_walked_by_hand() -> None:
    """§7: magic, three kinds of parts with their lengths, zeros; read here without our reader."""
    key = x25519.Identity.generate()
    frames = [encode_frame(cases.batch(cases.TABLE, 0, 300)), encode_frame(cases.receipt())]
    sealing = write_pouch(
        cases.manifest(), lambda: frames, A.node.sign,
        [age.decode_recipient(str(key.to_public()))], Random(2).randbytes,
    )  # fmt: skip
    file = b"".join(sealing.chunks)
    content = decrypt(file, [key])

    ours = age.decode_identity(str(key))
    assert content == b"".join(age.open_sealed([file], [ours]))
    assert content.startswith(b"detente pouch 1\n")
    parts = []
    place = 16
    while content[place : place + 4] != bytes(4):
        length = int.from_bytes(content[place : place + 4], "big")
        parts.append(content[place + 4 : place + 4 + length])
        place += 4 + length
    raw, signature, *carried = parts
    assert decode_manifest(raw) == sealing.manifest
    verify(A.node.public, labels.SIGN_POUCH, raw, parse_signature(decode(signature, 8 * KIB)))
    assert carried == frames
    assert content[place:] == bytes(size_class(place) - place)
