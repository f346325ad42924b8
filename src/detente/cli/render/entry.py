"""Entries: one whole, or many as a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import acts, pieces
from detente.cli.render.pieces import Data
from detente.cli.words import N_, _, count_, isolate

_ATTACHED = {
    "correction": N_("Corrected by {mark}:"),
    "withdrawal": N_("Withdrawn by {mark}."),
    "reply": N_("Answered by {mark}."),
    "objection": N_("Objected to by {mark}:"),
    "acknowledgement": N_("Acknowledged by {mark}."),
}
_MISDATED = {
    "earlier": N_("By this time it was entered before an entry that it names; a clock was wrong."),
    "later": N_(
        "By this time it was entered after another node had received it; a clock was wrong."
    ),
}
_BRIEF_CHARS = 100
#: Shown elsewhere on the page, or of no meaning to a reader.
_SHOWN = frozenset({"text", "purpose", "grounds", "lang", "title"})
#: Fields that hold a party's document, which is shown in brief.
_DOCUMENTS = frozenset({"signed", "document"})
_PRINT_CHARS = 64
"""A print of 32 bytes; whatever bytes are longer, nobody compares by eye."""
_HEX = re.compile(r"[0-9a-f]+").fullmatch


def whole(shown: Data, parties: Sequence[Data] = ()) -> Iterator[Any]:
    """Show one entry: what it is, its exact text, how far it has come, what refers to it."""
    yield pieces.line(
        _(
            "{mark}  {kind}",
            mark=str(shown.get("mark", "")),
            kind=pieces.kind(str(shown.get("kind", ""))),
        ),
        "  ",
        pieces.state(str(shown.get("standing", "counted"))),
    )
    if reason := shown.get("reason"):
        yield _("It counts for nothing, by rule {rule}.", rule=str(reason))
    yield _signed(shown)
    yield _("Entered {time}.", time=pieces.moment(shown.get("time")))
    if misdated := _MISDATED.get(str(shown.get("misdated", ""))):
        yield _(misdated)
    yield from acts.state_of(shown, parties)
    if shown.get("final"):
        yield _("Final: both nodes have signed for everything up to here.")
    yield from words(shown)
    yield from _attached(shown)
    if flags := shown.get("flags"):
        yield _("Hidden or misleading characters in this text, shown above by their numbers:")
        for flag in flags:
            yield "  " + _(
                "at {position}: {name}",
                position=int(flag.get("position", 0)) + 1,
                name=str(flag.get("name", "")),
            )
    if name := shown.get("id"):
        yield _("Entry {id}, {size}.", id=str(name), size=pieces.size(shown.get("size_bytes")))


def _signed(shown: Data) -> str:
    actor = shown.get("actor") or {}
    party = pieces.party(str(shown.get("letter", "")), [dict(shown, name=shown.get("party"))])
    if not actor.get("name"):
        return _("By the node of {party}.", party=party)
    return _(
        "Signed by {name}, {role}, {party}.",
        name=str(actor.get("name", "")),
        role=str(actor.get("role", "")),
        party=party,
    )


def words(shown: Data) -> Iterator[str]:
    """Show what an entry says: title and text as they are, then its other fields."""
    yield from _text(shown)
    yield from _fields(shown)
    if card := shown.get("card"):
        yield from _card(card)


def _text(shown: Data) -> Iterator[str]:
    fields = shown.get("fields") or {}
    if title := fields.get("title"):
        yield ""
        yield isolate(str(title))
    text = shown.get("text")
    if text:
        yield ""
        if lang := shown.get("lang"):
            yield _("Original, {lang}:", lang=str(lang))
        yield pieces.foreign(str(text))
        yield ""


def _fields(shown: Data) -> Iterator[str]:
    for name, value in (shown.get("fields") or {}).items():
        if name in _SHOWN or value in (None, "", [], {}, 0):
            continue
        if shown.get("card") and name in _DOCUMENTS:
            continue
        yield f"{name}: {_plain(value)}"


def _card(card: Data) -> Iterator[str]:
    """Show a party's document as far as people compare it."""
    yield _("Card, version {version}:", version=int(card.get("version") or 0))
    for name in card.get("names") or []:
        yield "  " + _("name ({lang}): {text}", lang=str(name["lang"]), text=str(name["text"]))
    yield "  " + _(
        "addresses: {list}", list=", ".join(map(str, card.get("addresses") or [])) or "–"
    )
    yield "  " + _("print of the node key: {print}", print=str(card.get("node", "")))
    for root in card.get("roots") or []:
        yield "  " + _("print of a root key: {print}", print=str(root))
    if int(card.get("threshold") or 1) > 1:
        yield "  " + _("root signatures needed: {count}", count=int(card["threshold"]))
    yield "  " + _("print of the link certificate: {print}", print=str(card.get("certificate", "")))
    yield "  " + _("Whole, with its keys and signatures: with --json")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "".join(f"\n  {isolate(_plain(one))}" for one in value)
    if isinstance(value, str) and len(value) > _PRINT_CHARS and _HEX(value):
        return _("{count} bytes, whole with --json", count=len(value) // 2)
    return isolate(str(value))


def _attached(shown: Data) -> Iterator[str]:
    for one in shown.get("attached") or []:
        mark, what = str(one.get("mark", "")), str(one.get("what", ""))
        if what == "translation":
            yield _translation(one)
        else:
            yield _(_ATTACHED.get(what, N_("Attached: {mark}")), mark=mark)
        if text := one.get("text"):
            yield pieces.foreign(str(text))


def _translation(one: Data) -> str:
    fields = one.get("fields") or {}
    return _(
        "Translation {mark}, {lang}, {grade}, {kind} ({by}); the original governs:",
        mark=str(one.get("mark", "")),
        lang=str(fields.get("lang", "")),
        grade=str(fields.get("grade", "")),
        kind=_("by a machine") if fields.get("machine") else _("by a person"),
        by=str(fields.get("by", "")) or "–",
    )


def rows(found: Data) -> Iterator[Any]:
    """List entries, one line each."""
    entries = found.get("rows") or []
    if not entries:
        yield _("No entries yet. The other side joins with: detente pair")
        return
    headings = (_("Entry"), _("Time"), _("Who"), _("What"), _("State"), _("Received"))
    yield pieces.table(headings, [_row(one) for one in entries])
    total = int(found.get("total", len(entries)))
    if total > len(entries):
        yield count_("{n} entry in all.", "{n} entries in all.", total)


def _row(one: Data) -> list[Any]:
    who = str(one.get("actor") or one.get("role") or "")
    standing = "final" if one.get("final") and one.get("standing") == "counted" else None
    return [
        str(one.get("mark", "")),
        pieces.moment(one.get("time")) + (" (?)" if one.get("misdated") else ""),
        f"{isolate(who)} ({one.get('letter', '')})",
        _what(one),
        pieces.state(standing or str(one.get("standing", "counted"))),
        ", ".join(str(node.get("letter", "")) for node in one.get("received") or []) or "–",
    ]


def _what(one: Data) -> str:
    kind, words = pieces.kind(str(one.get("kind", ""))), _brief(str(one.get("line") or ""))
    return f"{kind}: {isolate(words)}" if words else kind


def _brief(text: str) -> str:
    """Return the beginning of a text on one line; the whole stands under its mark."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _BRIEF_CHARS else flat[: _BRIEF_CHARS - 1] + "…"
