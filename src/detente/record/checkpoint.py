"""Checkpoints and receipts: signed statements that a log has this size and this root.

Carries out docs/spec/01-record.md §8. Body: C2SP tlog-checkpoint. Both halves of the hybrid
signature are C2SP tlog-cosignatures: Ed25519 in the ``cosignature/v1`` form (type 0x04), and the
``subtree/v1`` structure under ML-DSA-65 (type 0xff with our own longer identifier, since the
published type is ML-DSA-44). The log's own node key makes a checkpoint; another node's key over
the same body makes that node's receipt, given only after its own commit.

Invariants: a checkpoint counts with both halves or not at all; the text form is rebuilt exactly
from the fields, so the fields are what is stored.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import Final, NamedTuple

from detente.record.encoding import decode, encode
from detente.seals import labels
from detente.seals.signing import PrivateKey, PublicKey, Signature, verify_parts
from detente.terms.errors import N_, Rejected
from detente.terms.ids import DIGEST_BYTES, DialogueId, KeyPrint, LogId
from detente.terms.limits import CHECKPOINT_BYTES

_SUBTREE_LABEL: Final = b"subtree/v1\n\0"
_ED25519_TYPE: Final = b"\x04"
_MLDSA_TYPE: Final = b"\xffdetente/ml-dsa-65"
_DASH: Final = "\u2014 "
_TIME_LIMIT: Final = 2**63


class Checkpoint(NamedTuple):
    """One signed statement about one log; a receipt when the signer is not the log's own node."""

    dialogue: DialogueId
    log: LogId
    size: int
    root: bytes
    signer: KeyPrint
    """Print of the node key that signed."""
    time: int
    """Seconds since 1970 UTC at which the signer says it signed."""
    signature: Signature


def origin(dialogue: DialogueId, log: LogId) -> str:
    """Return the origin line of a log: ``detente/<dialogue>/<log>`` in hexadecimal."""
    return f"detente/{dialogue.hex()}/{log.hex()}"


def signer_name(signer: KeyPrint) -> str:
    """Return the key name of a node in signature lines: ``detente/node/<print>``."""
    return f"detente/node/{signer.hex()}"


def _body(dialogue: DialogueId, log: LogId, size: int, root: bytes) -> str:
    return f"{origin(dialogue, log)}\n{size}\n{base64.b64encode(root).decode()}\n"


def _messages(
    dialogue: DialogueId, log: LogId, size: int, root: bytes, signer: KeyPrint, time: int
) -> tuple[bytes, bytes]:
    """Return the Ed25519 text and the ML-DSA structure of C2SP tlog-cosignature."""
    text = f"cosignature/v1\ntime {time}\n{_body(dialogue, log, size, root)}".encode()
    name = signer_name(signer).encode()
    where = origin(dialogue, log).encode()
    structure = b"".join(
        (
            _SUBTREE_LABEL, bytes((len(name),)), name, time.to_bytes(8, "big"),
            bytes((len(where),)), where, bytes(8), size.to_bytes(8, "big"), root,
        )
    )  # fmt: skip
    return text, structure


def sign_checkpoint(
    key: PrivateKey, dialogue: DialogueId, log: LogId, size: int, root: bytes, time: int
) -> Checkpoint:
    """Sign (size, root) of a log with a node key.

    The caller has already committed that it signs this root for this size: it never signs another.

    Args:
        time: seconds since 1970 UTC, below 2**63.
    """
    signer = key.public.print
    text, structure = _messages(dialogue, log, size, root, signer, time)
    signature = key.sign_parts(text, structure, labels.MLDSA_CHECKPOINT)
    return Checkpoint(dialogue, log, size, root, signer, time, signature)


def verify_checkpoint(key: PublicKey, checkpoint: Checkpoint) -> None:
    """Check both signatures of a checkpoint or receipt under the node key that should have made it.

    Raises:
        Rejected: ``record.checkpoint.signer`` when another key is named; ``seals.signature``.
    """
    if checkpoint.signer != key.print:
        raise Rejected(
            "record.checkpoint.signer",
            N_("A checkpoint is signed by a key that does not own the log."),
        )
    text, structure = _messages(*checkpoint[:6])
    verify_parts(key, text, structure, labels.MLDSA_CHECKPOINT, checkpoint.signature)


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Return the compact canonical bytes: the fields of the text form and the two signatures."""
    dialogue, log, size, root, signer, time, signature = checkpoint
    return encode([dialogue, log, size, root, signer, time, signature.ed25519, signature.mldsa])


def decode_checkpoint(data: bytes) -> Checkpoint:
    """Return the checkpoint of compact bytes; the signatures are not checked here.

    Raises:
        Rejected: ``record.checkpoint`` for wrong form.
    """
    fields = decode(data, CHECKPOINT_BYTES, "record.checkpoint")
    try:
        dialogue, log, size, root, signer, time, ed25519, ml_dsa = fields
    except (TypeError, ValueError):
        raise _bad() from None
    digests = (dialogue, log, root, signer)
    if (
        not all(isinstance(digest, bytes) and len(digest) == DIGEST_BYTES for digest in digests)
        or type(size) is not int
        or type(time) is not int
        or time >= _TIME_LIMIT
        or not isinstance(ed25519, bytes)
        or not isinstance(ml_dsa, bytes)
    ):
        raise _bad()
    return Checkpoint(dialogue, log, size, root, signer, time, Signature(ed25519, ml_dsa))


def format_note(key: PublicKey, *checkpoints: tuple[PublicKey, Checkpoint]) -> str:
    """Return the C2SP signed note of one body with the signature lines of several signers.

    Args:
        key: node key of the log, whose lines stand first among `checkpoints`.
        checkpoints: (key, checkpoint) pairs over the same (dialogue, log, size, root).
    """
    first = checkpoints[0][1]
    if any(cp[:4] != first[:4] for _, cp in checkpoints) or first.signer != key.print:
        raise ValueError("the signatures are over different bodies")
    lines = [_body(*first[:4]), "\n"]
    for public, cp in checkpoints:
        stamp = cp.time.to_bytes(8, "big")
        for kind, material, signature in (
            (_ED25519_TYPE, public.ed25519, cp.signature.ed25519),
            (_MLDSA_TYPE, public.mldsa, cp.signature.mldsa),
        ):
            blob = _key_id(cp.signer, kind, material) + stamp + signature
            lines.append(f"{_DASH}{signer_name(cp.signer)} {base64.b64encode(blob).decode()}\n")
    return "".join(lines)


def _key_id(signer: KeyPrint, kind: bytes, material: bytes) -> bytes:
    return sha256(signer_name(signer).encode() + b"\n" + kind + material).digest()[:4]


def parse_note(note: str, keys: dict[KeyPrint, PublicKey]) -> list[Checkpoint]:
    """Return the checkpoints of a signed note that known node keys made, signatures not yet checked.

    Args:
        note: text as in `format_note`; lines of unknown keys are ignored, as the format asks.
        keys: node keys by print.

    Raises:
        Rejected: ``record.note`` when the text has not the form of a checkpoint note, or a known
            key signed with one half only.
    """
    if len(note) > 16 * CHECKPOINT_BYTES:
        raise _bad_note()
    text, _, signatures = note.partition("\n\n")
    try:
        where, size_text, root_text = text.split("\n")
        _, dialogue_hex, log_hex = where.split("/")
        dialogue, log = bytes.fromhex(dialogue_hex), bytes.fromhex(log_hex)
        root = base64.b64decode(root_text, validate=True)
        size = int(size_text)
    except (ValueError, binascii.Error):
        raise _bad_note() from None
    if not len(dialogue) == len(log) == len(root) == DIGEST_BYTES or not 0 <= size < 2**64:
        raise _bad_note()
    if _body(DialogueId(dialogue), LogId(log), size, root) != text + "\n":
        raise _bad_note()
    halves: dict[tuple[KeyPrint, int], dict[bytes, bytes]] = {}
    if not signatures.endswith("\n"):
        raise _bad_note()
    for line in signatures[:-1].split("\n"):
        found = _read_line(line, keys)
        if found:
            signer, kind, time, signature = found
            halves.setdefault((signer, time), {})[kind] = signature
    if any(len(pair) != 2 for pair in halves.values()):
        raise _bad_note()
    return [
        Checkpoint(
            DialogueId(dialogue), LogId(log), size, root, signer, time,
            Signature(pair[_ED25519_TYPE], pair[_MLDSA_TYPE]),
        )
        for (signer, time), pair in halves.items()
    ]  # fmt: skip


def _read_line(
    line: str, keys: dict[KeyPrint, PublicKey]
) -> tuple[KeyPrint, bytes, int, bytes] | None:
    try:
        dash, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise _bad_note() from None
    if dash + " " != _DASH or len(blob) < 12 or base64.b64encode(blob).decode() != encoded:
        raise _bad_note()
    for signer, key in keys.items():
        if name == signer_name(signer):
            for kind, material in ((_ED25519_TYPE, key.ed25519), (_MLDSA_TYPE, key.mldsa)):
                if blob[:4] == _key_id(signer, kind, material):
                    time = int.from_bytes(blob[4:12], "big")
                    if time >= _TIME_LIMIT:
                        raise _bad_note()
                    return signer, kind, time, blob[12:]
    return None


def _bad() -> Rejected:
    return Rejected("record.checkpoint", N_("A checkpoint does not have the form of one."))


def _bad_note() -> Rejected:
    return Rejected("record.note", N_("A checkpoint note does not have the form of one."))
