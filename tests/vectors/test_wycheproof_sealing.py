"""Published edge cases against the library calls that sealing relies on.

Source: C2SP/wycheproof ``testvectors_v1``. What is tested is the pinned library as it is called
here: a new version that behaves otherwise must not go unnoticed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from detente.seals.age_header import derive_key

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "wycheproof"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published Wycheproof vectors are not beside the repository"
)


class Case:
    """One case: byte strings by name, and whether a right implementation accepts it."""

    def __init__(self, plain: dict[str, Any]) -> None:
        self._plain = plain
        self.is_valid = plain["result"] == "valid"
        self.flags = set(plain.get("flags", ()))
        self.name = f"{plain['tcId']} {plain.get('comment', '')}"

    def __getitem__(self, name: str) -> bytes:
        return bytes.fromhex(self._plain[name])

    def number(self, name: str) -> int:
        return int(self._plain[name])


def _cases(file: str, count: int) -> Iterator[Case]:
    groups = json.loads((FOLDER / file).read_text("utf-8"))["testGroups"]
    cases = [Case(plain) for group in groups for plain in group["tests"]]
    assert len(cases) == count  # none is dropped silently
    return iter(cases)


@pytest.mark.parametrize(
    ("file", "aead", "count", "own", "unusual"),
    [
        ("aes_gcm_test.json", AESGCM, 316, 197, 27),
        ("chacha20_poly1305_test.json", ChaCha20Poly1305, 325, 316, 0),
    ],
)
def test_aead_opens_and_seals_exactly_what_is_right(
    file: str, aead: type[AESGCM | ChaCha20Poly1305], count: int, own: int, unusual: int
) -> None:
    """SP 800-38D, RFC 8439. Ours have nonces of 12 bytes; the library takes 8 to 128 for AES."""
    tried = refused = 0
    for case in _cases(file, count):
        cipher = aead(case["key"])
        sealed = case["ct"] + case["tag"]
        if case.is_valid and not 8 <= len(case["iv"]) <= 128:
            with pytest.raises(ValueError, match="Nonce"):
                cipher.decrypt(case["iv"], sealed, case["aad"])
            refused += 1
            continue
        tried += len(case["iv"]) == 12
        if case.is_valid:
            assert cipher.decrypt(case["iv"], sealed, case["aad"]) == case["msg"], case.name
            assert cipher.encrypt(case["iv"], case["msg"], case["aad"]) == sealed, case.name
        else:
            with pytest.raises((InvalidTag, ValueError)):
                cipher.decrypt(case["iv"], sealed, case["aad"])
    assert (tried, refused) == (own, unusual)


def test_key_derivation_gives_the_published_keys() -> None:
    """RFC 5869."""
    for case in _cases("hkdf_sha256_test.json", 86):
        size = case.number("size")
        if case.is_valid:
            derived = HKDF(SHA256(), size, case["salt"], case["info"]).derive(case["ikm"])
            assert derived == case["okm"], case.name
            if size >= 32:
                assert derive_key(case["ikm"], case["salt"], case["info"]) == derived[:32]
        else:
            with pytest.raises(ValueError, match="larger"):
                HKDF(SHA256(), size, case["salt"], case["info"])


def test_x25519_gives_the_published_secret_or_refuses_zero() -> None:
    """RFC 7748 §6.1: an all-zero result is refused; every other public key is taken as it is."""
    zeros = 0
    for case in _cases("x25519_test.json", 518):
        key = X25519PrivateKey.from_private_bytes(case["private"])
        public = X25519PublicKey.from_public_bytes(case["public"])
        if case["shared"] == bytes(32):
            zeros += 1
            assert not case.is_valid
            with pytest.raises(ValueError, match="shared key"):
                key.exchange(public)
        else:
            assert key.exchange(public) == case["shared"], case.name
    assert zeros == 31


def test_mlkem_decapsulates_to_the_published_secret() -> None:
    """FIPS 203 §7.3, with the implicit rejection of altered ciphertexts among the valid cases."""
    for case in _cases("mlkem_768_test.json", 193):
        if case.is_valid:
            key = MLKEM768PrivateKey.from_seed_bytes(case["seed"])
            assert key.public_key().public_bytes_raw() == case["ek"], case.name
            assert key.decapsulate(case["c"]) == case["K"], case.name
        else:
            with pytest.raises(ValueError):
                MLKEM768PrivateKey.from_seed_bytes(case["seed"]).decapsulate(case["c"])


def test_mlkem_expands_seeds_to_the_published_public_keys() -> None:
    """FIPS 203 §7.1."""
    for case in _cases("mlkem_768_keygen_seed_test.json", 100):
        key = MLKEM768PrivateKey.from_seed_bytes(case["seed"])
        assert key.public_key().public_bytes_raw() == case["ek"], case.name


def test_mlkem_refuses_public_keys_out_of_range() -> None:
    """FIPS 203 §7.2 modulus check. The library draws its own randomness, so `m` cannot be given."""
    refused = 0
    for case in _cases("mlkem_768_encaps_test.json", 265):
        if case.is_valid:
            shared, sealed = MLKEM768PublicKey.from_public_bytes(case["ek"]).encapsulate()
            assert (len(shared), len(sealed)) == (32, 1088), case.name
        else:
            refused += 1
            with pytest.raises(ValueError):
                MLKEM768PublicKey.from_public_bytes(case["ek"]).encapsulate()
    assert refused == 132
