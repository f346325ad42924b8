"""Claims about hashes: RFC 6962 for trees, and a label with lengths for everything else."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.seals.hashing import EMPTY_ROOT, leaf_hash, node_hash, prefix_of, tagged

Label = st.binary(min_size=2, max_size=20)


def test_hashes_of_a_tree_are_those_of_the_standard() -> None:
    """RFC 6962 §2.1, with the values that its test vectors give for the empty tree and leaf."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (
        leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    left, right = leaf_hash(b""), leaf_hash(b"\0")
    assert node_hash(left, right) == sha256(b"\x01" + left + right).digest()


def test_a_labelled_hash_is_built_from_lengths() -> None:
    """docs/spec/01-record.md §2, written out once by hand."""
    by_hand = b"\x05label" + b"\0\0\0\0\0\0\0\3abc" + b"\0\0\0\0\0\0\0\0"
    assert tagged(b"label", b"abc", b"") == sha256(by_hand).digest()
    assert tagged(b"label") == sha256(prefix_of(b"label")).digest()
    assert prefix_of(b"label") == b"\x05label"


@given(Label, st.lists(st.binary(max_size=9), max_size=4), Label, st.lists(st.binary(max_size=9)))
def test_different_labels_or_parts_never_hash_alike(
    label: bytes, parts: list[bytes], other_label: bytes, other_parts: list[bytes]
) -> None:
    """Attack 26: where one part ends and the next begins is part of what is hashed."""
    is_same = (label, parts) == (other_label, other_parts)
    assert (tagged(label, *parts) == tagged(other_label, *other_parts)) == is_same


@given(Label, st.binary(max_size=40), st.integers(0, 40))
def test_moving_a_boundary_changes_the_hash(label: bytes, data: bytes, at: int) -> None:
    """Concatenation is not enough: ab + c and a + bc are two different things."""
    assert tagged(label, data[:at], data[at:]) != tagged(label, data)
    if 0 < at < len(data):
        assert tagged(label, data[:at], data[at:]) != tagged(label, data[: at - 1], data[at - 1 :])


def test_a_label_of_more_than_255_bytes_is_an_error_of_ours() -> None:
    """Its length would not fit its byte."""
    with pytest.raises(ValueError):
        tagged(b"x" * 256)
