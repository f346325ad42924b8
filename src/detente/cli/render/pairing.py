"""Where a pairing stands, and the one next step from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import pieces
from detente.cli.render.pieces import Data
from detente.cli.words import _
from detente.terms.text import show_foreign


def card(found: Data) -> Iterator[str]:
    """Show where the card went."""
    yield _("Key card of {name}.", name=str(found.get("name", "")))
    yield from _written(found)
    if not found.get("written") and not found.get("codes"):
        yield _("Give it away as a file (--out PATH) or as QR codes (--qr terminal).")


def invited(made: Data) -> Iterator[str]:
    """Show an invitation and what to do with it."""
    yield _(
        "Send this to the other side, by any way you like, before {time}. It holds no secret:",
        time=pieces.moment(made.get("expires")),
    )
    yield ""
    yield str(made.get("text", ""))
    yield ""
    yield from _written(made)
    if not made.get("addresses"):
        yield _("Our card names no address, so the other side answers by file: detente pair take")
    else:
        yield _("They type: detente pair join INVITATION")
    yield _("You then compare the number: detente pair confirm")


def _written(found: Data) -> Iterator[str]:
    if path := found.get("written"):
        yield _("Written: {path}", path=str(path))
    for code in found.get("codes") or []:
        yield str(code)


def taken(found: Data) -> Iterator[str]:
    """Say what a message brought, and what to carry back."""
    yield from _row(found)
    if path := found.get("written"):
        yield _("Carry this file to the other side: {path}", path=str(path))
    yield from _next(found)


def pending(rows: Sequence[Data]) -> Iterator[Any]:
    """Show all pairings under way."""
    if not rows:
        yield _("No pairing is under way. Begin one: detente pair invite")
        return
    for row in rows:
        yield from _row(row)
        yield from _next(row)
        if trouble := row.get("trouble"):
            yield "  " + pieces.sentence(trouble)


def _row(row: Data) -> Iterator[str]:
    role = _("we invited") if row.get("inviting") else _("they invited")
    token = str(row.get("token", ""))[:8]
    if name := row.get("their_name"):
        yield _("Pairing {token} with {name} ({role}).", token=token, name=str(name), role=role)
    else:
        yield _("Pairing {token} with nobody yet ({role}).", token=token, role=role)
    if number := row.get("number"):
        yield "  " + _("Our number:   {number}", number=str(number))
    if addresses := row.get("their_addresses"):
        yield "  " + _("Their addresses: {list}", list=", ".join(map(str, addresses)))
    for line in terms(row.get("terms")):
        yield "  " + line


def terms(found: Data | None) -> Iterator[str]:
    """Say what both sides fix by confirming, with a warning where it is not the usual."""
    if not found:
        return
    quotas, usual = found.get("quotas") or {}, found.get("usual") or {}
    languages = ", ".join(show_foreign(str(one)) for one in found.get("languages") or [])
    yield _(
        "Set of words: {set}. Languages: {list}",
        set=show_foreign(str(found.get("set", ""))),
        list=languages,
    )
    yield _(
        "In an hour a party may have {table} stored on the table and {line} on the line; one entry has"
        " at most {most}.",
        **_limits(quotas),
    )
    if quotas != usual:
        yield _(
            "These limits are not the usual ones, which are {table}, {line} and {most}. Ask the other"
            " side why before you confirm; they cannot be changed later.",
            **_limits(usual),
        )


def _limits(quotas: Data) -> dict[str, str]:
    return {
        "table": pieces.size(quotas.get("bytes_per_hour")),
        "line": pieces.size(quotas.get("line_bytes_per_hour")),
        "most": pieces.size(quotas.get("payload_bytes")),
    }


def _next(row: Data) -> Iterator[str]:
    stage = row.get("stage")
    if row.get("dialogue"):
        yield "  " + _("Both sides have confirmed; the dialogue is founded.")
    elif stage == "comparing":
        yield "  " + _("Compare the number over another channel: detente pair confirm")
    elif stage == "confirmed":
        yield "  " + _("Confirmed here. Not yet confirmed by the other side.")
    elif row.get("inviting"):
        yield "  " + _(
            "Nobody has answered yet. The invitation expires {time}.",
            time=pieces.moment(row.get("expires")),
        )
    else:
        yield "  " + _("Answered. The other side's card has not arrived yet.")


def confirmed(done: Data) -> Iterator[str]:
    """Say what a confirmation led to."""
    name = str(done.get("their_name") or "?")
    if done.get("dialogue"):
        yield _("The dialogue with {name} is founded.", name=name)
        yield _("Next: detente open propose TITLE PURPOSE, or see: detente status")
        return
    yield _("Confirmed here. {name} has not confirmed yet.", name=name)
    if path := done.get("written"):
        yield _("Carry this file to the other side: {path}", path=str(path))
    else:
        yield _("Nothing more to do here; see later: detente pair status")


def cancelled(row: Data) -> Iterator[str]:
    """Say that a pairing was dropped."""
    if name := row.get("their_name"):
        yield _("Dropped the pairing with {name}.", name=str(name))
        yield _("Tell them as well; their node is not told.")
    else:
        yield _("Dropped the pairing {token}.", token=str(row.get("token", ""))[:8])


def address(found: Data) -> Iterator[str]:
    """Say which address is used now."""
    where = str(found.get("address") or "")
    if where:
        yield _(
            "{party} is reached at {address} from now on.",
            party=pieces.party(str(found.get("letter", ""))),
            address=where,
        )
    else:
        yield _(
            "{party} is reached where its card says.",
            party=pieces.party(str(found.get("letter", ""))),
        )


def announced(done: Data) -> Iterator[str]:
    """Say which version of our card stands, and where the other sides learn of it."""
    yield _("Version {version} of our card is signed.", version=int(done.get("version") or 0))
    if addresses := done.get("addresses"):
        yield _("Our addresses: {list}", list=", ".join(map(str, addresses)))
    if entries := done.get("entries"):
        yield _("The other sides learn of it from {marks}.", marks=pieces.marks(entries))
