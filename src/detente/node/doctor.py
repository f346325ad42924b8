"""The doctor: what is well, what deserves a look, what is wrong, and what to do about it.

Each check is a name, one of three words and a sentence; nothing is changed.
"""

from __future__ import annotations

import shutil
import stat
from typing import Any

from detente.node.house import RECORD_FILE, House
from detente.terms.errors import N_
from detente.terms.times import DAY

GOOD, LOOK, BAD = "good", "look", "bad"
_LOW_SPACE = 512 * 1024 * 1024
_SHELF = "upkeep"


def examine(house: House, links: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all checks of a node, as plain data: name, state, words, values, next step."""
    return [
        *_keys(house),
        _space(house),
        _record(house),
        *_rooms(house),
        *_links(house, links),
        _backup(house),
    ]


def _row(name: str, state: str, words: str, next_step: str = "", **values: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "words": words, "next_step": next_step, "values": values}


def _keys(house: House) -> list[dict[str, Any]]:
    loose = [
        path.name
        for path in sorted((house.folder / "keys").rglob("*.key"))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if loose:
        return [_row("keys", BAD, N_("Key files can be read by others: {files}."),
                     N_("Restrict them: chmod 600"), files=", ".join(loose))]  # fmt: skip
    if house.files.has("root"):
        return [_row("keys", LOOK, N_("The root key lies on this machine, sealed."),
                     N_("For more safety, move keys/root.key to a medium kept elsewhere."))]  # fmt: skip
    return [_row("keys", GOOD, N_("Keys are sealed; the root key is not on this machine."))]


def _space(house: House) -> dict[str, Any]:
    free = shutil.disk_usage(house.folder).free
    state = GOOD if free > _LOW_SPACE else BAD
    return _row("disk", state, N_("{free} MiB are free."), "" if state == GOOD else
                N_("Make room: without space nothing more can be recorded."), free=free >> 20)  # fmt: skip


def _record(house: House) -> dict[str, Any]:
    report = house.store.scrub()
    size = sum(path.stat().st_size for path in house.folder.glob(f"{RECORD_FILE}*"))
    if report.damage:
        return _row("record", BAD, N_("The record is damaged: {what}."),
                    N_("Stop the node and restore the newest backup; then connect to the other side."),
                    what=str(report.damage[0].fault()))  # fmt: skip
    return _row("record", GOOD, N_("The record is intact: {entries} entries, {size} KiB."),
                entries=report.entries, size=size >> 10)  # fmt: skip


def _rooms(house: House) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for room in house.rooms.values():
        short, before = room.book.id.hex()[:10], len(rows)
        closed = room.writer.closed_because
        if closed is not None:
            rows.append(
                _row(f"dialogue {short}", BAD, closed.sentence, closed.next_step, **closed.details)
            )
        for kind, _ in house.store.evidence(room.book.id):
            rows.append(_row(f"dialogue {short}", BAD, N_("Evidence is kept: {kind}."),
                             N_("Export the record and show it: detente export"), kind=kind))  # fmt: skip
        if room.book.stands:
            rows.append(
                _row(
                    f"dialogue {short}", BAD, N_("A log is frozen: its node signed two histories.")
                )
            )
        if room.upkeep.dispute() is not None:
            rows.append(_row(f"dialogue {short}", BAD, N_("Our record and theirs differ."),
                             N_("Compare exports of both sides with: detente verify")))  # fmt: skip
        if room.book.held:
            rows.append(
                _row(
                    f"dialogue {short}", LOOK, N_("Entries wait for others that have not arrived.")
                )
            )
        if len(rows) == before:
            rows.append(_row(f"dialogue {short}", GOOD, N_("Nothing is held, frozen or disputed.")))
    if house.drawer.keys("set-aside"):
        rows.append(_row("set aside", LOOK, N_("{count} entries were taken back after a restore."),
                         N_("Look at them and do again what is still meant."),
                         count=len(house.drawer.keys("set-aside"))))  # fmt: skip
    return rows


def _links(house: House, links: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for peer in house.peers():
        state = links.get(peer.party.hex())
        if state is None:
            rows.append(
                _row(
                    f"link {peer.letter}",
                    LOOK,
                    N_("The node is not being served, or has no address."),
                )
            )
        elif state["link"] == "up":
            rows.append(_row(f"link {peer.letter}", GOOD, N_("The link is up.")))
        else:
            error = state["last_error"] or {}
            rows.append(_row(f"link {peer.letter}", LOOK, error.get("sentence") or N_("The link is down."),
                             error.get("next_step", ""), **error.get("details", {})))  # fmt: skip
    return rows


def _backup(house: House) -> dict[str, Any]:
    last = house.drawer.get(_SHELF, "backup")
    if last is None:
        return _row(
            "backup", LOOK, N_("There has been no backup yet."), N_("Make one: detente backup FILE")
        )
    age = house.clock.now() - int(last)
    if age > 7 * DAY:
        return _row("backup", LOOK, N_("The last backup is {days} days old."),
                    N_("Make one: detente backup FILE"), days=age // DAY)  # fmt: skip
    return _row("backup", GOOD, N_("The last backup was verified within a week."))


def note_backup(house: House) -> None:
    """Remember that a backup was made and verified now."""
    house.drawer.put(_SHELF, "backup", str(house.clock.now()).encode())
