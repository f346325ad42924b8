"""Where a dialogue stands: whose move, what is received, what waits, what is final.

Carries out docs/spec/06-dialogue.md §7. No grey "no reply": what is sent, received, acknowledged and
answered are different things and are counted apart.
"""

from __future__ import annotations

from typing import Any

from detente.charter.act import Done, Place
from detente.desk.book import Book
from detente.desk.marks import mark_of
from detente.desk.read import Reader
from detente.desk.upkeep import Upkeep
from detente.desk.write import Writer
from detente.dialogue.minutes import final_sizes
from detente.protocols.acks import outstanding
from detente.protocols.agenda.state import Status, status
from detente.protocols.opening.state import is_open
from detente.protocols.questions.state import latest_answers
from detente.terms.ids import LogId, party_letter
from detente.terms.times import SECOND


def summarise(book: Book, writer: Writer, upkeep: Upkeep) -> dict[str, Any]:
    """Return one dialogue in short, as plain data."""
    state = book.state
    reader = Reader(book)
    proposals = list(state.opening.proposals.values())
    waiting = _waiting(book)
    final = final_sizes(state)
    closed = writer.closed_because
    contested = upkeep.dispute() is not None
    return {
        "id": book.id.hex(),
        "short": book.id.hex()[:10],
        "title": proposals[0].body.title if proposals else "",
        "open": is_open(state.opening, state.parties),
        "parties": reader.parties(),
        "terms": book.founding.genesis.terms,
        "entries": sum(head.size for head in book.heads.values()),
        "acts": len(state.notes),
        "void": state.void,
        "not_understood": state.not_understood,
        "withheld": state.withheld,
        "final_upto": [_last(book, log, size) for log, size in sorted(final.items()) if size],
        "newest": [
            _last(book, log, head.size) for log, head in book.heads.items() if head.size
        ],
        "not_received": _not_received(book),
        "held": [
            {"log": mark_of(book, (log, held.seq)), "waiting_for": mark_of(book, held.missing),
             "contradicts": held.contradicts}
            for log, held in book.held.items()
        ],
        "frozen": [
            {"log": mark_of(book, (log, size)), "stands": size} for log, size in book.stands.items()
        ],
        "waiting_for_us": [one for party, one in waiting if party == book.own],
        "with_them": [
            {**one, "letter": party_letter(party)} for party, one in waiting if party != book.own
        ],
        "dispute": "minutes" if contested else None,
        "closed": None
        if closed is None
        else {"code": closed.code, "sentence": closed.sentence, "next_step": closed.next_step,
              "details": closed.details},
    }  # fmt: skip


def _last(book: Book, log: bytes, size: int) -> str:
    return mark_of(book, (log, size - 1))


def _not_received(book: Book) -> list[dict[str, Any]]:
    """Return, per other party, how many of our own entries it has not receipted."""
    rows = []
    for index, _ in enumerate(book.state.charter.parties):
        if index == book.own:
            continue
        prints = {s.node.print for s in book.state.logs.values() if s.party == index}
        missing = 0
        for log, standing in book.state.logs.items():
            if standing.party == book.own:
                receipts = book.store.receipts(LogId(log))
                got = max((r.size for r in receipts if r.signer in prints), default=0)
                missing += book.heads[LogId(log)].size - got
        rows.append({"letter": party_letter(index), "entries": missing})
    return rows


def _waiting(book: Book) -> list[tuple[int, dict[str, Any]]]:
    """Return (party whose move it is, what it is about), oldest first; ``due`` is 0 where nothing is."""
    state = book.state
    found: list[tuple[int, Place, int, str, int]] = []

    def note(act: Done, party: int, what: str, within_s: int = 0) -> None:
        due = act.time + SECOND * within_s if within_s else 0
        found.append((act.time, act.where, party, what, due))

    for sent in state.hotline.sent.values():
        for party in outstanding(sent.act.party, state.parties, sent.acknowledged):
            note(sent.act, party, "acknowledge", sent.body.acknowledge_within_s)
    if not is_open(state.opening, state.parties):
        for proposed in state.opening.proposals.values():
            consented = {proposed.act.party, *(done.party for done in proposed.consents)}
            for party in set(range(state.parties)) - consented:
                note(proposed.act, party, "opening")
    for item in state.agenda.items.values():
        if status(item, state.parties) is Status.PROPOSED:
            spoken = {item.act.party, *(done.party for done in item.agreements)}
            for party in set(range(state.parties)) - spoken:
                note(item.act, party, "agenda")
    for asked in state.questions.asked.values():
        for party in range(state.parties):
            answered = len(latest_answers(asked, party))
            if party != asked.act.party and answered < len(asked.body.questions):
                note(asked.act, party, "answer")
    return [
        (party, {"mark": mark_of(book, where), "what": what, "since": time, "due": due})
        for time, where, party, what, due in sorted(found)
    ]
