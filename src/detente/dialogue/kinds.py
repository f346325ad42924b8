"""The only list of entry kinds: number → what it is and which protocol it belongs to.

Carries out docs/spec/05-kinds.md. To add a protocol is to add its line here. A number is never used
again for anything else; a number that is not here is kept, relayed and shown raw.
"""

from __future__ import annotations

from typing import Final

from detente.charter import entries as charter
from detente.charter.act import Kind
from detente.protocols.agenda import entries as agenda
from detente.protocols.hotline import entries as hotline
from detente.protocols.objections import entries as objections
from detente.protocols.opening import entries as opening
from detente.protocols.questions import entries as questions
from detente.protocols.statements import entries as statements
from detente.record.minute import Minute
from detente.terms.ids import Lane

MINUTE: Final = 60

CHARTER: Final = (
    Kind(charter.OPENING, "charter.opening", Lane.LINE, "", charter.Opening),
    Kind(charter.DOCUMENT, "charter.document", Lane.LINE, "", charter.NewDocument),
    Kind(charter.CONFIRMATION, "charter.confirmation", Lane.LINE, "root", charter.Confirmation),
    Kind(charter.GRANT, "charter.grant", Lane.LINE, charter.GRANTING, charter.Grant),
    Kind(charter.REVOCATION, "charter.revocation", Lane.LINE, charter.GRANTING, charter.Revocation),
    Kind(charter.CLOSING, "charter.closing", Lane.LINE, "", charter.Closing),
    Kind(charter.CUT, "charter.cut", Lane.LINE, "root", charter.Cut),
    Kind(charter.FORK, "charter.fork", Lane.LINE, "", charter.ForkProof),
)
RECORD: Final = (Kind(MINUTE, "record.minute", Lane.TABLE, "", Minute),)

KINDS: Final[dict[int, Kind]] = {
    kind.number: kind
    for kinds in (
        CHARTER,
        RECORD,
        opening.KINDS,
        agenda.KINDS,
        statements.KINDS,
        objections.KINDS,
        questions.KINDS,
        hotline.KINDS,
    )
    for kind in kinds
}

BY_NAME: Final[dict[str, Kind]] = {kind.name: kind for kind in KINDS.values()}


def kind_name(number: int) -> str:
    """Return the name of a kind, or ``kind 4711`` for one that is not understood here."""
    kind = KINDS.get(number)
    return kind.name if kind else f"kind {number}"
