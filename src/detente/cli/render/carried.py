"""What was carried out or in: exports, pouches, backups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detente.cli.render import pieces
from detente.cli.render.pieces import Data
from detente.cli.words import _, count_


def exported(done: Data) -> Iterator[str]:
    """Say what an export holds and how to check it."""
    path = str(done.get("path", ""))
    if entry := done.get("entry"):
        yield _("Wrote the proof of {mark}: {path}", mark=str(entry), path=path)
    else:
        yield _written(done, path)
        if done.get("redacted"):
            yield _("Texts that were not released are left out; what is counted and signed stands.")
            yield _(
                "Names, roles and mandates of delegates, and why they ended, stay readable in it."
            )
        else:
            yield _("Whoever has this file can read every text in it.")
    yield _("Check it, with or without a node: detente verify {path}", path=path)


def _written(done: Data, path: str) -> str:
    return count_(
        "Wrote {n} entry, {size}: {path}",
        "Wrote {n} entries, {size}: {path}",
        int(done.get("entries") or 0),
        size=pieces.size(done.get("bytes")),
        path=path,
    )


def pouch_written(done: Data) -> Iterator[str]:
    """Say what a pouch holds."""
    yield count_(
        "Sealed {n} entry in {path}.",
        "Sealed {n} entries in {path}.",
        int(done.get("entries") or 0),
        path=str(done.get("path", "")),
    )
    yield _("Pouch number {counter}. Only its addressee can open it.",
            counter=int(done.get("counter") or 0))  # fmt: skip


def pouch_read(done: Data, parties: Sequence[Data] = ()) -> Iterator[str]:
    """Say what a pouch brought."""
    yield _(
        "Pouch number {counter} of {party}.",
        counter=int(done.get("counter") or 0),
        party=pieces.party(str(done.get("from", "")), parties),
    )
    yield count_("{n} new entry.", "{n} new entries.", int(done.get("new") or 0))
    if receipts := int(done.get("receipts") or 0):
        yield count_("{n} new receipt.", "{n} new receipts.", receipts)
    if done.get("repeated"):
        yield _("A pouch of this number had been read before.")
    if missing := done.get("missing"):
        yield _(
            "Pouches that have not come: {numbers}. Ask for them, or for a new one.",
            numbers=str(missing),
        )
    if fault := done.get("fault"):
        yield _("It could not be read to its end; what was proven until then is taken.")
        yield pieces.sentence(fault)
    if done.get("wants_return"):
        yield _("They ask for receipts: detente pouch write PATH")


def backed_up(done: Data) -> Iterator[str]:
    """Say what a backup holds, and that it was opened again."""
    yield _written(done, str(done.get("path", "")))
    if done.get("verified"):
        yield _("Opened again and checked whole. Try it out: detente restore {path} --rehearse",
                path=str(done.get("path", "")))  # fmt: skip


def restored(done: Data) -> Iterator[str]:
    """Say what a restore or its rehearsal led to."""
    entries = int(done.get("entries") or 0)
    if done.get("rehearsal"):
        yield count_(
            "The rehearsal went well: this backup restores a node with {n} entry.",
            "The rehearsal went well: this backup restores a node with {n} entries.",
            entries,
        )
        yield _("Nothing was changed.")
        return
    yield count_(
        "Restored {n} entry into {folder}.",
        "Restored {n} entries into {folder}.",
        entries,
        folder=str(done.get("folder", "")),
    )
    yield _(
        "The node writes nothing until the other side has shown it how far it had come: "
        "connect, or read their newest pouch."
    )


def new_epoch(done: Data) -> Iterator[str]:
    """Say that a new epoch was opened."""
    yield _("A new epoch is open. What was said in the one before stands.")
    yield _("It begins with {marks}.", marks=pieces.marks(done.get("openings") or []))
