"""Three parties, logs with real entries, and an inlet: what the tests of pouches stand on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from itertools import pairwise
from random import Random
from typing import Final, NamedTuple

from detente.exchange.frames import Batch, Receipt, SizeLine, encode_frame
from detente.exchange.pouch import Parcel, Pouch, Sealing, read_pouch, write_pouch
from detente.exchange.pouch_manifest import FORM, STATIC, Addressee, Manifest, Range
from detente.record.chain import LogHead, Piece, extend_log, start_log
from detente.record.checkpoint import encode_checkpoint, sign_checkpoint, verify_checkpoint
from detente.record.entry import NO_ACTOR, Header, encode_payload, make_entry
from detente.seals import age
from detente.seals.secrets import Secret
from detente.seals.signing import Algorithm, PrivateKey, PublicKey
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, KeyPrint, LogId, PartyId


class Side(NamedTuple):
    """One party: its name, its node's key, and the key that opens its pouches."""

    party: PartyId
    node: PrivateKey
    pouch: age.HybridIdentity


def _side(letter: str) -> Side:
    seed = sha256(letter.encode()).digest()
    return Side(
        PartyId(sha256(seed).digest()),
        PrivateKey(Algorithm.EVERYDAY, seed + seed),
        age.HybridIdentity(Secret(seed)),
    )


A, B, C = map(_side, "ABC")
DIALOGUE: Final = DialogueId(b"d" * 32)
TABLE: Final = LogId(b"t" * 32)
LINE: Final = LogId(b"l" * 32)

#: Every fault that a foreign pouch may meet before its frames, and while they come.
CODES_BEFORE: Final = {
    f"pouch.{kind}" for kind in ("key", "damaged", "form", "sender", "signature", "recipient")
}
CODES_AMONG: Final = {"pouch.incomplete", "pouch.contents"}


def keys(dialogue: DialogueId, party: PartyId, node: KeyPrint) -> PublicKey | None:
    """Return the keys that each of the three knows in the one dialogue there is."""
    known = {side.party: side.node.public for side in (A, B, C)}
    key = known.get(party) if dialogue == DIALOGUE else None
    return key if key and key.print == node else None


@cache
def pieces_of(log: LogId, count: int) -> tuple[Piece, ...]:
    """Return the first entries of a log of A's."""
    pieces: list[Piece] = []
    last: bytes = DIALOGUE
    for seq in range(count):
        header = Header(log, seq, last, seq + 1, (), 1_000 + seq, 7, NO_ACTOR, 0, b"")
        entry = make_entry(header, sha256(log + bytes([seq % 256])).digest()[:16], _payload(seq))
        pieces.append(Piece(entry.raw, entry.salt, entry.payload))
        last = entry.id
    return tuple(pieces)


def _payload(seq: int) -> bytes:
    return encode_payload(Random(seq).randbytes(40 + seq % 7))


@cache
def batch(log: LogId, start: int, end: int) -> Batch:
    """Return entries `start` to `end` of a log of A's, under A's checkpoint at `end`."""
    pieces = pieces_of(log, end)
    head = extend_log(start_log(DIALOGUE, log), pieces).head
    checkpoint = sign_checkpoint(A.node, DIALOGUE, log, end, head.root(), 1_800_000_000)
    return Batch(DIALOGUE, log, start, pieces[start:], checkpoint, ())


def receipt() -> Receipt:
    """Return B's receipt for three entries of A's table."""
    root = batch(TABLE, 0, 3).checkpoint.root
    given = sign_checkpoint(B.node, DIALOGUE, TABLE, 3, root, 1_800_000_001)
    return Receipt(DIALOGUE, encode_checkpoint(given))


def manifest(
    parcels: Iterable[Parcel] = (),
    to: tuple[Side, ...] = (B,),
    counter: int = 1,
    previous: bytes | None = None,
) -> Manifest:
    """Return the draft of a manifest for `parcels`."""
    ends = {
        one.log: (one.start, one.start + len(one.pieces)) for one in parcels if type(one) is Batch
    }
    lines = sorted(Addressee(side.party, counter, previous, STATIC) for side in to)
    return Manifest(
        FORM, DIALOGUE, A.party, A.node.public.print, tuple(lines), 1_700_000_000_000,
        tuple(Range(log, *ends[log]) for log in sorted(ends)),
        (SizeLine(LINE, 0, bytes(32)), SizeLine(TABLE, 9, bytes(32))), wants_receipts=True,
    )  # fmt: skip


def pack(
    parcels: Iterable[Parcel], draft: Manifest | None = None, to: tuple[Side, ...] = (B,)
) -> Sealing:
    """Return a pouch of A's, sealed with repeatable randomness as far as the seal allows."""
    parcels = list(parcels)
    return write_pouch(
        draft or manifest(parcels, to),
        lambda: map(encode_frame, parcels),
        A.node.sign,
        [side.pouch.recipient() for side in to],
        Random(5).randbytes,
    )


def packed(
    parcels: Iterable[Parcel], draft: Manifest | None = None, to: tuple[Side, ...] = (B,)
) -> bytes:
    """Return the file of `pack`."""
    return b"".join(pack(parcels, draft, to).chunks)


def unpack(file: bytes, own: Side = B) -> Pouch:
    """Open a file as one side does."""
    return read_pouch([file], [own.pouch], keys, own.party)


def open_content(file: bytes, own: Side = B) -> bytes:
    """Return what is inside the seal."""
    return b"".join(age.open_sealed([file], [own.pouch]))


def reseal(content: bytes, to: Side) -> bytes:
    """Return a file that anybody can make who knows `to`'s public key."""
    return b"".join(age.seal([content], [to.pouch.recipient()], Random(6).randbytes))


def drain(file: bytes, own: Side = B) -> tuple[list[Parcel], str]:
    """Return the parcels that came out of a file, and the code of the fault that ended them."""
    got: list[Parcel] = []
    try:
        for parcel in unpack(file, own).parcels:
            got.append(parcel)  # noqa: PERF402 - what came before a fault is the point
    except Rejected as fault:
        str(fault)
        return got, fault.code
    return got, ""


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Return `data` cut at `places`."""
    ends = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


class Inlet:
    """Takes batches as a node does: only what continues a log and leads to a signed root."""

    def __init__(self) -> None:
        self.heads: dict[bytes, LogHead] = {}
        self.ids: dict[tuple[bytes, int], bytes] = {}
        self._early: list[Batch] = []

    def take(self, parcel: Parcel) -> None:
        if type(parcel) is Batch:
            self._early.append(parcel)
            while any(self._continue(one) for one in list(self._early)):
                pass

    def _continue(self, one: Batch) -> bool:
        head = self.heads.get(one.log) or start_log(DIALOGUE, LogId(one.log))
        if one.start > head.size:
            return False
        self._early.remove(one)
        verify_checkpoint(A.node.public, one.checkpoint)
        extension = extend_log(head, one.pieces[head.size - one.start :])
        if (
            extension.head.size == one.checkpoint.size
            and extension.head.root() != one.checkpoint.root
        ):
            raise Rejected("exchange.root", "")
        self.heads[one.log] = extension.head
        self.ids |= {(one.log, entry.header.seq): entry.id for entry in extension.entries}
        return True
