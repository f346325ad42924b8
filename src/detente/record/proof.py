"""The proof of a single entry: one text file that needs nothing else to be verified.

Carries out docs/spec/11-bundle.md §8. Source: C2SP tlog-proof ("c2sp.org/tlog-proof@v1") around a C2SP
checkpoint note with the signature lines of the log's own node and of those that receipted the same
size. The ``extra`` line carries canonical CBOR: the founding papers, whose log it is, newer documents
where the log's key is in none of the founding, the entry's header, and its salt and payload unless
withheld. Nothing in it is believed before it is verified (`verify.proof`).

Invariants: one text for one proof; reading ends with a `Proof` or with `Rejected`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from detente.record.bundle import LogPapers
from detente.record.checkpoint import Checkpoint, format_note
from detente.record.encoding import decode, encode
from detente.record.entry import Entry
from detente.record.tree import PROOF_HASHES, NodeReader, inclusion_path
from detente.seals.signing import PublicKey, parse_public_key
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, Lane, LogId
from detente.terms.limits import MIB

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
PROOF_BYTES: Final = 8 * MIB
"""Founding papers of 4 MiB in base64, and the rest."""
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")


class Proof(NamedTuple):
    """The parts of a proof as they were read, nothing verified."""

    founding: bytes
    papers: LogPapers
    """Its size is that of the tree below the checkpoint, as far as the note says; see `note`."""
    documents: bytes
    """Canonical bytes of newer documents of the party; empty where the founding names the key."""
    raw: bytes
    salt: bytes | None
    payload: bytes | None
    index: int  # type: ignore[assignment]  # the word of the format, over tuple.index
    path: tuple[bytes, ...]
    note: str


def write_proof(
    founding: bytes,
    papers: LogPapers,
    entry: Entry,
    node: NodeReader,
    signed: Sequence[tuple[PublicKey, Checkpoint]],
    documents: bytes = b"",
) -> str:
    """Return the text of a proof.

    Args:
        founding: papers of the dialogue.
        papers: whose log it is.
        entry: with its payload, or without to withhold it.
        node: reader of the log's tree, at least of the checkpoint's size.
        signed: (node key, checkpoint) of the log's own node first, then receipts over the same size.
        documents: see `Proof`.
    """
    size, at = signed[0][1].size, entry.header.seq
    extra = encode(
        [
            founding, papers.log, papers.party, papers.node.to_plain(), papers.epoch,
            int(papers.lane), documents, entry.raw, entry.salt, entry.payload,
        ]
    )  # fmt: skip
    lines = [FIRST_LINE, f"extra {_base64(extra)}", f"index {at}"]
    lines += [_base64(node_hash) for node_hash in inclusion_path(at, size, node)]
    return "\n".join(lines) + "\n\n" + format_note(papers.node, *signed)


def read_proof(data: bytes) -> Proof:
    """Return the parts of a proof.

    Raises:
        Rejected: ``record.proof.magic`` when it is no proof of this form; ``record.proof`` when it is
            damaged.
    """
    if not data.startswith(FIRST_LINE.encode() + b"\n"):
        raise Rejected("record.proof.magic", N_("This is not the proof of an entry."))
    if len(data) > PROOF_BYTES:
        raise _bad()
    try:
        head, note = data.decode().split("\n\n", 1)
        _, extra, index, *path = head.split("\n")
        return _assemble(_after(extra, "extra "), _after(index, "index "), path, note)
    except (ValueError, TypeError):
        raise _bad() from None


def _assemble(extra: str, index: str, path: list[str], note: str) -> Proof:
    fields = decode(_bytes_of(extra), PROOF_BYTES, "record.proof")
    founding, log, party, node, epoch, lane, documents, raw, salt, payload = fields
    if not _DECIMAL.fullmatch(index) or len(path) > PROOF_HASHES:
        raise ValueError
    if any(type(part) is not bytes for part in (founding, log, documents, raw)):
        raise ValueError
    if any(type(number) is not int for number in (party, epoch, lane)) or len(log) != DIGEST_BYTES:
        raise ValueError
    if not _is_payload(salt, payload):
        raise ValueError
    papers = LogPapers(LogId(log), party, parse_public_key(node), epoch, Lane(lane), 0)
    hashes = tuple(_bytes_of(line) for line in path)
    return Proof(founding, papers, documents, raw, salt, payload, int(index), hashes, note)


def _is_payload(salt: Any, payload: Any) -> bool:
    if salt is None or payload is None:
        return salt is None and payload is None
    return type(salt) is bytes and type(payload) is bytes


def _after(line: str, word: str) -> str:
    if not line.startswith(word):
        raise ValueError
    return line[len(word) :]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes_of(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError from None
    if _base64(data) != text:
        raise ValueError
    return data


def _bad() -> Rejected:
    return Rejected("record.proof", N_("The proof of an entry is damaged."))
