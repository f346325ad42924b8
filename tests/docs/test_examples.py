"""The examples of 01-record are what the code computes."""

from __future__ import annotations

import re
from typing import Final

import pytest

from detente.record.checkpoint import Checkpoint, _messages
from detente.record.encoding import encode
from detente.record.entry import NO_ACTOR, Header, encode_header, payload_hash
from detente.record.genesis import log_id
from detente.seals import labels
from detente.seals.hashing import leaf_hash, tagged
from detente.seals.signing import Signature, pre_authentication
from detente.terms.ids import DialogueId, KeyPrint, Lane, LogId, PartyId
from tests.docs.pages import DOCS

_SHOWN: Final = re.compile(r"Example \*([a-z-]+)\*.*?```text\n(.*?)```", re.DOTALL)


def _from(start: int) -> bytes:
    """Return 32 bytes that count up from `start`."""
    return bytes(range(start, start + 32))


def _checkpoint() -> tuple[bytes, bytes]:
    checkpoint = Checkpoint(
        DialogueId(_from(0)), LogId(_from(32)), 3, _from(64), KeyPrint(_from(96)), 1_790_000_000,
        Signature(b"", b""),
    )  # fmt: skip
    return _messages(*checkpoint[:6])


def _header() -> bytes:
    hashed = payload_hash(bytes(16), encode([b"", []]))
    return encode_header(
        Header(LogId(_from(32)), 0, _from(0), 1, (), 1_790_000_000_000, 60, NO_ACTOR, 3, hashed)
    )


def computed() -> dict[str, bytes]:
    """Return every example of the page by name."""
    small = b"".join(map(encode, (0, 23, 24, 256, [1, b"\xff", "a", True, None])))
    text, structure = _checkpoint()
    return {
        "small-values": small,
        "tagged": tagged(labels.PARTY, b"a", b"bc"),
        "pre-authentication": pre_authentication(labels.SIGN_ACT, b"\x01\x02"),
        "payload-hash": payload_hash(bytes(16), encode([b"", []])),
        "header": _header(),
        "entry-id": leaf_hash(_header()),
        "log-id": log_id(
            DialogueId(_from(0)), PartyId(_from(32)), KeyPrint(_from(64)), 0, Lane.LINE
        ),
        "checkpoint-text": text,
        "checkpoint-structure": structure,
    }


def _shown() -> dict[str, bytes]:
    page = (DOCS / "spec" / "01-record.md").read_text("utf-8")
    return {name: bytes.fromhex("".join(text.split())) for name, text in _SHOWN.findall(page)}


@pytest.mark.parametrize("name", computed())
def test_an_example_is_what_the_code_computes(name: str) -> None:
    """Whoever checks their first bytes against the page must not be led astray."""
    assert _shown()[name] == computed()[name]


def test_no_example_is_left_unchecked() -> None:
    """An example without a test is a typing mistake that stays."""
    assert _shown().keys() == computed().keys()
