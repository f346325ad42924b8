"""Commands that make a node and run it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.speech import check_language
from detente.cli.text_in import take_short
from detente.cli.visit import Visit, passphrases
from detente.cli.words import N_, _


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "init",
        _("Make a node: keys, key card and settings in a new directory. Asks for passphrases."),
        'detente init --name "North" --address a.example:7400 --listen 0.0.0.0:7400\n'
        'detente --dir south init --name "South"    # by dialling out or by files only',
        reach="directory",
    )(init)
    command(
        app,
        "serve",
        _("Run the node: take and make links, keep the record. Stops at Ctrl-C."),
        "detente serve\nDETENTE_SECRET_FILE=/run/secrets/node detente --dir north serve",
        reach="directory",
    )(serve)


Name = Annotated[
    str,
    typer.Option(
        "--name", help=_("Name of the party, as the other side reads it."), metavar="NAME"
    ),
]
NameLang = Annotated[
    str,
    typer.Option(
        "--name-lang", help=_("Language of the name."), metavar="CODE", callback=check_language
    ),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--address",
        help=_("Where the other side can dial us; may be repeated. None: only we dial."),
        metavar="HOST:PORT",
    ),
]
Listens = Annotated[
    list[str] | None,
    typer.Option(
        "--listen", help=_("Where the node listens; may be repeated."), metavar="HOST:PORT"
    ),
]
HeadKey = Annotated[
    str,
    typer.Option(
        "--head", help=_("Name of the key made for the head of delegation."), metavar="KEY"
    ),
]
Memory = Annotated[
    int,
    typer.Option(
        "--memory",
        help=_("MiB of memory that one guess at a passphrase costs."),
        metavar="MIB",
        min=8,
        max=4096,
    ),
]


def init(
    visit: Visit,
    name: Name,
    name_lang: NameLang = "en",
    address: Addresses = None,
    listen: Listens = None,
    head: HeadKey = "head",
    no_head: Annotated[
        bool, typer.Option("--no-head", help=_("Make no delegate's key now."))
    ] = False,
    memory: Memory = 256,
) -> None:
    """Make a node."""
    from detente.cli.render import keys
    from detente.node.setup import create_node

    if address and not listen:
        raise Usage(
            "cli.init.listen",
            N_("The card names an address, and the node would listen nowhere."),
            N_("Add where it listens, as --listen 0.0.0.0:7400."),
        )
    made = create_node(
        visit.directory,
        take_short("--name", name),
        name_lang,
        list(address or []),
        list(listen or []),
        "" if no_head else head,
        passphrases(),
        time.time_ns() // 1_000_000,
        memory,
    )
    visit.show(made, keys.made_node)


def serve(visit: Visit) -> None:
    """Run the node until it is told to stop."""
    from detente.cli.render import keys
    from detente.node.house import open_house
    from detente.node.serve import serve as serve_house

    house = open_house(visit.directory, passphrases())
    where = str(visit.directory)

    def ready(addresses: list[str]) -> None:
        visit.show({"serving": True, "directory": where, "listening": addresses}, keys.serving)

    serve_house(house, ready)
