"""Vectors of verdicts: a record, one or a few entries more, and what becomes of each.

The founding papers and the entries that open the dialogue stand in ``verdict/base.json``; every scenario
continues from there. `make_vectors` writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from detente.charter import entries as charter
from detente.charter.entries import LogMark
from detente.protocols.agenda import entries as agenda
from detente.protocols.hotline import entries as hotline
from detente.protocols.statements import entries as statements
from detente.record.chain import Piece
from detente.record.entry import Entry, make_entry
from detente.record.minute import Minute
from detente.record.verdict import Standing
from detente.terms.ids import KeyPrint, Lane, LogId, Ref
from detente.testing.scribe import Scribe

Vector = tuple[str, dict[str, Any]]
Scene = Callable[[Scribe], None]

_VERDICTS: Final = {
    Standing.COUNTED: "counted",
    Standing.VOID: "void",
    Standing.NOT_UNDERSTOOD: "not understood",
    Standing.WITHHELD: "withheld",
}
_NOTE: Final = hotline.Message(
    hotline.Status.TEST, hotline.Precedence.ROUTINE, "", "Line test.", "en", 0, 0
)


def vectors() -> Iterator[Vector]:
    """Yield the base and all scenarios."""
    base = Scribe(seed="vectors").open()
    yield (
        "verdict/base",
        {
            "about": "two parties, their delegates, and the opening of the dialogue; all counted",
            "clause": "06-dialogue.md §2",
            "verdict": "good",
            "founding": base.founding().hex(),
            "entries": _shown(base, {}),
        },
    )
    known = {log: written.size for log, written in base.written.items()}
    for name, (about, clause, scene) in SCENES.items():
        scribe = Scribe(seed="vectors").open()
        scene(scribe)
        entries = _shown(scribe, known)
        yield (
            f"verdict/{name}",
            {
                "about": about,
                "clause": clause,
                "verdict": entries[-1]["verdict"],
                "entries": entries,
            },
        )


def _shown(scribe: Scribe, known: dict[LogId, int]) -> list[dict[str, Any]]:
    """Return the entries of all logs from the known sizes on, each after what it names."""
    found = [
        (entry.header.clock, log.id, entry)
        for log in scribe.written.values()
        for entry in log.entries[known.get(log.id, 0) :]
    ]
    return [_entry(scribe, entry) for _, _, entry in sorted(found, key=lambda one: one[:2])]


def _entry(scribe: Scribe, entry: Entry) -> dict[str, Any]:
    log = scribe.written[entry.header.log]
    verdict = scribe.verdicts[entry.header.log, entry.header.seq]
    return {
        "log": {
            "party": log.party[0],
            "epoch": log.epoch,
            "lane": log.lane.name.lower(),
            "node": log.node.public.print.hex(),
        },
        "header": entry.raw.hex(),
        "salt": entry.salt.hex() if entry.salt else None,
        "payload": entry.payload.hex() if entry.payload else None,
        "verdict": _VERDICTS[verdict.standing],
        "reason": verdict.reason,
    }


# -- the scenes ------------------------------------------------------------------------------------


def _statement(scribe: Scribe) -> None:
    scribe.say(0, "Words.")


def _by_the_scope(scribe: Scribe) -> None:
    scribe.grant(0, "N. Nabil", "envoy", ("acknowledge",))
    scribe.say(0, "Words.", scribe.people[0]["envoy"])


def _nobody(scribe: Scribe) -> None:
    scribe.enter(0, "statements.statement", statements.Statement("Words.", "en", None, None))


def _stranger(scribe: Scribe) -> None:
    scribe.say(0, "Words.", scribe.head(1))


def _borrowed_name(scribe: Scribe) -> None:
    scribe.grant(0, "N. Nabil", "envoy")
    scribe.say(0, "Words.", scribe.people[0]["envoy"], actor=scribe.head(0).print)


def _moved(scribe: Scribe) -> None:
    """Copy an act's body and signature to another place of the same log."""
    first = scribe.say(0, "Words.")
    entry = scribe.written[first.log].entries[first.seq]
    log = scribe.log(0)
    header = scribe.draft(log, 80, scribe.head(0).print)
    copied = make_entry(header, bytes(16), entry.payload or b"")
    log.extend([Piece(copied.raw, copied.salt, copied.payload)])
    scribe.settle()


def _root_speaks(scribe: Scribe) -> None:
    scribe.say(0, "Words.", by=scribe.parties[0].root)  # type: ignore[arg-type]


def _revoked(scribe: Scribe) -> None:
    grant = scribe.grant(0, "N. Nabil", "envoy")
    envoy = scribe.people[0]["envoy"]
    scribe.enter(0, "charter.revocation", charter.Revocation(grant, ""), scribe.parties[0].root)
    scribe.say(0, "Words.", envoy)


def _revoked_unseen(scribe: Scribe) -> None:
    """Speak on the table without naming the line entry that ended the mandate."""
    grant = scribe.grant(0, "N. Nabil", "envoy")
    scribe.say(0, "Before.", scribe.people[0]["envoy"])
    scribe.enter(0, "charter.revocation", charter.Revocation(grant, ""), scribe.parties[0].root)
    clock = scribe.log(0).head.clock + 1
    scribe.say(0, "Words.", scribe.people[0]["envoy"], refs=(), clock=clock)


def _closed(scribe: Scribe) -> None:
    grant = scribe.grant(0, "N. Nabil", "envoy")
    scribe.enter(0, "charter.closing", charter.Closing(grant))
    scribe.say(0, "Words.", scribe.people[0]["envoy"])


def _closed_by_others(scribe: Scribe) -> None:
    grant = scribe.grant(0, "N. Nabil", "envoy")
    scribe.enter(1, "charter.closing", charter.Closing(grant))


def _unknown_kind(scribe: Scribe) -> None:
    scribe.fill(0, 1)


def _wrong_lane(scribe: Scribe) -> None:
    scribe.say(0, "Words.", lane=Lane.LINE)


def _line_names_table(scribe: Scribe) -> None:
    said = scribe.say(1, "Words.")
    clock = max(scribe.log(0, Lane.LINE).head.clock, scribe.log(1).head.clock) + 1
    scribe.enter(0, "hotline.message", _NOTE, scribe.head(0), refs=(Ref(*said),), clock=clock)


def _wrong_clock(scribe: Scribe) -> None:
    scribe.say(0, "Words.", clock=1000)
    scribe.say(0, "After.")


def _broken_form(scribe: Scribe) -> None:
    scribe.enter(0, "statements.statement", b"\x80", scribe.head(0))


def _hotline(scribe: Scribe) -> None:
    scribe.enter(0, "hotline.message", _NOTE, scribe.head(0))


def _acknowledged(scribe: Scribe) -> None:
    sent = scribe.enter(0, "hotline.message", _NOTE, scribe.head(0))
    body = hotline.Acknowledgement(sent, "Duty officer", "")
    scribe.enter(1, "hotline.acknowledgement", body, scribe.head(1))
    scribe.enter(1, "hotline.acknowledgement", body, scribe.head(1))


def _acknowledged_own(scribe: Scribe) -> None:
    sent = scribe.enter(0, "hotline.message", _NOTE, scribe.head(0))
    body = hotline.Acknowledgement(sent, "Duty officer", "")
    scribe.enter(0, "hotline.acknowledgement", body, scribe.head(0))


def _answers_other_kind(scribe: Scribe) -> None:
    item = scribe.enter(0, "agenda.item", agenda.Item("Item", "Words.", "en"), scribe.head(0))
    body = statements.Statement("Words.", "en", None, item)
    scribe.enter(1, "statements.statement", body, scribe.head(1))


def _answers_nothing(scribe: Scribe) -> None:
    said = scribe.say(0, "Words.")
    body = statements.Statement("Words.", "en", None, said._replace(seq=said.seq + 5))
    scribe.enter(1, "statements.statement", body, scribe.head(1))


def _withdrawn(scribe: Scribe) -> None:
    item = scribe.enter(0, "agenda.item", agenda.Item("Item", "Words.", "en"), scribe.head(0))
    scribe.enter(0, "agenda.withdrawal", agenda.Withdrawal(item, ""), scribe.head(0))
    scribe.enter(1, "agenda.agreement", agenda.Agreement(item), scribe.head(1))


def _minute(scribe: Scribe) -> None:
    scribe.minute()


def _minute_unseen(scribe: Scribe) -> None:
    minute = scribe.minute(0)
    lines = tuple(line._replace(size=line.size + 50) for line in minute.lines)
    scribe.enter(1, "record.minute", Minute(1, lines, minute.fold))


def _minute_far(scribe: Scribe) -> None:
    minute = scribe.minute(0)
    scribe.enter(1, "record.minute", minute._replace(ordinal=1000))


def _signed_machine(scribe: Scribe) -> None:
    scribe.enter(0, "record.minute", Minute(1, (), bytes(32)), scribe.head(0))


def _foreign_cut(scribe: Scribe) -> None:
    theirs = scribe.log(1)
    mark = LogMark(theirs.id, theirs.size, theirs.head.head)
    body = charter.Cut(scribe.parties[0].node.public.print, (mark,), "")
    scribe.open_epoch(0, key="second")
    scribe.enter(0, "charter.cut", body, scribe.parties[0].root)


def _second_opening(scribe: Scribe) -> None:
    party = scribe.parties[0]
    node = KeyPrint(party.node.public.print)
    body = charter.Opening(party.id, node, 0, 0, (), "founding", None)
    scribe.enter(0, "charter.opening", body, lane=Lane.LINE)


SCENES: Final[dict[str, tuple[str, str, Scene]]] = {
    "statement": (
        "a delegate speaks within the mandate",
        "03-charter.md §6",
        _statement,
    ),
    "scope": (
        "the mandate does not cover the act",
        "03-charter.md §6.4",
        _by_the_scope,
    ),
    "unsigned": (
        "an act in nobody's name",
        "06-dialogue.md §2",
        _nobody,
    ),
    "stranger": (
        "a delegate of the other party",
        "03-charter.md §6.4",
        _stranger,
    ),
    "borrowed-name": (
        "signed by another than it says",
        "03-charter.md §6.5",
        _borrowed_name,
    ),
    "moved-signature": (
        "a signature from another place of the log",
        "01-record.md §4.9",
        _moved,
    ),
    "root-speaks": (
        "a root key makes a statement",
        "03-charter.md §6.2",
        _root_speaks,
    ),
    "revoked": (
        "after the revocation, which the author had seen",
        "03-charter.md §6.4",
        _revoked,
    ),
    "revoked-unseen": (
        "after a revocation that is not in the act's past",
        "03-charter.md §6.8",
        _revoked_unseen,
    ),
    "expired": (
        "after the closing",
        "03-charter.md §6.6",
        _closed,
    ),
    "closed-by-others": (
        "a party ends a grant of the other",
        "03-charter.md §5.4",
        _closed_by_others,
    ),
    "unknown-kind": (
        "a kind that nobody knows",
        "01-record.md §4.11",
        _unknown_kind,
    ),
    "wrong-lane": (
        "a statement on the line",
        "06-dialogue.md §2",
        _wrong_lane,
    ),
    "line-names-table": (
        "a line entry names a table entry",
        "02-order.md §1.2",
        _line_names_table,
    ),
    "wrong-clock": (
        "a clock that does not follow, and the entry after it",
        "06-dialogue.md §2",
        _wrong_clock,
    ),
    "wrong-form": (
        "a body that is not of its kind's shape",
        "06-dialogue.md §2",
        _broken_form,
    ),
    "hotline": (
        "a message over the hotline",
        "25-hotline.md §2",
        _hotline,
    ),
    "acknowledged-twice": (
        "the second acknowledgement by one person",
        "25-hotline.md §2.2",
        _acknowledged,
    ),
    "acknowledged-own": (
        "an acknowledgement of one's own message",
        "25-hotline.md §2.1",
        _acknowledged_own,
    ),
    "answers-other-kind": (
        "a statement that answers an agenda item",
        "06-dialogue.md §4",
        _answers_other_kind,
    ),
    "answers-nothing": (
        "a statement that answers what its author had not seen",
        "06-dialogue.md §4",
        _answers_nothing,
    ),
    "withdrawn-item": (
        "an agreement to an item seen withdrawn",
        "21-agenda.md §2.2",
        _withdrawn,
    ),
    "minute": (
        "the same minute by both parties",
        "02-order.md §7",
        _minute,
    ),
    "minute-unseen": (
        "a minute over more than its author had seen",
        "02-order.md §7.3",
        _minute_unseen,
    ),
    "minute-far": (
        "a minute that leaves out too many numbers",
        "02-order.md §7.3",
        _minute_far,
    ),
    "machine-signed": (
        "a machine entry in a person's name",
        "06-dialogue.md §2",
        _signed_machine,
    ),
    "foreign-cut": (
        "a cut that names a log of the other party",
        "03-charter.md §5.5",
        _foreign_cut,
    ),
    "second-opening": (
        "an opening that is not entry 0",
        "06-dialogue.md §2",
        _second_opening,
    ),
}
