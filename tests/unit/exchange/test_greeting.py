"""Greetings: docs/spec/09-exchange.md §3."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from detente.exchange.greeting import (
    DIALOGUES,
    GREETING_BYTES,
    Role,
    is_pairing,
    read_greeting,
    tag_pairing,
    untag_pairing,
    write_greeting,
)
from detente.record.encoding import decode, encode
from detente.seals.signing import Algorithm, PrivateKey
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, PartyId

A, B, C = (PartyId(letter * 32) for letter in (b"a", b"b", b"c"))
CHANNEL = b"k" * 32
TALKS = (DialogueId(b"2" * 32), DialogueId(b"1" * 32))


@cache
def key(letter: bytes = b"a") -> PrivateKey:
    return PrivateKey(Algorithm.EVERYDAY, letter * 64)


@cache
def greeting() -> bytes:
    return write_greeting(key().sign, Role.DIALER, CHANNEL, A, key().public.print, B, TALKS)


def read(data: bytes, **changed: Any) -> tuple[DialogueId, ...]:
    known: dict[str, Any] = {
        "role": Role.DIALER,
        "exported": CHANNEL,
        "author": A,
        "node": key().public,
        "reader": B,
    }
    return read_greeting(data, **{**known, **changed})


def test_greeting_tells_the_dialogues_in_order() -> None:
    """§3."""
    assert read(greeting()) == tuple(sorted(TALKS))


@pytest.mark.parametrize(
    "changed",
    [
        {"exported": b"K" * 32},
        {"role": Role.LISTENER},
        {"author": C},
        {"reader": C},
        {"node": PrivateKey(Algorithm.EVERYDAY, b"z" * 64).public},
        {"author": B, "reader": A},
    ],
    ids=["another channel", "reflected", "another author", "another reader", "key", "swapped"],
)
def test_greeting_holds_for_one_channel_role_author_reader_and_key(
    changed: dict[str, Any],
) -> None:
    """§3: relayed, replayed, reflected or borrowed, it proves nothing."""
    with pytest.raises(Rejected) as caught:
        read(greeting(), **changed)
    assert caught.value.code == "link.authentication"


@pytest.mark.parametrize("half", [0, 1])
def test_greeting_with_one_half_of_its_signature_is_refused(half: int) -> None:
    """Threat 28: both halves are required."""
    fields: Any = decode(greeting(), GREETING_BYTES)
    fields[3][half] = b""
    with pytest.raises(Rejected) as caught:
        read(encode(fields))
    assert caught.value.code == "link.authentication"


def test_dialogue_that_was_not_signed_is_refused() -> None:
    """§3: the list is part of what is signed."""
    fields: Any = decode(greeting(), GREETING_BYTES)
    fields[2] = [b"3" * 32]
    with pytest.raises(Rejected) as caught:
        read(encode(fields))
    assert caught.value.code == "link.authentication"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        encode([]),
        encode([2, "detente link", [], [b"", b""]]),
        encode([1, "detente", [], [b"", b""]]),
        encode([1, "detente link", b"", [b"", b""]]),
        encode([1, "detente link", [b"short"], [b"", b""]]),
        encode([1, "detente link", [b"2" * 32, b"1" * 32], [b"", b""]]),
        encode([1, "detente link", [b"1" * 32, b"1" * 32], [b"", b""]]),
        encode([1, "detente link", [n.to_bytes(32) for n in range(DIALOGUES + 1)], [b"", b""]]),
        bytes(GREETING_BYTES + 1),
    ],
)
def test_what_is_no_greeting_is_refused_by_its_form(data: bytes) -> None:
    """Threat 23."""
    with pytest.raises(Rejected) as caught:
        read(data)
    assert caught.value.code == "link.greeting"


def test_largest_greeting_fits_its_limit() -> None:
    """§3: a node in very many dialogues can still greet."""
    talks = [DialogueId(number.to_bytes(32)) for number in range(DIALOGUES)]
    data = write_greeting(key().sign, Role.DIALER, CHANNEL, A, key().public.print, B, talks)
    assert len(data) <= GREETING_BYTES
    assert len(read(data)) == DIALOGUES


def test_pairing_message_is_told_from_a_greeting() -> None:
    """§6: the tag decides, and nothing untagged passes as pairing."""
    assert untag_pairing(tag_pairing(b"card")) == b"card"
    assert is_pairing(tag_pairing(b""))
    assert not is_pairing(greeting())
    with pytest.raises(Rejected) as caught:
        untag_pairing(greeting())
    assert caught.value.code == "link.pairing"
