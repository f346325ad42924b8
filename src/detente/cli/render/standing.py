"""How things stand: whose move it is, the line, what is not received, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import pieces
from detente.cli.render.pieces import Data
from detente.cli.words import N_, _, count_, fill, isolate


def status(found: Data, now: int = 0) -> Iterator[Any]:
    """Show the node and each dialogue.

    Args:
        now: milliseconds since 1970 UTC by the clock here, which only says what is overdue.
    """
    party = found.get("party") or {}
    running = _("running") if found.get("serving") else _("not running")
    yield _("{name}: our node is {running}.", name=str(party.get("name", "")), running=running)
    if not found.get("serving"):
        yield _("Nothing is sent or received until it runs: detente serve")
    for dialogue in found.get("dialogues") or []:
        yield ""
        yield from _dialogue(dialogue, now)
    pairings = found.get("pairings") or []
    if pairings:
        yield ""
        yield count_(
            "{n} pairing is under way: detente pair",
            "{n} pairings are under way: detente pair",
            len(pairings),
        )
    elif not found.get("dialogues"):
        yield _("No dialogue yet. Invite the other side: detente pair invite")


def _dialogue(one: Data, now: int) -> Iterator[Any]:
    parties = one.get("parties") or []
    title = isolate(str(one.get("title") or "")) or _("Dialogue without a title")
    yield pieces.line(
        f"{title}  [{one.get('short', '')}]  ",
        pieces.state("open" if one.get("open") else "not open"),
    )
    yield "  " + "  ·  ".join(_party(each) for each in parties)
    if closed := one.get("closed"):
        yield pieces.line("  ", pieces.state("reads"), "  ", pieces.sentence(closed))
    if one.get("dispute"):
        yield pieces.line("  ", pieces.state("bad"), "  ", _(
            "Our record and theirs differ; nothing becomes final until people have looked."
        ))  # fmt: skip
    yield from _waiting(one, parties, now)
    if not one.get("open") and not one.get("title"):
        yield "  " + _("Next: propose to open it: detente open propose TITLE PURPOSE")
    for peer in one.get("peers") or []:
        yield from _peer(peer, parties, may_write=not closed)
    yield from _record(one)


def _party(each: Data) -> str:
    party = pieces.party(str(each.get("letter", "")), [each])
    return _("{party} (ours)", party=party) if each.get("own") else party


#: What is awaited, as the summary names it → what we do about it, and what they have to do.
_AWAITED = {
    "acknowledge": (N_("acknowledge: detente hotline acknowledge {mark}"), N_("acknowledgement")),
    "opening": (N_("consent or refuse: detente open consent {mark}"), N_("consent to the opening")),
    "agenda": (N_("agree or decline: detente agenda agree {mark}"), N_("word on an agenda item")),
    "answer": (N_("answer: detente reply {mark}"), N_("answer")),
}


def _waiting(one: Data, parties: Sequence[Data], now: int) -> Iterator[Any]:
    ours = one.get("waiting_for_us") or []
    if ours:
        yield "  " + _("Waiting for us:")
        for each in ours:
            mark, what = str(each.get("mark", "")), str(each.get("what", ""))
            yield f"    {mark}  " + _(_AWAITED.get(what, (what, what))[0], mark=mark)
            yield from _due(each, now, "      ")
    else:
        yield "  " + _("Nothing waits for us.")
    for each in one.get("with_them") or []:
        what = str(each.get("what", ""))
        yield "  " + _(
            "With {party} since {since}: {what}, {mark}.",
            party=pieces.party(str(each.get("letter", "")), parties),
            since=pieces.moment(each.get("since")),
            what=_(_AWAITED.get(what, (what, what))[1]),
            mark=str(each.get("mark", "")),
        )
        yield from _due(each, now, "    ")


def _due(each: Data, now: int, indent: str) -> Iterator[str]:
    if due := int(each.get("due") or 0):
        if due < now:
            yield indent + _("Due {time}, not received. Cause unknown.", time=pieces.moment(due))
        else:
            yield indent + _("Asked for by {time}.", time=pieces.moment(due))


def _peer(peer: Data, parties: Sequence[Data], *, may_write: bool) -> Iterator[Any]:
    party = pieces.party(str(peer.get("letter", "")), [*parties, peer])
    if peer.get("link") == "up":
        yield pieces.line(f"  {party}  ", pieces.state("up"))
        return
    if since := peer.get("since"):
        words = _(
            "We have not reached the node of {party} since {since}.",
            party=party,
            since=pieces.moment(since),
        )
    else:
        words = _("We have not yet reached the node of {party}.", party=party)
    if may_write:
        words += " " + _("Your work is saved here and will be sent.")
    yield pieces.line(f"  {words}  ", pieces.state("down"))
    if error := peer.get("last_error"):
        yield "    " + pieces.sentence(error)


def _record(one: Data) -> Iterator[Any]:
    for row in one.get("not_received") or []:
        if number := int(row.get("entries") or 0):
            yield "  " + count_(
                "{n} entry of ours is not yet received by the node of {letter}.",
                "{n} entries of ours are not yet received by the node of {letter}.",
                number,
                letter=str(row.get("letter", "")),
            )
    for held in one.get("held") or []:
        yield "  " + _(
            "From {log} on, entries are held until {mark} arrives.",
            log=str(held.get("log", "")),
            mark=str(held.get("waiting_for", "")),
        )
    for frozen in one.get("frozen") or []:
        yield "  " + _(
            "Frozen: of this log only entries before {log} stand.", log=str(frozen.get("log", ""))
        )
    if number := int(one.get("void") or 0):
        yield "  " + count_("{n} entry is void.", "{n} entries are void.", number)
    if number := int(one.get("not_understood") or 0):
        yield "  " + count_(
            "{n} entry is not understood by this version.",
            "{n} entries are not understood by this version.",
            number,
        )
    yield "  " + _(
        "Entries: {count}. Newest: {newest}. Final up to: {final}.",
        count=int(one.get("entries") or 0),
        newest=pieces.marks(one.get("newest") or []) or "–",
        final=pieces.marks(one.get("final_upto") or []) or "–",
    )


def doctor(found: Data) -> Iterator[Any]:
    """Show each check with its state."""
    for check in found.get("checks") or []:
        values = check.get("values") or {}
        words = fill(_(str(check.get("words", ""))), values)
        yield pieces.line(
            pieces.state(str(check.get("state", ""))), f"  {check.get('name', '')}: {words}"
        )
        if step := check.get("next_step"):
            yield "    " + _("Next: {step}", step=fill(_(str(step)), values))
