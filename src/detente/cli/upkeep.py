"""Commands that keep a node well: backups, restoring them, looking for what is wrong."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from detente.cli import asking
from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.speech import Yes
from detente.cli.visit import Visit, passphrases
from detente.cli.words import N_, _


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "backup",
        _("Write an encrypted copy of the node while it runs, and check it at once."),
        "detente backup north-2026-11-23.backup",
    )(backup)
    command(
        app,
        "restore",
        _("Make a node from a backup, or rehearse that."),
        "detente restore north.backup --rehearse\n"
        "detente --dir north restore north.backup\n"
        "detente restore --new-epoch --why restored",
    )(restore)
    command(
        app,
        "doctor",
        _("Look for what is wrong: clock, disk, keys, record, links, backups."),
        "detente doctor\ndetente doctor --json",
    )(doctor)


class Why(StrEnum):
    """Why the old logs cannot be continued."""

    RESTORED = "restored"
    FORKED = "forked"


def backup(
    visit: Visit,
    path: Annotated[Path, typer.Argument(help=_("New file to write."), metavar="PATH")],
) -> None:
    """Write a backup."""
    from detente.cli.render import carried

    visit.show(visit.screen.follow(visit.client.back_up(path)), carried.backed_up)


def restore(
    visit: Visit,
    file: Annotated[
        Path | None,
        typer.Argument(help=_("Backup file."), metavar="FILE", show_default=False),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help=_("Only show that it would work; change nothing."))
    ] = False,
    new_epoch: Annotated[
        bool,
        typer.Option(
            "--new-epoch",
            help=_("Go on although no other node can show how far this one had come."),
        ),
    ] = False,
    why: Annotated[
        Why, typer.Option("--why", help=_("With --new-epoch: what became of the old logs."))
    ] = Why.RESTORED,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help=_("With --new-epoch: also where this node sees no need, because you know of one."),
        ),
    ] = False,
    yes: Yes = False,
) -> int:
    """Restore a backup, rehearse it, or open a new epoch after it."""
    if new_epoch == (file is not None):
        raise Usage(
            "cli.restore.what",
            N_("Name a backup file, or say --new-epoch; one of them."),
            N_("See: detente restore --help"),
        )
    if file is None:
        return _new_epoch(visit, why, anyway=anyway, is_agreed=yes)
    from detente.cli.render import carried
    from detente.node.archive import restore as bring_back

    passphrase = passphrases()("backup", False)
    with visit.screen.progress() as step:
        done = bring_back(file, visit.directory.absolute(), passphrase, rehearse, step)
    visit.show(done, carried.restored)
    return 0


def _new_epoch(visit: Visit, why: Why, *, anyway: bool, is_agreed: bool) -> int:
    from detente.cli.render import carried

    if not is_agreed:
        asking.confirm(
            visit.screen,
            [
                _("Do this only when no other node that shares this dialogue can be reached."),
                _(
                    "Our logs so far end for good. Every party will read for ever that new ones began,"
                    " and why: {why}.",
                    why=why.value,
                ),
                _(
                    "What this node may have said after the backup then stands beside what it says"
                    " from now on, and every party will see that."
                ),
            ],
            _("Open a new epoch?"),
        )
    done = visit.about("restore.new_epoch", reason=why.value, anyway=anyway)
    visit.show(done, carried.new_epoch)
    return 0


def doctor(visit: Visit) -> int:
    """Run every check; the exit code is 1 when one of them is bad."""
    from detente.cli.render import standing

    found = visit.call("doctor")
    visit.show(found, standing.doctor)
    return 1 if any(check.get("state") == "bad" for check in found["checks"]) else 0
