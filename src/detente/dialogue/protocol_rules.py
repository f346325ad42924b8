"""Hand an act to the rules of its own protocol, with that protocol's part of the state.

Carries out the last part of docs/spec/06-dialogue.md §2, step 13.
"""

from __future__ import annotations

from detente.charter.act import Act
from detente.dialogue.state import Dialogue
from detente.protocols.agenda import rules as agenda
from detente.protocols.hotline import rules as hotline
from detente.protocols.objections import rules as objections
from detente.protocols.opening import rules as opening
from detente.protocols.questions import rules as questions
from detente.protocols.statements import rules as statements


def check_protocol(state: Dialogue, protocol: str, act: Act) -> None:
    """Check an act by its protocol's rules. Raises `Violation`."""
    match protocol:
        case "opening":
            opening.check(state.opening, act)
        case "agenda":
            agenda.check(state.agenda, act)
        case "statements":
            statements.check(state.statements, act)
        case "objections":
            objections.check(state.objections, act)
        case "questions":
            questions.check(state.questions, act)
        case "hotline":
            hotline.check(state.hotline, act)
