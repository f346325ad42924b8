"""Claims about the table of labels (docs/spec/01-record.md §2)."""

from __future__ import annotations

from itertools import combinations

from detente.seals import labels


def _constants() -> dict[str, bytes]:
    return {name: value for name, value in vars(labels).items() if isinstance(value, bytes)}


def test_no_two_uses_share_a_label() -> None:
    """Attack 26: bytes hashed or signed for one purpose mean nothing for another."""
    every = list(_constants().values())
    assert len(every) > 15
    assert len(set(every)) == len(every)


def test_every_label_stands_in_exactly_one_of_the_two_lists() -> None:
    """A label that is in no list would escape the other claims here."""
    assert sorted((*labels.HASH_LABELS, *labels.SIGNATURE_LABELS)) == sorted(_constants().values())


def test_no_label_begins_another() -> None:
    """Also a format that puts no length before its label stays unambiguous."""
    for one, other in combinations(_constants().values(), 2):
        assert not one.startswith(other)
        assert not other.startswith(one)


def test_labels_never_collide_with_the_prefixes_of_a_tree() -> None:
    """RFC 6962 hashes begin with 0x00 or 0x01, ours with the length of the label, at least 2."""
    assert all(2 <= len(label) <= 255 for label in _constants().values())


def test_labels_fit_into_the_context_of_a_signature() -> None:
    """FIPS 204 §5.2 allows 255 bytes; labels are plain text that can be read in a hex dump."""
    for label in _constants().values():
        assert len(label) <= 255
        assert label.isascii()
        assert label.decode().isprintable()
