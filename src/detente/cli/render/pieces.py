"""The pieces that every page of words is made of: parties, times, states, foreign text, tables.

Carries out the rules for what people see: a state is a word, then a shape, then a colour; the
parties stand in the order in which the node gives them; text from elsewhere is set apart line by line.

Invariants: pure; no clock, so that "since" is always an instant and never "three days ago".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from detente.cli.words import N_, _, fill, isolate
from detente.terms.times import SECOND, format_clock, format_utc

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Data = Mapping[str, Any]

#: State → its word, shape and colour. The shapes differ without colour, the words without either.
STATES: Final = {
    "up": (N_("connected"), "●", "green"),
    "down": (N_("not reached"), "○", "yellow"),
    "intact": (N_("intact"), "●", "green"),
    "cannot tell": (N_("cannot tell"), "▲", "yellow"),
    "good": (N_("good"), "●", "green"),
    "look": (N_("look at this"), "▲", "yellow"),
    "bad": (N_("bad"), "■", "red"),
    "counted": (N_("counted"), "●", ""),
    "void": (N_("void"), "◌", "yellow"),
    "held": (N_("held"), "◐", "yellow"),
    "not understood": (N_("not understood"), "□", "yellow"),
    "withheld": (N_("withheld"), "▒", ""),
    "final": (N_("final"), "■", ""),
    "open": (N_("open"), "●", "green"),
    "not open": (N_("not open"), "○", "yellow"),
    "reads": (N_("our node only reads"), "■", "red"),
    "holds": (N_("holds"), "●", "green"),
    "revoked": (N_("revoked"), "■", "yellow"),
    "expired": (N_("expired"), "□", "yellow"),
    "proposed": (N_("proposed"), "○", ""),
    "agreed": (N_("agreed"), "●", "green"),
    "declined": (N_("declined"), "■", "yellow"),
    "withdrawn": (N_("withdrawn"), "◌", "yellow"),
    "contested": (N_("contested"), "▲", "red"),
    "maintained": (N_("maintained"), "■", "yellow"),
    "lifted": (N_("no longer maintained"), "◌", ""),
    "answered": (N_("answered"), "●", "green"),
    "unanswered": (N_("not answered"), "○", "yellow"),
    "actual": (N_("ACTUAL"), "■", "red"),
    "exercise": (N_("EXERCISE"), "▲", "yellow"),
    "test": (N_("TEST"), "○", "cyan"),
}

#: Kind of entry → what people call it.
KINDS: Final = {
    "charter.opening": N_("Log opened"),
    "charter.document": N_("New card"),
    "charter.confirmation": N_("Number compared"),
    "charter.grant": N_("Mandate"),
    "charter.revocation": N_("Mandate ended"),
    "charter.closing": N_("Mandate expired"),
    "charter.cut": N_("Key cut off"),
    "charter.fork": N_("Proof of two histories"),
    "record.minute": N_("Minute"),
    "opening.proposal": N_("Proposal to open"),
    "opening.consent": N_("Consent to open"),
    "opening.refusal": N_("Refusal to open"),
    "agenda.item": N_("Agenda item"),
    "agenda.agreement": N_("Agreement to an item"),
    "agenda.withdrawal": N_("Item taken back"),
    "agenda.decline": N_("Item declined"),
    "statements.statement": N_("Statement"),
    "statements.translation": N_("Translation"),
    "statements.correction": N_("Correction"),
    "statements.withdrawal": N_("Statement taken back"),
    "objections.objection": N_("Objection"),
    "objections.lifting": N_("Objection lifted"),
    "questions.request": N_("Questions"),
    "questions.reply": N_("Reply"),
    "hotline.message": N_("Hotline message"),
    "hotline.acknowledgement": N_("Acknowledgement"),
}


def state(name: str) -> Text:
    """Return the word, shape and colour of a state; one not listed keeps its own word."""
    from rich.text import Text

    word, shape, color = STATES.get(name, (name, "◇", ""))
    return Text(f"{_(word)} {shape}", style=color)


def state_words(name: str) -> str:
    """Return the word and the shape of a state, for a line without colour."""
    word, shape, _color = STATES.get(name, (name, "◇", ""))
    return f"{_(word)} {shape}"


def line(*parts: str | Text) -> Text:
    """Return one line of text from parts that may be coloured."""
    from rich.text import Text

    return Text().join(Text(part) if isinstance(part, str) else part for part in parts)


def foreign(text: str, indent: str = "  ") -> str:
    """Return text from elsewhere, already harmless, line by line and set apart in direction."""
    return "\n".join(indent + isolate(one) for one in text.split("\n"))


def party(letter: str, parties: Iterable[Data] = ()) -> str:
    """Return a party by its name and letter; by its letter alone where no name is known."""
    for one in parties:
        if one.get("letter") == letter and one.get("name"):
            return f"{isolate(str(one['name']))} ({letter})"
    return _("Party {letter}", letter=letter)


def several(letters: Iterable[str], parties: Sequence[Data] = ()) -> str:
    """Return parties as a list, or a dash."""
    return ", ".join(party(str(letter), parties) for letter in letters) or "–"


def kind(name: str) -> str:
    """Return what people call a kind of entry; one that is not listed keeps its name."""
    return _(KINDS.get(name, name))


def marks(found: Iterable[Any]) -> str:
    """Return marks of entries as a list; each may be a mark or a mapping that holds one."""
    return ", ".join(str(one["mark"]) if isinstance(one, Mapping) else str(one) for one in found)


def sentence(fault: Data) -> str:
    """Return a fault that came as plain data in words, with its next step."""
    values = fault.get("details") or {}
    words = fill(_(str(fault.get("sentence", ""))), values)
    if step := fault.get("next_step"):
        words += " " + _("Next: {step}", step=fill(_(str(step)), values))
    return words


def clock(at_ms: Any) -> str:
    """Return the time of day of an instant, ``14:02 UTC``."""
    return format_clock(int(at_ms or 0))


def moment(at_ms: Any) -> str:
    """Return date and time of an instant, to the minute."""
    words = format_utc(int(at_ms or 0))
    return words[:16] + " UTC" if words.endswith(" UTC") else words


def moment_s(at_s: Any) -> str:
    """Return date and time of an instant given in seconds, as receipts give it."""
    return moment(int(at_s or 0) * SECOND)


def duration(seconds: int) -> str:
    """Return a duration in the largest unit that gives a whole number."""
    for unit, length in (
        (N_("{count} d"), 86_400), (N_("{count} h"), 3600), (N_("{count} min"), 60)
    ):  # fmt: skip
        if seconds and seconds % length == 0:
            return _(unit, count=seconds // length)
    return _("{count} s", count=seconds)


def size(count: Any) -> str:
    """Return a number of bytes as people read it."""
    value = float(count or 0)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> Table:
    """Return rows under headings; a long text is folded and never cut."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        grid.add_column(Text(heading), overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return grid
