"""Small honest logs for tests of what keeps them: made by the record's own functions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

from detente.ports import LogInfo
from detente.record.chain import Extension, LogHead, Piece, extend_log, start_log
from detente.record.checkpoint import Checkpoint
from detente.record.entry import NO_ACTOR, Header, make_entry
from detente.record.genesis import log_id
from detente.seals.signing import Algorithm, PrivateKey, PublicKey, Signature
from detente.terms.ids import DialogueId, KeyPrint, Lane, LogId, PartyId, Ref


def digest(name: str) -> bytes:
    """Return 32 bytes that stand for `name`."""
    return sha256(name.encode()).digest()


def dialogue(name: str = "talk") -> DialogueId:
    return DialogueId(digest(f"dialogue {name}"))


@cache
def node_key(name: str) -> PublicKey:
    return PrivateKey(Algorithm.EVERYDAY, digest(name) + digest(name + "'")).public


def info(party: str = "A", lane: Lane = Lane.TABLE, epoch: int = 0, talk: str = "talk") -> LogInfo:
    """Return whose log it is, for the party of that letter."""
    owner, key = PartyId(digest(f"party {party}")), node_key(party)
    return LogInfo(log_id(dialogue(talk), owner, key.print, epoch, lane), owner, key, epoch, lane)


def both_lanes(party: str, talk: str = "talk") -> list[LogInfo]:
    return [info(party, lane, talk=talk) for lane in Lane]


def empty(whose: LogInfo, talk: str = "talk") -> LogHead:
    return start_log(dialogue(talk), whose.log)


def grow(
    head: LogHead, count: int, payload_bytes: int = 40, note: str = "", refs: Iterable[Ref] = ()
) -> Extension:
    """Return `count` further entries of a log; `note` makes another branch of the same length.

    Args:
        refs: what the first of them refers to.
    """
    pieces: list[Piece] = []
    prev, clock = head.head, head.clock
    named = tuple(sorted(refs))
    for seq in range(head.size, head.size + count):
        clock += 1
        salt = digest(f"{note} {seq}")[:16]
        payload = (digest(f"payload {note} {seq}") * (payload_bytes // 32 + 1))[:payload_bytes]
        fields = Header(
            head.log, seq, prev, clock, named, 1_700_000_000_000 + seq, 7, NO_ACTOR, 0, b""
        )
        entry = make_entry(fields, salt, payload)
        pieces.append(Piece(entry.raw, salt, payload))
        prev, named = entry.id, ()
    return extend_log(head, pieces)


def signed(
    log: LogId, size: int, root: bytes, by: str = "A", time: int = 1, talk: str = "talk"
) -> Checkpoint:
    """Return a checkpoint whose signatures have the right sizes and mean nothing."""
    seal = Signature(digest(f"{by}{size}{time}") * 2, (digest(f"{size}{by}") * 104)[:3309])
    return Checkpoint(dialogue(talk), log, size, root, KeyPrint(node_key(by).print), time, seal)
