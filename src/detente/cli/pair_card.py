"""Commands about our own card, and about where the nodes reach each other."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from detente.cli import asking, qr
from detente.cli.acting import Grave, enter
from detente.cli.faults import Usage
from detente.cli.files import write_new
from detente.cli.speech import Reason, Yes, check_language
from detente.cli.text_in import take_short
from detente.cli.visit import Visit
from detente.cli.words import N_, _

Out = Annotated[
    Path | None, typer.Option("--out", "-o", help=_("Write it to this new file."), metavar="PATH")
]
Qr = Annotated[
    str,
    typer.Option(
        "--qr", help=_("Also as a QR code: terminal, or a file such as code.svg."), metavar="WHERE"
    ),
]


def card(visit: Visit, out: Out = None, code: Qr = "") -> None:
    """Give our key card."""
    from detente.cli.render import pairing

    answer = visit.call("pair.card")
    if out is not None:
        write_new(out, base64.b64decode(answer["card"]))
    codes = qr.put_codes(answer.get("chunks") or [], code) if code else []
    visit.show({**answer, "written": str(out) if out else None, "codes": codes}, pairing.card)


def address(
    visit: Visit,
    letter: Annotated[str, typer.Argument(help=_("Letter of the other party."), metavar="LETTER")],
    where: Annotated[
        str,
        typer.Argument(
            help=_("Where to reach its node, as host:port; empty for what its card says."),
            metavar="ADDRESS",
        ),
    ],
) -> None:
    """Use another address for a party."""
    from detente.cli.render import pairing

    visit.show(visit.about("peer.address", letter=letter, address=where), pairing.address)


def announce(
    visit: Visit,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--address",
            help=_("Where our node can be reached now; all addresses, may be repeated."),
            metavar="HOST:PORT",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", help=_("Our name from now on."), metavar="NAME")
    ] = "",
    name_lang: Annotated[
        str,
        typer.Option(
            "--name-lang",
            help=_("Language of that name."),
            metavar="CODE",
            callback=check_language,
        ),
    ] = "",
) -> None:
    """Make a new version of our card and enter it in every dialogue."""
    from detente.cli.render import pairing

    if where is None and not name:
        raise Usage(
            "cli.pair.announce",
            N_("There is nothing to announce."),
            N_("Say what is new: --address HOST:PORT, or --name NAME"),
        )
    done = visit.client.update_document(
        addresses=where, name=take_short("--name", name), lang=name_lang
    )
    visit.show(done, pairing.announced)


def renew(visit: Visit, yes: Yes = False) -> None:
    """Make new everyday keys and announce them."""
    from detente.cli.render import pairing

    if not yes:
        asking.confirm(
            visit.screen,
            [
                _(
                    "New keys for the node, its link and its pouches are made and announced to every"
                    " side, signed by the root key."
                ),
                _(
                    "They are used from the first start of the node on by which every side has"
                    " received them."
                ),
            ],
            _("Renew the keys?"),
        )
    visit.show(visit.client.rotate_keys(), pairing.announced)


def cut(
    visit: Visit,
    last: Annotated[
        list[str],
        typer.Argument(
            help=_("Last entries that are still ours, one of the line and one of the table."),
            metavar="MARK...",
        ),
    ],
    reason: Reason = "",
    yes: Yes = False,
) -> int:
    """Enter a cut."""
    grave = Grave(
        [
            _("Everything that the node's key signed after these entries will be void:"),
            "  " + ", ".join(last),
            *([_("Reason:"), *asking.framed(reason)] if reason else []),
        ],
        _("Cut the key off there?"),
        yes,
    )
    body = {"last": last, "reason": take_short("--reason", reason)}
    return enter(visit, "charter.cut", body, actor="root", grave=grave)


#: Name, title, examples, function.
COMMANDS: Final[tuple[tuple[str, str, str, Any], ...]] = (
    (
        "card",
        _("Give our key card, as a file or as QR codes."),
        "detente pair card --out north.card\ndetente pair card --qr terminal",
        card,
    ),
    (
        "address",
        _("Reach a party's node at another address than its card says."),
        "detente pair address B 192.0.2.7:7400",
        address,
    ),
    (
        "announce",
        _(
            "Tell all dialogues our new address or name, as a new version of our card. Needs the root"
            " passphrase."
        ),
        'detente pair announce --address b.example:7400\ndetente pair announce --name "North"',
        announce,
    ),
    (
        "renew",
        _("Make new everyday keys of the node and announce them. Needs the root passphrase."),
        "detente pair renew",
        renew,
    ),
    (
        "cut",
        _(
            "After a theft: declare the node's key no longer ours from here on. Needs the root"
            " passphrase."
        ),
        'detente pair cut A-L7 A-40 --reason "The machine was taken on Sunday."',
        cut,
    ),
)
