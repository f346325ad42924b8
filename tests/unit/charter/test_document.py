"""Claims about party documents and their succession (docs/spec/03-charter.md §1)."""

from __future__ import annotations

from typing import Any

import pytest

from detente.charter.document import (
    Document,
    Name,
    RootSignature,
    SignedDocument,
    document_digest,
    encode_document,
    key_bytes,
    party_id,
    read_chain,
    read_document,
    sign_with_root,
    verify_roots,
)
from detente.record.encoding import decode, encode
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms.errors import Rejected
from detente.terms.limits import DOCUMENT_BYTES
from tests.parties import first_document, key, make_party, root, sign

SOLO = make_party("Arla")
COUNCIL = make_party("Borduria", roots=3, threshold=2)


def _code(signed: SignedDocument, previous: tuple[bytes, Document] | None = None) -> str:
    with pytest.raises(Rejected) as fault:
        read_document(signed, previous)
    return fault.value.code


def test_a_party_is_named_by_its_first_document_for_ever() -> None:
    """The identifier is a digest of version 1; later versions repeat it."""
    party, documents = read_chain(SOLO.chain)
    assert party == SOLO.id == party_id(SOLO.chain[0].document)
    assert party == tagged(labels.PARTY, SOLO.chain[0].document)
    assert documents == SOLO.documents
    renewed = SOLO.renewed().renewed().renewed()
    party, documents = read_chain(renewed.chain)
    assert party == SOLO.id
    assert [document.version for document in documents] == [1, 2, 3, 4]
    assert {document.party for document in documents[1:]} == {SOLO.id}


def test_a_document_tells_names_and_keys() -> None:
    """Names per language, the first where a language is missing."""
    document = SOLO.documents[0]
    assert (document.name(), document.name("fr"), document.name("fa")) == (
        "Arla",
        "Arla (fr)",
        "Arla",
    )
    assert document.root_keys() == {SOLO.roots[0].public.print: SOLO.roots[0].public}
    assert document.node_key() == SOLO.node.public


def test_a_chain_without_documents_is_nobody() -> None:
    """There is no party without a first document."""
    with pytest.raises(Rejected) as fault:
        read_chain(())
    assert fault.value.code == "charter.document"


def test_a_document_needs_the_threshold_of_its_own_roots() -> None:
    """A document without enough root signatures is nothing."""
    document = COUNCIL.documents[0]
    for signers in (COUNCIL.roots[:2], COUNCIL.roots[1:], COUNCIL.roots):
        assert read_document(sign(document, *signers), None) == document
    one = COUNCIL.roots[0]
    for signers in ((one,), (one, one), (one, root("a stranger")), (root("a stranger"),)):
        assert _code(sign(document, *signers)) == "charter.roots"
    with pytest.raises(Rejected) as fault:
        read_document(sign(document, one, one), None)
    assert fault.value.details == {"count": 1, "needed": 2}


def test_a_signature_of_a_root_that_does_not_hold_spoils_the_document() -> None:
    """One bad signature among enough good ones is no oversight; unknown signers are passed over."""
    document = COUNCIL.documents[0]
    good = sign(document, *COUNCIL.roots)
    bad = good.signatures[2]._replace(ed25519=bytes(64))
    assert _code(good._replace(signatures=(*good.signatures[:2], bad))) == "seals.signature"
    half = good.signatures[0]._replace(mldsa=b"")
    assert _code(good._replace(signatures=(half, *good.signatures[1:]))) == "seals.signature"
    stranger = RootSignature(bytes(32), b"", b"")
    assert read_document(good._replace(signatures=(stranger, *good.signatures)), None)
    borrowed = good.signatures[0]._replace(signer=good.signatures[1].signer)
    assert _code(good._replace(signatures=(borrowed, *good.signatures))) == "seals.signature"


def test_a_signature_of_another_kind_does_not_make_a_document() -> None:
    """Attack 26: what the roots signed as a genesis or as an act means nothing here."""
    raw = encode_document(SOLO.documents[0])
    for label in (labels.SIGN_GENESIS, labels.SIGN_ACT):
        signature = sign_with_root(SOLO.roots[0], label, raw)
        assert _code(SignedDocument(raw, (signature,))) == "seals.signature"


def test_roots_are_replaced_only_by_old_and_new_together() -> None:
    """Attack 13: a thief with the new keys alone, or a coup with the old keys alone, gets nothing.

    The Update Framework §5.3.8.
    """
    new = tuple(root(f"new root {at}") for at in range(3))
    changes: dict[str, Any] = {"roots": tuple(key_bytes(one.public) for one in new), "threshold": 3}
    old = COUNCIL.roots
    document = COUNCIL.next(**changes)
    for signers in ((*old[:2], *new), (*new, *old)):
        assert read_document(sign(document, *signers), COUNCIL.last) == document
    for signers in (new, (*old[:1], *new), old, (*old, *new[:2])):
        assert _code(sign(document, *signers), COUNCIL.last) == "charter.roots"
    after = COUNCIL.renewed(*old, *new, **changes)._replace(roots=new)
    # From here on the old keys have no say, and the new threshold counts.
    assert read_chain(after.renewed().chain)[0] == COUNCIL.id
    assert _code(sign(after.next(), *old), after.last) == "charter.roots"
    assert _code(sign(after.next(), *new[:2]), after.last) == "charter.roots"


def test_one_kept_root_may_sign_for_both_versions() -> None:
    """One list of signatures serves both thresholds."""
    added = root("an added root")
    roots = tuple(key_bytes(one.public) for one in (*SOLO.roots, added))
    assert read_chain(SOLO.renewed(roots=roots).chain)
    document = SOLO.next(roots=roots, threshold=2)
    assert _code(sign(document, *SOLO.roots), SOLO.last) == "charter.roots"
    assert read_document(sign(document, *SOLO.roots, added), SOLO.last)


def test_every_other_part_may_change_from_version_to_version() -> None:
    """Attack 13: node key, certificate, pouch key, names and addresses, without a gap."""
    changes: dict[str, Any] = {
        "node": key_bytes(key("another node").public), "certificate": bytes(32), "pouch": "age1new",
        "addresses": (), "names": (Name("fa", "آرلا"),), "time": 0,
    }  # fmt: skip
    renewed = SOLO.renewed(**changes)
    assert read_chain(renewed.chain)[1][-1].addresses == ()
    assert read_chain(renewed.renewed().chain)[1][-1].node_key() == key("another node").public


def test_a_version_follows_on_the_one_before_and_on_no_other() -> None:
    """No gap, no repetition, no branch, no other party's past."""
    two = SOLO.renewed()
    three = two.renewed()
    for party, previous in (
        (three, SOLO.last), (two, two.last), (two, three.last), (SOLO, two.last), (two, COUNCIL.last),
    ):  # fmt: skip
        assert _code(party.chain[-1], previous) == "charter.document"
    branch = SOLO.renewed(pouch="age1branch")
    assert _code(three.chain[-1], branch.last) == "charter.document"


@pytest.mark.parametrize("field", ["party", "previous", "version"])
def test_wrong_words_about_the_past_are_refused_at_every_version(field: str) -> None:
    """The party's name and the digest before are checked in version 2 and in version 3 alike."""
    wrong: dict[str, Any] = {"party": bytes(32), "previous": bytes(32), "version": 9}
    for party in (SOLO, SOLO.renewed()):
        document = party.next()._replace(**{field: wrong[field]})
        assert _code(sign(document, *SOLO.roots), party.last) == "charter.document"


def test_a_first_version_has_no_past() -> None:
    """Version 1 names neither a party nor a version before, and has no other number."""
    first = SOLO.documents[0]
    for change in ({"party": SOLO.id}, {"previous": bytes(32)}, {"version": 2}):
        assert _code(sign(first._replace(**change), *SOLO.roots)) == "charter.document"
    assert _code(SOLO.renewed().chain[-1]) == "charter.document"


def test_keys_of_a_document_are_safe_and_of_their_kind() -> None:
    """Attack 27: an unsafe point cannot become a root or a node; root and node keys do not swap."""
    first = SOLO.documents[0]
    node, small = first.node, bytes((1, *bytes(31)))
    for change in (
        {"roots": (node,)}, {"node": first.roots[0]}, {"node": node._replace(ed25519=small)},
        {"roots": (first.roots[0]._replace(ed25519=small),)},
        {"roots": (*first.roots, first.roots[0]._replace(mldsa=b""))},
        {"node": node._replace(algorithm=7)},
    ):  # fmt: skip
        changed = first._replace(**change)
        assert _code(sign(changed, *SOLO.roots)) == "seals.key"


def test_roots_differ_and_are_enough_for_their_threshold() -> None:
    """A threshold of two is not met by one key named twice."""
    keys = SOLO.roots * 2
    assert _code(sign(first_document("Arla", keys, 1), *keys)) == "charter.document"
    assert _code(sign(first_document("Arla", SOLO.roots, 2), *keys)) == "charter.document"


def test_fields_of_a_document_are_bounded() -> None:
    """docs/spec/03-charter.md §1.1: every limit, just beyond it."""
    first = SOLO.documents[0]
    name = Name("en", "x")
    hostile: list[dict[str, Any]] = [
        {"form": 2}, {"form": 0}, {"version": 0}, {"names": ()}, {"names": (name,) * 17},
        {"names": (Name("e", "x"),)}, {"names": (Name("en", ""),)}, {"names": (Name("en", "x" * 121),)},
        {"roots": ()}, {"roots": first.roots * 10}, {"threshold": 0}, {"threshold": 10},
        {"certificate": bytes(31)}, {"pouch": ""}, {"pouch": "x" * 4001}, {"addresses": ("a:1",) * 9},
        {"addresses": ("",)}, {"addresses": ("x" * 256,)},
    ]  # fmt: skip
    for change in hostile:
        assert _code(sign(first._replace(**change), *SOLO.roots)) == "charter.document", change


def test_a_document_in_any_other_form_is_refused() -> None:
    """Attack 25: bytes that are signed have one form; trailing fields and bytes are refused."""
    raw = SOLO.chain[0].document
    plain: list[Any] = decode(raw, DOCUMENT_BYTES)
    for data in (
        b"", raw + b"\0", raw[:-1], encode(plain[:-1]), encode([*plain, 0]),
        encode([True, *plain[1:]]), bytes(DOCUMENT_BYTES + 1),
    ):  # fmt: skip
        signature = sign_with_root(SOLO.roots[0], labels.SIGN_DOCUMENT, data)
        assert _code(SignedDocument(data, (signature,))) == "charter.document"


def test_digests_of_documents_and_parties_differ() -> None:
    """Attack 26: the digest that names a version is not the one that names the party."""
    raw = SOLO.chain[0].document
    assert document_digest(raw) != party_id(raw)


def test_a_root_act_is_checked_by_the_same_threshold() -> None:
    """Confirmations and cuts need as many roots as a document does."""
    document, message = COUNCIL.documents[0], b"an act"
    signatures = tuple(sign_with_root(one, labels.SIGN_ACT, message) for one in COUNCIL.roots)
    verify_roots(document, labels.SIGN_ACT, message, signatures[:2])
    with pytest.raises(Rejected) as fault:
        verify_roots(document, labels.SIGN_ACT, message, signatures[:1])
    assert fault.value.code == "charter.roots"
    with pytest.raises(Rejected) as fault:
        verify_roots(document, labels.SIGN_ACT, b"another act", signatures)
    assert fault.value.code == "seals.signature"
