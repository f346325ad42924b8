"""The verdict on a cut does not depend on what was judged before it (docs/spec/02-order.md §3.3)."""

from __future__ import annotations

from detente.charter import entries as charter
from detente.charter.entries import Cut, LogMark
from detente.dialogue.admit import admit
from detente.dialogue.state import empty_standing
from detente.record.verdict import void
from detente.terms.ids import Lane
from detente.testing.parties import make_key, renew_party
from detente.testing.scribe import Scribe
from detente.testing.written import WrittenLog

A = 0


def test_a_cut_is_judged_by_the_entries_that_its_author_had_seen() -> None:
    """A later opening brings the document again; the cut that left it out had not seen that one."""
    scribe = Scribe().open()
    before = scribe.parties[A]
    marks = tuple(
        sorted(
            LogMark(log.id, log.size, log.entries[-1].id)
            for log in (scribe.log(A, lane) for lane in Lane)
        )
    )
    renewed = renew_party(before, make_key("renewed"))
    scribe.enter(A, "charter.document", charter.NewDocument(renewed.chain[-1]), lane=Lane.LINE)
    scribe.parties = (renewed, *scribe.parties[1:])

    def log(epoch: int, lane: Lane) -> WrittenLog:
        place = (A, renewed.id)
        made = WrittenLog(scribe.founded.dialogue, place, renewed.node, epoch, lane)
        known = empty_standing(scribe.founded.dialogue, A, renewed.node.public, epoch, lane)
        scribe.state = scribe.state._replace(logs=scribe.state.logs.set(made.id, known))
        return made

    for lane in Lane:
        scribe.written[log(1, lane).id] = scribe._keep(log(1, lane))
        scribe.open_log(A, lane, "rotated", None)
    line = scribe.log(A, Lane.LINE)
    cut = scribe.write(
        A, "charter.cut", Cut(before.node.public.print, marks, "stolen"), renewed.root
    )
    later = log(2, Lane.LINE)
    key, document = renewed.node.public.print, renewed.chain[-1]
    body = charter.Opening(renewed.id, key, 2, Lane.LINE, (), "rotated", document)
    opening = scribe.write(A, "charter.opening", body, into=later)
    first = admit(scribe.state, line.id, [cut], scribe, {})
    opened = admit(scribe.state, later.id, [opening], scribe, {})
    assert opened.verdicts == {}
    second = admit(opened.state, line.id, [cut], scribe, {})
    expected = {cut.header.seq: void("charter.cut.document")}
    assert first.verdicts == second.verdicts == expected
