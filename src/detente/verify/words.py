"""The report in plain words: calm sentences, never a bare tick.

Carries out docs/spec/11-bundle.md §7. Each line is a message id with named places and its values; a door
translates it and fills it. What comes from the record (names, roles) is foreign text and is quoted
by the door before it is shown.

Invariants: the first line says the outcome and how far it reaches; whatever is not proven is said
to be so; both sides are spoken of in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from detente.terms.errors import N_
from detente.terms.text import quote_foreign
from detente.terms.times import SECOND, format_utc
from detente.verify.report import EARLIER, LogShown, Outcome, Report, Sentence, Stretch, Subject

_FOREIGN_CHARS = 400
FROZEN = "record.frozen"


def say(sentence: Sentence, translate: Callable[[str], str] = str) -> str:
    """Return a sentence, translated and filled; text among its values is quoted and cut."""
    values = {
        name: quote_foreign(value, _FOREIGN_CHARS) if isinstance(value, str) else value
        for name, value in sentence.values.items()
    }
    return translate(sentence.message).format(**values)


def lines(report: Report, *, acts: bool = True) -> Iterator[Sentence]:
    """Yield the report as sentences, in the order in which they should be read.

    Args:
        acts: whether to list every act of a person as well.
    """
    yield _outcome(report)
    yield from _damage(report)
    yield from report.doubts
    yield from _identity(report)
    yield from report.misconduct
    yield from _receipts(report)
    if report.subject is Subject.RECORD:
        yield from _minutes(report)
    yield from _fates(report)
    yield from _withheld(report)
    if acts:
        yield from _acts(report)
    yield from report.remarks


def _line(code: str, message: str, **values: str | int) -> Sentence:
    return Sentence(f"words.{code}", message, values)


def _outcome_of_entry(report: Report) -> Sentence:
    if report.outcome is Outcome.INTACT:
        message = N_(
            "Entry {mark} stands in the record: the node of {letter} signed for it at {time}, and it "
            "has not been changed since."
        )
        log = report.logs[0]
        time = format_utc(log.signed_at * SECOND)
        return _line("entry", message, mark=log.last_intact, letter=log.letter, time=time)
    if report.outcome is Outcome.BAD:
        return _line("entry.bad", N_("This proof does not hold."))
    return _line("entry.cannot", N_("This proves nothing about an entry."))


def _outcome(report: Report) -> Sentence:
    if report.subject is Subject.ENTRY:
        return _outcome_of_entry(report)
    marks = ", ".join(log.last_intact for log in _reached(report.logs))
    proven = sum(log.intact for log in report.logs)
    if report.outcome is Outcome.INTACT:
        if not marks:
            return _line("intact.empty", N_("Record intact; it has no entries yet."))
        message = N_("Record intact up to {marks} ({entries} entries).")
        return _line("intact", message, marks=marks, entries=proven)
    if report.outcome is Outcome.BAD:
        if not marks:
            return _line("bad", N_("This record does not hold."))
        message = N_(
            "This record does not hold. It is proven only up to {marks} ({entries} entries)."
        )
        return _line("bad.upto", message, marks=marks, entries=proven)
    if not marks:
        return _line("cannot", N_("Whether this record is intact cannot be told."))
    message = N_(
        "Whether this record is whole cannot be told. What is here is proven up to {marks} "
        "({entries} entries)."
    )
    return _line("cannot.upto", message, marks=marks, entries=proven)


def _reached(logs: Iterable[LogShown]) -> list[LogShown]:
    """Return the logs with a proven entry, tables before lines."""
    return sorted((log for log in logs if log.intact), key=lambda log: log.lane != "table")


def _damage(report: Report) -> Iterator[Sentence]:
    if report.damage is not None:
        yield report.damage.what
        if report.damage.mark:
            yield _line("damage.mark", N_("It was found at {mark}."), mark=report.damage.mark)


def _identity(report: Report) -> Iterator[Sentence]:
    if not report.dialogue:
        return
    message = N_("Dialogue {id}. Compare this identifier with the one you know.")
    yield _line("dialogue", message, id=report.dialogue)
    for party in report.parties:
        message = N_("{letter} calls itself {name}; its identifier is {id}.")
        yield _line("party", message, letter=party.letter, name=party.name, id=party.id)


def _receipts(report: Report) -> Iterator[Sentence]:
    for receipt in report.receipts:
        message = N_(
            "The node of {letter} signed at {time} that it holds all entries up to {mark}."
        )
        time = format_utc(receipt.time * SECOND)
        yield _line("receipt", message, letter=receipt.letter, mark=receipt.upto, time=time)


def _minutes(report: Report) -> Iterator[Sentence]:
    for minute in report.minutes:
        marks = ", ".join(minute.marks)
        values: dict[str, str | int] = {"ordinal": minute.ordinal, "marks": marks}
        if minute.agrees is None:
            message = N_(
                "Minute {ordinal}, entered by all parties, makes everything up to {marks} final. "
                "Whether they judged it as here cannot be told without the missing payloads."
            )
        else:
            message = N_(
                "Minute {ordinal}, entered by all parties, makes everything up to {marks} final."
            )
        yield _line("minute", message, **values)
    if report.minutes or not report.entries or report.outcome is Outcome.BAD:
        return
    if report.withheld:
        message = N_("Whether anything is final cannot be told without the missing payloads.")
        yield _line("minute.untold", message)
    else:
        message = N_("Nothing is final yet: the parties have entered no common minute.")
        yield _line("minute.none", message)


def _fates(report: Report) -> Iterator[Sentence]:
    for stretch in report.void:
        if stretch.reason == FROZEN:
            message = N_("Left out by a proof of two histories or by a cut: {marks}.")
        else:
            message = N_("Void, because the rules did not allow it there ({reason}): {marks}.")
        yield _line("void", message, reason=stretch.reason, marks=_span(stretch))
    for stretch in report.held:
        yield _line("held", N_("Waiting for what is not here: {marks}."), marks=_span(stretch))
    for stretch in report.misdated:
        if stretch.reason == EARLIER:
            message = N_(
                "Dated earlier than an entry that it names, by its author's clock: {marks}."
            )
        else:
            message = N_("Dated later than another node's receipt for it: {marks}.")
        yield _line("misdated", message, marks=_span(stretch))
    for stretch in report.not_understood:
        message = N_("Of a kind that this program does not know: {marks}.")
        yield _line("not-understood", message, marks=_span(stretch))
    for log in report.logs:
        if log.uncovered:
            yield _line("uncovered", N_("Signed by nobody: {marks}."), marks=log.uncovered)


def _withheld(report: Report) -> Iterator[Sentence]:
    if not report.withheld:
        return
    if report.subject is Subject.ENTRY:
        yield _line("withheld.entry", N_("Its payload is not here; only its header is proven."))
        return
    message = N_(
        "Payloads that are not here: {count} of {entries}. Their entries are: every header is here, "
        "without a gap, so number and order of all entries are proven all the same."
    )
    count = report.withheld_entries()
    yield _line("withheld", message, count=count, entries=report.entries)
    for stretch in report.withheld:
        yield _line("withheld.marks", N_("Without payload: {marks}."), marks=_span(stretch))
    for stretch in report.unjudged:
        message = N_("Whether these count cannot be told without the missing payloads: {marks}.")
        yield _line("unjudged", message, marks=_span(stretch))


def _acts(report: Report) -> Iterator[Sentence]:
    for act in report.acts:
        if act.name:
            message = N_("{mark}: {kind}, signed by {name}, {role}, for {letter}.")
            yield _line(
                "act", message, mark=act.mark, kind=act.kind, name=act.name, role=act.role,
                letter=act.letter,
            )  # fmt: skip
        else:
            message = N_("{mark}: {kind}, signed with the root key of {letter}.")
            yield _line("act.root", message, mark=act.mark, kind=act.kind, letter=act.letter)


def _span(stretch: Stretch) -> str:
    if stretch.entries == 1:
        return stretch.first
    return f"{stretch.first}…{stretch.last} ({stretch.entries})"
