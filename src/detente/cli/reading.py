"""Commands that read: what stands in the record, what is on its way, whose move it is."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.speech import Mark
from detente.cli.visit import Visit
from detente.cli.words import N_, _

_WITH_WORDS = frozenset({"translation", "correction", "objection"})


class Lane(StrEnum):
    """The two logs of a party, in the order of their numbers."""

    LINE = "line"
    TABLE = "table"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    command(
        app,
        "show",
        _("Show one entry whole: its text, who signed it, how far it has come."),
        "detente show A-12\ndetente show B-L4 --json",
    )(show)
    command(
        app,
        "log",
        _("List the entries of the record, the newest last."),
        "detente log\ndetente log --limit 200 --skip 50\ndetente log --lane line",
    )(log)
    command(
        app,
        "status",
        _("Say whose move it is, whether the line is up, and what is not yet received."),
        "detente status\ndetente --dir north status --json",
    )(status)


def show(visit: Visit, mark: Mark) -> None:
    """Show one entry, with the words of what was attached to it."""
    from detente.cli.render import entry

    shown = visit.about("show", mark=mark)
    for one in shown.get("attached") or []:
        if one.get("what") in _WITH_WORDS:
            other = visit.about("show", mark=one["mark"])
            one.update(text=other.get("text", ""), fields=other.get("fields") or {})
    visit.show(shown, entry.whole, parties=visit.parties())


def log(
    visit: Visit,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", help=_("How many entries at most."), metavar="NUMBER", min=1, max=1000
        ),
    ] = 50,
    skip: Annotated[
        int,
        typer.Option(
            "--skip", help=_("How many of the newest to leave out."), metavar="NUMBER", min=0
        ),
    ] = 0,
    lane: Annotated[
        Lane | None,
        typer.Option("--lane", help=_("line: charter and hotline. table: everything else.")),
    ] = None,
) -> None:
    """List entries."""
    from detente.cli.render import entry

    number = None if lane is None else list(Lane).index(lane)
    visit.show(visit.about("log", limit=limit, skip=skip, lane=number), entry.rows)


def status(visit: Visit) -> None:
    """Show the state of the node and its dialogues."""
    from detente.cli.render import standing

    found = visit.call("status")
    if prefix := visit.options.dialogue.lower():
        chosen = [one for one in found["dialogues"] if one["id"].startswith(prefix)]
        if not chosen:
            raise Usage(
                "cli.dialogue",
                N_("No dialogue of this node begins with {prefix}."),
                N_("See which there are: detente status"),
                prefix=visit.options.dialogue,
            )
        found = {**found, "dialogues": chosen}
    found = {**found, "serving": visit.client.is_remote, "pairings": visit.call("pair.list")}
    visit.show(found, standing.status, now=time.time_ns() // 1_000_000)
