"""A scribe writes whole scenes of a true dialogue: openings, grants, statements, minutes, epochs."""

from __future__ import annotations

from typing import Any, Self

from detente.charter import entries as charter
from detente.charter.document import key_bytes
from detente.dialogue.kinds import MINUTE
from detente.dialogue.minutes import FIRST_FOLD, complete_minutes
from detente.dialogue.state import empty_standing
from detente.protocols.opening import entries as opening
from detente.protocols.statements import entries as statements
from detente.record.fork import Fork, encode_fork
from detente.record.minute import Minute, MinuteLine, fold_digest
from detente.record.order import order_key
from detente.terms.ids import Lane, Ref
from detente.testing.parties import Person, make_key, make_person, renew_party
from detente.testing.quill import Quill
from detente.testing.written import WrittenLog


class Scribe(Quill):
    """Writes scenes in which everybody tells the truth."""

    def open(self, *roles: str) -> Self:
        """Write openings, confirmations, one grant per role and party, and the dialogue's opening."""
        for index, party in enumerate(self.parties):
            for lane in Lane:
                self.open_log(index, lane, "founding")
            self.enter(
                index,
                "charter.confirmation",
                charter.Confirmation("0" * 20, "by telephone", None),
                party.root,
            )
            for role in roles or ("head",):
                self.grant(index, f"{party.name} {role}", role)
        first = self.enter(
            0,
            "opening.proposal",
            opening.Proposal("A talk", "To keep talking.", "en"),
            self.head(0),
        )
        for index in range(1, len(self.parties)):
            self.enter(index, "opening.consent", opening.Consent(first), self.head(index))
        return self

    def open_log(self, party: int, lane: Lane, reason: str, document: Any = None) -> Ref:
        """Write the opening of a party's newest log on a lane."""
        log = self.log(party, lane)
        body = charter.Opening(
            self.parties[party].id,
            log.node.public.print,
            log.epoch,
            int(lane),
            (),
            reason,
            document,
        )
        return self.enter(party, "charter.opening", body, lane=lane)

    def grant(
        self, party: int, name: str, role: str, scopes: tuple[str, ...] = charter.SCOPES
    ) -> Ref:
        """Let a new delegate speak for a party."""
        person = make_person(name, role, self.seed)
        self.people[party][role] = person
        key = person.key.public
        body = charter.Grant(key_bytes(key), name, role, scopes, 0, 0)
        return self.enter(party, "charter.grant", body, self.parties[party].root)

    def head(self, party: int) -> Person:
        """Return the first delegate of a party."""
        return next(iter(self.people[party].values()))

    def say(self, party: int, text: str, by: Person | None = None, **how: Any) -> Ref:
        """Make a statement."""
        body = statements.Statement(text, "en", None, None)
        return self.enter(party, "statements.statement", body, by or self.head(party), **how)

    def fill(self, party: int, count: int, kind: int = 4711, body: bytes = bytes(64)) -> None:
        """Write many machine entries, judged and signed at the end."""
        for _ in range(count):
            self.write(party, kind, body, lane=Lane.TABLE)
        self.settle()
        self.sign(party)

    def minute(self, *parties: int) -> Minute:
        """Have parties, all by default, enter the same minute over all that is judged."""
        done = complete_minutes(self.state)
        lines = [
            MinuteLine(log.id, standing.admitted, log.root_at(standing.admitted))
            for log in self.written.values()
            if (standing := self.state.logs.get(log.id)) is not None and standing.admitted
        ]
        below = done[-1].sizes() if done else {}
        judged = sorted(
            (
                entry
                for line in lines
                for entry in self.written[line.log].entries[below.get(line.log, 0) : line.size]
            ),
            key=lambda entry: order_key(entry.header),
        )
        fold = fold_digest(
            done[-1].fold if done else FIRST_FOLD,
            [(one.id, self.verdicts[one.header.log, one.header.seq]) for one in judged],
        )
        minute = Minute(len(done) + 1, tuple(sorted(lines)), fold)
        for party in parties or range(len(self.parties)):
            self.enter(party, MINUTE, minute)
        return minute

    def open_epoch(self, party: int, reason: str = "rotated", *, key: str = "") -> None:
        """Begin new logs of a party; with `key`, under a new node key that a new document names."""
        document = None
        if key:
            renewed = renew_party(self.parties[party], make_key(f"{self.seed}/{key}"))
            self.parties = tuple(
                renewed if index == party else one for index, one in enumerate(self.parties)
            )
            document = renewed.chain[-1]
        mine, epoch = self.parties[party], self.log(party).epoch + 1
        for lane in Lane:
            log = self._keep(
                WrittenLog(self.founded.dialogue, (party, mine.id), mine.node, epoch, lane)
            )
            standing = empty_standing(self.founded.dialogue, party, mine.node.public, epoch, lane)
            self.state = self.state._replace(logs=self.state.logs.set(log.id, standing))
            self.open_log(party, lane, reason, document if lane is Lane.LINE else None)

    def accuse(self, party: int, fork: Fork) -> Ref:
        """Enter a fork proof."""
        return self.enter(party, "charter.fork", charter.ForkProof(encode_fork(fork)))
