"""The manifest of a pouch: what it carries, from whom, for whom, and which one of a series it is.

Carries out docs/spec/10-pouch.md §7. The sender's node signs these bytes under ``SIGN_POUCH``. The
recipients stand inside what is signed, because the seal around a pouch says nothing about who made
it: whoever opens a pouch could seal it again for a third party (surreptitious forwarding: D. Davis,
"Defective Sign & Encrypt", USENIX 2001).

Sizes of pouches are rounded up so that a carrier learns little from them. Up to 16 MiB, which is
some 4 000 signed acts, there are nine sizes: powers of two from 64 KiB, at the cost of at most the
pouch's own size again. Above, doubling would hurt, and the Padmé rule (Nikitin et al., "Reducing
Metadata Leakage from Encrypted Files and Communication with PURBs", PoPETs 2019, §4) costs at most
3 % and leaves 32 sizes per doubling.

Invariants: no field is text, so nothing in a pouch can name a path; a manifest has one encoding;
nothing here decides what may be imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple

from detente.exchange.frames import Digest, SizeLine
from detente.exchange.pouch_faults import bad_form
from detente.record.shapes import Chars, Within, from_bytes, to_bytes
from detente.seals import labels
from detente.seals.hashing import tagged
from detente.terms.limits import KIB, LINES, MIB, PARTIES

FORM: Final = 1
FRAMES: Final = 8192
"""At 2 000 entries a batch, one pouch carries 16 million; more is a second pouch."""
MANIFEST_BYTES: Final = 320 * KIB
"""The digests of `FRAMES` frames come to 272 KiB, ranges and sizes of `LINES` logs to 32."""

COUNTER: Final = 2**32
STATIC: Final = 0
"""The value of `Addressee.prekey` for the pouch key of a party's document."""

_LEAST_CLASS: Final = 64 * KIB
_LAST_DOUBLING: Final = 16 * MIB


class Range(NamedTuple):
    """Entries of one log that a pouch carries: `start` included, `end` not."""

    log: Digest
    start: int
    end: int


class Addressee(NamedTuple):
    """One recipient, and which pouch this is in its series from the sender to it."""

    party: Digest
    counter: Annotated[int, Within(1, COUNTER)]
    """1 for the first pouch from this sender to this party in this dialogue."""
    previous: Digest | None
    """Manifest digest of the pouch before in the series; None for the first."""
    prekey: Annotated[int, Within(0, COUNTER)]
    """Which of the party's keys the pouch is sealed for; 0 is the one in its document."""


class Manifest(NamedTuple):
    """What the sender says of a pouch. The last two fields are measured by `write_pouch`."""

    form: Annotated[int, Within(FORM, FORM)]
    dialogue: Digest
    sender: Digest
    """Party id."""
    node: Digest
    """Print of the node key that signs this manifest."""
    addressees: Annotated[tuple[Addressee, ...], Chars(1, PARTIES)]
    """Sorted by party, each once, never the sender."""
    time: int
    """Milliseconds since 1970 UTC, claimed."""
    ranges: Annotated[tuple[Range, ...], Chars(0, LINES)]
    """What is carried; sorted by log, one each. A claim: the batches alone prove entries."""
    sizes: Annotated[tuple[SizeLine, ...], Chars(0, LINES)]
    """What the sender holds; sorted by log. Says what the frame `Sizes` says on a link."""
    wants_receipts: bool
    """Whether the sender asks for a pouch of receipts in return."""
    frame_bytes: int = 0
    """Bytes of all frames, each with the four bytes of its length."""
    digests: Annotated[tuple[Digest, ...], Chars(0, FRAMES)] = ()
    """Of each frame, in order, from `frame_digest`."""

    def line_of(self, party: bytes) -> Addressee | None:
        """Return the line of one recipient; None when the pouch is not for it."""
        return next((line for line in self.addressees if line.party == party), None)

    def missing_from(self, held: Mapping[bytes, int]) -> tuple[Range, ...]:
        """Return what the pouch said it carries and we do not hold, for a report after an import.

        Args:
            held: log → entries that we hold; a log that is not listed counts as empty.
        """
        return tuple(
            Range(log, max(start, held.get(log, 0)), end)
            for log, start, end in self.ranges
            if held.get(log, 0) < end
        )


def encode_manifest(manifest: Manifest) -> bytes:
    """Return the canonical bytes of a manifest."""
    return to_bytes(manifest)


def decode_manifest(data: bytes) -> Manifest:
    """Return the manifest of `data`.

    Raises:
        Rejected: ``pouch.form`` for another form, size or order of its lines.
    """
    manifest = from_bytes(Manifest, data, MANIFEST_BYTES, "pouch.form")
    parties = [line.party for line in manifest.addressees]
    carried = [line.log for line in manifest.ranges]
    held = [line.log for line in manifest.sizes]
    if (
        not all(names == sorted(set(names)) for names in (parties, carried, held))
        or manifest.sender in parties
        or any((line.counter == 1) != (line.previous is None) for line in manifest.addressees)
        or any(line.start >= line.end for line in manifest.ranges)
    ):
        raise bad_form()
    return manifest


def manifest_digest(data: bytes) -> bytes:
    """Return the digest by which the next pouch of a series names the one with these bytes."""
    return tagged(labels.POUCH, data)


def frame_digest(frame: bytes) -> bytes:
    """Return the digest by which a manifest names a frame."""
    return tagged(labels.POUCH_FRAME, frame)


def size_class(length: int) -> int:
    """Return the bytes to which a pouch's content of `length` bytes is filled up."""
    if length <= _LAST_DOUBLING:
        return max(_LEAST_CLASS, 1 << (length - 1).bit_length())
    exponent = length.bit_length() - 1
    spare = (1 << (exponent - exponent.bit_length())) - 1
    return (length + spare) & ~spare
