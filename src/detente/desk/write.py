"""Acts and machine entries of our own: drafted, signed elsewhere, checked, saved, and only then sent.

Carries out docs/spec/06-dialogue.md §6. A draft names its place in the log; if anything else took that
place before the signature came back, the draft is refused and made again. Our own entry passes the
same admission as theirs before it is stored.

Invariants: no private key of a person is ever here; a checkpoint leaves only after what it covers is
durable; a node that may be a restored copy does not write.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from detente.charter import entries as charter_entries
from detente.charter.act import Act, Kind
from detente.charter.document import SignedDocument
from detente.charter.rules import authorise
from detente.desk.book import Book
from detente.dialogue.admit import check_rules
from detente.dialogue.kinds import KINDS, MINUTE
from detente.ports import Clock, Dice, Keyring
from detente.record.chain import Piece, extend_log
from detente.record.checkpoint import sign_checkpoint
from detente.record.entry import (
    NO_ACTOR,
    Header,
    act_statement,
    decode_header,
    encode_payload,
    make_entry,
)
from detente.record.shapes import to_bytes
from detente.record.verdict import Standing
from detente.seals.signing import Signature
from detente.terms.errors import N_, Bug, Fault, Refused, refused
from detente.terms.ids import DialogueId, EntryId, KeyPrint, Lane, LogId, Ref
from detente.terms.limits import ENTRY_REFS, SALT_BYTES


class Draft(NamedTuple):
    """An act as it will stand, waiting for the signature of the person who does it."""

    dialogue: DialogueId
    header: Header
    body: bytes
    statement: bytes
    """What is to be signed under ``SIGN_ACT`` (`record.entry.act_statement`)."""


class Writer:
    """Writes entries of our own into one book."""

    def __init__(self, book: Book, keyring: Keyring, clock: Clock, dice: Dice) -> None:
        self._book = book
        self._keyring = keyring
        self._clock = clock
        self._dice = dice
        self.closed_because: Refused | None = None
        """Why nothing may be written, while the restore rule forbids it."""

    def ensure_openings(self) -> None:
        """Enter the openings of our own first logs, if they are empty."""
        for lane in Lane:
            log = self._book.own_log(lane)
            if self._book.heads[log].size == 0:
                self.enter(lane, charter_entries.OPENING, self._opening(log, "founding"))

    def _opening(
        self, log: LogId, reason: str, document: SignedDocument | None = None
    ) -> charter_entries.Opening:
        standing = self._book.state.logs[log]
        party = self._book.state.charter.parties[standing.party]
        return charter_entries.Opening(
            party, standing.node.print, standing.epoch, standing.lane, (), reason, document
        )

    def draft(self, kind: Kind, body: Any, actor: KeyPrint) -> Draft:
        """Return an act ready for its signature, checked by all rules but the signature's own.

        Args:
            kind: of the act.
            body: value of the kind's class.
            actor: print of the key that will sign.

        Raises:
            Refused: by what rule the act may not be done here and now.
        """
        self._may_write()
        header = self._next_header(kind.lane, kind.number, actor)
        encoded = to_bytes(body)
        self._check(kind, header, body)
        statement = act_statement(self._book.id, header, encoded)
        return Draft(self._book.id, header, encoded, statement)

    def _check(self, kind: Kind, header: Header, body: Any) -> None:
        book = self._book
        standing = book.state.logs[header.log]
        seen = self._seen_by(header)
        act = Act(
            Ref(header.log, header.seq, EntryId(bytes(32))), book.state.charter.parties[book.own],
            book.own, header.actor, header.kind, header.clock, header.time, seen, body,
        )  # fmt: skip
        try:
            if not kind.is_machine:
                authorise(book.state.charter, act, kind.scope)
            check_rules(book.state, standing, kind, act, book.stands)
        except Refused:
            raise
        except Fault as fault:
            raise refused(fault) from None

    def _seen_by(self, header: Header) -> dict[bytes, int]:
        seen = dict(self._book.state.logs[header.log].seen)
        self._book.lookup.state = self._book.state
        for ref in header.refs:
            for log, size in self._book.lookup.fact(ref.log, ref.seq).seen.items():
                seen[log] = max(seen.get(log, 0), size)
        seen[header.log] = header.seq
        return seen

    def hindrance(self) -> Refused | None:
        """Return why our own logs cannot be continued now; None where they can."""
        try:
            self._may_write()
            for lane in Lane:
                self._next_header(lane, MINUTE, NO_ACTOR)
        except Refused as fault:
            return fault
        return None

    def _next_header(self, lane: Lane, kind: int, actor: KeyPrint) -> Header:
        """Return the header of our next entry on a lane; length and hash are filled in later."""
        book, state = self._book, self._book.state
        log = book.own_log(lane)
        own = state.logs[log]
        if own.admitted == book.stands.get(log):
            raise Refused(
                "desk.frozen",
                N_("Our own log was frozen by a proof of two histories or a cut."),
                N_("Open a new epoch: detente restore --new-epoch."),
            )
        if own.broken_at is not None:
            raise Refused(
                "desk.broken",
                N_("An entry of our own log broke it: nothing that follows would count."),
                N_("Open a new epoch: detente restore --new-epoch."),
            )
        if own.admitted < book.heads[log].size or self._is_lost(log):
            raise Refused(
                "desk.waiting",
                N_("Entries of our own name others that are not here."),
                N_("They are fetched when the other sides are connected. If nobody holds them:"
                   " detente restore --new-epoch."),
            )  # fmt: skip
        refs = []
        highest = own.clock
        book.lookup.state = state
        for other in self._moved(log, lane)[:ENTRY_REFS]:
            last = state.logs[other].sound - 1
            fact = book.lookup.fact(other, last)
            refs.append(Ref(other, last, EntryId(fact.id)))
            highest = max(highest, fact.clock)
        return Header(
            log, own.admitted, own.head, highest + 1, tuple(sorted(refs)), self._clock.now(),
            kind, actor, 0, bytes(32),
        )  # fmt: skip

    def _is_lost(self, log: LogId) -> bool:
        """Tell whether an entry of our own names one of this log that we have lost."""
        own = self._book.own
        return any(
            held.missing.log == log and self._book.state.logs[one].party == own
            for one, held in self._book.held.items()
        )

    def _moved(self, log: LogId, lane: Lane) -> list[LogId]:
        """Return the logs that our next entry names, those of each party's newest epoch first."""
        state = self._book.state
        seen = state.logs[log].seen
        found = [
            LogId(other)
            for other, standing in state.logs.items()
            if other != log
            and standing.sound > seen.get(other, 0)
            and (lane == Lane.TABLE or standing.lane == Lane.LINE)
        ]
        # An entry names a bounded number of logs; one that opens many epochs must not crowd out others.
        newest = {state.log_of(party, one) for party in range(state.parties) for one in Lane}
        return sorted(found, key=lambda other: other not in newest)

    def commit(self, draft: Draft, signatures: tuple[tuple[KeyPrint, Signature], ...]) -> Ref:
        """Store a signed act, with the checkpoint that covers it.

        Raises:
            Refused: ``desk.moved`` when another entry took its place since it was drafted;
                any rule it breaks. Nothing is stored then.
            Unavailable: the store could not make it durable; nothing is stored.
        """
        self._may_write()
        standing = self._book.state.logs[draft.header.log]
        if draft.header.prev != standing.head or draft.header.seq != standing.admitted:
            raise Refused(
                "desk.moved",
                N_("Another entry was made meanwhile."),
                N_("Draft the act again and sign it again."),
            )
        return self._store(draft.header, encode_payload(draft.body, signatures))

    def enter(self, lane: Lane, kind: int, body: Any) -> Ref:
        """Store a machine entry.

        Raises:
            Refused: the rule it breaks.
        """
        self._may_write()
        header = self._next_header(lane, kind, NO_ACTOR)
        self._check(KINDS[kind], header, body)
        return self._store(header, encode_payload(to_bytes(body)))

    def adopt(self, pieces: list[Piece]) -> None:
        """Store entries of our own that were made and signed before the dialogue existed."""
        for piece in pieces:
            self._add(piece)

    def _store(self, header: Header, payload: bytes) -> Ref:
        if len(payload) > self._book.founding.genesis.quotas.payload_bytes:
            raise Refused(
                "desk.size",
                N_("This act has {size} bytes; the dialogue allows {most}."),
                N_("Divide it into several acts."),
                size=len(payload),
                most=self._book.founding.genesis.quotas.payload_bytes,
            )
        entry = make_entry(header, self._dice.bytes(SALT_BYTES), payload)
        return self._add(Piece(entry.raw, entry.salt, entry.payload))

    def _add(self, piece: Piece) -> Ref:
        book = self._book
        lane_log = decode_header(piece.raw).log
        extension = extend_log(book.heads[lane_log], [piece])
        entry = extension.entries[0]
        judged = book.judge(lane_log, extension.entries)
        if judged.state.logs[lane_log].admitted != entry.header.seq + 1:
            raise Bug("our own entry has to wait for what it names")
        for judgement in judged.judgements:
            verdict = judgement.verdicts.get(entry.header.seq)
            if judgement.log == lane_log and verdict and verdict.standing is not Standing.COUNTED:
                book.lookup.clear()
                raise Refused(
                    verdict.reason or "desk.void",
                    N_("The act does not hold by the rules of the record: {reason}."),
                    N_("Nothing was stored. Check who signs, and with which key."),
                    reason=verdict.reason,
                )
        head = extension.head
        checkpoint = sign_checkpoint(
            self._keyring.node(), book.id, lane_log, head.size, head.root(),
            self._clock.now() // 1000,
        )  # fmt: skip
        try:
            with book.store.unit() as unit:
                unit.append(extension)
                book.write_judgements(unit, judged)
                unit.keep_checkpoint(checkpoint)
        except BaseException:
            book.lookup.forget()
            raise
        book.accept(judged, head)
        return Ref(lane_log, entry.header.seq, entry.id)

    def _may_write(self) -> None:
        if self.closed_because is not None:
            raise self.closed_because
