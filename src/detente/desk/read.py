"""What people and programs are shown: plain data about one dialogue, never HTML, never a raw digest alone.

Carries out docs/spec/06-dialogue.md §7. Texts are given exactly as stored; a door makes them harmless for
its own medium. Everything is computed from the record, so both nodes show the same.
"""

from __future__ import annotations

from typing import Any

from detente.charter.act import Place
from detente.charter.rules import mandate_of
from detente.charter.state import is_ended
from detente.desk.book import Book
from detente.desk.marks import mark_of, parse_mark
from detente.dialogue.bodies import card_of, plain_body, read_body, text_of
from detente.dialogue.kinds import KINDS, kind_name
from detente.dialogue.minutes import final_sizes, ordinals_of
from detente.protocols.hotline.entries import ACKNOWLEDGEMENT
from detente.record.entry import Entry
from detente.record.order import order_key
from detente.record.verdict import COUNTED, Standing
from detente.terms.ids import KeyPrint, LogId, Ref, party_letter
from detente.terms.text import find_flags
from detente.terms.times import CLOCK_ALLOWANCE, SECOND

_WORDS = {
    Standing.COUNTED: "counted",
    Standing.VOID: "void",
    Standing.NOT_UNDERSTOOD: "not understood",
    Standing.WITHHELD: "withheld",
}


class Reader:
    """Reads one book for people."""

    def __init__(self, book: Book) -> None:
        self._book = book

    # -- names -----------------------------------------------------------------------------

    def party_name(self, index: int) -> str:
        """Return a party's name, in the words of its newest document."""
        return self._book.state.charter.versions[index][-1].document.name()

    def actor(self, where: Place, kind: int, actor: bytes) -> dict[str, Any]:
        """Return name and role of who acted, as its party had granted them when it was done."""
        if not actor:
            return {"name": "", "role": "node", "print": ""}
        state = self._book.state
        party = state.logs[where.log].party
        if any(actor in v.document.root_keys() for v in self._book.state.charter.versions[party]):
            return {"name": "", "role": "root", "print": actor.hex()}
        name, role = "", "?"
        if where.seq < state.logs[where.log].admitted:
            past = {**self._book.store.seen_at(LogId(where.log), where.seq), where.log: where.seq}
            scope = KINDS[kind].scope if kind in KINDS else ""
            granted = mandate_of(state.charter, KeyPrint(actor), party, past, scope)
            if granted is not None:
                name, role = granted.body.name, granted.body.role
        return {"name": name, "role": role, "print": actor.hex()}

    def parties(self) -> list[dict[str, Any]]:
        """Return the parties in the agreed order."""
        return [
            {
                "letter": party_letter(index),
                "name": self.party_name(index),
                "own": index == self._book.own,
                "id": party.hex(),
            }
            for index, party in enumerate(self._book.state.charter.parties)
        ]

    # -- the log ---------------------------------------------------------------------------

    def log(self, limit: int, skip: int = 0, lane: int | None = None) -> dict[str, Any]:
        """Return the newest entries in the total order, oldest of them first.

        Args:
            limit: how many, 1 to 1000.
            skip: how many of the newest to leave out.
        """
        limit = max(1, min(limit, 1000))
        found: list[Entry] = []
        total = 0
        for log, head in self._book.heads.items():
            standing = self._book.state.logs[log]
            if lane is not None and standing.lane != lane:
                continue
            total += head.size
            first = max(0, head.size - limit - skip)
            found += self._book.store.entries(log, first, head.size - first)
        ordinals = ordinals_of(self._book.state)
        found.sort(
            key=lambda entry: order_key(
                entry.header, ordinals(Place(entry.header.log, entry.header.seq))
            )
        )
        end = len(found) - skip
        rows = [self.row(entry) for entry in found[max(0, end - limit) : max(0, end)]]
        return {"rows": rows, "total": total}

    def row(self, entry: Entry) -> dict[str, Any]:
        """Return one line about an entry."""
        header = entry.header
        standing = self._book.state.logs[header.log]
        word, reason = self._standing(entry)
        actor = self.actor(Place(header.log, header.seq), header.kind, header.actor)
        body = read_body(entry)
        return {
            "mark": mark_of(self._book, (header.log, header.seq)),
            "time": header.time,
            "letter": party_letter(standing.party),
            "party": self.party_name(standing.party),
            "kind": kind_name(header.kind),
            "actor": actor["name"],
            "role": actor["role"],
            "line": self._summary(body),
            "standing": word,
            "reason": reason,
            "final": header.seq < final_sizes(self._book.state).get(header.log, 0),
            "received": (received := self._receipts_for(header.log, header.seq)),
            "misdated": self._misdated(entry, received),
        }

    def _misdated(self, entry: Entry, received: list[dict[str, Any]]) -> str:
        """Return how the claimed time contradicts the others': ``earlier``, ``later`` or not at all.

        Earlier than an entry that it names, or later than a receipt for it (docs/spec/02-order.md §5.1).
        """
        header = entry.header
        named = [(ref.log, ref.seq) for ref in header.refs]
        if header.seq:
            named.append((header.log, header.seq - 1))
        for log, seq in named:
            other = self._book.store.entry(log, seq) if log in self._book.heads else None
            if other is not None and header.time + CLOCK_ALLOWANCE < other.header.time:
                return "earlier"
        first = min((one["time_s"] for one in received), default=None)
        if first is not None and header.time > (first + 1) * SECOND + CLOCK_ALLOWANCE:
            return "later"
        return ""

    def _standing(self, entry: Entry) -> tuple[str, str]:
        log, seq = entry.header.log, entry.header.seq
        if seq >= self._book.state.logs[log].admitted:
            return "held", ""
        verdict = self._book.store.verdicts(log, seq, 1).get(seq, COUNTED)
        return _WORDS[verdict.standing], verdict.reason

    def _receipts_for(self, log: LogId, seq: int) -> list[dict[str, Any]]:
        prints = {
            standing.node.print: standing.party for standing in self._book.state.logs.values()
        }
        first: dict[int, int] = {}
        for receipt in self._book.store.receipts(log, seq + 1):
            party = prints.get(receipt.signer)
            if party is not None:  # a party that renewed its node key may have given two
                first[party] = min(receipt.time, first.get(party, receipt.time))
        return [
            {"letter": party_letter(party), "time_s": at} for party, at in sorted(first.items())
        ]

    def received(self, where: Place) -> list[dict[str, Any]]:
        """Return by whose nodes an entry was received, and when they say so."""
        return self._receipts_for(LogId(where.log), where.seq)

    def _summary(self, body: Any) -> str:
        for field in ("text", "title", "grounds", "note", "reason"):
            value = getattr(body, field, "")
            if isinstance(value, str) and value:
                return value
        questions = getattr(body, "questions", ())
        if questions:
            return " / ".join(questions)
        answers = getattr(body, "answers", ())
        if answers:
            return " / ".join(f"{one.number}. {one.text or '—'}" for one in answers)
        named = next((getattr(body, f) for f in ("of", "to", "item", "proposal", "objection", "grant")
                      if isinstance(getattr(body, f, None), Ref)), None)  # fmt: skip
        if named is not None:
            return f"→ {mark_of(self._book, named)}"
        name = getattr(body, "name", "")
        return name if isinstance(name, str) else ""

    # -- one entry -------------------------------------------------------------------------

    def show(self, mark: str) -> dict[str, Any]:
        """Return everything about one entry. Raises `Refused` ``mark.*``."""
        log, entry = parse_mark(self._book, mark)
        standing = self._book.state.logs[log]
        body = read_body(entry)
        word, reason = self._standing(entry)
        text = text_of(body)
        where = Place(log, entry.header.seq)
        return {
            "mark": mark_of(self._book, where),
            "kind": kind_name(entry.header.kind),
            "letter": party_letter(standing.party),
            "party": self.party_name(standing.party),
            "actor": self.actor(where, entry.header.kind, entry.header.actor),
            "time": entry.header.time,
            "misdated": self._misdated(entry, self._receipts_for(log, entry.header.seq)),
            "standing": word,
            "reason": reason,
            "final": entry.header.seq < final_sizes(self._book.state).get(log, 0),
            "lang": getattr(body, "lang", ""),
            "text": text,
            "flags": [flag._asdict() for flag in find_flags(text)],
            "fields": self.plain(body),
            "card": card_of(body),
            "attached": self._attached(where),
            "route": self._route(entry),
            "id": entry.id.hex(),
            "log": log.hex(),
            "size_bytes": entry.header.length,
        }

    def plain(self, body: Any) -> Any:
        """Return a body as plain data, entries named by their marks and bytes in hexadecimal."""
        return plain_body(body, lambda ref: mark_of(self._book, ref))

    def _attached(self, where: Place) -> list[dict[str, Any]]:
        """Return what other entries attach to this one, in the order of the record."""
        state = self._book.state
        found: list[tuple[int, Place, str]] = [
            (one.act.clock, one.act.where, "translation")
            for one in state.statements.translations.get(where, ())
        ]
        said = state.statements.said.get(where)
        if said is not None:
            found += [(o.act.clock, o.act.where, "correction") for o in said.corrections]
            found += [(o.act.clock, o.act.where, "withdrawal") for o in said.withdrawals]
        for other in state.statements.said.values():
            reply = other.body.reply_to
            if reply is not None and (reply.log, reply.seq) == where:
                found.append((other.act.clock, other.act.where, "reply"))
        for raised in state.objections.raised.values():
            if (raised.body.to.log, raised.body.to.seq) == where:
                found.append((raised.act.clock, raised.act.where, "objection"))
        asked = state.questions.asked.get(where)
        if asked is not None:
            found += [(o.act.clock, o.act.where, "reply") for o in asked.replies]
        sent = state.hotline.sent.get(where)
        if sent is not None:
            found += [(o.act.clock, o.act.where, "acknowledgement") for o in sent.acknowledged]
        return [{"what": what, "mark": mark_of(self._book, at)} for _, at, what in sorted(found)]

    def _route(self, entry: Entry) -> list[dict[str, Any]]:
        """Return the stations of an entry with their times, as each side states them."""
        header = entry.header
        standing = self._book.state.logs[header.log]
        route = [{"step": "recorded", "time": header.time, "by": party_letter(standing.party)}]
        route += [
            {"step": "received", "time": one["time_s"] * 1000, "by": one["letter"]}
            for one in self._receipts_for(header.log, header.seq)
        ]
        sent = self._book.state.hotline.sent.get(Place(header.log, header.seq))
        for one in sent.acknowledged if sent else ():
            route.append(
                {
                    "step": "acknowledged",
                    "time": one.act.time,
                    "by": party_letter(one.act.party),
                    "role": one.role,
                    "actor": self.actor(one.act.where, ACKNOWLEDGEMENT, one.act.actor),
                }
            )
        return route

    # -- people ----------------------------------------------------------------------------

    def delegates(self) -> list[dict[str, Any]]:
        """Return all grants of all parties, in the agreed order of the parties."""
        state = self._book.state
        everything = {log: standing.admitted for log, standing in state.logs.items()}
        rows = []
        for grants in state.charter.grants.values():
            for granted in grants:
                ended = is_ended(state.charter, granted, everything)
                rows.append(
                    {
                        "letter": party_letter(granted.party),
                        "name": granted.body.name,
                        "role": granted.body.role,
                        "scopes": list(granted.body.scopes),
                        "print": granted.key.print.hex(),
                        "expires": granted.body.expires,
                        "most": granted.body.most,
                        "mark": mark_of(self._book, granted.where),
                        "state": "holds" if ended is None else "expired" if ended else "revoked",
                    }
                )
        return sorted(rows, key=lambda row: (row["letter"], row["mark"]))
