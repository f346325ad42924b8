"""A party's document: who it is, which keys are its own, where its node can be reached.

Carries out docs/spec/03-charter.md §1. Version n + 1 is signed by the thresholds of n and of n + 1
(the root rotation of The Update Framework, §5.3.8). The party's identifier is the digest of
version 1 and never changes.

Invariants: root keys sign documents and the few acts that only a root may do; they need not be on
the node; a document without enough root signatures is nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, NamedTuple

from detente.record.shapes import Chars, Within, exact_digest, from_bytes, to_bytes
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.seals.signing import (
    Algorithm,
    PrivateKey,
    PublicKey,
    Signature,
    parse_public_key,
    verify,
)
from detente.terms.errors import N_, Rejected
from detente.terms.ids import KeyPrint, PartyId
from detente.terms.limits import ADDRESSES, DOCUMENT_BYTES, NAME_CHARS, NAMES

ROOT_KEYS = 9


class Name(NamedTuple):
    """A party's name in one language."""

    lang: Annotated[str, Chars(2, 35)]
    text: Annotated[str, Chars(1, NAME_CHARS)]


class KeyBytes(NamedTuple):
    """A hybrid public key as it stands in a document."""

    algorithm: int
    ed25519: bytes
    mldsa: bytes

    def checked(self, algorithm: Algorithm) -> PublicKey:
        """Return the key. Raises `Rejected` ``seals.key`` when unsafe or of another algorithm."""
        return _checked(self, algorithm)


@lru_cache(maxsize=1024)
def _checked(key: KeyBytes, algorithm: Algorithm) -> PublicKey:
    # Whether a point is safe takes as long to find out as a signature; every act asks for its roots.
    checked = parse_public_key(list(key))
    if checked.algorithm is not algorithm:
        raise Rejected("seals.key", N_("A public key has the wrong form or an unsafe value."))
    return checked


def key_bytes(key: PublicKey) -> KeyBytes:
    """Return a public key in the form of documents and grants."""
    return KeyBytes(int(key.algorithm), key.ed25519, key.mldsa)


class Document(NamedTuple):
    """One version of a party's document."""

    form: Annotated[int, Within(1, 1)]
    version: Annotated[int, Within(1, 2**32)]
    party: bytes
    """Party id; empty in version 1, whose digest it is."""
    previous: bytes
    """Digest of the version before; empty in version 1."""
    names: Annotated[tuple[Name, ...], Chars(1, NAMES)]
    roots: Annotated[tuple[KeyBytes, ...], Chars(1, ROOT_KEYS)]
    threshold: Annotated[int, Within(1, ROOT_KEYS)]
    node: KeyBytes
    certificate: Annotated[bytes, exact_digest]
    """SHA-256 print of the link certificate."""
    pouch: Annotated[str, Chars(1, 4000)]
    """age recipient to which pouches are sealed."""
    addresses: Annotated[tuple[Annotated[str, Chars(1, 255)], ...], Chars(0, ADDRESSES)]
    """``host:port``; empty for a party that only dials, or only uses pouches."""
    time: int
    """Milliseconds since 1970 UTC, claimed."""

    def root_keys(self) -> dict[KeyPrint, PublicKey]:
        """Return the root keys by print."""
        keys = [root.checked(Algorithm.ROOT) for root in self.roots]
        return {key.print: key for key in keys}

    def node_key(self) -> PublicKey:
        """Return the node key."""
        return self.node.checked(Algorithm.EVERYDAY)

    def name(self, lang: str = "en") -> str:
        """Return the name in `lang`, else the first one."""
        return next((name.text for name in self.names if name.lang == lang), self.names[0].text)


class RootSignature(NamedTuple):
    """One root key's signature."""

    signer: bytes
    ed25519: bytes
    mldsa: bytes


class SignedDocument(NamedTuple):
    """A document's exact bytes and the root signatures over them."""

    document: bytes
    signatures: Annotated[tuple[RootSignature, ...], Chars(1, 2 * ROOT_KEYS)]


def encode_document(document: Document) -> bytes:
    """Return the canonical bytes of a document."""
    return to_bytes(document)


def document_digest(document: bytes) -> bytes:
    """Return the digest by which the next version names this one."""
    return tagged(labels.DOCUMENT, document)


def party_id(first_document: bytes) -> PartyId:
    """Return the identifier of the party whose version 1 has these bytes."""
    return PartyId(tagged(labels.PARTY, first_document))


def sign_with_root(key: PrivateKey, label: bytes, message: bytes) -> RootSignature:
    """Return one root key's signature over `message` under the type `label`."""
    signature = key.sign(label, message)
    return RootSignature(key.public.print, signature.ed25519, signature.mldsa)


def verify_roots(
    document: Document, label: bytes, message: bytes, signatures: tuple[RootSignature, ...]
) -> None:
    """Check that at least `threshold` different root keys of `document` signed `message`.

    Raises:
        Rejected: ``charter.roots`` for too few; ``seals.signature`` for one that does not hold.
    """
    keys = document.root_keys()
    holding: set[bytes] = set()
    for signature in signatures:
        key = keys.get(KeyPrint(signature.signer))
        if key is not None and signature.signer not in holding:
            verify(key, label, message, Signature(signature.ed25519, signature.mldsa))
            holding.add(signature.signer)
    if len(holding) < document.threshold:
        raise Rejected(
            "charter.roots",
            N_("Only {count} of the {needed} root signatures needed are there."),
            count=len(holding),
            needed=document.threshold,
        )


def read_document(signed: SignedDocument, previous: tuple[bytes, Document] | None) -> Document:
    """Return the document of a signed version, checked to follow on the one before.

    Args:
        signed: as received.
        previous: exact bytes and content of the version before; None for version 1.

    Raises:
        Rejected: ``charter.document`` for wrong form or sequence; ``charter.roots``; ``seals.*``.
    """
    document = from_bytes(Document, signed.document, DOCUMENT_BYTES, "charter.document")
    keys = document.root_keys()
    document.node_key()
    if len(keys) != len(document.roots) or document.threshold > len(keys):
        raise _bad()
    if previous is None:
        if document.version != 1 or document.party or document.previous:
            raise _bad()
    else:
        before_bytes, before = previous
        if (
            document.version != before.version + 1
            or document.previous != document_digest(before_bytes)
            or (before.version == 1 and document.party != party_id(before_bytes))
            or (before.version > 1 and document.party != before.party)
        ):
            raise _bad()
        verify_roots(before, labels.SIGN_DOCUMENT, signed.document, signed.signatures)
    verify_roots(document, labels.SIGN_DOCUMENT, signed.document, signed.signatures)
    return document


def read_chain(chain: tuple[SignedDocument, ...]) -> tuple[PartyId, tuple[Document, ...]]:
    """Return party and documents of versions 1 to n, every link checked.

    Raises:
        Rejected: as `read_document`; also for an empty chain.
    """
    documents: list[Document] = []
    previous: tuple[bytes, Document] | None = None
    for signed in chain:
        document = read_document(signed, previous)
        documents.append(document)
        previous = (signed.document, document)
    if not documents:
        raise _bad()
    return party_id(chain[0].document), tuple(documents)


def _bad() -> Rejected:
    return Rejected("charter.document", N_("A party's document does not have the form of one."))
