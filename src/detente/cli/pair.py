"""Commands for first contact: cards, invitations, messages as files, and where a pairing stands."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from detente.cli import pair_card, pair_number, qr
from detente.cli.faults import Usage
from detente.cli.files import read_all, write_new
from detente.cli.grammar import command, default_command, new_group
from detente.cli.pair_card import Out, Qr
from detente.cli.speech import Yes
from detente.cli.visit import Visit
from detente.cli.words import N_, _
from detente.terms.errors import Refused

INVITATION: Final = "detente-invitation:"
_TEXT_BYTES: Final = 64 * 1024
"""An invitation has a few hundred bytes; a longer argument is something else."""

Wait = Annotated[
    int,
    typer.Option(
        "--wait", help=_("How many seconds to wait for the other side."), metavar="SECONDS", min=0
    ),
]
Token = Annotated[
    str,
    typer.Argument(
        help=_("Which pairing, by the beginning of its token; needed when there are several."),
        metavar="TOKEN",
        show_default=False,
    ),
]
Heard = Annotated[
    str,
    typer.Option(
        "--heard", help=_("The number as the other side read it to you."), metavar="DIGITS"
    ),
]
How = Annotated[
    str,
    typer.Option("--how", help=_("Over which channel the number was compared."), metavar="TEXT"),
]

Head = Annotated[
    str,
    typer.Option(
        "--head",
        help=_("Key that may speak for our party at once; - for none. [the head's key here]"),
        metavar="KEY",
    ),
]
HeadName = Annotated[
    str,
    typer.Option(
        "--head-name", help=_("Name of that person, as the other side reads it."), metavar="NAME"
    ),
]
HeadRole = Annotated[
    str,
    typer.Option(
        "--head-role", help=_("Function of that person. [head of delegation]"), metavar="ROLE"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(
        _("Begin a dialogue with another side: invite it, or join its invitation."),
        "detente pair invite\ndetente pair join detente-invitation:…\ndetente pair confirm",
        parent=app,
        name="pair",
    )
    default_command(group)(status)
    for name, title, examples, function in (*_COMMANDS, *pair_card.COMMANDS):
        command(group, name, title, examples)(function)


def invite(
    visit: Visit,
    out: Out = None,
    code: Qr = "",
    language: Annotated[
        list[str] | None,
        typer.Option(
            "--language", help=_("Language of the talks; may be repeated."), metavar="CODE"
        ),
    ] = None,
    terms: Annotated[
        str,
        typer.Option(
            "--terms", help=_("Set of words: states, labour or commercial."), metavar="SET"
        ),
    ] = "states",
    valid: Annotated[
        int,
        typer.Option(
            "--valid", help=_("Minutes until the invitation expires."), metavar="MINUTES", min=1
        ),
    ] = 60,
    wait: Wait = 0,
) -> int:
    """Make an invitation, and with ``--wait`` go on until the number is compared."""
    from detente.cli.render import pairing

    made = visit.call("pair.invite", languages=language or ["en"], terms=terms, valid_minutes=valid)
    if out is not None:
        try:
            write_new(out, base64.b64decode(made["message"]))
        except (Refused, OSError):
            # Nobody can have it, and it would be in the way of the next one.
            visit.call("pair.cancel", token=made["token"])
            raise
    codes = qr.put_codes([str(made["text"])], code) if code else []
    visit.show({**made, "written": str(out) if out else None, "codes": codes}, pairing.invited)
    if wait:
        return pair_number.carry_through(visit, str(made["token"]), wait)
    return 0


def join(
    visit: Visit,
    invitation: Annotated[
        str,
        typer.Argument(
            help=_("The invitation as text, the path of its file, or - for a pipe."),
            metavar="INVITATION",
        ),
    ],
    later: Annotated[
        bool,
        typer.Option(
            "--later",
            help=_("Only join and show the number; compare it with: detente pair confirm"),
        ),
    ] = False,
    wait: Wait = 600,
) -> int:
    """Join an invitation over the link, and unless ``--later`` compare and confirm the number."""
    if not visit.client.is_remote:
        raise Refused(
            "cli.pair.stopped",
            N_("Our node does not run, so it cannot reach the other side's node."),
            N_("Start it in another terminal: detente serve. Or go by files: detente pair take."),
        )
    taken = visit.call("pair.join", **_message(invitation))
    if not taken.get("by_link"):
        raise Refused(
            "cli.pair.address",
            N_("The invitation names no address where their node can be reached."),
            N_("Go by files: detente pair take INVITATION --out answer.pairing"),
        )
    return pair_number.carry_through(visit, str(taken["token"]), wait, later=later)


def _message(given: str) -> dict[str, str]:
    """Return an invitation as the node takes it, from a text, a file or a pipe."""
    if given.startswith(INVITATION):
        return {"text": given}
    try:
        data = read_all(Path(given))
    except FileNotFoundError:
        raise Usage(
            "cli.pair.invitation",
            N_("{given} is neither an invitation nor a file."),
            N_("An invitation begins with detente-invitation: or comes as a file."),
            given=given,
        ) from None
    return message_of(data)


def message_of(data: bytes) -> dict[str, str]:
    """Return the bytes of a pairing message as the node takes them, whether text or file."""
    if data.lstrip().startswith(INVITATION.encode()) and len(data) < _TEXT_BYTES:
        return {"text": data.decode("ascii", "replace").strip()}
    return {"message": base64.b64encode(data).decode()}


def take(
    visit: Visit,
    file: Annotated[
        Path, typer.Argument(help=_("Pairing message that came as a file."), metavar="FILE")
    ],
    out: Out = None,
) -> None:
    """Take any pairing message and write the one that answers it."""
    from detente.cli.render import pairing

    taken = visit.call("pair.take", **message_of(read_all(file)))
    written = _write_next(taken, out)
    visit.show({**taken, "written": written}, pairing.taken)


def _write_next(taken: dict[str, Any], out: Path | None) -> str | None:
    message = taken.get("message")
    if not message:
        return None
    target = out or Path(f"pairing-{str(taken['token'])[:8]}-{taken['stage']}.pairing")
    write_new(target, base64.b64decode(message))
    return str(target)


def status(visit: Visit) -> None:
    """Show the pairings under way."""
    from detente.cli.render import pairing

    visit.show(visit.call("pair.list"), pairing.pending)


def confirm(
    visit: Visit,
    token: Token = "",
    heard: Heard = "",
    how: How = "",
    head: Head = "",
    head_name: HeadName = "",
    head_role: HeadRole = "",
    out: Out = None,
    wait: Wait = 5,
    yes: Yes = False,
) -> int:
    """Compare the number and confirm.

    Over a link the other side's word is there within a moment if it has confirmed already.
    """
    said = pair_number.Said(heard, how, head, head_name, head_role, yes)
    done = pair_number.compare(visit, token, said)
    if out is not None or not visit.client.is_remote:
        done["written"] = _write_next(done, out)
    return pair_number.conclude(visit, done, wait if visit.client.is_remote else 0)


def cancel(visit: Visit, token: Token = "") -> None:
    """Drop a pairing."""
    from detente.cli.render import pairing

    row = pair_number.find(visit, token)
    visit.call("pair.cancel", token=row["token"])
    visit.show(row, pairing.cancelled)


_COMMANDS: Final[tuple[tuple[str, str, str, Any], ...]] = (
    ("status", _("Show the pairings under way."), "detente pair status", status),
    (
        "invite",
        _("Invite another side. Send it the invitation by any way; it is no secret."),
        """
detente pair invite
detente pair invite --valid 1440 --language en --language ar --out invitation.pairing
detente pair invite --wait 600    # and go on to compare the number""",
        invite,
    ),
    (
        "join",
        _("Join an invitation over the link, and compare the number. Our node must run."),
        """
detente pair join detente-invitation:…
detente pair join invitation.pairing --wait 60
detente pair join --later invitation.pairing    # compare the number with: detente pair confirm""",
        join,
    ),
    (
        "take",
        _("Go by files: take a message of the other side, and write the next one to carry back."),
        """
detente pair take invitation.pairing --out answer.pairing
detente pair take answer.pairing --out reveal.pairing""",
        take,
    ),
    (
        "confirm",
        _("Compare the 20 digits over another channel, and confirm. Needs the root passphrase."),
        'detente pair confirm\ndetente pair confirm --head-name "A. Ahmadi" --out approval.pairing',
        confirm,
    ),
    ("cancel", _("Drop a pairing; nothing of it is kept."), "detente pair cancel", cancel),
)
