"""Join one counted entry to the state. Total: for every state and counted entry there is a next state.

Carries out docs/spec/06-dialogue.md §5.
"""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.charter import state as charter_state
from detente.charter.act import Act, joined, place
from detente.charter.state import Granted
from detente.dialogue.freezes import Accused
from detente.dialogue.kinds import MINUTE, kind_name
from detente.dialogue.state import Dialogue, Frozen, Note, Placed
from detente.protocols.agenda import state as agenda
from detente.protocols.hotline import state as hotline
from detente.protocols.objections import state as objections
from detente.protocols.opening import state as opening
from detente.protocols.questions import state as questions
from detente.protocols.statements import state as statements


def apply(
    state: Dialogue, act: Act, granted: Granted | None, accused: Accused | None = None
) -> Dialogue:
    """Return the state with one more counted entry.

    Args:
        act: the entry, its body decoded.
        granted: grant under which it was done; None for machine entries and root acts.
        accused: for a fork proof, what it proves.
    """
    state = state._replace(
        notes=state.notes.set(place(act.ref), Note(act.kind, act.seat, act.ref.id))
    )
    if granted is not None and granted.body.most:
        state = state._replace(charter=charter_state.use(state.charter, granted, act))
    match kind_name(act.kind).partition(".")[0]:
        case "charter":
            state = state._replace(charter=charter_state.apply(state.charter, act))
            if act.kind == charter_entries.FORK:
                state = _freeze(state, act, accused)
        case "record" if act.kind == MINUTE:
            log = act.ref.log
            entered = (*state.minutes.get(log, ()), Placed(act.ref.seq, act.body))
            state = state._replace(minutes=state.minutes.set(log, entered))
        case "opening":
            state = state._replace(opening=opening.apply(state.opening, act))
        case "agenda":
            state = state._replace(agenda=agenda.apply(state.agenda, act))
        case "statements":
            state = state._replace(statements=statements.apply(state.statements, act))
        case "objections":
            state = state._replace(objections=objections.apply(state.objections, act))
        case "questions":
            state = state._replace(questions=questions.apply(state.questions, act))
        case "hotline":
            state = state._replace(hotline=hotline.apply(state.hotline, act))
    return state


def _freeze(state: Dialogue, act: Act, accused: Accused | None) -> Dialogue:
    if accused is None:
        return state
    log, party, epoch, lane, key, common = accused
    known = joined(
        state.forks.get(log, ()), Frozen(common, place(act.ref), party, epoch, lane, key)
    )
    return state._replace(forks=state.forks.set(log, known))
