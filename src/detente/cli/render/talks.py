"""What is being talked about: opening, agenda, questions, the hotline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import acts, pieces
from detente.cli.render.pieces import Data
from detente.cli.words import N_, _, isolate
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
        else:
            for earlier in answer.get("before") or []:
                yield from _answer(earlier, party, _BEFORE)
            yield from _answer(answer, party, _NOW)


#: What is said of an answer that was declined, and of one that was given.
_NOW = (N_("{party} declines to answer, {mark}."), N_("{party} answers, {mark}:"))
_BEFORE = (N_("{party} had declined to answer, {mark}."), N_("{party} had answered, {mark}:"))


def _answer(answer: Data, party: str, words: tuple[str, str]) -> Iterator[str]:
    declined, answered = words
    message = declined if answer.get("declined") else answered
    yield "    " + _(message, party=party, mark=str(answer.get("mark", "")))
    if text := answer.get("text"):
        yield pieces.foreign(str(text), "      ")


def hotline(messages: Sequence[Data], parties: Sequence[Data] = (), now: int = 0) -> Iterator[Any]:
    """List messages, the status of each first.

    Args:
        now: milliseconds since 1970 UTC by the clock here, which only says what is overdue.
    """
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
        yield from ("    " + words for words in _wishes(one, parties, now))


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


def _wishes(one: Data, parties: Sequence[Data], now: int) -> Iterator[str]:
    """Say within what time an acknowledgement or a reply was asked for; wishes, which void nothing."""
    sent = int(one.get("time") or 0)
    if within := int(one.get("acknowledge_within_s") or 0):
        due = sent + SECOND * within
        letters = one.get("outstanding") or []
        if letters and due < now:
            yield _(
                "Acknowledgement due {time}, not received from {parties}. Cause unknown.",
                time=pieces.moment(due),
                parties=pieces.several(letters, parties),
            )
        else:
            yield _(
                "Asked to acknowledge within {duration}, by {time}.",
                duration=pieces.duration(within),
                time=pieces.moment(due),
            )
    if within := int(one.get("reply_within_s") or 0):
        yield _(
            "Asked to reply within {duration}, by {time}.",
            duration=pieces.duration(within),
            time=pieces.moment(sent + SECOND * within),
        )


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
