"""Claims about hybrid signatures: both halves or nothing (docs/spec/01-record.md §3)."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey, MLDSA87PublicKey

from detente.seals import labels
from detente.seals.hashing import tagged
from detente.seals.signing import (
    Algorithm,
    PrivateKey,
    PublicKey,
    Signature,
    parse_public_key,
    parse_signature,
    pre_authentication,
    verify,
    verify_ed25519,
    verify_parts,
)
from detente.terms.errors import Rejected

KEYS = {kind: PrivateKey(kind, bytes(range(64))) for kind in Algorithm}
OTHER = {kind: PrivateKey(kind, bytes(range(1, 65))) for kind in Algorithm}
LABEL = labels.SIGN_ACT


def _refused(code: str, call: Callable[..., object], *arguments: object) -> None:
    with pytest.raises(Rejected) as fault:
        call(*arguments)
    assert fault.value.code == code


@pytest.mark.parametrize("kind", Algorithm)
def test_a_signature_holds_for_its_key_label_and_message_only(kind: Algorithm) -> None:
    """Replay under another type, another key or for other bytes is refused."""
    key = KEYS[kind]
    signature = key.sign(LABEL, b"message")
    verify(key.public, LABEL, b"message", signature)
    verify(key.public, LABEL, b"", key.sign(LABEL, b""))
    for label, message, public in (
        (labels.SIGN_DOCUMENT, b"message", key.public),
        (LABEL, b"massage", key.public),
        (LABEL, b"", key.public),
        (LABEL, b"message", OTHER[kind].public),
    ):
        _refused("seals.signature", verify, public, label, message, signature)


@pytest.mark.parametrize("kind", Algorithm)
def test_one_half_of_a_signature_is_no_signature(kind: Algorithm) -> None:
    """Attack 28: either half missing, cut, lengthened, altered or taken from elsewhere."""
    key = KEYS[kind]
    good = key.sign(LABEL, b"message")
    elsewhere = key.sign(LABEL, b"another message")
    for half in range(2):
        right = good[half]
        wrong = [b"", right[:-1], right + b"\0", bytes(len(right)), elsewhere[half]]
        wrong += [
            right[:at] + bytes((right[at] ^ 1,)) + right[at + 1 :] for at in (0, 40, len(right) - 1)
        ]
        for bytes_ in wrong:
            halves = list(good)
            halves[half] = bytes_
            _refused("seals.signature", verify, key.public, LABEL, b"message", Signature(*halves))


def test_halves_of_the_two_algorithms_do_not_mix() -> None:
    """A root's ML-DSA-87 half under an everyday key is refused by size, and the reverse."""
    everyday, root = KEYS[Algorithm.EVERYDAY], KEYS[Algorithm.ROOT]
    assert everyday.public.ed25519 == root.public.ed25519
    signed = everyday.sign(LABEL, b"m")._replace(mldsa=root.sign(LABEL, b"m").mldsa)
    _refused("seals.signature", verify, everyday.public, LABEL, b"m", signed)
    _refused("seals.signature", verify, root.public, LABEL, b"m", everyday.sign(LABEL, b"m"))


def test_what_is_signed_is_the_published_framing() -> None:
    """DSSE v1.0.0, with the example of its protocol page; ML-DSA bears the label as context too."""
    assert pre_authentication(b"http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    key = KEYS[Algorithm.EVERYDAY]
    signature = key.sign(LABEL, b"message")
    framed = pre_authentication(LABEL, b"message")
    Ed25519PublicKey.from_public_bytes(key.public.ed25519).verify(signature.ed25519, framed)
    MLDSA65PublicKey.from_public_bytes(key.public.mldsa).verify(signature.mldsa, framed, LABEL)
    root = KEYS[Algorithm.ROOT]
    MLDSA87PublicKey.from_public_bytes(root.public.mldsa).verify(
        root.sign(LABEL, b"message").mldsa, framed, LABEL
    )


def test_a_malformed_public_key_gives_the_fault_of_a_signature() -> None:
    """A key that never passed registration cannot crash a verifier."""
    key = KEYS[Algorithm.EVERYDAY]
    signature = key.sign_parts(b"a", b"b", b"")
    for public in (
        key.public._replace(ed25519=b"short"),
        key.public._replace(mldsa=b"short"),
        key.public._replace(mldsa=b""),
    ):
        _refused("seals.signature", verify_parts, public, b"a", b"b", b"", signature)
    _refused("seals.signature", verify_ed25519, key.public.ed25519, b"a", bytes(63))


def test_where_a_signature_ends_and_its_message_begins_cannot_be_moved() -> None:
    """The library takes both in one piece; lengths are checked before it sees them."""
    key = KEYS[Algorithm.EVERYDAY]
    signature, message = key.sign_parts(b"message", b"", b"").ed25519, b"message"
    verify_ed25519(key.public.ed25519, message, signature)
    whole = signature + message
    for at in (0, 32, 63, 65, len(whole)):
        _refused("seals.signature", verify_ed25519, key.public.ed25519, whole[at:], whole[:at])
    for public in (b"", key.public.ed25519[:-1], key.public.ed25519 + b"\0"):
        _refused("seals.signature", verify_ed25519, public, message, signature)


def test_a_private_key_is_never_shown_and_never_copied() -> None:
    """No log line, no traceback and no cache can carry it."""
    key = KEYS[Algorithm.EVERYDAY]
    assert repr(key) == str(key) == f"{key}" == "<private>"
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(key)
    assert not hasattr(key, "__dict__")


@pytest.mark.parametrize("size", [0, 32, 63, 65])
def test_a_seed_of_another_size_makes_no_key(size: int) -> None:
    """Both halves need their own 32 bytes."""
    with pytest.raises(ValueError):
        PrivateKey(Algorithm.EVERYDAY, bytes(size))


def test_the_same_seed_makes_the_same_key_and_its_print_names_all_of_it() -> None:
    """Two keys that differ in one half, or in the algorithm alone, have different prints."""
    key = KEYS[Algorithm.EVERYDAY]
    again = PrivateKey(Algorithm.EVERYDAY, bytes(range(64)))
    assert again.public == key.public
    assert key.public.print == tagged(
        labels.KEY_PRINT, b"\x01", key.public.ed25519, key.public.mldsa
    )
    prints = {
        one.print
        for one in (
            key.public,
            key.public._replace(ed25519=OTHER[Algorithm.EVERYDAY].public.ed25519),
            key.public._replace(mldsa=OTHER[Algorithm.EVERYDAY].public.mldsa),
            key.public._replace(algorithm=Algorithm.ROOT),
        )
    }
    assert len(prints) == 4


@pytest.mark.parametrize("kind", Algorithm)
def test_a_registered_key_is_the_one_that_was_given(kind: Algorithm) -> None:
    """Round trip through plain data."""
    public = KEYS[kind].public
    assert parse_public_key(public.to_plain()) == public
    assert parse_public_key(tuple(public.to_plain())) == public


def test_nothing_but_a_sound_key_can_be_registered() -> None:
    """Wrong form, size, algorithm or point: always the same fault, never a crash."""
    public = KEYS[Algorithm.EVERYDAY].public
    ed25519, mldsa = public.ed25519, public.mldsa
    hostile: list[object] = [
        None, 7, b"bytes", "text", {}, [], [1, ed25519], [1, ed25519, mldsa, b""],
        [0, ed25519, mldsa], [3, ed25519, mldsa], [2, ed25519, mldsa], [True, ed25519, mldsa],
        [1.0, ed25519, mldsa], [[], ed25519, mldsa], [None, ed25519, mldsa], ["1", ed25519, mldsa],
        [1, ed25519[:-1], mldsa], [1, ed25519 + b"\0", mldsa], [1, "x" * 32, mldsa],
        [1, ed25519, mldsa[:-1]], [1, ed25519, mldsa + b"\0"], [1, ed25519, "x" * 1952],
        [1, bytes(32), mldsa], [1, b"\x01" + bytes(31), mldsa], [1, b"\xff" * 32, mldsa],
    ]  # fmt: skip
    for plain in hostile:
        _refused("seals.key", parse_public_key, plain)


def test_a_signature_in_plain_data_is_two_byte_strings() -> None:
    """Sizes are checked when it is verified, so that one fault covers all of it."""
    assert parse_signature([b"a", b"b"]) == Signature(b"a", b"b")
    assert parse_signature((b"", b"")) == Signature(b"", b"")
    hostile: list[object] = [None, b"ab", "ab", [b"a"], [b"a"] * 3, [b"a", "b"], [1, 2], {}]
    for plain in hostile:
        _refused("seals.signature", parse_signature, plain)


def test_equal_keys_compare_equal() -> None:
    """Keys are values: state that holds them compares by content."""
    public = KEYS[Algorithm.ROOT].public
    assert PublicKey(Algorithm.ROOT, public.ed25519, public.mldsa) == public
