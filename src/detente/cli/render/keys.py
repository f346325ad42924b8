"""A node that was made or runs, and the keys of delegates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from detente.cli.render import pieces
from detente.cli.render.pieces import Data
from detente.cli.words import _, isolate


def made_node(made: Data) -> Iterator[str]:
    """Say what was made and what comes next."""
    yield _("Made a node for {name} in {folder}.", name=str(made.get("name", "")),
            folder=str(made.get("folder", "")))  # fmt: skip
    yield _(
        "Keys, each sealed under its passphrase: {keys}.", keys=", ".join(made.get("keys") or [])
    )
    yield _(
        "Keep the root key apart when you have tried it out: it is needed only to confirm a pairing, "
        "to change the card, and after a loss."
    )
    yield _("Next: detente --dir {folder} serve", folder=str(made.get("folder", "")))


def serving(found: Data) -> Iterator[str]:
    """Say that the node runs and where it listens."""
    addresses = ", ".join(map(str, found.get("listening") or []))
    if addresses:
        yield _("Our node runs and listens on {addresses}. Ctrl-C stops it.", addresses=addresses)
    else:
        yield _("Our node runs and only dials out. Ctrl-C stops it.")


def delegates(rows: Sequence[Data]) -> Iterator[Any]:
    """List who may speak for whom."""
    if not rows:
        yield _("No delegate holds a mandate yet: detente delegate grant NAME --role ROLE")
        return
    headings = (_("Entry"), _("Party"), _("Name"), _("Role"), _("May"), _("State"), _("Until"))
    yield pieces.table(
        headings,
        [
            [
                str(row.get("mark", "")),
                str(row.get("letter", "")),
                isolate(str(row.get("name", ""))),
                isolate(str(row.get("role", ""))),
                ", ".join(map(str, row.get("scopes") or [])),
                pieces.state(str(row.get("state", ""))),
                pieces.moment(row["expires"]) if row.get("expires") else "–",
            ]
            for row in rows
        ],
    )


def created(made: Data) -> Iterator[str]:
    """Say where a new key lies and who must grant it."""
    name = str(made.get("name", ""))
    yield _("Made the key {name}.", name=name)
    yield _("Print: {print}", print=str(made.get("print", "")))
    yield _("Sealed key: {file}", file=str(made.get("file", "")))
    yield _("Let it speak: detente delegate grant {name} --role ROLE", name=name)
