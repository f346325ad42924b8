"""Verify a bundle: chunks of bytes in, a report out.

Carries out docs/spec/11-bundle.md §5. The steps are numbered in `verify.reading`.

Invariants: no input, however made, raises anything but what the caller's own iterable raises; the
report speaks of one sequence of bytes, whose digest it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

from detente.terms.errors import N_
from detente.verify.closing import make_report
from detente.verify.reading import Progress, Reading
from detente.verify.report import Outcome, Report, Sentence

PASSES: Final = 32
"""Readings of one file. Two suffice for any honest talk; each more needs a proof that the one before set
free, and a file could be made to need thousands."""


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
    for _ in range(PASSES):
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
            break
        stands = found
    else:
        return _restless(digest)
    progress(8, reading.entries)
    return make_report(reading, proofs, digest)


def _hashed(chunks: Iterable[bytes], hasher: Any) -> Iterator[bytes]:
    for chunk in chunks:
        hasher.update(chunk)
        yield chunk


def _restless(digest: str) -> Report:
    message = N_("After {count} readings, new proofs still changed what stands.")
    doubt = Sentence("verify.restless", message, {"count": PASSES})
    return Report(Outcome.CANNOT_TELL, digest=digest, doubts=(doubt,))


def _changed(digest: str) -> Report:
    message = N_("The file changed while it was being read.")
    return Report(
        Outcome.CANNOT_TELL, digest=digest, doubts=(Sentence("verify.changed", message, {}),)
    )
