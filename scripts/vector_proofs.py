"""Vectors of what is proven over bytes: trees, checkpoints, forks, orders. `make_vectors` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from detente.charter.document import RootSignature, SignedDocument
from detente.charter.pairing import Card, FoundingTerms
from detente.record.chain import Piece
from detente.record.checkpoint import _messages, encode_checkpoint, format_note, sign_checkpoint
from detente.record.encoding import encode
from detente.record.entry import (
    make_entry,
)
from detente.record.fork import Fork, Roots, encode_fork
from detente.record.fork import Leaves as TwoLeaves
from detente.record.genesis import Quotas, Seat, order_seats
from detente.record.leaves import Leaves
from detente.record.minute import Minute, MinuteLine, encode_minute, fold_digest
from detente.record.order import NOT_COVERED, order_key
from detente.record.shapes import to_bytes
from detente.record.tree import EMPTY, consistency_path, extend, inclusion_path
from detente.record.verdict import COUNTED, NOT_UNDERSTOOD, void
from detente.seals import labels
from detente.seals.hashing import leaf_hash, tagged
from detente.seals.signing import PublicKey
from detente.terms.ids import DialogueId, Lane, LogId, PartyId
from detente.testing.parties import make_key
from detente.testing.written import WrittenLog, prove_fork
from scripts.vector_bytes import DIALOGUE, LOG, PARTY, Vector, header, run, vector

_TIME: Final = 1_790_000_000


def vectors() -> Iterator[Vector]:
    """Yield all vectors of proofs and orders."""
    for part in (_trees, _checkpoints, _forks, _seats, _pairings, _minutes, _orders):
        yield from part()


# -- 01-record §5 ----------------------------------------------------------------------------------


def grown(count: int) -> Leaves:
    """Return a tree over the leaf hashes of the one-byte strings 0, 1, 2…"""
    leaves = Leaves()
    hashes = [leaf_hash(bytes((i,))) for i in range(count)]
    leaves.append(hashes, extend(EMPTY, hashes)[1])
    return leaves


def _trees() -> Iterator[Vector]:
    tree = grown(21)
    roots = [tree.root_at(size).hex() for size in range(22)]
    yield vector(
        "tree/roots", "roots over the leaf hashes of the one-byte strings 00, 01, 02…, from none to 21",
        "01-record.md §5.1", "good", roots=roots,
    )  # fmt: skip
    place: dict[str, Any] = {}
    path: list[str] = []
    for index, size in ((0, 1), (0, 2), (6, 7), (12, 21), (20, 21)):
        path = [one.hex() for one in inclusion_path(index, size, tree.node)]
        place = {"index": index, "size": size, "leaf": tree.leaf(index), "root": tree.root_at(size)}
        yield vector(
            f"tree/inclusion-{index}-of-{size}", "an inclusion proof", "01-record.md §5.3", "good",
            **place, path=path,
        )  # fmt: skip
    yield vector(
        "tree/inclusion-elsewhere", "an inclusion proof for another place", "01-record.md §5.3",
        "record.tree.inclusion", **{**place, "index": 19}, path=path,
    )  # fmt: skip
    for first, second in ((1, 2), (4, 8), (7, 21), (21, 21)):
        path = [one.hex() for one in consistency_path(first, second, tree.node)]
        yield vector(
            f"tree/consistency-{first}-to-{second}", "a consistency proof", "01-record.md §5.3",
            "good", first=first, first_root=tree.root_at(first), second=second,
            second_root=tree.root_at(second), path=path,
        )  # fmt: skip
    yield vector(
        "tree/consistency-from-nothing", "a consistency proof from an empty tree", "01-record.md §5.4",
        "record.tree.consistency", first=0, first_root=tree.root_at(0), second=21,
        second_root=tree.root_at(21), path=[],
    )  # fmt: skip
    yield vector(
        "tree/consistency-other-root", "equal sizes, other roots", "01-record.md §5.4",
        "record.tree.consistency", first=21, first_root=run(0), second=21,
        second_root=tree.root_at(21), path=[],
    )  # fmt: skip


# -- 01-record §8 ----------------------------------------------------------------------------------


def _plain_key(key: PublicKey) -> str:
    return encode(key.to_plain()).hex()


def _checkpoints() -> Iterator[Vector]:
    key, other = make_key("vector"), make_key("other vector")
    good = sign_checkpoint(key, DIALOGUE, LOG, 21, run(7), _TIME)
    receipt = sign_checkpoint(other, DIALOGUE, LOG, 21, run(7), _TIME + 1)
    text, structure = _messages(*good[:6])
    note = format_note(key.public, (key.public, good), (other.public, receipt))
    clause = "01-record.md §8"
    yield vector(
        "checkpoint/good", "a checkpoint with its two messages, and the note of it and a receipt",
        clause, "good", key=_plain_key(key.public), checkpoint=encode_checkpoint(good),
        ed25519_message=text, mldsa_message=structure, note=note,
        receipt_key=_plain_key(other.public), receipt=encode_checkpoint(receipt),
    )  # fmt: skip
    zero = good.signature
    cases = {
        "other-size": ("a size that was not signed", good._replace(size=20), "seals.signature"),
        "other-root": ("a root that was not signed", good._replace(root=run(8)), "seals.signature"),
        "other-time": ("a time that was not signed", good._replace(time=1), "seals.signature"),
        "other-log": ("another log", good._replace(log=LogId(run(9))), "seals.signature"),
        "no-ed25519": (
            "the classical half is missing",
            good._replace(signature=zero._replace(ed25519=b"")),
            "seals.signature",
        ),
        "no-mldsa": (
            "the post-quantum half is missing",
            good._replace(signature=zero._replace(mldsa=b"")),
            "seals.signature",
        ),
        "other-signer": ("signed by another key", receipt, "record.checkpoint.signer"),
    }
    for name, (about, checkpoint, verdict) in cases.items():
        yield vector(
            f"checkpoint/{name}", about, clause, verdict, key=_plain_key(key.public),
            checkpoint=encode_checkpoint(checkpoint),
        )  # fmt: skip


# -- 02-order --------------------------------------------------------------------------------------


def _forks() -> Iterator[Vector]:
    key = make_key("vector")
    one = WrittenLog(DIALOGUE, (0, PARTY), key, 0, Lane.TABLE)
    for seq in range(6):
        _add(one, seq, b"the same")
    other = one.branch(4)
    _add(other, 4, b"another")
    good = prove_fork(one, other, _TIME)
    small, large, shown = good
    if not isinstance(shown, TwoLeaves):
        raise TypeError("a proof by headers was expected")
    clause = "02-order.md §6"
    cases: dict[str, tuple[str, str, int, Fork]] = {
        "exact": ("two headers at place 4, the same one before", "good", 4, good),
        "one-header-twice": (
            "the same header on both sides", "record.fork", 0,
            good._replace(shown=shown._replace(smaller_header=shown.larger_header)),
        ),
        "larger-first": ("the larger tree first", "record.fork", 0, Fork(large, small, shown)),
        "other-place": (
            "headers of another place", "record.tree.inclusion", 0,
            good._replace(shown=shown._replace(at=3)),
        ),
        "forged-signature": (
            "one checkpoint was not signed", "seals.signature", 0,
            good._replace(smaller=small._replace(time=1)),
        ),
        "other-dialogue": (
            "the two speak of two dialogues", "record.fork", 0,
            good._replace(smaller=small._replace(dialogue=DialogueId(run(1)))),
        ),
        "same-root": (
            "the beginning of the larger tree is the smaller one", "record.fork", 0,
            Fork(one.sign(_TIME, 3), large, Roots(one.root_at(3), ())),
        ),
    }  # fmt: skip
    for name, (about, verdict, common, fork) in cases.items():
        yield vector(
            f"fork/{name}", about, clause, verdict, key=_plain_key(key.public),
            proof=encode_fork(fork), common=common,
        )  # fmt: skip


def _add(log: WrittenLog, seq: int, payload: bytes) -> None:
    head = header(log=log.id, seq=seq, prev=log.head.head, clock=seq + 1)
    entry = make_entry(head, run(seq, 16), payload)
    log.extend([Piece(entry.raw, entry.salt, entry.payload)])


def _seats() -> Iterator[Vector]:
    for count in (2, 3, 8):
        parties = [run(i) for i in range(count)]
        seats = order_seats(run(250), [Seat(PartyId(party), 1, run(0)) for party in parties])
        yield vector(
            f"seats/{count}-parties", "the order that nobody chose", "01-record.md §6.3", "good",
            nonce=run(250), parties=[party.hex() for party in parties],
            order=[seat.party.hex() for seat in seats],
        )  # fmt: skip


def _pairings() -> Iterator[Vector]:
    terms = FoundingTerms(("fr", "en"), "states", Quotas(), _TIME * 1000)
    cards = [
        Card((SignedDocument(name, (RootSignature(run(i), b"first half", b"second half"),)),))
        for i, name in enumerate((b"inviting document", b"joining document"))
    ]
    inviting, joining = map(to_bytes, cards)
    nonces, packed = (run(11), run(12)), to_bytes(terms)
    digest = tagged(labels.PAIRING_NUMBER, inviting, nonces[0], joining, nonces[1], packed)
    number = str(int.from_bytes(digest, "big") % 10**20).zfill(20)
    yield vector(
        "pairing/number", "commitment, number and nonce of the genesis; the documents are no documents",
        "04-pairing.md §4", "good", inviting_card=inviting, inviting_nonce=nonces[0],
        joining_card=joining, joining_nonce=nonces[1], terms=packed,
        commitment=tagged(labels.CARD_COMMIT, inviting, nonces[0], packed),
        number=" ".join(number[i : i + 5] for i in range(0, 20, 5)),
        genesis_nonce=tagged(labels.NONCE, *nonces),
    )  # fmt: skip


def _minutes() -> Iterator[Vector]:
    judged = [(run(1), COUNTED), (run(2), void("charter.scope")), (run(3), NOT_UNDERSTOOD)]
    fold = fold_digest(bytes(32), judged)
    minute = Minute(1, (MinuteLine(LOG, 3, run(4)),), fold)
    yield vector(
        "minute/first", "the digest of three judged entries, and the body of a minute over them",
        "02-order.md §7.2", "good", previous=bytes(32),
        judged=[[one.hex(), int(verdict.standing), verdict.reason] for one, verdict in judged],
        fold=fold, body=encode_minute(minute),
    )  # fmt: skip
    yield vector(
        "minute/next", "a digest that follows on it", "02-order.md §7.2", "good", previous=fold,
        judged=[], fold=fold_digest(fold, []), body=encode_minute(minute._replace(ordinal=2)),
    )  # fmt: skip


def _orders() -> Iterator[Vector]:
    places = [
        (1, header(clock=50, log=LogId(run(5)))),
        (2, header(clock=3, log=LogId(run(9)))),
        (2, header(clock=4, log=LogId(run(1)), seq=8)),
        (2, header(clock=4, log=LogId(run(2)), seq=1)),
        (None, header(clock=1, log=LogId(run(3)))),
        (None, header(clock=2, log=LogId(run(3)), seq=8)),
    ]
    keys = [order_key(head, NOT_COVERED if at is None else at) for at, head in places]
    ordered = sorted(range(len(keys)), key=lambda i: keys[i])
    yield vector(
        "order/total", "the total order; `minute` is the ordinal of the first complete minute above",
        "02-order.md §4.1", "good",
        entries=[
            {"minute": at, "clock": head.clock, "log": head.log.hex(), "seq": head.seq}
            for at, head in reversed(places)
        ],
        order=[len(places) - 1 - i for i in ordered],
    )  # fmt: skip
