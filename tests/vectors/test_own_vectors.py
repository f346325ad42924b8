"""Our own vectors: the format held still, for every program that reads it.

A changed vector is a change of format. The digest below changes only together with the format's or the
rules' number, or with an addition.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from detente.charter.entries import Opening
from detente.charter.founding import Founding, read_founding
from detente.dialogue.admit import admit
from detente.dialogue.past import Fact
from detente.dialogue.state import Dialogue, empty_standing, start
from detente.record.chain import Piece, extend_log, start_log
from detente.record.checkpoint import (
    _messages,
    decode_checkpoint,
    format_note,
    parse_note,
    verify_checkpoint,
)
from detente.record.encoding import decode, encode
from detente.record.entry import act_statement, decode_entry, decode_header, decode_payload
from detente.record.fork import decode_fork, verify_fork
from detente.record.genesis import Seat, dialogue_id, log_id, order_seats
from detente.record.minute import decode_minute, fold_digest
from detente.record.order import NOT_COVERED
from detente.record.shapes import from_bytes
from detente.record.tree import verify_consistency, verify_inclusion
from detente.record.verdict import COUNTED, Standing, Verdict
from detente.seals import labels
from detente.seals.hashing import leaf_hash, tagged
from detente.seals.signing import PublicKey, parse_public_key, pre_authentication
from detente.terms.errors import Fault
from detente.terms.ids import DialogueId, EntryId, KeyPrint, Lane, LogId, PartyId
from detente.terms.limits import MIB
from scripts import make_vectors
from tests.second_verifier import plain
from tests.second_verifier.verifier import _read_header

DIGEST: Final = "d271f8fc57d02ce4f6078f5f9919e01f506f4c829fa315430e35295bb9f9ebaf"
FOLDER: Final = make_vectors.FOLDER
_STANDINGS: Final = {one: one.name.lower().replace("_", " ") for one in Standing}

Given = dict[str, Any]


def _files(folder: str) -> list[Path]:
    return sorted((FOLDER / folder).glob("*.json"))


def _read(path: Path) -> Given:
    given: Given = json.loads(path.read_text("utf-8"))
    return given


def _bytes(given: Given, *names: str) -> list[bytes]:
    return [bytes.fromhex(given[name]) for name in names]


def _verdict_of(call: Callable[[], object]) -> str:
    try:
        call()
    except Fault as fault:
        return fault.code
    return "good"


def _each(folder: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", _files(folder), ids=lambda path: path.stem)


def test_the_vectors_are_those_that_were_published() -> None:
    """A changed vector is a change of format: raise the number, and only then this digest."""
    assert make_vectors.digest_of() == DIGEST


def test_the_script_would_write_the_same_again() -> None:
    """Every vector is what the code makes of its scenario, with no file left over."""
    made = {f"{name}.json": make_vectors.text_of(one) for name, one in make_vectors.all_vectors()}
    kept = {
        path.relative_to(FOLDER).as_posix(): path.read_text("utf-8")
        for path in FOLDER.rglob("*.json")
    }
    assert made == kept


@_each("encoding")
def test_encoding(path: Path) -> None:
    """01-record §1; the second verifier's decoder comes to the same."""
    given = _read(path)
    (data,) = _bytes(given, "bytes")
    assert _verdict_of(lambda: decode(data, MIB)) == given["verdict"]
    if given["verdict"] == "good":
        assert encode(plain.read(data, MIB)) == plain.write(decode(data, MIB)) == data
    else:
        with pytest.raises(plain.Wrong):
            plain.read(data, MIB)


@_each("header")
def test_header(path: Path) -> None:
    """01-record §4.2 and §4.4; the second verifier comes to the same."""
    given = _read(path)
    (raw,) = _bytes(given, "bytes")
    assert _verdict_of(lambda: decode_header(raw)) == given["verdict"]
    if given["verdict"] != "good":
        with pytest.raises(plain.Wrong):
            _read_header(raw)
        return
    header = decode_header(raw)
    assert _read_header(raw)[1:] == [*header[:4], [list(ref) for ref in header.refs], *header[5:]]
    shown = [given[name] for name in ("seq", "clock", "time", "kind", "length")]
    assert shown == [header.seq, header.clock, header.time, header.kind, header.length]
    assert [[one.hex(), seq, name.hex()] for one, seq, name in header.refs] == given["refs"]
    assert _bytes(given, "log", "prev", "actor", "payload_hash", "id") == [
        header.log, header.prev, header.actor, header.payload_hash, leaf_hash(raw),
    ]  # fmt: skip


@_each("payload")
def test_payload(path: Path) -> None:
    """01-record §4.5 and §4.6."""
    given = _read(path)
    salt, payload = (
        None if given[one] is None else bytes.fromhex(given[one]) for one in ("salt", "payload")
    )
    raw = bytes.fromhex(given["header"])
    assert _verdict_of(lambda: decode_entry(raw, salt, payload)) == given["verdict"]


@_each("identifier")
def test_identifier(path: Path) -> None:
    """01-record §3.2, §6.5 and §6.6; 03-charter §1.2."""
    given = _read(path)
    kind = path.stem.partition("-")[0]
    if kind == "log":
        dialogue, party, node = _bytes(given, "dialogue", "party", "node")
        place = DialogueId(dialogue), PartyId(party), KeyPrint(node)
        found: bytes = log_id(*place, given["epoch"], Lane(given["lane"]))
    elif kind == "dialogue":
        found = dialogue_id(bytes.fromhex(given["genesis"]))
    elif kind == "key":
        found = plain.Key(plain.read(bytes.fromhex(given["key"]), MIB)).print
    else:
        label = {"party": labels.PARTY, "document": labels.DOCUMENT}[kind]
        found = tagged(label, bytes.fromhex(given["document"]))
    assert found.hex() == given["id"]


@_each("act")
def test_act(path: Path) -> None:
    """01-record §4.9 and §3.6."""
    given = _read(path)
    dialogue, raw, body = _bytes(given, "dialogue", "header", "body")
    statement = act_statement(DialogueId(dialogue), decode_header(raw), body)
    assert statement == plain.write([dialogue, *_read_header(raw)[1:9], body])
    assert _bytes(given, "statement", "signed") == [
        statement, pre_authentication(labels.SIGN_ACT, statement),
    ]  # fmt: skip


@_each("tree")
def test_tree(path: Path) -> None:
    """01-record §5."""
    given = _read(path)
    if path.stem == "roots":
        leaves = [leaf_hash(bytes((i,))) for i in range(21)]
        assert [plain.root_of(leaves[:size]).hex() for size in range(22)] == given["roots"]
        return
    hashes = [bytes.fromhex(one) for one in given["path"]]
    if "leaf" in given:
        leaf, root = _bytes(given, "leaf", "root")
        verdict = _verdict_of(
            lambda: verify_inclusion(leaf, given["index"], given["size"], hashes, root)
        )
    else:
        first, second = _bytes(given, "first_root", "second_root")
        verdict = _verdict_of(
            lambda: verify_consistency(given["first"], first, given["second"], second, hashes)
        )
    assert verdict == given["verdict"]


def _key(text: str) -> PublicKey:
    return parse_public_key(decode(bytes.fromhex(text), MIB))


@_each("checkpoint")
def test_checkpoint(path: Path) -> None:
    """01-record §8."""
    given = _read(path)
    key, checkpoint = _key(given["key"]), decode_checkpoint(bytes.fromhex(given["checkpoint"]))
    assert _verdict_of(lambda: verify_checkpoint(key, checkpoint)) == given["verdict"]
    if "note" in given:
        other = _key(given["receipt_key"])
        receipt = decode_checkpoint(bytes.fromhex(given["receipt"]))
        assert list(_messages(*checkpoint[:6])) == _bytes(given, "ed25519_message", "mldsa_message")
        assert format_note(key, (key, checkpoint), (other, receipt)) == given["note"]
        assert parse_note(given["note"], {key.print: key}) == [checkpoint]


@_each("fork")
def test_fork(path: Path) -> None:
    """02-order §6."""
    given = _read(path)
    key, fork = _key(given["key"]), decode_fork(bytes.fromhex(given["proof"]))
    assert _verdict_of(lambda: verify_fork(key, fork)) == given["verdict"]
    if given["verdict"] == "good":
        assert verify_fork(key, fork) == given["common"]


@_each("seats")
def test_seats(path: Path) -> None:
    """01-record §6.3."""
    given = _read(path)
    seats = [Seat(PartyId(bytes.fromhex(party)), 1, bytes(32)) for party in given["parties"]]
    ordered = order_seats(bytes.fromhex(given["nonce"]), seats)
    assert [seat.party.hex() for seat in ordered] == given["order"]


@_each("pairing")
def test_pairing(path: Path) -> None:
    """04-pairing §2.1, §3.1 and §4.1."""
    given = _read(path)
    first, nonce1, second, nonce2, terms = _bytes(
        given, "inviting_card", "inviting_nonce", "joining_card", "joining_nonce", "terms"
    )
    digest = plain.tagged("detente/pairing-number/v1", first, nonce1, second, nonce2, terms)
    number = f"{int.from_bytes(digest, 'big') % 10**20:020}"
    assert given["number"].replace(" ", "") == number
    assert _bytes(given, "commitment", "genesis_nonce") == [
        plain.tagged("detente/pairing-commit/v1", first, nonce1, terms),
        plain.tagged("detente/genesis-nonce/v1", nonce1, nonce2),
    ]


@_each("minute")
def test_minute(path: Path) -> None:
    """02-order §7.1 and §7.2."""
    given = _read(path)
    previous, fold, body = _bytes(given, "previous", "fold", "body")
    judged = [
        (EntryId(bytes.fromhex(one)), Verdict(Standing(number), reason))
        for one, number, reason in given["judged"]
    ]
    pieces = [one + bytes((verdict.standing,)) for one, verdict in judged]
    assert (
        fold_digest(previous, judged) == plain.tagged("detente/fold/v1", previous, *pieces) == fold
    )
    assert decode_minute(body).ordinal == {"first": 1, "next": 2}[path.stem]


@_each("order")
def test_order(path: Path) -> None:
    """02-order §4.1."""
    given = _read(path)
    keys = [
        (one["minute"] or NOT_COVERED, one["clock"], one["log"], one["seq"])
        for one in given["entries"]
    ]
    assert sorted(range(len(keys)), key=lambda at: keys[at]) == given["order"]


# -- verdicts --------------------------------------------------------------------------------------


class Record:
    """A record that is judged entry by entry, with nothing but the pure rooms."""

    def __init__(self, founding: Founding) -> None:
        self.founding = founding
        self.state: Dialogue = start(founding)
        self._facts: dict[tuple[bytes, int], Fact] = {}
        self._heads = {
            LogId(log): start_log(founding.dialogue, LogId(log)) for log in self.state.logs
        }

    def fact(self, log: LogId, seq: int) -> Fact:
        """Return the facts of an entry that is judged."""
        return self._facts[log, seq]

    def judge(self, given: Given) -> Verdict:
        """Take the next entry of its log."""
        entry = decode_entry(*(bytes.fromhex(given[one]) for one in ("header", "salt", "payload")))
        log = entry.header.log
        if log not in self._heads:
            self._introduce(given["log"], log, entry.payload or b"")
        piece = Piece(entry.raw, entry.salt, entry.payload)
        self._heads[log] = extend_log(self._heads[log], [piece]).head
        run = admit(self.state, log, [entry], self)
        assert run.held is None
        self.state, seq = run.state, entry.header.seq
        past = {**self.state.logs[log].seen, log: seq + 1}
        self._facts[log, seq] = Fact(entry.id, entry.header.clock, past)
        return run.verdicts.get(seq, COUNTED)

    def _introduce(self, whose: Given, log: LogId, payload: bytes) -> None:
        """Take note of a log of a later epoch, whose opening brings the document that names its key."""
        opening = from_bytes(Opening, decode_payload(payload).body, MIB, "vector")
        party, epoch, lane = whose["party"], whose["epoch"], Lane[whose["lane"].upper()]
        node = next(
            key
            for key in self._keys(opening, party)
            if log_id(
                self.founding.dialogue, self.state.charter.parties[party], key.print, epoch, lane
            )
            == log
        )
        standing = empty_standing(self.founding.dialogue, party, node, epoch, lane)
        self.state = self.state._replace(logs=self.state.logs.set(log, standing))
        self._heads[log] = start_log(self.founding.dialogue, log)

    def _keys(self, opening: Opening, party: int) -> list[PublicKey]:
        keys = [version.document.node_key() for version in self.state.charter.versions[party]]
        if opening.document is not None:
            fields = decode(opening.document.document, MIB)
            keys.append(parse_public_key(fields[7]))
        return keys


@cache
def _base() -> Given:
    return _read(FOLDER / "verdict" / "base.json")


def _judged(given: Given) -> list[tuple[str, str]]:
    record = Record(read_founding(bytes.fromhex(_base()["founding"])))
    entries = [*_base()["entries"], *([] if "founding" in given else given["entries"])]
    verdicts = [record.judge(one) for one in entries]
    own = verdicts if "founding" in given else verdicts[len(_base()["entries"]) :]
    return [(_STANDINGS[verdict.standing], verdict.reason) for verdict in own]


@_each("verdict")
def test_verdict(path: Path) -> None:
    """06-dialogue §2: what becomes of each entry, and for which reason."""
    given = _read(path)
    expected = [(one["verdict"], one["reason"]) for one in given["entries"]]
    assert _judged(given) == expected
    assert given["verdict"] in {"good", expected[-1][0]}


def test_the_scenarios_cover_every_verdict_that_a_whole_record_can_have() -> None:
    """A vector of each: counted, void, not understood (withheld needs a record with payloads missing)."""
    found = {one["verdict"] for path in _files("verdict") for one in _read(path)["entries"]}
    assert found == {"counted", "void", "not understood"}
