"""Published edge cases for both halves of our signatures.

Source: C2SP/wycheproof ``testvectors_v1``. Ed25519 goes through the one function that verifies it;
ML-DSA-65 goes through the verification of a whole hybrid signature, whose other half is right, so
that what is tested is this project's own code path with its context strings and sizes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from detente.seals.signing import (
    Algorithm,
    PrivateKey,
    PublicKey,
    Signature,
    verify_ed25519,
    verify_parts,
)
from detente.terms.errors import Rejected
from tests.locations import shared_path

_ED_MESSAGE = b"the other half of every signature here"
_OWN = PrivateKey(Algorithm.EVERYDAY, bytes(range(64)))
_OWN_HALF = _OWN.sign_parts(_ED_MESSAGE, b"", b"").ed25519


def _cases(file: str, count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield group and case of a file that holds exactly `count`: none is dropped silently."""
    text = shared_path("vectors", "wycheproof", file).read_text("utf-8")
    pairs = [(group, case) for group in json.loads(text)["testGroups"] for case in group["tests"]]
    assert len(pairs) == count
    return iter(pairs)


def _bytes(plain: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(plain.get(name, ""))


def test_ed25519_accepts_exactly_what_the_published_cases_call_valid() -> None:
    """RFC 8032: truncated, garbled, malleable and badly encoded signatures are all refused."""
    for group, case in _cases("ed25519_test.json", 151):
        key = bytes.fromhex(group["publicKey"]["pk"])
        arguments = (key, _bytes(case, "msg"), _bytes(case, "sig"))
        if case["result"] == "valid":
            verify_ed25519(*arguments)
        else:
            with pytest.raises(Rejected) as fault:
                verify_ed25519(*arguments)
            assert fault.value.code == "seals.signature", case["tcId"]


def _verify_mldsa65(key: bytes, message: bytes, context: bytes, signature: bytes) -> None:
    public = PublicKey(Algorithm.EVERYDAY, _OWN.public.ed25519, key)
    verify_parts(public, _ED_MESSAGE, message, context, Signature(_OWN_HALF, signature))


def test_mldsa65_half_is_verified_as_the_published_cases_demand() -> None:
    """FIPS 204 §5.3, with contexts: also keys of wrong length, which nothing may crash on."""
    for group, case in _cases("mldsa_65_verify_test.json", 210):
        arguments = (
            _bytes(group, "publicKey"), _bytes(case, "msg"), _bytes(case, "ctx"), _bytes(case, "sig")
        )  # fmt: skip
        if case["result"] == "valid":
            _verify_mldsa65(*arguments)
        else:
            with pytest.raises(Rejected) as fault:
                _verify_mldsa65(*arguments)
            assert fault.value.code == "seals.signature", case["tcId"]


def test_seeds_expand_to_the_published_keys_and_their_signatures_hold() -> None:
    """FIPS 204 §3.6.3 and §6.1. Signing draws randomness, so the published bytes are verified instead.

    17 cases give only the inner digest of a message, which our interface never takes.
    """
    external = 0
    for group, case in _cases("mldsa_65_sign_seed_test.json", 105):
        seed, context = _bytes(group, "privateSeed"), _bytes(case, "ctx")
        if case["result"] != "valid":
            with pytest.raises(ValueError):
                PrivateKey(Algorithm.EVERYDAY, bytes(32) + seed).sign_parts(b"", b"", context)
            continue
        key = PrivateKey(Algorithm.EVERYDAY, bytes(32) + seed)
        assert key.public.mldsa == _bytes(group, "publicKey"), case["tcId"]
        if "msg" in case:
            external += 1
            message = _bytes(case, "msg")
            _verify_mldsa65(key.public.mldsa, message, context, _bytes(case, "sig"))
            again = key.sign_parts(b"", message, context).mldsa
            _verify_mldsa65(key.public.mldsa, message, context, again)
    assert external == 84


def test_library_verifies_the_published_mldsa44_cases() -> None:
    """No key of ours is ML-DSA-44; witnesses of the C2SP format are, and the library is the same."""
    for group, case in _cases("mldsa_44_verify_test.json", 180):
        key, signature = _bytes(group, "publicKey"), _bytes(case, "sig")
        message, context = _bytes(case, "msg"), _bytes(case, "ctx")
        if case["result"] == "valid":
            MLDSA44PublicKey.from_public_bytes(key).verify(signature, message, context)
        else:
            with pytest.raises((InvalidSignature, ValueError)):
                MLDSA44PublicKey.from_public_bytes(key).verify(signature, message, context)
