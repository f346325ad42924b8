"""Fill a record quickly: machine entries and delegates' acts, in large transactions.

Every entry takes the way of a node's own: `extend_log`, `Book.judge`, one signed checkpoint for the
run, one transaction. Only the transaction is larger than a person's act would make it.

Machine entries bear the kind number 4711, which no protocol has: kept, relayed, checked and counted
like every entry, and judged "not understood". No kind of today is a bulk one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from detente.charter.act import Kind
from detente.dialogue.kinds import BY_NAME
from detente.node.house import House, Room
from detente.protocols.statements import entries as statements
from detente.record.chain import Piece, extend_log
from detente.record.checkpoint import Checkpoint, sign_checkpoint
from detente.record.entry import (
    NO_ACTOR,
    Entry,
    Header,
    act_statement,
    encode_payload,
    make_entry,
)
from detente.record.shapes import to_bytes
from detente.seals import labels
from detente.seals.signing import PrivateKey
from detente.terms.ids import KeyPrint, Lane, LogId

BULK: Final = 4711
TEXT: Final = "We are listening, and we shall answer before the week is over. " * 14
"""A statement of some 880 characters: about 1 KiB as an entry, without its signature."""
RUN: Final = 2000

Make = Callable[[Header], bytes]
"""Returns the payload of an entry with this header."""


class Grower:
    """Adds entries to our own table of one room."""

    def __init__(self, house: House, room: Room) -> None:
        self._house = house
        self.room = room

    def log(self) -> LogId:
        """Return the log that grows."""
        return self.room.book.own_log(Lane.TABLE)

    def machine(self, count: int, payload_bytes: int = 1024, run: int = RUN) -> None:
        """Add `count` machine entries with payloads of about `payload_bytes`."""
        for first in range(0, count, run):
            self.write(self.machine_run(min(run, count - first), payload_bytes))

    def machine_run(self, count: int, payload_bytes: int = 1024) -> list[Piece]:
        """Return the next `count` machine entries; nothing is stored yet."""
        body = bytes(payload_bytes - 5)
        return list(self._chain(count, BULK, NO_ACTOR, lambda _: encode_payload(body)))

    def acts(self, count: int, key: PrivateKey, run: int = 500) -> None:
        """Add `count` statements signed by a delegate; the first brings in all that was seen."""
        kind = BY_NAME["statements.statement"]
        self._first_act(kind, key)
        for first in range(1, count, run):
            self.write(self.act_run(min(run, count - first), key))

    def act_run(self, count: int, key: PrivateKey) -> list[Piece]:
        """Return the next `count` statements, signed; nothing is stored yet."""
        body = to_bytes(statements.Statement(TEXT, "en", None, None))
        dialogue, name = self.room.book.id, key.public.print

        def sign(header: Header) -> bytes:
            statement = act_statement(dialogue, header, body)
            return encode_payload(body, ((name, key.sign(labels.SIGN_ACT, statement)),))

        return list(self._chain(count, statements.STATEMENT, name, sign))

    def _first_act(self, kind: Kind, key: PrivateKey) -> None:
        body = statements.Statement(TEXT, "en", None, None)
        draft = self.room.writer.draft(kind, body, key.public.print)
        signature = key.sign(labels.SIGN_ACT, draft.statement)
        self.room.writer.commit(draft, ((key.public.print, signature),))

    def _chain(self, count: int, kind: int, actor: KeyPrint, make: Make) -> Iterator[Piece]:
        log, house = self.log(), self._house
        standing = self.room.book.state.logs[log]
        seq, prev, clock = standing.admitted, standing.head, standing.clock
        for number in range(count):
            header = Header(
                log, seq + number, prev, clock + number + 1, (), house.clock.now(), kind, actor,
                0, bytes(32),
            )  # fmt: skip
            entry: Entry = make_entry(header, house.dice.bytes(16), make(header))
            prev = entry.id
            yield Piece(entry.raw, entry.salt, entry.payload)

    def write(self, pieces: list[Piece]) -> Checkpoint:
        """Check, judge, sign and store a run of entries, as `desk.write` does for one."""
        book = self.room.book
        extension = extend_log(book.heads[self.log()], pieces)
        judged = book.judge(self.log(), extension.entries)
        head = extension.head
        checkpoint = sign_checkpoint(
            self._house.keys.node(), book.id, head.log, head.size, head.root(), int(time.time())
        )
        with book.store.unit() as unit:
            unit.append(extension)
            book.write_judgements(unit, judged)
            unit.keep_checkpoint(checkpoint)
        book.accept(judged, head)
        return checkpoint


def grower(house: House) -> Grower:
    """Return what fills the one dialogue of a node."""
    return Grower(house, house.room())
