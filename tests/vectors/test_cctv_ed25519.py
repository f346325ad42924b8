"""Published Ed25519 edge cases: one rule for the whole project, and why there must be one.

Source: C2SP/CCTV ``ed25519``: 914 signatures over points of low order, in unusual encodings, or with a
residue that only some verification equations notice. Every flag says what is odd about a case; a
verifier's rule is the set of flags that it refuses.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from detente.seals.signing import Algorithm, PrivateKey, parse_public_key, verify_ed25519
from detente.terms.errors import Rejected
from tests.locations import shared_path

#: What libsodium refuses, and so what this project refuses (docs/spec/01-record.md §3). A residue is
#: left by every equation without cofactor; the rest is refused before any equation is computed.
OURS: Final = frozenset(
    "low_order_A low_order_R non_canonical_A non_canonical_R low_order_residue".split()
)
UNSAFE_KEY: Final = frozenset("low_order_A low_order_component_A non_canonical_A".split())


class Case(NamedTuple):
    number: int
    key: bytes
    signature: bytes
    message: bytes
    flags: frozenset[str]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    plain = json.loads(
        shared_path("vectors", "cctv-ed25519", "ed25519vectors.json").read_text("utf-8")
    )
    return [
        Case(
            one["number"],
            bytes.fromhex(one["key"]),
            bytes.fromhex(one["sig"]),
            one["msg"].encode(),
            frozenset(one["flags"] or ()),
        )
        for one in plain
    ]


def _we_accept(case: Case) -> bool:
    try:
        verify_ed25519(case.key, case.message, case.signature)
    except Rejected:
        return False
    return True


def _openssl_accepts(case: Case) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(case.key).verify(case.signature, case.message)
    except InvalidSignature:
        return False
    return True


def test_every_edge_case_is_judged_by_the_one_rule(cases: list[Case]) -> None:
    """Attack "verifier split": all 914, and what is accepted follows from the flags alone."""
    assert len(cases) == 914
    wrong = [case.number for case in cases if _we_accept(case) != (not case.flags & OURS)]
    assert wrong == []
    assert sum(not case.flags & OURS for case in cases) == 43


def test_another_library_accepts_signatures_that_this_project_refuses(cases: list[Case]) -> None:
    """Why one function verifies everywhere: two libraries of ours disagree on 165 of the cases.

    A record that one node verified with the one and another node with the other would split. The
    disagreement goes one way only: nothing that we accept is refused there.
    """
    ours = {case.number for case in cases if _we_accept(case)}
    theirs = {case.number for case in cases if _openssl_accepts(case)}
    assert ours < theirs
    assert len(theirs - ours) == 165


def test_no_key_of_low_order_or_in_another_encoding_can_be_registered(cases: list[Case]) -> None:
    """Registration refuses more than verification: a key with any part of low order is unsafe.

    Under such a key one signature may hold for two messages, which would let its owner deny an act.
    """
    mldsa = PrivateKey(Algorithm.EVERYDAY, bytes(64)).public.mldsa
    registered = set()
    for case in cases:
        plain = [int(Algorithm.EVERYDAY), case.key, mldsa]
        if case.flags & UNSAFE_KEY:
            with pytest.raises(Rejected) as fault:
                parse_public_key(plain)
            assert fault.value.code == "seals.key"
        else:
            registered.add(parse_public_key(plain).ed25519)
    assert len(registered) == 1
