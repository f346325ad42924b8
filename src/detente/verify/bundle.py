"""Verify a bundle: chunks of bytes in, a report out.

Carries out docs/spec/11-bundle.md §5. The steps are numbered in `verify.reading`.

Invariants: no input, however made, raises anything but what the caller's own iterable raises; the
report speaks of one sequence of bytes, whose digest it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from detente.terms.errors import N_
from detente.verify.closing import make_report
from detente.verify.reading import Progress, Reading
from detente.verify.report import Outcome, Report, Sentence


def _silent(step: int, entries: int) -> None:
    pass


def verify_bundle(chunks: Iterable[bytes], progress: Progress = _silent) -> Report:
    """Return what a bundle proves.

    Args:
        chunks: the file's bytes, cut anywhere. Iterated again from the beginning when the record
            holds a proof of two histories or a cut; what can be iterated only once is kept in memory.
        progress: called with the number of the step (`reading.STEPS`, from 1) and of entries read.
    """
    source = tuple(chunks) if isinstance(chunks, Iterator) else chunks
    stands: dict[bytes, int] = {}
    proofs: dict[bytes, None] = {}
    digest = ""
    while True:
        hasher = sha256()
        reading = Reading(stands, progress)
        reading.read(_hashed(source, hasher))
        if digest not in ("", hasher.hexdigest()):
            return _changed(digest)
        digest = hasher.hexdigest()
        if reading.founding is not None:
            proofs.update(dict.fromkeys(reading.judging.proofs))
        if reading.damage is not None or reading.founding is None:
            break
        found = reading.freezes()
        if found == stands:
            break  # at the latest when nothing of any log is left
        stands = found
    progress(8, reading.entries)
    return make_report(reading, proofs, digest)


def _hashed(chunks: Iterable[bytes], hasher: Any) -> Iterator[bytes]:
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk


def _changed(digest: str) -> Report:
    message = N_("The file changed while it was being read.")
    return Report(
        Outcome.CANNOT_TELL, digest=digest, doubts=(Sentence("verify.changed", message, {}),)
    )
