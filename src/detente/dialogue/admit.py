"""Admission: the numbered steps by which an entry becomes counted, void, or waits.

Carries out docs/spec/06-dialogue.md §2; the numbers below are its clauses. Our own entries and theirs
take the same steps in the same function. An entry is judged by what its author had seen, never by
when it arrived, so every node that holds the same entries reaches the same verdicts.

Invariants: pure; what must be looked up comes through `Facts`; a verdict never depends on a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from immutables import Map

from detente.charter import entries as charter_entries
from detente.charter import rules as charter_rules
from detente.charter.act import Act, Kind
from detente.charter.state import Granted
from detente.dialogue.apply import apply
from detente.dialogue.doubt import may_be_barred, may_be_lifted, note_withheld
from detente.dialogue.freezes import Accused, check_cut, check_fork
from detente.dialogue.kinds import KINDS, MINUTE
from detente.dialogue.links import check_links, links_of
from detente.dialogue.minutes import check_minute
from detente.dialogue.past import Break, Facts, Held, Wait, find_past
from detente.dialogue.protocol_rules import check_protocol
from detente.dialogue.state import Dialogue, Standing
from detente.protocols.opening.state import is_open
from detente.record.entry import Entry, Payload, act_statement, decode_payload
from detente.record.minute import decode_minute
from detente.record.shapes import from_bytes
from detente.record.verdict import COUNTED, NOT_UNDERSTOOD, WITHHELD, Verdict, void
from detente.record.verdict import Standing as Stands
from detente.terms.errors import N_, Rejected, Violation
from detente.terms.ids import Lane, LogId, Ref
from detente.terms.limits import PAYLOAD_BYTES

_FROZEN: Final = void("record.frozen")
_BROKEN: Final = void("record.broken")
_WRONG_CLOCK: Final = void("record.clock")


class Run(NamedTuple):
    """The outcome of judging a run of entries of one log."""

    state: Dialogue
    admitted: int
    verdicts: dict[int, Verdict]
    """Position → verdict other than counted."""
    seen: dict[int, Mapping[bytes, int]]
    """Position → causal past in other logs, where it changed."""
    held: Held | None
    judge_again: bool
    """A fork proof or a cut was counted: what stands must be judged again from the beginning."""


def admit(
    state: Dialogue,
    log: LogId,
    entries: Sequence[Entry],
    facts: Facts,
    stands: Mapping[bytes, int] | None = None,
) -> Run:
    """Judge entries that continue a log, until one must wait for what it names.

    Args:
        state: knows the log.
        entries: the next of the log, from the first not yet judged.
        facts: look-up of admitted entries.
        stands: log → how many first entries stand of a frozen log; what follows is void and leaves
            no trace in the state, for honest nodes may hold different histories there.
    """
    standing, stands = state.logs[log], stands or {}
    limit = stands.get(log)
    admitted, head, clock, seen, broken_at = standing[4:]
    verdicts: dict[int, Verdict] = {}
    pasts: dict[int, Mapping[bytes, int]] = {}
    upto, again, held = admitted, False, None
    for entry in entries:
        header, seq = entry.header, entry.header.seq
        if limit is not None and seq >= limit:  # step 4: what a freeze left out
            verdicts[seq] = _FROZEN
            upto = seq + 1
            continue
        verdict = COUNTED
        if broken_at is not None:
            pass
        elif header.refs or header.kind == MINUTE:
            state, past, verdict, held = _look_back(
                state, standing, entry, (clock, seen), facts, stands
            )
            if held is not None:
                break
            if past is not None:
                pasts[seq] = seen = past
        elif header.clock != clock + 1:  # steps 1 to 3, where nothing is named
            verdict = _WRONG_CLOCK
        if verdict is not COUNTED:
            broken_at = seq
        if broken_at is None:
            verdict, state, freezes = _judge(state, standing, entry, seen, stands)
            again = again or freezes
        elif verdict is COUNTED:
            verdict = _BROKEN
        if verdict is not COUNTED:
            verdicts[seq] = verdict
        if verdict is WITHHELD:  # judging asks for these at once; the rest is added up below
            state = note_withheld(state, standing, header, seen)
        admitted = upto = seq + 1
        head, clock = entry.id, max(clock, header.clock)
    judged = Standing(*standing[:4], admitted, head, clock, seen, broken_at)
    state = _tally(state._replace(logs=state.logs.set(log, judged)), verdicts.values())
    return Run(state, upto, verdicts, pasts, held, again)


def _look_back(
    state: Dialogue,
    standing: Standing,
    entry: Entry,
    before: tuple[int, Mapping[bytes, int]],
    facts: Facts,
    stands: Mapping[bytes, int],
) -> tuple[Dialogue, Mapping[bytes, int] | None, Verdict, Held | None]:
    """Take steps 1 to 3 for an entry that names others.

    Args:
        before: clock and past of the entry before it.

    Returns:
        The state with what it reached; its past, if it has one; counted, or why it breaks its log; and
        what it waits for.
    """
    try:
        past, reached = find_past(
            state, standing, entry.header, _named(entry), before, facts, stands
        )
    except Wait as wait:
        return _with_reached(state, wait.reached), None, COUNTED, wait.held
    except Break as broken:
        return _with_reached(state, broken.reached), None, void(broken.why.code), None
    verdict = COUNTED if past is not None else _WRONG_CLOCK  # step 3: clock
    return _with_reached(state, reached), past, verdict, None


def _named(entry: Entry) -> list[tuple[bytes, int]]:
    """Return log and size of all that an entry names, as far as each.

    A minute, whether it counts or not, says what its author had of each log, also of those that its
    header had no room to name.
    """
    named: list[tuple[bytes, int]] = [(ref.log, ref.seq + 1) for ref in entry.header.refs]
    if entry.header.kind == MINUTE and entry.payload is not None:
        with suppress(Rejected):
            named += decode_minute(decode_payload(entry.payload).body).sizes().items()
    return named


def _tally(state: Dialogue, verdicts: Collection[Verdict]) -> Dialogue:
    """Return the state with void and not understood entries counted; frozen ones leave no trace."""
    void_here = sum(1 for one in verdicts if one.standing is Stands.VOID and one is not _FROZEN)
    unknown = sum(1 for one in verdicts if one is NOT_UNDERSTOOD)
    return state._replace(
        void=state.void + void_here, not_understood=state.not_understood + unknown
    )


def _with_reached(state: Dialogue, reached: Map[bytes, int] | None) -> Dialogue:
    if reached is None or reached is state.reached:
        return state
    return state._replace(reached=reached)


def _judge(
    state: Dialogue,
    standing: Standing,
    entry: Entry,
    past: Mapping[bytes, int],
    frozen: Container[bytes],
) -> tuple[Verdict, Dialogue, bool]:
    header = entry.header
    kind = KINDS.get(header.kind)
    if kind is None:  # step 5: kind
        return NOT_UNDERSTOOD, state, False
    if entry.payload is None:  # step 6: payload
        return WITHHELD, state, False
    try:
        payload = decode_payload(entry.payload)
        body: Any = from_bytes(kind.body, payload.body, PAYLOAD_BYTES, f"{kind.name}.form")
    except Rejected as fault:
        return void(fault.code), state, False
    act = Act(
        Ref(header.log, header.seq, entry.id), state.charter.parties[standing.party],
        standing.party, header.actor, header.kind, header.clock, header.time,
        {**past, header.log: header.seq}, body,
    )  # fmt: skip
    try:
        granted = _check_who(state, kind, act, entry, payload)  # steps 7 to 9
        accused = check_rules(state, standing, kind, act, frozen)  # steps 10 to 13
    except (Violation, Rejected) as fault:
        unsure = may_be_lifted(state, kind, act)
        return WITHHELD if unsure else void(fault.code), state, False
    if may_be_barred(state, kind, act, granted):
        return WITHHELD, state, False
    freezes = act.kind in (charter_entries.FORK, charter_entries.CUT)
    return COUNTED, apply(state, act, granted, accused), freezes


def _check_who(
    state: Dialogue, kind: Kind, act: Act, entry: Entry, payload: Payload
) -> Granted | None:
    if kind.is_machine:  # step 7: a machine entry has no actor and no signature
        if act.actor or payload.signatures:
            raise Violation("charter.machine", N_("An entry of a node stands in a person's name."))
        return None
    if not act.actor:
        raise Violation("charter.unsigned", N_("An act stands in nobody's name."))
    granted = charter_rules.authorise(state.charter, act, kind.scope)  # step 8: mandate
    statement = act_statement(state.id, entry.header, payload.body)
    charter_rules.check_signatures(state.charter, act, granted, statement, payload)  # step 9
    return granted


def check_rules(
    state: Dialogue, standing: Standing, kind: Kind, act: Act, frozen: Container[bytes]
) -> Accused | None:
    """Check everything about an act but mandate and signatures; used for drafts as well.

    Args:
        frozen: logs frozen by a fork proof or a cut.

    Returns:
        For a fork proof what it proves.

    Raises:
        Violation or Rejected: the rule that it breaks.
    """
    if kind.number != charter_entries.OPENING and kind.lane != standing.lane:  # step 10: lane
        raise Violation("record.lane", N_("An entry of this kind does not belong in this log."))
    if (act.ref.seq == 0) != (kind.number == charter_entries.OPENING):
        raise Violation("charter.opening", N_("A log begins with its opening, and has only one."))
    if kind.number == charter_entries.OPENING:
        _check_opening(standing, act)
    if kind.name.startswith("charter."):  # step 11: the charter's own rules
        charter_rules.check(state.charter, act)
        if kind.number == charter_entries.CUT:
            check_cut(state, standing, act)
        return check_fork(state, act) if kind.number == charter_entries.FORK else None
    if kind.number == MINUTE:
        check_minute(state, act, frozen)
        return None
    if not any(
        where.seq < act.seen.get(where.log, 0)
        for where in state.charter.confirmed.get(act.seat, ())
    ):
        raise Violation(
            "charter.unconfirmed", N_("The party has not confirmed the number of the pairing.")
        )
    if kind.needs_open and not is_open(state.opening, state.parties, act.seen):  # step 12: phase
        raise Violation(
            "opening.not-open",
            N_("The dialogue is not open yet: not every party has agreed to the opening."),
            N_("Propose or accept the opening first."),
        )
    protocol = kind.name.partition(".")[0]
    check_links(state, act, links_of(protocol, act))  # step 13: what it names, and its own rules
    check_protocol(state, protocol, act)
    return None


def _check_opening(standing: Standing, act: Act) -> None:
    body: charter_entries.Opening = act.body
    if (
        body.party != act.party
        or body.node != standing.node.print
        or body.epoch != standing.epoch
        or body.lane != standing.lane
        or (body.document is not None and standing.lane != Lane.LINE)
    ):
        raise Violation("charter.opening", N_("A log's opening names another log."))
