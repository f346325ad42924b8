"""Commands for delegates: their keys, what they may do, and the end of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from detente.cli import asking
from detente.cli.acting import Grave, enter
from detente.cli.faults import Usage
from detente.cli.grammar import command, default_command, new_group
from detente.cli.speech import Reason, Yes
from detente.cli.text_in import take_short
from detente.cli.visit import Visit
from detente.cli.words import N_, _
from detente.terms.errors import Violation
from detente.terms.text import show_foreign
from detente.terms.times import parse_utc

ROOT = "root"


class Scope(StrEnum):
    """What a delegate may do."""

    SPEAK = "speak"
    BIND = "bind"
    HOTLINE = "hotline"
    ACKNOWLEDGE = "acknowledge"
    GRANT = "grant"


def add_to(app: typer.Typer) -> None:
    """Add the group to `app`."""
    group = new_group(
        _("Show who may speak for whom, make keys for delegates, grant and revoke mandates."),
        "detente delegate\n"
        "detente delegate create nabil\n"
        'detente delegate grant nabil --name "N. Nabil" --role "Duty officer" --may hotline',
        parent=app,
        name="delegate",
    )
    default_command(group)(show)
    command(
        group,
        "create",
        _("Make a key for a delegate, sealed under a passphrase that only they know."),
        "detente delegate create nabil",
    )(create)
    command(
        group,
        "grant",
        _("Let a delegate speak for our party, as far as --may says."),
        'detente delegate grant nabil --name "N. Nabil" --role "Duty officer" '
        "--may hotline --may acknowledge\n"
        'detente delegate grant nabil --role "Envoy" --may speak '
        "--expires 2027-01-31T18:00:00Z --most 20",
    )(grant)
    command(
        group,
        "revoke",
        _("End a mandate, from here on in the record. What was said under it stands."),
        'detente delegate revoke nabil --reason "End of posting."',
    )(revoke)


def show(visit: Visit) -> None:
    """List all mandates."""
    from detente.cli.render import keys

    visit.show(visit.about("delegates"), keys.delegates)


def create(
    visit: Visit,
    key: Annotated[str, typer.Argument(help=_("Short name of the key."), metavar="KEY")],
) -> None:
    """Make a key."""
    from detente.cli.render import keys

    visit.show(visit.client.create_delegate(key), keys.created)


def grant(
    visit: Visit,
    key: Annotated[
        str,
        typer.Argument(
            help=_("Name of the key; of one made elsewhere, its .pub lies in keys/delegates."),
            metavar="KEY",
        ),
    ],
    role: Annotated[
        str, typer.Option("--role", help=_("Function, shown beside every act."), metavar="ROLE")
    ],
    name: Annotated[
        str,
        typer.Option(
            "--name", help=_("Name of the person, as the other side reads it."), metavar="NAME"
        ),
    ] = "",
    may: Annotated[
        list[Scope] | None,
        typer.Option(
            "--may",
            help=_(
                "What it covers; may be repeated: words, agreement, hotline messages,"
                " acknowledgements, mandates. Without it: speak and acknowledge."
            ),
        ),
    ] = None,
    expires: Annotated[
        str,
        typer.Option("--expires", help=_("When it ends, as 2027-01-31T18:00:00Z."), metavar="TIME"),
    ] = "",
    most: Annotated[
        int,
        typer.Option(
            "--most", help=_("How many acts it allows; 0 for any number."), metavar="NUMBER", min=0
        ),
    ] = 0,
    by_root: Annotated[
        bool, typer.Option("--root", help=_("Sign with the root key instead of a delegate's."))
    ] = False,
) -> int:
    """Enter a grant."""
    body: dict[str, Any] = {
        "delegate": key,
        "name": take_short("--name", name) or key,
        "role": take_short("--role", role),
        "scopes": [one.value for one in may or [Scope.SPEAK, Scope.ACKNOWLEDGE]],
        "expires": _instant(expires),
        "most": most,
    }
    return enter(visit, "charter.grant", body, actor=_signer(by_root))


def _instant(text: str) -> int:
    if not text:
        return 0
    try:
        return int(parse_utc(text))
    except Violation as fault:
        raise Usage(fault.code, fault.sentence, fault.next_step, **fault.details) from None


def revoke(
    visit: Visit,
    mandate: Annotated[
        str,
        typer.Argument(help=_("Name of the delegate, or mark of the grant."), metavar="MANDATE"),
    ],
    reason: Reason = "",
    by_root: Annotated[
        bool, typer.Option("--root", help=_("Sign with the root key instead of a delegate's."))
    ] = False,
    yes: Yes = False,
) -> int:
    """Enter a revocation."""
    matching = [
        row
        for row in visit.about("delegates")
        if mandate in (row.get("mark"), row.get("name"), row.get("print"))
        and row.get("state") == "holds"
    ]
    if not matching:
        raise Usage(
            "cli.delegate.unknown",
            N_("No mandate of {mandate} holds."),
            N_("See which do: detente delegate"),
            mandate=mandate,
        )
    grave = Grave(
        [
            *(
                _(
                    "{mark}: {name}, {role}",
                    mark=str(row.get("mark", "")),
                    name=show_foreign(str(row.get("name", ""))),
                    role=show_foreign(str(row.get("role", ""))),
                )
                for row in matching
            ),
            *([_("Reason:"), *asking.framed(reason)] if reason else []),
        ],
        _("End this mandate?"),
        yes,
    )
    body = {"grant": mandate, "reason": take_short("--reason", reason)}
    return enter(visit, "charter.revocation", body, actor=_signer(by_root), grave=grave)


def _signer(by_root: bool) -> str:
    return ROOT if by_root else ""
