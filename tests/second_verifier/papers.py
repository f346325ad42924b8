"""Documents and founding papers, from docs/spec/03-charter.md §1 and §2 and 01-record.md §6 alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.second_verifier.plain import Key, TooLittle, Wrong, read, tagged

KIB: Final = 1024
_DOCUMENT: Final = "application/vnd.detente.document+cbor"
_GENESIS: Final = "application/vnd.detente.genesis+cbor"


def need(holds: object) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Wrong("out of form")


def is_bytes(value: Any, size: int | None = None) -> bool:
    return type(value) is bytes and size in {None, len(value)}


def is_number(value: Any, least: int = 0, most: int = 2**64 - 1) -> bool:
    return type(value) is int and least <= value <= most


def is_text(value: Any, least: int, most: int) -> bool:
    return type(value) is str and least <= len(value) <= most


def is_list(value: Any, least: int, most: int, inner: Callable[[Any], bool]) -> bool:
    return type(value) is list and least <= len(value) <= most and all(map(inner, value))


def _is_triple(value: Any) -> bool:
    return is_list(value, 3, 3, is_bytes)


def is_signed_document(value: Any) -> bool:
    """Tell whether a value has the shape of a signed document (§1.3)."""
    return (
        type(value) is list
        and len(value) == 2
        and is_bytes(value[0])
        and is_list(value[1], 1, 18, _is_triple)
    )


class Document:
    """One version of a party's document (§1.1)."""

    def __init__(self, data: bytes) -> None:
        fields = read(data, 64 * KIB)
        need(type(fields) is list and len(fields) == 12)
        form, version, party, previous, names, roots, threshold, node = fields[:8]
        certificate, pouch, addresses, time = fields[8:]
        need(is_number(form, 1, 1) and is_number(version, 1, 2**32))
        need(is_bytes(party) and is_bytes(previous) and is_number(time))
        need(is_list(names, 1, 16, _is_name) and is_list(roots, 1, 9, _is_key))
        need(is_number(threshold, 1, 9) and _is_key(node) and is_bytes(certificate, 32))
        need(is_text(pouch, 1, 4000))
        need(is_list(addresses, 0, 8, lambda one: is_text(one, 1, 255)))
        self.data, self.version, self.party, self.previous = data, version, party, previous
        self.threshold = threshold
        self.node = Key(node)
        keys = [Key(root) for root in roots]
        self.roots = {key.print: key for key in keys}
        need(self.node.algorithm == 1 and all(key.algorithm == 2 for key in keys))
        need(len(self.roots) == len(keys) and threshold <= len(keys))

    @property
    def digest(self) -> bytes:
        return tagged("detente/document/v1", self.data)

    def check_roots(self, label: str, message: bytes, signatures: list[list[bytes]]) -> None:
        """Check that enough root keys signed (01-record §3.7)."""
        holding: set[bytes] = set()
        for signer, first, second in signatures:
            if signer in self.roots and signer not in holding:
                self.roots[signer].check(label, message, (first, second))
                holding.add(signer)
        need(len(holding) >= self.threshold)


def _is_name(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 2
        and is_text(value[0], 2, 35)
        and is_text(value[1], 1, 120)
    )


def _is_key(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 3
        and is_number(value[0])
        and is_bytes(value[1])
        and is_bytes(value[2])
    )


def follow(signed: Any, before: Document | None, party: bytes) -> Document:
    """Return the document of a signed version, checked against the one before (§1.4)."""
    document = Document(signed[0])
    if before is None:
        need(document.version == 1 and not document.party and not document.previous)
    else:
        need(document.version == before.version + 1 and document.previous == before.digest)
        need(document.party == party)
        before.check_roots(_DOCUMENT, signed[0], signed[1])
    document.check_roots(_DOCUMENT, signed[0], signed[1])
    return document


class Founding:
    """The founding papers (§2)."""

    def __init__(self, data: bytes) -> None:
        papers = read(data, 4096 * KIB)
        need(type(papers) is list and len(papers) == 2 and is_bytes(papers[0]))
        need(is_list(papers[1], 2, 8, _is_seat))
        seats = _read_genesis(papers[0])
        need(len(seats) == len(papers[1]))
        self.dialogue = tagged("detente/dialogue/v1", papers[0])
        self.parties: list[bytes] = []
        self.documents: list[list[Document]] = []
        for (party, version, digest), (chain, signatures) in zip(seats, papers[1], strict=True):
            documents: list[Document] = []
            name = tagged("detente/party/v1", chain[0][0])
            for signed in chain:
                documents.append(follow(signed, documents[-1] if documents else None, name))
            last = documents[-1]
            need(name == party and last.version == version and last.digest == digest)
            last.check_roots(_GENESIS, papers[0], signatures)
            self.parties.append(party)
            self.documents.append(documents)


def _is_seat(value: Any) -> bool:
    return (
        type(value) is list
        and len(value) == 2
        and is_list(value[0], 1, 64, is_signed_document)
        and is_list(value[1], 1, 16, _is_triple)
    )


def _read_genesis(data: bytes) -> list[Any]:
    """Return the seats of a genesis (01-record §6)."""
    fields = read(data, 16 * KIB)
    need(type(fields) is list and len(fields) == 10)
    form, name, suite, rules, nonce, seats, quotas, languages, terms, time = fields
    need(is_number(form, 1, 1) and name == "detente genesis")
    need(is_number(suite) and is_number(rules))
    need(is_list(seats, 0, 2**32, lambda seat: type(seat) is list and len(seat) == 3))
    need(is_list(quotas, 3, 3, lambda _: True) and type(languages) is list)
    if (suite, rules) != (1, 1):
        raise TooLittle("another suite or other rules")
    need(is_bytes(nonce, 32) and 2 <= len(seats) <= 8 and is_number(time))
    for party, version, digest in seats:
        need(is_bytes(party, 32) and is_number(version, 1) and is_bytes(digest, 32))
    places = [tagged("detente/order-of-parties/v1", nonce, seat[0]) for seat in seats]
    need(places == sorted(set(places)))
    need(is_number(quotas[0], 192 * KIB, 256 * KIB))
    need(all(is_number(one, 512 * KIB) for one in quotas[1:]))
    need(is_list(languages, 1, 16, lambda tag: is_text(tag, 2, 35)))
    need(languages == sorted(set(languages)))
    need(terms in {"states", "labour", "commercial"})
    found: list[Any] = seats
    return found
