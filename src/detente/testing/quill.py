"""The writing hand: entries for all parties of one dialogue, in memory and without a node.

Every entry passes the functions that a node uses: `extend_log`, `admit`, `sign_checkpoint`. The quill can
lie as well: write in a person's name with another key, claim any time or clock, name any entries,
write into a branch, or leave things unsigned and unjudged. Keys and salts follow from the seed, so
the same calls write the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from detente.charter.founding import encode_founding
from detente.dialogue.admit import admit
from detente.dialogue.kinds import BY_NAME, KINDS
from detente.dialogue.past import Fact
from detente.dialogue.state import Dialogue, start
from detente.record.bundle import LogPapers
from detente.record.chain import Piece
from detente.record.checkpoint import Checkpoint
from detente.record.entry import (
    NO_ACTOR,
    Entry,
    Header,
    act_statement,
    encode_payload,
    make_entry,
)
from detente.record.shapes import to_bytes
from detente.record.verdict import COUNTED, Verdict
from detente.seals import labels
from detente.seals.signing import PrivateKey, Signature
from detente.terms.ids import EntryId, KeyPrint, Lane, LogId, Ref
from detente.testing.parties import START_MS, Person, found, make_party
from detente.testing.written import WrittenLog


class Quill:
    """One dialogue among invented parties, as every honest node would come to hold it.

    Args:
        names: of the parties, in any order; the founding orders them.
        seed: keys follow from it.
        talk: the same parties may hold several dialogues.
    """

    def __init__(
        self, names: Sequence[str] = ("Arla", "Borduria"), seed: str = "scribe", talk: str = ""
    ) -> None:
        self.seed = seed
        nonce = sha256((seed + talk).encode()).digest()
        self.founded, self.parties = found([make_party(name, seed) for name in names], nonce)
        self.state: Dialogue = start(self.founded)
        self.now_ms = START_MS
        self.written: dict[LogId, WrittenLog] = {}
        self.verdicts: dict[tuple[LogId, int], Verdict] = {}
        self.evidence_kept: list[tuple[str, bytes]] = []
        self.people: list[dict[str, Person]] = [{} for _ in self.parties]
        self._salts = 0
        for index, party in enumerate(self.parties):
            for lane in Lane:
                self._keep(
                    WrittenLog(self.founded.dialogue, (index, party.id), party.node, 0, lane)
                )

    def _keep(self, log: WrittenLog) -> WrittenLog:
        self.written[log.id] = log
        return log

    def log(self, party: int, lane: Lane = Lane.TABLE) -> WrittenLog:
        """Return a party's newest log on a lane."""
        mine = [log for log in self.written.values() if (log.party[0], log.lane) == (party, lane)]
        return max(mine, key=lambda log: log.epoch)

    def enter(
        self,
        party: int,
        kind: int | str,
        body: Any,
        by: Person | PrivateKey | None = None,
        **how: Any,
    ) -> Ref:
        """Write, judge, sign and receipt one entry.

        Args:
            kind: number or name; a number that nobody knows is written as it is.
            body: value of the kind's class, or bytes.
            by: who acts: a person, a root key, or nobody for a machine entry.
            how: as `write` takes it.
        """
        entry = self.write(party, kind, body, by, **how)
        self.settle()
        self.sign(party, self.written[entry.header.log].lane)
        return Ref(entry.header.log, entry.header.seq, entry.id)

    def write(
        self,
        party: int,
        kind: int | str,
        body: Any,
        by: Person | PrivateKey | None = None,
        *,
        lane: Lane | None = None,
        actor: KeyPrint | None = None,
        into: WrittenLog | None = None,
        **fields: Any,
    ) -> Entry:
        """Write one entry at the end of a log; it is neither judged nor signed by the node yet.

        Args:
            actor: in whose name; by default that of `by`.
            into: a branch or any other log to write into.
            fields: of the header, to claim something else than is true.
        """
        number = BY_NAME[kind].number if isinstance(kind, str) else kind
        known = KINDS.get(number)
        log = into or self.log(
            party, lane if lane is not None else known.lane if known else Lane.TABLE
        )
        key = by.key if isinstance(by, Person) else by
        name = actor if actor is not None else key.public.print if key else NO_ACTOR
        header = self.draft(log, number, name)._replace(**fields)
        data = body if isinstance(body, bytes) else to_bytes(body)
        entry = make_entry(
            header, self._salt(), encode_payload(data, self._sign_act(key, header, data))
        )
        log.extend([Piece(entry.raw, entry.salt, entry.payload)])
        return entry

    def draft(self, log: WrittenLog, kind: int, actor: KeyPrint) -> Header:
        """Return the true header of the next entry of a log."""
        self.now_ms += 1000
        seen = log.pasts[-1] if log.pasts else {}
        refs = []
        highest = log.head.clock
        for other in self.written.values():
            standing = self.state.logs.get(other.id)
            if other.id == log.id or standing is None or (log.lane, other.lane) == (0, 1):
                continue
            known = max(seen.get(other.id, 0), log.named.get(other.id, 0))
            if standing.admitted > known and standing.broken_at is None:
                refs.append(Ref(other.id, standing.admitted - 1, EntryId(standing.head)))
                highest = max(highest, standing.clock)
        return Header(
            log.id, log.size, log.head.head, highest + 1, tuple(sorted(refs)), self.now_ms, kind,
            actor, 0, bytes(32),
        )  # fmt: skip

    def _sign_act(
        self, key: PrivateKey | None, header: Header, body: bytes
    ) -> tuple[tuple[KeyPrint, Signature], ...]:
        if key is None:
            return ()
        statement = act_statement(self.founded.dialogue, header, body)
        return ((key.public.print, key.sign(labels.SIGN_ACT, statement)),)

    def _salt(self) -> bytes:
        self._salts += 1
        return sha256(f"{self.seed} salt {self._salts}".encode()).digest()[:16]

    def settle(self) -> None:
        """Judge whatever can be judged."""
        moved = True
        while moved:
            moved = False
            for log in self.written.values():
                standing = self.state.logs.get(log.id)
                if standing is None or standing.admitted == log.size:
                    continue
                run = admit(self.state, log.id, log.entries[standing.admitted :], self)
                self.state = run.state
                past: Any = log.pasts[-1] if log.pasts else {}
                for seq in range(standing.admitted, run.admitted):
                    past = run.seen.get(seq, past)
                    log.pasts.append(past)
                    self.verdicts[log.id, seq] = run.verdicts.get(seq, COUNTED)
                moved = moved or run.admitted > standing.admitted

    def fact(self, log: LogId, seq: int) -> Fact:
        """Return the facts of a judged entry (`dialogue.admit.Facts`)."""
        written = self.written[log]
        entry = written.entries[seq]
        return Fact(entry.id, entry.header.clock, {**written.pasts[seq], log: seq + 1})

    def sign(self, party: int, lane: Lane = Lane.TABLE, receipts: bool = True) -> Checkpoint:
        """Sign a log as it stands, and have every other party's node receipt it."""
        log = self.log(party, lane)
        for other in self.parties if receipts else ():
            if other.id != self.parties[party].id:
                log.sign(self.now_ms // 1000 + 1, by=other.node)
        return log.sign(self.now_ms // 1000)

    # -- as the source of a bundle (`record.bundle.BundleSource`) --------------------------

    def founding(self) -> bytes:
        """Return the founding papers."""
        return encode_founding(self.founded.papers)

    def logs(self) -> list[LogPapers]:
        """Return all logs."""
        return [
            LogPapers(log.id, log.party[0], log.node.public, log.epoch, log.lane, log.size)
            for log in self.written.values()
        ]

    def entries(self, log: LogId, start: int, count: int) -> Sequence[Entry]:
        """Return entries of a log."""
        return self.written[log].entries[start : start + count]

    def checkpoints(self, log: LogId) -> Iterable[Checkpoint]:
        """Return a log's own checkpoints."""
        return self.written[log].checkpoints

    def receipts(self, log: LogId) -> Iterable[Checkpoint]:
        """Return the receipts for a log."""
        return self.written[log].receipts

    def evidence(self) -> Iterable[tuple[str, bytes]]:
        """Return what was kept as evidence."""
        return self.evidence_kept
