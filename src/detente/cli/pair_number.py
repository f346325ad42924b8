"""Comparing the number: our 20 digits on the screen, theirs typed as heard, then the root signs.

Carries out docs/spec/04-pairing.md for the person. Whoever confirms has heard the number from the other
side over a channel that was there before; that is all that keeps somebody in the middle out.

Invariants: the number is never filled in for the person; a number that is not the same twice in a
row is handed to the node, which drops the pairing.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from detente.cli import asking
from detente.cli.faults import Usage
from detente.cli.text_in import take_short
from detente.cli.visit import Visit
from detente.cli.waiting import wait_until
from detente.cli.words import N_, _
from detente.terms.errors import Refused
from detente.terms.text import show_foreign

Row = dict[str, Any]
DIGITS: Final = 20
HEAD: Final = "head"
NOBODY: Final = "-"


def find(visit: Visit, token: str) -> Row:
    """Return the one pairing that is meant; without a token the only one that has come to a number.

    Raises:
        Refused: ``cli.pair.none``. Usage: ``cli.pair.several``.
    """
    rows = [row for row in visit.call("pair.list") if str(row["token"]).startswith(token.lower())]
    if not token and len(rows) > 1:
        rows = [row for row in rows if row.get("number")] or rows
    if not rows:
        raise Refused(
            "cli.pair.none",
            N_("There is no such pairing under way."),
            N_("Begin one: detente pair invite, or detente pair join INVITATION"),
        )
    if len(rows) > 1:
        raise Usage(
            "cli.pair.several",
            N_("{count} pairings are under way; say which one you mean."),
            N_("See their tokens with: detente pair status"),
            count=len(rows),
        )
    return dict(rows[0])


def carry_through(visit: Visit, token: str, wait_s: int, *, later: bool = False) -> int:
    """Go on from an invitation: wait for the number, compare it, confirm, wait for the other side.

    Args:
        later: stop when the number is there, and only show it.
    """
    told: list[str] = []
    row = wait_until(
        visit.screen,
        _("Waiting for the other side's card."),
        lambda: _with_number(visit, token, told),
        wait_s,
    )
    if row is None:
        raise Refused(
            "cli.pair.waiting",
            N_("The other side's card has not arrived yet."),
            N_("Go on when it is there: detente pair confirm. How it stands: detente pair status"),
        )
    if later or not asking.is_person_there():
        from detente.cli.render import pairing

        visit.show([row], pairing.pending)
        return 0
    done = compare(visit, token, Said())
    return conclude(visit, done, wait_s)


def _with_number(visit: Visit, token: str, told: list[str]) -> Row | None:
    row = find(visit, token)
    _tell_trouble(visit, row, told)
    return row if row.get("number") else None


def _tell_trouble(visit: Visit, row: Row, told: list[str]) -> None:
    """Say what stands in the way, each thing once: whoever waits must not wait for nothing unaware."""
    trouble = row.get("trouble")
    if trouble and trouble["code"] not in told:
        from detente.cli.render import pieces

        told.append(trouble["code"])
        visit.screen.note(pieces.sentence(trouble))


class Said(NamedTuple):
    """What the person said on the line; what is empty is asked for."""

    heard: str = ""
    """The number as they heard it."""
    how: str = ""
    """Over which channel."""
    head: str = ""
    """Key that is granted every scope at once; empty for the head's key here, ``-`` for none."""
    head_name: str = ""
    head_role: str = ""
    is_agreed: bool = False
    """Whether ``--yes`` was given."""


def compare(visit: Visit, token: str, said: Said) -> Row:
    """Let the person compare the number, and confirm it with the root key.

    Returns:
        Where the pairing stands now, with the message to carry to the other side.
    """
    row = find(visit, token)
    number = str(row.get("number") or "")
    if not number:
        raise Refused(
            "cli.pair.waiting",
            N_("The other side's card has not arrived yet."),
            N_("Go on when it is there: detente pair confirm. How it stands: detente pair status"),
        )
    from detente.cli.render import pairing

    name = show_foreign(str(row.get("their_name", "")))
    if not visit.screen.as_json:  # there they are part of the answer
        visit.screen.note(*pairing.terms(row.get("terms")))
    heard, how, head_name = said.heard, said.how, said.head_name
    head = _head(visit, said.head)
    is_asked = not heard
    if is_asked:
        asking.need_person("--heard")
        heard = _hear(visit, name, number)
    if _digits(heard) != _digits(number):
        # Nothing more to ask: the node drops a pairing whose numbers differ, and says so.
        return _hand_over(visit, row, Said(heard))
    if not how:
        asking.need_person("--how")
        how = asking.ask_line(_("Over which channel did you compare it?"))
    if head and is_asked and not head_name:
        head_name = take_short("--head-name", asking.ask_line(_(
            "Name of the person with the key {key}, as everybody will read it; empty for {key}:",
            key=head,
        )))  # fmt: skip
    if not said.is_agreed:
        asking.confirm(
            visit.screen,
            [
                _(
                    "This founds a dialogue with {name}; the root key of our party signs it.",
                    name=name,
                ),
                _("They will read that the number was compared by: {how}", how=how),
                *([_signer(head, head_name, said.head_role)] if head else []),
            ],
            _("Confirm?"),
        )
    return _hand_over(visit, row, Said(heard, how, head, head_name, said.head_role))


def _hand_over(visit: Visit, row: Row, said: Said) -> Row:
    """Give the node what was said, and return where the pairing stands then.

    Raises:
        Refused: ``pairing.number`` when the number is another; the node has dropped the pairing then.
    """
    return dict(
        visit.client.confirm_pairing(
            _digits(said.heard),
            token=str(row["token"]),
            how=take_short("--how", said.how),
            head=said.head,
            head_name=take_short("--head-name", said.head_name),
            head_role=take_short("--head-role", said.head_role),
        )
    )


def _signer(head: str, name: str, role: str) -> str:
    return _(
        "The key {key} may then speak for our party, as {name}, {role}.",
        key=head,
        name=show_foreign(name) or head,
        role=show_foreign(role) or "head of delegation",
    )


def _head(visit: Visit, wanted: str) -> str:
    """Return the key that is granted at once, so that the talks can begin: the head's, where it is."""
    if wanted:
        return "" if wanted == NOBODY else wanted
    known = visit.client.delegates_here()
    if len(known) == 1:
        return str(known[0])
    return HEAD if HEAD in known else ""


def _hear(visit: Visit, name: str, number: str) -> str:
    """Let the two people read their numbers to each other; return what was heard, asked once more."""
    visit.screen.note(
        _("Our number:   {number}", number=number),
        _(
            "Speak with {name} over a channel that you trusted before: a meeting, a known"
            " telephone number.",
            name=name,
        ),
        _("Read the number to them, and let them read theirs to you."),
    )
    heard = _typed(_("Type the number that they read to you:"))
    if _digits(heard) != _digits(number):
        heard = _typed(_("That is not our number. Ask them to read theirs again, and type it:"))
    return heard


def _typed(question: str) -> str:
    heard = asking.ask_line(question)
    while len(_digits(heard)) != DIGITS:
        if not heard:
            raise Refused("cli.unconfirmed", N_("Not confirmed; nothing was done."))
        heard = asking.ask_line(_("The number has 20 digits in four groups. Type all of them:"))
    return heard


def _digits(text: str) -> str:
    # Digits of any script count, so that a number can be typed as it is read.
    return "".join(str(int(one)) for one in re.findall(r"\d", text))


def conclude(visit: Visit, done: Row, wait_s: int) -> int:
    """Wait until the other side has confirmed too, and say how to go on."""
    from detente.cli.render import pairing

    if not done.get("dialogue") and wait_s:
        token, told = str(done["token"]), list[str]()
        is_over = wait_until(
            visit.screen,
            _("Confirmed here. Waiting for the other side to confirm."),
            lambda: _over(visit, token, told),
            wait_s,
        )
        if is_over:
            done["dialogue"] = _newest_dialogue(visit)
    visit.show(done, pairing.confirmed)
    return 0


def _over(visit: Visit, token: str, told: list[str]) -> bool | None:
    rows = [row for row in visit.call("pair.list") if row["token"] == token]
    for row in rows:
        _tell_trouble(visit, row, told)
    return None if rows else True


def _newest_dialogue(visit: Visit) -> str:
    dialogues = visit.call("status").get("dialogues") or [{}]
    return str(dialogues[-1].get("id", ""))
