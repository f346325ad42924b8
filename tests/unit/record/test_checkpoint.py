"""Claims about checkpoints and receipts: one statement in two halves (docs/spec/01-record.md §8)."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from detente.record.checkpoint import (
    Checkpoint,
    decode_checkpoint,
    encode_checkpoint,
    format_note,
    origin,
    parse_note,
    sign_checkpoint,
    signer_name,
    verify_checkpoint,
)
from detente.record.encoding import encode
from detente.seals.signing import Signature
from detente.terms.errors import Rejected
from detente.terms.ids import DialogueId, KeyPrint, LogId
from detente.terms.limits import CHECKPOINT_BYTES
from tests.unit.record.logs import LOG, NODE, TALK, digest, node, write

PEER = node("B")
OWN = write(5).checkpoint(time=1_790_000_001)
RECEIPT = write(5).checkpoint(key=PEER, time=1_790_000_002)
NOTE = format_note(NODE.public, (NODE.public, OWN), (PEER.public, RECEIPT))
KEYS = {key.public.print: key.public for key in (NODE, PEER)}


def _refused(code: str, checkpoint: Checkpoint, key: Any = NODE.public) -> None:
    with pytest.raises(Rejected) as fault:
        verify_checkpoint(key, checkpoint)
    assert fault.value.code == code


def _note_refused(note: str) -> None:
    with pytest.raises(Rejected) as fault:
        parse_note(note, KEYS)
    assert fault.value.code == "record.note"


def test_a_checkpoint_holds_under_the_key_that_signed_it() -> None:
    """The log's own node makes a checkpoint; another node over the same body makes a receipt."""
    verify_checkpoint(NODE.public, OWN)
    verify_checkpoint(PEER.public, RECEIPT)
    _refused("record.checkpoint.signer", OWN, PEER.public)
    _refused("record.checkpoint.signer", RECEIPT)
    pretended = RECEIPT._replace(signer=NODE.public.print)
    _refused("seals.signature", pretended)


def test_every_field_of_a_checkpoint_is_signed() -> None:
    """Attack 3: one altered field, and nothing is shown about anybody."""
    changes: dict[str, Any] = {
        "dialogue": DialogueId(digest("elsewhere")), "log": LogId(digest("another")), "size": 6,
        "root": digest("root"), "time": OWN.time + 1,
    }  # fmt: skip
    for name, value in changes.items():
        _refused("seals.signature", OWN._replace(**{name: value}))


def test_a_checkpoint_with_one_half_of_its_signature_is_unsigned() -> None:
    """Attack 28: each half missing, cut, or taken from another checkpoint of the same key."""
    other = write(4).checkpoint(time=OWN.time).signature
    ed25519, mldsa = OWN.signature
    for signature in (
        Signature(b"", mldsa), Signature(ed25519, b""), Signature(b"", b""),
        Signature(ed25519[:-1], mldsa), Signature(ed25519, mldsa[:-1]),
        Signature(other.ed25519, mldsa), Signature(ed25519, other.mldsa), other,
    ):  # fmt: skip
        _refused("seals.signature", OWN._replace(signature=signature))


def test_both_halves_are_what_the_published_formats_say() -> None:
    """C2SP tlog-checkpoint and tlog-cosignature, built here again from their texts.

    Ed25519: ``cosignature/v1``, a time line and the body. ML-DSA: the structure of ``subtree/v1`` over
    [0, size), under a context of our own, since the published type is ML-DSA-44.
    """
    where = f"detente/{TALK.hex()}/{LOG.hex()}"
    name = f"detente/node/{NODE.public.print.hex()}"
    assert (origin(TALK, LOG), signer_name(NODE.public.print)) == (where, name)
    body = f"{where}\n5\n{base64.b64encode(OWN.root).decode()}\n"
    text = f"cosignature/v1\ntime 1790000001\n{body}".encode()
    Ed25519PublicKey.from_public_bytes(NODE.public.ed25519).verify(OWN.signature.ed25519, text)
    structure = (
        b"subtree/v1\n\x00"
        + bytes((len(name),)) + name.encode()
        + (1_790_000_001).to_bytes(8, "big")
        + bytes((len(where),)) + where.encode()
        + (0).to_bytes(8, "big") + (5).to_bytes(8, "big") + OWN.root
    )  # fmt: skip
    MLDSA65PublicKey.from_public_bytes(NODE.public.mldsa).verify(
        OWN.signature.mldsa, structure, b"detente/checkpoint/mldsa65/v1"
    )


def test_a_note_is_what_the_published_formats_say() -> None:
    """C2SP signed-note: body, empty line, and per signature an em dash, a name, and key id with bytes."""
    body, _, lines = NOTE.partition("\n\n")
    assert body == f"{origin(TALK, LOG)}\n5\n{base64.b64encode(OWN.root).decode()}"
    assert NOTE.endswith("\n")
    first = lines.split("\n")[0]
    dash, name, blob = first.split(" ")
    assert (dash, name) == ("\u2014", signer_name(NODE.public.print))
    raw = base64.b64decode(blob)
    key_id = sha256(name.encode() + b"\n\x04" + NODE.public.ed25519).digest()[:4]
    assert raw == key_id + (1_790_000_001).to_bytes(8, "big") + OWN.signature.ed25519


def test_a_note_gives_back_exactly_the_checkpoints_it_was_made_of() -> None:
    """The fields are what is stored; the text is rebuilt from them, byte for byte."""
    assert parse_note(NOTE, KEYS) == [OWN, RECEIPT]
    again = format_note(NODE.public, *((KEYS[one.signer], one) for one in parse_note(NOTE, KEYS)))
    assert again == NOTE


def test_lines_of_unknown_keys_are_passed_over() -> None:
    """C2SP signed-note: a witness that we do not know takes nothing away from those we know."""
    assert parse_note(NOTE, {NODE.public.print: NODE.public}) == [OWN]
    assert parse_note(NOTE, {}) == []
    lines = NOTE.split("\n")
    stranger = f"\u2014 example.org/witness {base64.b64encode(bytes(80)).decode()}"
    assert parse_note("\n".join([*lines[:4], stranger, *lines[4:]]), KEYS) == [OWN, RECEIPT]
    # Our name with a key id that is not ours is another key too.
    other = f"\u2014 {signer_name(NODE.public.print)} {base64.b64encode(bytes(80)).decode()}"
    assert parse_note("\n".join([*lines[:4], other, *lines[4:]]), KEYS) == [OWN, RECEIPT]


def test_a_note_that_lost_either_line_of_a_signer_is_refused() -> None:
    """Attack 28: four signature lines, and each of them removed or doubled over its other half."""
    lines = NOTE.split("\n")
    for at in range(4, 8):
        _note_refused("\n".join([*lines[:at], *lines[at + 1 :]]))
        partner = at + 1 if at % 2 == 0 else at - 1
        _note_refused("\n".join([*lines[:partner], lines[at], *lines[partner + 1 :]]))


def test_two_halves_of_different_times_are_no_signature() -> None:
    """A line cannot be completed with the other half of an older signature."""
    later = write(5).checkpoint(time=OWN.time + 60)
    mixed = format_note(NODE.public, (NODE.public, later)).split("\n")
    lines = NOTE.split("\n")
    _note_refused("\n".join([*lines[:4], lines[4], mixed[5], ""]))


def _with_line(at: int, text: str) -> str:
    lines = NOTE.split("\n")
    return "\n".join([*lines[:at], text, *lines[at + 1 :]])


def test_a_note_of_any_other_form_is_refused() -> None:
    """Attack 25 for text: numbers, separators and encodings in one form only."""
    lines = NOTE.split("\n")
    root, first = lines[2], lines[4]
    where = lines[0]
    dash, name, blob = first.split(" ")
    hostile = [
        "", "\n", "\n\n", NOTE[:-1], NOTE + "\n", NOTE[:-1] + "x", NOTE[:-1] + " ",
        NOTE.replace("\n", "\r\n"), NOTE[1:],
        "x" * (16 * CHECKPOINT_BYTES + 1), "\n".join(lines[:4]), "\n".join([*lines[:3], "ext", *lines[3:]]),
        _with_line(0, where.replace("detente", "other", 1)), _with_line(0, where.upper()),
        _with_line(0, where + "/"), _with_line(0, where[:-1]), _with_line(0, where[:-2]),
        _with_line(0, where + "00"), _with_line(0, f"detente//{LOG.hex()}"),
        _with_line(0, where.replace("/", "/ ", 1)),
        *(_with_line(1, size) for size in ("", "05", "+5", " 5", "5 ", "5_0", "-5", "0x5", "٥", "5.0",
                                           str(2**64), "9" * 5000)),
        *(_with_line(2, text) for text in ("", root[:-1], root + "=", root[:-4], root + "AAAA")),
        *(_with_line(4, line) for line in (
            f"- {name} {blob}", f"{dash}  {name} {blob}", f"{dash} {name}", f"{dash} {name} {blob} x",
            f"{dash} {name} {blob[:-4]}!!!!", f"{dash} {name} AAAA", f"{dash} {name} ", "",
            f"{dash} {name} {blob[:-2]}", first.replace(" ", "\t"), f" {first}", f"{first}\x0c",
        )),
    ]  # fmt: skip
    for note in hostile:
        _note_refused(note)


def test_a_signature_line_has_one_encoding() -> None:
    """Base64 with bits left over would make two texts of one signature."""
    lines = NOTE.split("\n")
    for at in range(4, 8):
        text = lines[at]
        if text.endswith("="):
            last = text.rstrip("=")[-1]
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
            other = alphabet[alphabet.index(last) ^ 1]
            padding = len(text) - len(text.rstrip("="))
            _note_refused(_with_line(at, text[: -padding - 1] + other + "=" * padding))


def test_sizes_at_both_ends_have_a_note() -> None:
    """An empty log can be signed; so could the longest that a header can count."""
    for size in (0, 2**64 - 1):
        signed = sign_checkpoint(NODE, TALK, LOG, size, OWN.root, 1)
        verify_checkpoint(NODE.public, signed)
        assert parse_note(format_note(NODE.public, (NODE.public, signed)), KEYS) == [signed]


def test_a_time_that_no_signer_could_have_is_refused() -> None:
    """C2SP tlog-cosignature: times are below 2**63, in the text as in the compact form."""
    late = OWN._replace(time=2**63)
    _note_refused(format_note(NODE.public, (NODE.public, late)))
    with pytest.raises(Rejected):
        decode_checkpoint(encode_checkpoint(late))
    last = sign_checkpoint(NODE, TALK, LOG, 5, OWN.root, 2**63 - 1)
    verify_checkpoint(NODE.public, last)
    assert parse_note(format_note(NODE.public, (NODE.public, last)), KEYS) == [last]


def test_signatures_over_different_bodies_make_no_note() -> None:
    """Our own mistake: a note has one body, and the log's own node stands first."""
    other = write(4).checkpoint(key=PEER)
    with pytest.raises(ValueError, match="different bodies"):
        format_note(NODE.public, (NODE.public, OWN), (PEER.public, other))
    with pytest.raises(ValueError, match="different bodies"):
        format_note(NODE.public, (PEER.public, RECEIPT), (NODE.public, OWN))


def test_the_compact_form_comes_back_exactly() -> None:
    """What is stored and sent; about 3.5 KiB."""
    for one in (OWN, RECEIPT):
        data = encode_checkpoint(one)
        assert len(data) < 4096
        assert decode_checkpoint(data) == one


def _fault_of(data: bytes) -> str | None:
    try:
        decode_checkpoint(data)
    except Rejected as fault:
        return fault.code
    return None


def test_a_compact_checkpoint_of_any_other_form_is_refused() -> None:
    """Every field takes its own type and size only; signatures are checked when verified."""
    plain = [TALK, LOG, 5, OWN.root, OWN.signer, OWN.time, *OWN.signature]
    hostile: list[Any] = [None, True, 7, b"", b"x" * 31, b"x" * 33, "x", "x" * 32, [], 2**63]
    accepted = 0
    for field in range(8):
        for value in hostile:
            data = encode([*plain[:field], value, *plain[field + 1 :]])
            if _fault_of(data) is None:
                accepted += 1
                checkpoint = decode_checkpoint(data)
                assert encode_checkpoint(checkpoint) == data
                with pytest.raises(Rejected):
                    verify_checkpoint(NODE.public, checkpoint)
            else:
                assert _fault_of(data) == "record.checkpoint"
    assert (
        accepted == 2 + 1 + 3 + 3
    )  # size 7 or 2**63, time 7, three lengths of each signature half
    for other in ([], plain[:-1], [*plain, b""], b"x" * 8, "eight ch", 7, None):
        assert _fault_of(encode(other)) == "record.checkpoint"
    assert _fault_of(bytes(CHECKPOINT_BYTES + 1)) == "record.checkpoint"


def test_prints_of_keys_name_signers() -> None:
    """A key known under another print is not taken for the signer."""
    assert parse_note(NOTE, {KeyPrint(digest("other")): NODE.public}) == []
