r"""A pouch: entries and receipts in one sealed file, for sides that have no link.

Carries out docs/spec/10-pouch.md §7. The file is an age v1 file (`seals.age`); what it holds is

    "detente pouch 1\n"
    u32 length ‖ manifest
    u32 length ‖ CBOR [Ed25519, ML-DSA-65]    the sender's node, over the manifest, SIGN_POUCH
    u32 length ‖ frame                         as often as the manifest says; as on a link
    zeros up to `size_class`

with integers big-endian. Nothing is compressed, there is no archive inside, and no names. Anyone
with the private key can open the outer file with the public age tool and walk the inside by hand.

What may be acted on, and when: `read_pouch` returns only after the seal of all that it read held,
the manifest's signature held and the manifest named us. A frame comes out only after the seal of
its last byte held and its digest was the one at its place in the manifest: everything that comes
out is what the sender packed, in its order, even when the rest of the file is damaged or missing.
Whether it is true is another matter, as on a link: batches and heads are checked against
checkpoints that a log's owner signed, receipts are signatures themselves.

Not protected yet: pouches are sealed for the static pouch key of a party's document (`prekey` 0).
Whoever steals that key later opens every old pouch it finds.

Invariants: memory is bounded by the largest frame, not by the pouch; no file, clock or name here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from detente.exchange.frames import FRAME_BYTES, Batch, Heads, Receipt, decode_frame
from detente.exchange.pouch_faults import (
    bad_form,
    cut_off,
    not_addressed,
    not_signed,
    other_contents,
    unknown_sender,
    unopened,
)
from detente.exchange.pouch_manifest import (
    FRAMES,
    MANIFEST_BYTES,
    Addressee,
    Manifest,
    decode_manifest,
    encode_manifest,
    frame_digest,
    manifest_digest,
    size_class,
)
from detente.record.encoding import decode, encode
from detente.seals import labels
from detente.seals.age import (
    HybridRecipient,
    Identity,
    Recipient,
    decode_recipient,
    open_sealed,
    seal,
)
from detente.seals.age_header import Source
from detente.seals.secrets import Random
from detente.seals.signing import PublicKey, Signature, parse_signature, verify
from detente.terms.errors import N_, Bug, Rejected
from detente.terms.ids import DialogueId, KeyPrint, PartyId
from detente.terms.limits import KIB

Parcel = Heads | Batch | Receipt
"""The frames that a pouch may hold: those that prove themselves."""

Sign = Callable[[bytes, bytes], Signature]
"""Signs (label, message) with the node key, as `PrivateKey.sign` does."""

SenderKeys = Callable[[DialogueId, PartyId, KeyPrint], PublicKey | None]
"""Returns the node key with that print which the party has, or has had, in the dialogue."""

_MAGIC: Final = b"detente pouch 1\n"
_LENGTH_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 8 * KIB
_ZEROS: Final = bytes(64 * KIB)


class Sealing(NamedTuple):
    """A pouch about to be written."""

    manifest: Manifest
    """Complete, as it was signed."""
    digest: bytes
    """The manifest's, by which our next pouch names this one."""
    chunks: Iterator[bytes]
    """The file; made as it is consumed."""


class Pouch(NamedTuple):
    """A pouch whose manifest holds and names us."""

    manifest: Manifest
    line: Addressee
    """Our own line of it."""
    digest: bytes
    """The manifest's."""
    parcels: Iterator[Parcel]
    """See `read_pouch`."""


def pouch_recipient(text: str) -> HybridRecipient:
    """Return the key of a party's document for which its pouches are sealed.

    Raises:
        Rejected: ``seals.bech32``, ``seals.age.recipient``; the latter also for a key that is not
            post-quantum, because one weak recipient would open the pouch for all.
    """
    recipient = decode_recipient(text)
    if not isinstance(recipient, HybridRecipient):
        raise Rejected(
            "seals.age.recipient",
            N_("The party's pouch key is of an older kind that a later machine may break."),
            N_("Ask the party for a document with a key that begins with age1pq1."),
        )
    return recipient


def write_pouch(
    manifest: Manifest,
    frames: Callable[[], Iterable[bytes]],
    sign: Sign,
    recipients: Sequence[Recipient],
    random: Random,
) -> Sealing:
    """Seal frames for the addressees of `manifest`.

    Args:
        manifest: all but its last two fields, which are measured here.
        frames: gives encoded `Parcel` frames; called twice, at once to measure and again while
            the chunks are consumed, and gives the same both times.
        sign: by the node whose print is in the manifest.
        recipients: one pouch key per addressee, from `pouch_recipient`.
        random: for the seal.

    Raises:
        Refused: as `seals.age.seal`.
        Bug: for a manifest that no reader would accept, an addressee without a key, more than
            `pouch_manifest.FRAMES` frames, an empty or too long one; and, while the chunks are
            consumed, when the second pass gives other frames: what is written by then is no pouch.
    """
    if len(recipients) != len(manifest.addressees):
        raise Bug("a pouch was given more or fewer keys than addressees")
    length, digests = _measure(frames())
    complete = manifest._replace(frame_bytes=length, digests=digests)
    raw = encode_manifest(complete)
    try:
        decode_manifest(raw)
    except Rejected:
        raise Bug("a pouch was given a manifest that no reader accepts") from None
    signature = encode(list(sign(labels.SIGN_POUCH, raw)))
    content = _content(_head(raw, signature), frames, complete)
    return Sealing(complete, manifest_digest(raw), seal(content, recipients, random))


def read_pouch(
    chunks: Iterable[bytes], identities: Iterable[Identity], keys: SenderKeys, own: PartyId
) -> Pouch:
    """Open a pouch and prove its manifest; its frames follow as they are asked for.

    Args:
        chunks: the file, cut anywhere; may be hostile.
        identities: our pouch keys, tried in this order.
        keys: whom we know.
        own: our own party.

    Returns:
        Manifest and frames. The iterator ends without a fault when the pouch is whole; otherwise
        it first gives every frame up to the first that is not, then raises.

    Raises:
        Rejected: ``pouch.key`` when no key of ours opens it; ``pouch.damaged`` when it breaks off
            or was altered before its manifest is proven; ``pouch.form``; ``pouch.sender`` for an
            unknown sender or dialogue; ``pouch.signature``; ``pouch.recipient`` when the sender
            did not address it to us. While iterating: ``pouch.incomplete`` when the rest is
            altered or missing; ``pouch.contents`` when what follows is not what the sender signed
            for; ``pouch.form``, ``exchange.frame`` and ``record.checkpoint`` for a frame that is
            no `Parcel` of this dialogue.
    """
    try:
        source = Source(open_sealed(chunks, identities))
        is_pouch = source.take(len(_MAGIC)) == _MAGIC
        raw = _take_part(source, MANIFEST_BYTES) if is_pouch else None
        signature = _take_part(source, _SIGNATURE_BYTES) if raw else None
    except Rejected as fault:
        raise unopened(fault) from None
    if raw is None or signature is None:
        raise bad_form()
    manifest = decode_manifest(raw)
    _check_signature(manifest, raw, signature, keys)
    line = manifest.line_of(own)
    if line is None:
        raise not_addressed()
    start = len(_head(raw, signature))
    return Pouch(manifest, line, manifest_digest(raw), _parcels(source, manifest, start))


def _head(raw: bytes, signature: bytes) -> bytes:
    return _MAGIC + _length_of(raw) + raw + _length_of(signature) + signature


def _length_of(part: bytes) -> bytes:
    return len(part).to_bytes(_LENGTH_BYTES, "big")


def _measure(frames: Iterable[bytes]) -> tuple[int, tuple[bytes, ...]]:
    digests: list[bytes] = []
    length = 0
    for frame in frames:
        if not 0 < len(frame) <= FRAME_BYTES or len(digests) == FRAMES:
            raise Bug("a pouch was given too many frames, or one that is empty or too long")
        digests.append(frame_digest(frame))
        length += _LENGTH_BYTES + len(frame)
    return length, tuple(digests)


def _content(
    head: bytes, frames: Callable[[], Iterable[bytes]], manifest: Manifest
) -> Iterator[bytes]:
    yield head
    awaited = iter(manifest.digests)
    for frame in frames():
        if frame_digest(frame) != next(awaited, None):
            raise _unsteady()
        yield _length_of(frame)
        yield frame
    if next(awaited, None) is not None:
        raise _unsteady()
    whole = len(head) + manifest.frame_bytes
    padding = size_class(whole) - whole
    while padding:
        yield _ZEROS[:padding]
        padding -= min(padding, len(_ZEROS))


def _parcels(source: Source, manifest: Manifest, start: int) -> Iterator[Parcel]:
    """Yield the frames, then check the padding; `start` bytes of content came before them."""
    read = 0
    left = manifest.frame_bytes
    try:
        for digest in manifest.digests:
            frame = _take_part(source, min(FRAME_BYTES, left - _LENGTH_BYTES))
            if frame is None or frame_digest(frame) != digest:
                raise other_contents()
            parcel = decode_frame(frame)
            if not isinstance(parcel, Parcel) or parcel.dialogue != manifest.dialogue:
                raise bad_form()
            left -= _LENGTH_BYTES + len(frame)
            read += 1
            yield parcel
        if left:
            raise other_contents()
        _check_padding(source, start + manifest.frame_bytes)
    except Rejected as fault:
        raise cut_off(fault, read, len(manifest.digests)) from None


def _check_padding(source: Source, before: int) -> None:
    left = size_class(before) - before
    for piece in source.rest():
        left -= len(piece)
        if left < 0 or piece.strip(b"\0"):
            raise other_contents()
    if left:
        raise other_contents()


def _check_signature(manifest: Manifest, raw: bytes, signature: bytes, keys: SenderKeys) -> None:
    key = keys(DialogueId(manifest.dialogue), PartyId(manifest.sender), KeyPrint(manifest.node))
    if key is None or key.print != manifest.node:
        raise unknown_sender()
    try:
        verify(key, labels.SIGN_POUCH, raw, parse_signature(decode(signature, _SIGNATURE_BYTES)))
    except Rejected:
        raise not_signed() from None


def _take_part(source: Source, most: int) -> bytes | None:
    """Return the next part; None when it has no length from 1 to `most`, or the content ends."""
    length = int.from_bytes(source.take(_LENGTH_BYTES), "big")
    if not 0 < length <= most:
        return None
    part = source.take(length)
    return part if len(part) == length else None


def _unsteady() -> Bug:
    return Bug("the frames of a pouch changed while it was written")
