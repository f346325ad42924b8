"""Claims about clocks in admission (docs/spec/06-dialogue.md §2.1 step 3)."""

from __future__ import annotations

from detente.dialogue.admit import Run, admit
from detente.dialogue.minutes import frozen_sizes
from detente.dialogue.past import CLOCK_LIMIT, OWN_SLACK
from detente.record.entry import NO_ACTOR
from detente.record.verdict import NOT_UNDERSTOOD, void
from detente.terms.ids import Lane, Ref
from detente.testing.scribe import Scribe
from detente.testing.written import WrittenLog, prove_fork

A, B = range(2)
UNKNOWN = 4711
"""A kind that nobody knows: judged for its place and clock, and for nothing else."""


def _judge(scribe: Scribe, log: WrittenLog, stands: dict[bytes, int] | None = None) -> Run:
    admitted = scribe.state.logs[log.id].admitted
    return admit(scribe.state, log.id, log.entries[admitted:], scribe, stands)


def _forked() -> tuple[Scribe, WrittenLog, dict[bytes, int]]:
    """Return a record in which A's fork is proved, the log that it forked, and what stands of it."""
    scribe = Scribe().open()
    scribe.say(A, "one")
    scribe.say(A, "two")
    forked = scribe.log(A)
    other = forked.branch(forked.size - 1)
    scribe.write(A, UNKNOWN, b"another", into=other)
    scribe.accuse(B, prove_fork(forked, other, 1_790_000_000))
    return scribe, forked, frozen_sizes(scribe.state)


def test_a_clock_is_one_more_than_all_that_the_entry_names() -> None:
    """Lamport 1978; an entry that is one off breaks its log, and is void with all that follow."""
    for off in (-1, 0, 1):
        scribe = Scribe().open()
        scribe.say(B, "something to name")
        log = scribe.log(A)
        clock = scribe.draft(log, UNKNOWN, NO_ACTOR).clock + off
        first = scribe.write(A, UNKNOWN, b"", lane=Lane.TABLE, clock=clock)
        scribe.write(A, UNKNOWN, b"", lane=Lane.TABLE, clock=clock + 1)
        assert first.header.refs
        run = _judge(scribe, log)
        at = first.header.seq
        if off:
            assert run.verdicts == {at: void("record.clock"), at + 1: void("record.broken")}
        else:
            assert run.verdicts == {at: NOT_UNDERSTOOD, at + 1: NOT_UNDERSTOOD}
        assert run.state.logs[log.id].broken_at == (at if off else None)


def test_an_entry_that_names_a_frozen_one_cannot_use_up_clocks() -> None:
    """A party that forks its own log must not silence the others.

    The clock of what it names is not asked for any more, so some slack is given; if it could jump to
    2**64 - 1, every entry after it would need a clock that no header can hold.
    """
    scribe, forked, stands = _forked()
    assert stands == {forked.id: forked.size - 1}
    scribe.open_epoch(A)
    log, last = scribe.log(A), forked.entries[-1]
    draft = scribe.draft(log, UNKNOWN, NO_ACTOR)
    refs = [ref for ref in draft.refs if ref.log != forked.id]
    named = tuple(sorted([*refs, Ref(forked.id, last.header.seq, last.id)]))
    least = draft.clock
    for clock, verdict in (
        (least, NOT_UNDERSTOOD),
        (least + OWN_SLACK, NOT_UNDERSTOOD),
        (least + OWN_SLACK + 1, void("record.clock")),
        (2**64 - 1, void("record.clock")),
    ):
        branch = log.branch(log.size)
        entry = scribe.write(A, UNKNOWN, b"", into=branch, refs=named, clock=clock)
        run = admit(scribe.state, log.id, [entry], scribe, stands)
        assert run.verdicts == {entry.header.seq: verdict}, clock - least


def test_who_named_a_clock_in_good_faith_is_not_broken_when_it_freezes() -> None:
    """A party that inflates clocks and then forks them away must not void what others had said."""
    scribe, forked, stands = _forked()
    log, last = scribe.log(B), forked.entries[-1]
    draft = scribe.draft(log, UNKNOWN, NO_ACTOR)
    refs = [ref for ref in draft.refs if ref.log != forked.id]
    named = tuple(sorted([*refs, Ref(forked.id, last.header.seq, last.id)]))
    for clock, verdict in (
        (draft.clock, NOT_UNDERSTOOD),
        (draft.clock + 100 * OWN_SLACK, NOT_UNDERSTOOD),
        (CLOCK_LIMIT, void("record.clock")),
    ):
        branch = log.branch(log.size)
        entry = scribe.write(B, UNKNOWN, b"", into=branch, refs=named, clock=clock)
        run = admit(scribe.state, log.id, [entry], scribe, stands)
        assert run.verdicts == {entry.header.seq: verdict}, clock
