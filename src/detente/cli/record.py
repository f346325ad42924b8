"""Commands that carry the record out of the node, and that check it without one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from detente.cli.faults import Usage
from detente.cli.grammar import command, new_group
from detente.cli.visit import Visit
from detente.cli.words import N_, _


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "export",
        _("Write the record as one file that anyone can verify; whoever has it can read it."),
        "detente export talks.bundle\n"
        "detente export public.bundle --redacted --release A-12 --release B-9\n"
        "detente export statement.proof --entry A-12    # with --redacted: without its text",
    )(export)
    pouch = new_group(
        _("Carry entries as a sealed file, where there is no line."),
        "detente pouch write pouch.age --to B\ndetente pouch read pouch.age",
        parent=app,
        name="pouch",
    )
    command(
        pouch,
        "write",
        _("Seal what the other side lacks into a file that only it can open."),
        "detente pouch write pouch.age --to B\ndetente pouch write usb-stick/",
    )(write)
    command(
        pouch,
        "read",
        _("Take in a pouch of the other side. Taking one twice changes nothing."),
        "detente pouch read pouch.age",
    )(read)


def export(
    visit: Visit,
    path: Annotated[Path, typer.Argument(help=_("New file to write."), metavar="PATH")],
    redacted: Annotated[
        bool,
        typer.Option("--redacted", help=_("Without texts, but for those of --release.")),
    ] = False,
    release: Annotated[
        list[str] | None,
        typer.Option(
            "--release", help=_("Entry whose text goes along; may be repeated."), metavar="MARK"
        ),
    ] = None,
    entry: Annotated[
        str,
        typer.Option("--entry", help=_("Only the proof of this one entry."), metavar="MARK"),
    ] = "",
) -> None:
    """Write a bundle, or the proof of one entry."""
    from detente.cli.render import carried

    if release and not redacted:
        raise Usage(
            "cli.export.release",
            N_("--release names what stays readable in a redacted export."),
            N_("Add --redacted, or leave --release out to export everything."),
        )
    target = str(path.absolute())
    if entry:
        done = visit.about("export.entry", mark=entry, path=target, withhold=redacted)
    else:
        done = visit.long(
            "export",
            path=target,
            redacted=redacted,
            release=release or [],
            dialogue=visit.options.dialogue,
        )
    visit.show({**done, "redacted": redacted, "entry": entry or None}, carried.exported)


def write(
    visit: Visit,
    path: Annotated[
        str, typer.Argument(help=_("New file, or a folder to write it in."), metavar="PATH")
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help=_("Letter of the party; not needed where there is one other."),
            metavar="LETTER",
        ),
    ] = "",
    whole: Annotated[
        bool,
        typer.Option("--whole", help=_("Everything, not only what they gave no receipt for.")),
    ] = False,
) -> None:
    """Write a pouch."""
    from detente.cli.render import carried

    target = Path(path).absolute()
    if path.endswith(os.sep) and not target.is_dir():
        raise Usage(
            "cli.pouch.folder",
            N_("There is no folder {path}."),
            N_("See whether what it lies on is there, or make it."),
            path=path,
        )
    done = visit.long(
        "pouch.write",
        to=to,
        path=str(target),
        whole=whole,
        dialogue=visit.options.dialogue,
    )
    visit.show(done, carried.pouch_written)


def read(
    visit: Visit,
    path: Annotated[Path, typer.Argument(help=_("Pouch file."), metavar="PATH")],
) -> None:
    """Take in a pouch."""
    from detente.cli.render import carried

    done = visit.long("pouch.read", path=str(path.absolute()))
    visit.show(done, carried.pouch_read, parties=visit.parties())
