"""Frames: the messages two nodes exchange about a dialogue, on a link or inside a pouch.

Carries out docs/spec/09-exchange.md §4. A frame is the canonical encoding of an array whose first
field is its type. Invariants: every size is bounded before anything is decoded; a frame of an unknown
type is refused, because both sides speak one version of the exchange.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from detente.record.encoding import decode, encode
from detente.record.shapes import Chars, exact_digest, pack, unpack
from detente.terms.errors import N_, Rejected
from detente.terms.limits import BATCH_BYTES, BATCH_ENTRIES, CHECKPOINT_BYTES, LINES, MIB

FRAME_BYTES: Final = BATCH_BYTES + MIB

Digest = Annotated[bytes, exact_digest]


class SizeLine(NamedTuple):
    """How many entries of one log we hold."""

    log: Digest
    size: int
    root: Digest
    """Root over them: a restored copy that wrote on finds out before it signs anything anew."""


class Sizes(NamedTuple):
    """First frame of a session: what each side holds, unsigned, so that a restored node learns its head."""

    dialogue: Digest
    lines: Annotated[tuple[SizeLine, ...], Chars(0, LINES)]


class Heads(NamedTuple):
    """Newest signed checkpoints of the logs that a side can give, its own and relayed ones."""

    dialogue: Digest
    checkpoints: Annotated[
        tuple[Annotated[bytes, Chars(1, CHECKPOINT_BYTES)], ...], Chars(0, LINES)
    ]

    def logs(self) -> frozenset[bytes]:
        """Return the logs that are shown. Raises `Rejected`, ``record.checkpoint``."""
        return frozenset(decode_checkpoint(one).log for one in self.checkpoints)


class Want(NamedTuple):
    """Follow a log from a position on; up to `credit` bytes of entries may be sent."""

    dialogue: Digest
    log: Digest
    start: int
    credit: int


class More(NamedTuple):
    """Further credit for a log that is being followed."""

    dialogue: Digest
    log: Digest
    credit: int


class Receipt(NamedTuple):
    """A node's receipt: its cosignature over a checkpoint whose entries it has committed."""

    dialogue: Digest
    receipt: Annotated[bytes, Chars(1, CHECKPOINT_BYTES)]


class AskHeaders(NamedTuple):
    """Ask for the headers of a log that contradicts ours, to prove where it parts."""

    dialogue: Digest
    log: Digest
    start: int


class Headers(NamedTuple):
    """Headers of a log, and the signed checkpoint that covers the last of them."""

    dialogue: Digest
    log: Digest
    start: int
    headers: Annotated[tuple[bytes, ...], Chars(0, BATCH_ENTRIES)]
    checkpoint: Annotated[bytes, Chars(1, CHECKPOINT_BYTES)]


class Batch(NamedTuple):
    """Entries that continue a log, a signed checkpoint at or above their end, and the proof between."""

    dialogue: bytes
    log: bytes
    start: int
    pieces: tuple[Piece, ...]
    checkpoint: Checkpoint
    path: tuple[bytes, ...]

    def cost(self) -> int:
        """Return the bytes that count against credit: headers and payloads."""
        return sum(len(raw) + len(payload or b"") for raw, _, payload in self.pieces)


class Bye(NamedTuple):
    """The session ends; the code says why."""

    dialogue: Digest
    code: Annotated[str, Chars(0, 80)]


Frame = Sizes | Heads | Want | More | Receipt | AskHeaders | Headers | Batch | Bye

_TYPES: Final[dict[int, Any]] = {
    1: Sizes,
    2: Heads,
    3: Want,
    4: More,
    5: Receipt,
    6: AskHeaders,
    7: Headers,
    9: Bye,
}
_NUMBERS: Final = {kind: number for number, kind in _TYPES.items()}
_BATCH: Final = 8


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a frame."""
    if isinstance(frame, Batch):
        dialogue, log, start, pieces, checkpoint, path = frame
        plain = list(map(tuple, pieces))
        return encode(
            [_BATCH, dialogue, log, start, plain, encode_checkpoint(checkpoint), list(path)]
        )
    return encode([_NUMBERS[type(frame)], pack(frame)])


def decode_frame(data: bytes) -> Frame:
    """Return the frame of `data`.

    Raises:
        Rejected: ``exchange.frame`` for wrong form, size or type; ``record.checkpoint``.
    """
    fields = decode(data, FRAME_BYTES, "exchange.frame")
    if type(fields) is not list or not fields:
        raise _bad()
    if fields[0] == _BATCH:
        return _read_batch(fields)
    kind = _TYPES.get(fields[0]) if type(fields[0]) is int else None
    if kind is None or len(fields) != 2:
        raise _bad()
    frame: Frame = unpack(kind, fields[1], "exchange.frame")
    return frame


def _read_batch(fields: list[Any]) -> Batch:
    try:
        _, dialogue, log, start, pieces, checkpoint, path = fields
        if len(pieces) > BATCH_ENTRIES or type(start) is not int:
            raise _bad()
        for raw, salt, payload in pieces:
            if type(raw) is not bytes or (salt is None) != (payload is None):
                raise _bad()
            if salt is not None and (type(salt) is not bytes or type(payload) is not bytes):
                raise _bad()
        digests = (dialogue, log, *path)
        if len(path) > 128 or not all(type(one) is bytes and len(one) == 32 for one in digests):
            raise _bad()
        if type(checkpoint) is not bytes:
            raise _bad()
        return Batch(
            dialogue, log, start, tuple(map(Piece._make, pieces)),
            decode_checkpoint(checkpoint), tuple(path),
        )  # fmt: skip
    except (TypeError, ValueError):
        raise _bad() from None


def _bad() -> Rejected:
    return Rejected("exchange.frame", N_("A message between the nodes does not have its form."))
