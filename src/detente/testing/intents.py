"""What delegates might do next, by chance: any act of any protocol that the state in view invites.

An intent may still be refused by the rules; a simulation takes that as an answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from detente.charter import entries as charter
from detente.charter.act import Done
from detente.charter.document import key_bytes
from detente.dialogue.state import Dialogue
from detente.protocols.agenda import entries as agenda
from detente.protocols.hotline import entries as hotline
from detente.protocols.objections import entries as objections
from detente.protocols.opening import entries as opening
from detente.protocols.questions import entries as questions
from detente.protocols.statements import entries as statements
from detente.seals.signing import PrivateKey
from detente.terms.ids import EntryId, LogId, Ref
from detente.testing.keys import person_named
from detente.testing.node import Node
from detente.testing.parties import Person

_TEXTS = (
    "We are listening.",
    "Nous vous écoutons.",
    "مرحبا",
    "We propose a pause of one hour.",
    "好",
)


class Intent(NamedTuple):
    """One wish: kind, body, and who signs (the head of delegation when None)."""

    kind: str
    body: Any
    by: Person | PrivateKey | None = None


def random_intent(rng: random.Random, node: Node) -> Intent:
    """Return something that a delegate of this node's party might wish to do now."""
    for _ in range(20):
        found = rng.choice(_WISHES)(rng, node)
        if found is not None:
            return found
    return _statement(rng, node)


def _any(rng: random.Random, acts: list[Done]) -> Ref | None:
    return rng.choice(acts).ref() if acts else None


def _of(node: Node, acts: list[Done], *, own: bool) -> list[Done]:
    return [act for act in acts if (act.party == node.book.own) == own]


def _said(state: Dialogue) -> list[Done]:
    return [said.act for said in state.statements.said.values()]


def _statement(rng: random.Random, node: Node) -> Intent:
    state = node.book.state
    item = _any(rng, [item.act for item in state.agenda.items.values()])
    reply = _any(rng, _said(state))
    body = statements.Statement(
        rng.choice(_TEXTS), "en", rng.choice([None, item]), rng.choice([None, reply])
    )
    return Intent("statements.statement", body, _second(rng, node))


def _second(rng: random.Random, node: Node) -> Person | None:
    people = [person for role, person in node.people.items() if role != "head"]
    return rng.choice([None, *people])


def _translation(rng: random.Random, node: Node) -> Intent | None:
    of = _any(rng, _said(node.book.state))
    if of is None:
        return None
    grade = rng.choice(list(statements.Grade))
    body = statements.Translation(of, "Une traduction", "fr", "", grade, rng.random() < 0.5)
    return Intent("statements.translation", body)


def _correction(rng: random.Random, node: Node) -> Intent | None:
    of = _any(rng, _of(node, _said(node.book.state), own=True))
    return of and Intent("statements.correction", statements.Correction(of, "Better.", "en", ""))


def _withdrawal(rng: random.Random, node: Node) -> Intent | None:
    of = _any(rng, _of(node, _said(node.book.state), own=True))
    return of and Intent("statements.withdrawal", statements.Withdrawal(of, "A slip."))


def _objection(rng: random.Random, node: Node) -> Intent | None:
    to = _any(rng, _of(node, _said(node.book.state), own=False))
    body = to and objections.Objection(to, "We see it otherwise.", "en")
    return body and Intent("objections.objection", body)


def _lifting(rng: random.Random, node: Node) -> Intent | None:
    raised = [one.act for one in node.book.state.objections.raised.values()]
    of = _any(rng, _of(node, raised, own=True))
    return of and Intent("objections.lifting", objections.Lifting(of, ""))


def _request(rng: random.Random, _: Node) -> Intent:
    asked = tuple(f"Question {number}?" for number in range(1, rng.randint(2, 4)))
    return Intent("questions.request", questions.Request(asked, "en", None))


def _reply(rng: random.Random, node: Node) -> Intent | None:
    asked = [one.act for one in node.book.state.questions.asked.values()]
    to = _any(rng, _of(node, asked, own=False))
    answer = questions.Answer(rng.randint(1, 3), rng.random() < 0.3, "Yes.")
    return to and Intent("questions.reply", questions.Reply(to, (answer,), "en"))


def _item(_: random.Random, __: Node) -> Intent:
    return Intent("agenda.item", agenda.Item("Relief", "Convoys to the north.", "en"))


def _on_item(rng: random.Random, node: Node) -> Intent | None:
    items = [item.act for item in node.book.state.agenda.items.values()]
    theirs, ours = (_any(rng, _of(node, items, own=own)) for own in (False, True))
    if theirs and rng.random() < 0.6:
        return Intent("agenda.agreement", agenda.Agreement(theirs))
    if theirs and rng.random() < 0.5:
        return Intent("agenda.decline", agenda.Decline(theirs, ""))
    return ours and Intent("agenda.withdrawal", agenda.Withdrawal(ours, ""))


def _message(rng: random.Random, _: Node) -> Intent:
    precedence = rng.choice(list(hotline.Precedence))
    body = hotline.Message(
        hotline.Status.EXERCISE, precedence, "Duty officer", "Please confirm.", "en", 600, 3600
    )
    return Intent("hotline.message", body)


def _acknowledgement(rng: random.Random, node: Node) -> Intent | None:
    sent = [one.act for one in node.book.state.hotline.sent.values()]
    of = _any(rng, _of(node, sent, own=False))
    body = of and hotline.Acknowledgement(of, "duty officer", "")
    return body and Intent("hotline.acknowledgement", body)


def _proposal(_: random.Random, __: Node) -> Intent:
    return Intent("opening.proposal", opening.Proposal("A second talk", "To go on.", "en"))


def _on_proposal(rng: random.Random, node: Node) -> Intent | None:
    proposed = [one.act for one in node.book.state.opening.proposals.values()]
    of = _any(rng, _of(node, proposed, own=False))
    if of and rng.random() < 0.5:
        return Intent("opening.refusal", opening.Refusal(of, "Not now."))
    return of and Intent("opening.consent", opening.Consent(of))


def _grant(rng: random.Random, node: Node) -> Intent:
    number = rng.randint(1, 3)
    person = person_named(f"{node.name} delegate {number}", "delegate")
    node.people[f"delegate {number}"] = person
    scopes = rng.choice([charter.SCOPES, (charter.SPEAK,), (charter.HOTLINE, charter.ACKNOWLEDGE)])
    body = charter.Grant(
        key_bytes(person.key.public), person.name, person.role, scopes, 0, rng.choice([0, 0, 2])
    )
    return Intent("charter.grant", body, rng.choice([None, node.party.root]))


def _revocation(rng: random.Random, node: Node) -> Intent | None:
    head = node.people["head"].print
    own = [
        granted
        for grants in node.book.state.charter.grants.values()
        for granted in grants
        if granted.party == node.book.own and granted.key.print != head
    ]
    if not own:
        return None
    granted = rng.choice(own)
    ref = Ref(LogId(granted.where.log), granted.where.seq, EntryId(granted.id))
    return Intent("charter.revocation", charter.Revocation(ref, "End of term."))


_WISHES: tuple[Callable[[random.Random, Node], Intent | None], ...] = (
    _statement,
    _statement,
    _translation,
    _correction,
    _withdrawal,
    _objection,
    _lifting,
    _request,
    _reply,
    _item,
    _on_item,
    _on_item,
    _message,
    _acknowledgement,
    _proposal,
    _on_proposal,
    _grant,
    _revocation,
)
