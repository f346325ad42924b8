"""Judge the entries of a bundle by the rules of a node, in whatever order they can be judged.

Carries out docs/spec/11-bundle.md §5, step 7. Entries stand after what they name, so that few ever
wait; those that do are kept until what they name is judged, or until the bundle ends.

Invariants: the same `dialogue.admit.admit` as in a node; waiting entries take a bounded amount of
memory; entries that no checkpoint covers are never judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from detente.charter.entries import FORK, ForkProof
from detente.charter.rules import mandate_of
from detente.dialogue.admit import Run, admit
from detente.dialogue.kinds import KINDS, kind_name
from detente.dialogue.past import Held
from detente.dialogue.state import Dialogue
from detente.record.entry import Entry, decode_payload
from detente.record.shapes import from_bytes
from detente.terms.errors import Rejected
from detente.terms.ids import party_letter
from detente.terms.limits import MIB, PAYLOAD_BYTES
from detente.verify.owners import recognise
from detente.verify.report import ActShown
from detente.verify.shelf import Shelf, ShelvedLog

WAITING_BYTES: Final = 64 * MIB
"""Enough for a long tail that waits for what never came; a bundle in order needs none."""
_ENTRY_OVERHEAD: Final = 1024
_AT_ONCE: Final = 256
"""Entries judged before what was found out is packed away: until then each has all it had seen in full."""


class Judging:
    """The state of a dialogue as far as the entries read so far can be judged."""

    def __init__(self, state: Dialogue, shelf: Shelf, stands: Mapping[bytes, int]) -> None:
        self.state = state
        self.acts: list[tuple[int, int, ActShown]] = []
        """(log, position, act) of every counted act of a person."""
        self.proofs: list[bytes] = []
        """Counted fork proofs."""
        self.held: dict[int, Held] = {}
        """Log → why the rest of it waits."""
        self.unowned: dict[int, Rejected] = {}
        """Log → why it could not be told whose it is."""
        self.given_up: set[int] = set()
        """Logs of which too much waited."""
        self._shelf = shelf
        self._stands = stands
        self._waiting: dict[int, list[Entry]] = {}
        self._bytes = 0

    def take(self, number: int, entries: list[Entry]) -> None:
        """Judge the next entries of a log, and whatever waited for them."""
        if number in self.given_up:
            return
        if number in self._waiting:
            self._wait(number, entries)
            return
        before = self._shelf.logs[number].judged
        rest = self._judge(number, entries)
        if rest:
            self._wait(number, rest)
        if self._waiting and self._shelf.logs[number].judged > before:
            self._settle()

    def _wait(self, number: int, entries: Sequence[Entry]) -> None:
        self._waiting.setdefault(number, []).extend(entries)
        self._bytes += _cost(entries)
        if self._bytes > WAITING_BYTES:
            self._bytes -= _cost(self._waiting.pop(number))
            self.given_up.add(number)

    def _settle(self) -> None:
        moved = True
        while moved:
            moved = False
            for number in list(self._waiting):
                held = self.held.get(number)
                if held and not self._shelf.has_judged(held.missing.log, held.missing.seq):
                    continue
                entries = self._waiting[number]
                rest = self._judge(number, entries)
                if len(rest) < len(entries):
                    moved = True
                    self._bytes -= _cost(entries[: len(entries) - len(rest)])
                    if rest:
                        self._waiting[number] = rest
                    else:
                        del self._waiting[number]

    def _judge(self, number: int, entries: list[Entry]) -> list[Entry]:
        """Judge entries of one log; return those that must wait."""
        log = self._shelf.logs[number]
        if log.papers.log not in self.state.logs and not self._recognise(number, entries[0]):
            return entries
        for at in range(0, len(entries), _AT_ONCE):
            judged = self._admit(number, entries[at : at + _AT_ONCE])
            if judged < min(_AT_ONCE, len(entries) - at):
                return entries[at + judged :]
        return []

    def _admit(self, number: int, entries: list[Entry]) -> int:
        """Judge a few entries of one log; return how many need not wait."""
        log = self._shelf.logs[number]
        first = log.judged
        run = admit(self.state, log.papers.log, entries, self._shelf, self._stands)
        self.state = run.state
        self._shelf.keep(log, run)
        if run.held:
            self.held[number] = run.held
        else:
            self.held.pop(number, None)
        done = run.admitted - first
        for entry in entries[:done]:
            header = entry.header
            if header.actor and header.seq not in run.verdicts:
                self.acts.append((number, header.seq, self._show(log, entry)))
        if run.judge_again:
            self.proofs += [_proof(one) for one in entries[:done] if _is_counted_fork(one, run)]
        return done

    def _recognise(self, number: int, opening: Entry) -> bool:
        for ref in opening.header.refs:
            if not self._shelf.has_judged(ref.log, ref.seq):
                self.held[number] = Held(0, ref, contradicts=False)
                return False
        self.held.pop(number, None)
        try:
            self.state = recognise(self.state, self._shelf.logs[number].papers, opening)
        except Rejected as fault:
            self.unowned[number] = fault  # a document that names its key may still come
            return False
        self.unowned.pop(number, None)
        return True

    def doubt_all(self) -> None:
        """Say of nothing that it counts or is void: what stands cannot be told."""
        self.acts.clear()
        for log in self._shelf.logs:
            log.doubt()

    def _show(self, log: ShelvedLog, entry: Entry) -> ActShown:
        header, party = entry.header, log.papers.party
        charter = self.state.charter
        grants = [one for one in charter.grants.get(header.actor, ()) if one.party == party]
        granted = grants[0] if grants else None
        if len(grants) > 1:
            past = {**self._shelf.past(log, header.seq), log.papers.log: header.seq}
            scope = KINDS[header.kind].scope
            granted = mandate_of(charter, header.actor, party, past, scope)
        name, role = (granted.body.name, granted.body.role) if granted else ("", "")
        return ActShown(
            log.mark(header.seq), kind_name(header.kind), party_letter(party), name, role,
            header.time,
        )  # fmt: skip


def _is_counted_fork(entry: Entry, run: Run) -> bool:
    return entry.header.kind == FORK and entry.header.seq not in run.verdicts


def _proof(entry: Entry) -> bytes:
    payload = decode_payload(entry.payload or b"")
    return from_bytes(ForkProof, payload.body, PAYLOAD_BYTES, "verify.fork").proof


def _cost(entries: Sequence[Entry]) -> int:
    return sum(len(one.raw) + len(one.payload or b"") + _ENTRY_OVERHEAD for one in entries)
