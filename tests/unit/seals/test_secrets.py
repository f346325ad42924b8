"""Claims about secrets in memory and at rest (docs/spec/10-pouch.md §6)."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from random import Random

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.seals import secrets
from detente.seals.secrets import PLAIN_BYTES, Secret, SecretParams, open_secret, seal_secret
from detente.terms.errors import Bug, Fault, Refused, Rejected, Unavailable

CHEAP = SecretParams(memory_mib=8, passes=1, lanes=1)
PLAIN = bytes(range(64))
BLOB = seal_secret(PLAIN, b"pass", "node-key", CHEAP, Random(0).randbytes)


def _code_of(family: type[Fault], act: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(family) as fault:
        act(*arguments)
    return fault.value.code


def _mended(blob: bytes, label: str = "node-key") -> bytes:
    """Return `blob` with the checksum that fits: what somebody does who alters it on purpose."""
    body = blob[:-8]
    name = label.encode()
    context = b"\x11detente/secret/v1" + len(name).to_bytes(2, "big") + name
    return body + sha256(context + body).digest()[:8]


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=40), st.text(max_size=20))
def test_secret_opens_under_its_own_passphrase_and_label(
    plain: bytes, passphrase: bytes, label: str
) -> None:
    """Round trip; the size is that of the plain text and 57 bytes."""
    blob = seal_secret(plain, passphrase, label, CHEAP, Random(1).randbytes)
    assert len(blob) == len(plain) + 57
    assert open_secret(blob, passphrase, label) == plain
    with pytest.raises(Refused):
        open_secret(blob, passphrase + b"!", label)


def test_default_cost_is_that_of_the_specification() -> None:
    """256 MiB, 3 passes, 4 lanes; stored, so that a later default does not lock anybody out."""
    assert SecretParams() == (256, 3, 4)
    blob = seal_secret(b"x", b"pass", "l", SecretParams(), Random(2).randbytes)
    assert blob[:5] == bytes((1, 1, 0, 3, 4))
    assert open_secret(blob, b"pass", "l") == b"x"


def test_format_is_the_one_in_the_module_head() -> None:
    """Built here again from RFC 9106 and SP 800-38D alone."""
    draws = Random(0).randbytes
    salt, nonce = draws(16), draws(12)
    header = b"\x01\x00\x08\x01\x01" + salt + nonce
    context = b"\x11detente/secret/v1\x00\x08node-key" + header
    key = Argon2id(salt=salt, length=32, iterations=1, lanes=1, memory_cost=8192).derive(b"pass")
    sealed = AESGCM(key).encrypt(nonce, PLAIN, context)
    assert header + sealed + sha256(context + sealed).digest()[:8] == BLOB


def test_wrong_passphrase_is_told_calmly_and_without_blame() -> None:
    """A code, a sentence, a next step; it is our own side's mistake."""
    with pytest.raises(Refused) as fault:
        open_secret(BLOB, b"Pass", "node-key")
    assert fault.value.code == "seals.secret.wrong"
    assert fault.value.sentence == "The passphrase does not open this."
    assert fault.value.next_step


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.integers(0, len(BLOB) - 1), st.integers(1, 255))
def test_damage_is_never_taken_for_a_wrong_passphrase(place: int, change: int) -> None:
    """A failing disk must not send its owner to search for another passphrase."""
    damaged = bytearray(BLOB)
    damaged[place] ^= change
    assert (
        _code_of(Rejected, open_secret, bytes(damaged), b"pass", "node-key")
        == "seals.secret.damaged"
    )


@settings(deadline=None, derandomize=True, max_examples=100)
@given(st.binary(max_size=200))
def test_garbage_gives_a_typed_fault(blob: bytes) -> None:
    """Short, long, empty: `Rejected`."""
    assert _code_of(Rejected, open_secret, blob, b"pass", "node-key") == "seals.secret.damaged"


def test_truncated_and_overlong_secrets_are_damaged() -> None:
    """Each length short of the whole, and one far beyond it."""
    for blob in (*(BLOB[:size] for size in range(len(BLOB))), BLOB + b"\0", bytes(PLAIN_BYTES * 2)):
        with pytest.raises(Rejected):
            open_secret(blob, b"pass", "node-key")


def test_secret_does_not_open_in_the_place_of_another() -> None:
    """Somebody with the disk puts one delegate's sealed key where another's belongs."""
    assert _code_of(Rejected, open_secret, BLOB, b"pass", "root-key") == "seals.secret.damaged"
    mended = _mended(BLOB, "root-key")
    assert _code_of(Refused, open_secret, mended, b"pass", "root-key") == "seals.secret.wrong"


def test_alteration_on_purpose_still_opens_nothing() -> None:
    """The tag covers header, label and text; the checksum is no protection and claims none."""
    for place in range(5, len(BLOB) - 8):
        altered = bytearray(BLOB)
        altered[place] ^= 1
        with pytest.raises(Refused):
            open_secret(_mended(bytes(altered)), b"pass", "node-key")
    cheaper = bytearray(BLOB)
    cheaper[3] = 2  # passes
    with pytest.raises(Refused):
        open_secret(_mended(bytes(cheaper)), b"pass", "node-key")


def test_hostile_cost_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file must not exhaust memory: 8 to 4 096 MiB, 1 to 16 passes, 1 to 16 lanes."""
    monkeypatch.setattr(secrets, "Argon2id", None)  # to reach it would be a TypeError
    costs = [(7, 1, 1), (0, 1, 1), (4097, 1, 1), (65535, 255, 255), (8, 0, 1), (8, 17, 1)]
    costs += [(8, 1, 0), (8, 1, 17)]
    for memory, passes, lanes in costs:
        hostile = _mended(BLOB[:1] + memory.to_bytes(2, "big") + bytes((passes, lanes)) + BLOB[5:])
        assert (
            _code_of(Rejected, open_secret, hostile, b"pass", "node-key") == "seals.secret.damaged"
        )


def test_unknown_version_is_not_guessed_at() -> None:
    """A version of tomorrow is not read by the rules of today."""
    for version in (0, 2, 255):
        with pytest.raises(Rejected):
            open_secret(_mended(bytes((version,)) + BLOB[1:]), b"pass", "node-key")


def test_nothing_is_sealed_that_would_not_open() -> None:
    """What opening refuses, sealing refuses first."""
    draw = Random(0).randbytes
    assert _code_of(Refused, seal_secret, b"", b"", "l", CHEAP, draw) == "seals.secret.empty"
    for params in ((7, 1, 1), (4097, 1, 1), (8, 0, 1), (8, 17, 1), (8, 1, 0), (8, 1, 17)):
        assert (
            _code_of(Refused, seal_secret, b"", b"p", "l", SecretParams(*params), draw)
            == "seals.secret.params"
        )
    large = bytes(PLAIN_BYTES)
    assert open_secret(seal_secret(large, b"p", "l", CHEAP, draw), b"p", "l") == large
    assert (
        _code_of(Refused, seal_secret, large + b"\0", b"p", "l", CHEAP, draw) == "seals.secret.size"
    )


def test_too_little_memory_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Unavailable`: neither the passphrase nor the file is at fault."""

    def out_of_memory(**kwargs: object) -> Argon2id:
        raise MemoryError

    monkeypatch.setattr(secrets, "Argon2id", out_of_memory)
    assert _code_of(Unavailable, open_secret, BLOB, b"pass", "node-key") == "seals.secret.memory"


def test_short_draw_of_randomness_is_a_bug() -> None:
    """A source that gives less must not weaken a salt silently."""
    with pytest.raises(Bug):
        seal_secret(b"x", b"p", "l", CHEAP, lambda count: bytes(count - 1))


def test_secret_prints_as_private_everywhere() -> None:
    """Logs, tracebacks, f-strings, containers."""

    @dataclass(frozen=True, slots=True)
    class Holder:
        key: Secret

    secret = Secret(b"hunter2")
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {Holder(secret)} {vars(Secret)}"
    assert "hunter2" not in shown
    assert str(secret) == repr(secret) == "<private>"
    assert secret.reveal() == b"hunter2"


def test_secret_is_not_pickled_copied_or_changed() -> None:
    """The one way out is `reveal`."""
    secret = Secret(b"hunter2")
    acts: list[Callable[[], object]] = [
        lambda: pickle.dumps(secret),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy([secret]),
        lambda: hash(secret),
    ]
    for act in acts:
        with pytest.raises(TypeError):
            act()
    with pytest.raises(AttributeError):
        secret._value = b""
    source = bytearray(b"abc")
    held = Secret(source)  # type: ignore[arg-type]
    source[0] = 0
    assert held.reveal() == b"abc"


def test_secrets_compare_by_value() -> None:
    """And only with secrets."""
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != b"a"
