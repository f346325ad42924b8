"""What is being talked about: opening, agenda, questions, the hotline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import acts, pieces
from detente.cli.render.pieces import Data
from detente.cli.words import _, isolate
from detente.terms.times import SECOND


def agenda(items: Sequence[Data], parties: Sequence[Data] = ()) -> Iterator[Any]:
    """List the items with who agreed."""
    if not items:
        yield _("No agenda items yet. Propose the first one: detente agenda propose TITLE TEXT")
        return
    for item in items:
        yield pieces.line(
            f"{item.get('mark', '')}  {isolate(str(item.get('title', '')))}  ",
            pieces.state(str(item.get("status", ""))),
        )
        if text := item.get("text"):
            yield pieces.foreign(str(text), "    ")
        yield "    " + _(
            "Proposed by {by}. Agreed: {agreed}. Declined: {declined}.",
            by=pieces.party(str(item.get("party", "")), parties),
            agreed=pieces.several(item.get("agreed") or [], parties),
            declined=pieces.several(item.get("declined") or [], parties),
        )


def opening(found: Data, parties: Sequence[Data] = ()) -> Iterator[Any]:
    """Say whether the dialogue is open, and on which proposals."""
    proposals = found.get("proposals") or []
    yield pieces.line(
        _("Dialogue:"), "  ", pieces.state("open" if found.get("open") else "not open")
    )
    if not proposals:
        yield _("No proposal yet. Make one: detente open propose TITLE PURPOSE")
    for one in proposals:
        yield f"{one.get('mark', '')}  {isolate(str(one.get('title', '')))}"
        yield pieces.foreign(str(one.get("purpose", "")), "    ")
        yield "    " + _(
            "Consented: {consented}. Refused: {refused}.",
            consented=pieces.several(one.get("consented") or [], parties),
            refused=pieces.several(one.get("refused") or [], parties),
        )


def questions(requests: Sequence[Data], parties: Sequence[Data] = ()) -> Iterator[Any]:
    """List requests, each question with its answers."""
    if not requests:
        yield _("No questions yet. Ask the first one: detente ask QUESTION")
        return
    for request in requests:
        yield _(
            "{mark}  asked by {party}",
            mark=str(request.get("mark", "")),
            party=pieces.party(str(request.get("party", "")), parties),
        )
        for one in request.get("questions") or []:
            yield pieces.foreign(f"{one.get('number', '')}. {one.get('text', '')}")
            yield from _answers(one.get("answers") or {}, parties)


def _answers(answers: Data, parties: Sequence[Data]) -> Iterator[str]:
    for letter, answer in answers.items():
        party = pieces.party(str(letter), parties)
        if not answer:
            yield "    " + _("{party}: not answered.", party=party)
        elif answer.get("declined"):
            yield "    " + _("{party} declines to answer.", party=party)
            if text := answer.get("text"):
                yield pieces.foreign(str(text), "      ")
        else:
            yield "    " + _("{party} answers:", party=party)
            yield pieces.foreign(str(answer.get("text", "")), "      ")


def hotline(messages: Sequence[Data], parties: Sequence[Data] = ()) -> Iterator[Any]:
    """List messages, the status of each first."""
    if not messages:
        yield _("No hotline messages yet. Test the line: detente hotline send --status test …")
        return
    for one in messages:
        yield pieces.line(
            f"{one.get('mark', '')}  ",
            pieces.state(str(one.get("status", ""))),
            "  ",
            _(
                "{precedence}, {party}, {time}",
                precedence=str(one.get("precedence", "")).upper(),
                party=pieces.party(str(one.get("party", "")), parties),
                time=pieces.moment(one.get("time")),
            ),
        )
        yield pieces.foreign(str(one.get("text", "")), "    ")
        yield from ("    " + words for words in _stations(one, parties))


def _stations(one: Data, parties: Sequence[Data]) -> Iterator[str]:
    received = {str(step.get("letter")): step for step in one.get("received") or []}
    for step in one.get("acknowledged") or []:
        yield acts.acknowledged_by(step, parties)
    for letter in one.get("outstanding") or []:
        step = received.get(str(letter))
        if step is None:
            yield _(
                "Sent {time}. Not yet received by the node of {party}.",
                time=pieces.clock(one.get("time")),
                party=pieces.party(str(letter), parties),
            )
        else:
            at = {"by": letter, "time": SECOND * int(step.get("time_s") or 0)}
            yield acts.received_by(at, parties, is_hotline=True)


def objections(found: Sequence[Data], parties: Sequence[Data] = ()) -> Iterator[Any]:
    """List objections, and whether they are maintained."""
    if not found:
        yield _("No objections. Raise one: detente object MARK GROUNDS")
        return
    for one in found:
        yield pieces.line(
            _(
                "{mark}  {party} objects to {target}",
                mark=str(one.get("mark", "")),
                party=pieces.party(str(one.get("party", "")), parties),
                target=str(one.get("to", "")),
            ),
            "  ",
            pieces.state("maintained" if one.get("maintained") else "lifted"),
        )
        yield pieces.foreign(str(one.get("grounds", "")), "    ")
