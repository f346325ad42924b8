"""A second verifier of bundles, written from docs/spec alone and sharing no code with ours.

It carries out 11-bundle.md §5 but for judging entries by the rules of the dialogue: it checks form,
founding, chains, trees, checkpoints, receipts, the roots of complete minutes, and every act's signature
under the keys that documents and grants gave. ``python -m tests.second_verifier.verifier FILE`` runs it.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.second_verifier.papers import (
    Document,
    Founding,
    follow,
    is_bytes,
    is_list,
    is_number,
    is_signed_document,
    need,
)
from tests.second_verifier.plain import Key, TooLittle, Wrong, read, root_of, tagged, write

KIB: Final = 1024
_ITEM: Final = 4096 * KIB + 4 * KIB
_ACT: Final = "application/vnd.detente.act+cbor"
_OPENING, _DOCUMENT, _CONFIRMATION, _GRANT, _MINUTE = 1, 2, 3, 4, 60


class Log:
    """One log of the bundle."""

    def __init__(self, founding: Founding, fields: list[Any]) -> None:
        need(len(fields) == 6)
        self.id, self.party, node, self.epoch, self.lane, self.size = fields
        need(is_bytes(self.id, 32) and is_number(self.party, 0, 7) and is_number(self.epoch))
        need(is_number(self.lane, 0, 1) and is_number(self.size))
        self.node = Key(node)
        need(self.party < len(founding.parties))
        place = founding.parties[self.party], self.node.print, self.epoch.to_bytes(8, "big")
        need(self.id == tagged("detente/log/v1", founding.dialogue, *place, bytes((self.lane,))))
        self.leaves: list[bytes] = []
        self.clock = 0
        self.head = founding.dialogue
        self.covered = 0
        self.intact = 0
        self.owned = (
            self.epoch == 0 and self.node.print == founding.documents[self.party][-1].node.print
        )
        self.owner_withheld = False
        self.statements: list[tuple[int, bool, bytes]] = []

    @property
    def place(self) -> tuple[int, int, int, bytes]:
        return (self.party, self.epoch, self.lane, self.id)


class Verifier:
    """One pass over one bundle."""

    def __init__(self) -> None:
        self.founding: Founding
        self.logs: list[Log] = []
        self.documents: list[list[Document]] = []
        self.delegates: set[tuple[int, bytes]] = set()
        self.keys: dict[bytes, Key] = {}
        self.nodes: dict[bytes, tuple[int, Key]] = {}
        self.acts: list[tuple[int, int]] = []
        self.unproven: list[tuple[int, int]] = []
        self.minutes: dict[bytes, set[int]] = {}
        self.papers_withheld: set[int] = set()
        self.named: list[tuple[bytes, int, bytes]] = []
        self.counts = [0, 0, 0, 0, 0]
        self.last = -1
        self.signed: tuple[int, int, int, bytes] = (0, 0, 0, b"")

    def run(self, data: bytes) -> str:
        """Return ``intact``, ``bad`` or ``cannot tell``."""
        try:
            for body in _items(data):
                need(self.last != 6)
                self._take(read(body, _ITEM))
            if self.last != 6:
                raise TooLittle("no end")
            self._finish()
        except Wrong:
            return "bad"
        except TooLittle:
            return "cannot tell"
        return "intact"

    # -- items (11-bundle §2) ------------------------------------------------------------------

    def _take(self, item: Any) -> None:
        need(type(item) is list and item and is_number(item[0], 0, 6))
        kind, fields = item[0], item[1:]
        need(
            kind == 0 if self.last < 0 else kind >= max(self.last, 1) or {kind, self.last} == {2, 3}
        )
        need(kind <= 1 or self.logs)
        [self._found, self._log, self._checkpoint, self._checkpoint, self._entries, self._evidence,
         self._end][kind](kind, fields)  # fmt: skip
        self.last = kind

    def _found(self, _: int, fields: list[Any]) -> None:
        need(len(fields) == 1 and is_bytes(fields[0]))
        self.founding = Founding(fields[0])
        self.documents = [list(documents) for documents in self.founding.documents]
        for party, documents in enumerate(self.documents):
            self.nodes |= {one.node.print: (party, one.node) for one in documents}

    def _log(self, _: int, fields: list[Any]) -> None:
        need(len(self.logs) < 1024)
        log = Log(self.founding, fields)
        need(not self.logs or log.place > self.logs[-1].place)
        need(all(log.id != other.id for other in self.logs))
        self.logs.append(log)
        self.nodes[log.node.print] = (log.party, log.node)

    def _checkpoint(self, kind: int, fields: list[Any]) -> None:
        need(len(fields) == 1 and is_bytes(fields[0]))
        parts = read(fields[0], 16 * KIB)
        need(type(parts) is list and len(parts) == 8)
        dialogue, name, size, root, signer, time, first, second = parts
        need(all(is_bytes(one, 32) for one in (dialogue, name, root, signer)))
        need(
            is_number(size)
            and is_number(time, 0, 2**63 - 1)
            and is_bytes(first)
            and is_bytes(second)
        )
        number = next((i for i, log in enumerate(self.logs) if log.id == name), -1)
        place = (number, kind, size, signer)
        need(number >= 0 and size >= 1 and place > self.signed)
        self.signed = place
        self.counts[kind - 2] += 1
        log = self.logs[number]
        need(dialogue == self.founding.dialogue)
        key = log.node
        if kind == 3:
            if signer not in self.nodes:
                return
            party, key = self.nodes[signer]
            need(party != log.party)
        need(signer == key.print)
        _check_checkpoint(key, parts)
        log.statements.append((size, kind == 3, root))
        if kind == 2:
            log.covered = size

    def _entries(self, _: int, fields: list[Any]) -> None:
        need(len(fields) == 1 and type(fields[0]) is list and fields[0])
        for run in fields[0]:
            need(type(run) is list and len(run) == 2 and is_number(run[0], 0, len(self.logs) - 1))
            number, flat = run
            need(type(flat) is list and flat and len(flat) % 3 == 0)
            pieces = [flat[at : at + 3] for at in range(0, len(flat), 3)]
            for header, salt, payload in pieces:
                need(is_bytes(header) and (salt is None) == (payload is None))
                need(salt is None or (is_bytes(salt) and is_bytes(payload)))
            log = self.logs[number]
            need(len(log.leaves) + len(pieces) <= log.size)
            self.counts[2] += len(pieces)
            self.counts[3] += sum(payload is None for _, _, payload in pieces)
            for piece in pieces:
                self._entry(number, *piece)
            self._check_roots(log)

    def _evidence(self, _: int, fields: list[Any]) -> None:
        need(len(fields) == 2 and type(fields[0]) is str and is_bytes(fields[1]))
        self.counts[4] += 1

    def _end(self, _: int, fields: list[Any]) -> None:
        need(all(is_number(one) for one in fields) and fields == self.counts)
        need(all(len(log.leaves) == log.size for log in self.logs))

    # -- entries (01-record §4 and §7) ---------------------------------------------------------

    def _entry(self, number: int, raw: bytes, salt: bytes | None, payload: bytes | None) -> None:
        log = self.logs[number]
        header = _read_header(raw)
        _, name, seq, prev, clock, refs, _, _, _, length, hashed = header
        if payload is not None:
            need(is_bytes(salt, 16) and len(payload) == length)
            need(hashed == tagged("detente/payload/v1", salt or b"", payload))
        need(name == log.id and seq == len(log.leaves) and prev == log.head and clock > log.clock)
        log.head, log.clock = sha256(b"\x00" + raw).digest(), clock
        log.leaves.append(log.head)
        if seq >= log.covered:
            return  # nobody has signed it
        self.named += [tuple(ref) for ref in refs]
        if payload is not None:
            self._payload(number, header, payload)
        else:
            log.owner_withheld = log.owner_withheld or seq == 0
            if header[7] in (_OPENING, _DOCUMENT):
                self.papers_withheld.add(log.party)

    def _payload(self, number: int, header: list[Any], payload: bytes) -> None:
        try:
            body, signatures = _read_payload(payload)
        except Wrong:
            return  # a void entry: the record stays whole
        log, kind, actor = self.logs[number], header[7], header[8]
        if actor:
            where = (number, header[2])
            (self.acts if self._is_signed(log, header, body, signatures) else self.unproven).append(
                where
            )
        fields = _fields_of(body)
        if kind == _OPENING and len(fields) == 7 and fields[6]:
            self._learn(log.party, fields[6][0])
        elif kind == _DOCUMENT and len(fields) == 1:
            self._learn(log.party, fields[0])
        elif kind == _GRANT and actor:
            self._grant(log.party, fields)
        elif kind == _CONFIRMATION and actor and len(fields) == 3 and fields[2]:
            self._grant(log.party, fields[2][0])
        elif kind == _MINUTE and not actor:
            self.minutes.setdefault(body, set()).add(log.party)

    def _is_signed(self, log: Log, header: list[Any], body: bytes, signatures: list[Any]) -> bool:
        statement = write([self.founding.dialogue, *header[1:9], body])
        actor = header[8]
        try:
            for document in reversed(self.documents[log.party]):
                if actor in document.roots:
                    need(actor in [one[0] for one in signatures])
                    document.check_roots(_ACT, statement, signatures)
                    return True
            need((log.party, actor) in self.delegates and [one[0] for one in signatures] == [actor])
            self.keys[actor].check(_ACT, statement, (signatures[0][1], signatures[0][2]))
        except Wrong:
            return False
        return True

    def _grant(self, party: int, fields: Any) -> None:
        try:
            need(type(fields) is list and len(fields) == 6)
            key = Key(fields[0])
            need(key.algorithm == 1)
        except Wrong:
            return
        self.keys[key.print] = key
        self.delegates.add((party, key.print))

    def _learn(self, party: int, signed: Any) -> None:
        try:
            need(is_signed_document(signed))
            document = follow(signed, self.documents[party][-1], self.founding.parties[party])
        except Wrong:
            return
        self.documents[party].append(document)
        self.nodes[document.node.print] = (party, document.node)

    # -- trees (01-record §5) and the end ------------------------------------------------------

    def _check_roots(self, log: Log) -> None:
        for statement in [one for one in log.statements if one[0] <= len(log.leaves)]:
            size, is_receipt, root = statement
            need(root_of(log.leaves[:size]) == root)
            log.statements.remove(statement)
            if not is_receipt:
                log.intact = max(log.intact, size)

    def _finish(self) -> None:
        logs = {log.id: log for log in self.logs}
        for log in self.logs:
            names = {document.node.print for document in self.documents[log.party]}
            if log.leaves and not (log.owned or log.node.print in names):
                if log.owner_withheld or log.party in self.papers_withheld:
                    raise TooLittle("whose log it is was withheld")
                raise Wrong("whose log it is cannot be shown")
        self._check_minutes(logs)
        first = [
            tagged(
                "detente/log/v1",
                self.founding.dialogue,
                party,
                documents[-1].node.print,
                bytes(8),
                lane,
            )
            for party, documents in zip(self.founding.parties, self.founding.documents, strict=True)
            for lane in (b"\0", b"\1")
        ]
        here = [
            ref[0] in logs
            and ref[1] < logs[ref[0]].covered
            and logs[ref[0]].leaves[ref[1]] == ref[2]
            for ref in self.named
        ]
        whole = all(not log.statements and log.covered == len(log.leaves) for log in self.logs)
        if not (whole and all(here) and all(name in logs for name in first)):
            raise TooLittle("something named is not here")

    def _check_minutes(self, logs: dict[bytes, Log]) -> None:
        for body, parties in self.minutes.items():
            if len(parties) == len(self.founding.parties):
                for name, size, root in _fields_of(body)[1]:
                    need(name in logs and size <= logs[name].covered)
                    need(root_of(logs[name].leaves[:size]) == root)


def _items(data: bytes) -> Iterator[bytes]:
    magic = b"detente bundle 1\n"
    if not data.startswith(magic):
        raise TooLittle("no bundle")
    at = len(magic)
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if len(data) < at + 4:
            raise TooLittle("ends early")
        need(0 < size <= _ITEM)
        if len(data) < at + 4 + size:
            raise TooLittle("ends early")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _check_checkpoint(key: Key, parts: list[Any]) -> None:
    """Check both halves of a checkpoint (01-record §8)."""
    dialogue, log, size, root, signer, time, first, second = parts
    origin = f"detente/{dialogue.hex()}/{log.hex()}"
    name = f"detente/node/{signer.hex()}".encode()
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    text = f"cosignature/v1\ntime {time}\n{body}".encode()
    where = origin.encode()
    structure = b"subtree/v1\n\0" + bytes((len(name),)) + name + time.to_bytes(8, "big")
    structure += bytes((len(where),)) + where + bytes(8) + size.to_bytes(8, "big") + root
    need(key.algorithm == 1)
    key.check_parts(text, structure, "detente/checkpoint/mldsa65/v1", (first, second))


def _read_header(raw: bytes) -> list[Any]:
    fields: list[Any] = read(raw, 4 * KIB)
    need(type(fields) is list and len(fields) == 11 and is_number(fields[0], 1, 1))
    _, log, seq, prev, clock, refs, time, kind, actor, length, hashed = fields
    need(all(is_bytes(one, 32) for one in (log, prev, hashed)))
    need(all(is_number(one) for one in (seq, clock, time, kind)))
    need(is_number(length, 0, 256 * KIB) and (is_bytes(actor, 32) or actor == b""))
    need(is_list(refs, 0, 16, _is_reference))
    names = [ref[0] for ref in refs]
    need(names == sorted(set(names)) and log not in names)
    return fields


def _is_reference(ref: Any) -> bool:
    return (
        type(ref) is list
        and len(ref) == 3
        and is_bytes(ref[0], 32)
        and is_number(ref[1])
        and is_bytes(ref[2], 32)
    )


def _read_payload(payload: bytes) -> tuple[bytes, list[Any]]:
    fields = read(payload, 256 * KIB)
    need(type(fields) is list and len(fields) == 2 and is_bytes(fields[0]))
    need(is_list(fields[1], 0, 2**32, lambda one: is_list(one, 3, 3, is_bytes)))
    return fields[0], fields[1]


def _fields_of(body: bytes) -> list[Any]:
    try:
        fields = read(body, 256 * KIB)
    except Wrong:
        return []
    return fields if type(fields) is list else []


if __name__ == "__main__":
    sys.stdout.write(Verifier().run(Path(sys.argv[1]).read_bytes()) + "\n")
