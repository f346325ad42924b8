"""Backups: read back whole or not called one, and brought back only as what they are."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from detente.node import archive
from detente.node.archive import back_up, restore
from detente.seals.age import open_sealed, seal
from detente.seals.age_passphrase import PassphraseRecipient
from detente.seals.secrets import Secret
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Fault, Refused, Rejected
from tests.unit.node.houses import Meeting

WORD = Secret(b"backup words")
LATER = "Said after the backup."


def silent(_: Any) -> None:
    """Take progress."""


def entries_in(folder: Path) -> int:
    store = SqliteStore(folder / "record.sqlite", readonly=True)
    try:
        return sum(log.head.size for talk in store.dialogues() for log in store.logs(talk))
    finally:
        store.close()


def traces(folder: Path) -> list[str]:
    """Return whatever lies in a folder but the nodes and what the fixture put there."""
    known = {"east", "west", "east.secret", "west.secret", "state", "first"}
    return sorted(path.name for path in folder.iterdir() if path.name not in known)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal under a passphrase at little cost: the file says how much, so it opens the same way."""
    monkeypatch.setattr(archive, "PassphraseRecipient", lambda word: PassphraseRecipient(word, 4))


@pytest.fixture
def backup(meeting: Meeting) -> Path:
    """Return a true backup of side a."""
    path = meeting.place / "a.backup"
    made = back_up(meeting.a.folder, path, WORD, silent)
    assert made["verified"] is True
    return path


def test_a_backup_holds_the_whole_node_and_is_marked_as_a_copy(
    meeting: Meeting, backup: Path
) -> None:
    """Entries, drawer, keys, settings and card; and the restore rule applies to what is brought back."""
    fresh = meeting.place / "fresh"
    steps: list[Any] = []
    done = restore(backup, fresh, WORD, False, steps.append)
    assert done["entries"] == entries_in(fresh) == entries_in(meeting.a.folder) > 0
    assert {one["what"] for one in steps} == {"opening", "verifying"}
    for path in fresh.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    for name in ("party.card", "detente.toml", "keys/node.key", "keys/delegates/head.key"):
        assert (fresh / name).read_bytes() == (meeting.a.folder / name).read_bytes()
    store = SqliteStore(fresh / "record.sqlite")
    assert store.restored()
    store.close()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_backup_tells_nothing_without_its_passphrase(backup: Path) -> None:
    """Neither names nor texts nor the names of files stand in it."""
    data = backup.read_bytes()
    for word in (b"East", b"West", b"talk", b"record.sqlite", b"node.key", b"SQLite"):
        assert word not in data
    assert data.startswith(b"age-encryption.org/v1\n-> scrypt ")


def test_a_rehearsal_leaves_nothing_behind(meeting: Meeting, backup: Path) -> None:
    """It says what a restore would bring, and the folder is not even made."""
    done = restore(backup, meeting.place / "fresh", WORD, True, silent)
    assert done["rehearsal"] is True
    assert done["entries"] > 0
    assert traces(meeting.place) == ["a.backup"]
    restore(backup, meeting.a.folder, WORD, True, silent)  # also where a node lies already


@pytest.mark.parametrize("there", ["a node", "a file", "a link"])
def test_nothing_is_restored_over_anything(meeting: Meeting, backup: Path, there: str) -> None:
    """A node, a folder with something in it, a name that is taken."""
    target = meeting.b.folder
    if there == "a file":
        target = meeting.place / "file"
        target.write_text("mine")
    elif there == "a link":
        target = meeting.place / "link"
        target.symlink_to(meeting.b.folder)
    before = {path: path.read_bytes() for path in meeting.b.folder.rglob("*") if path.is_file()}
    with pytest.raises(Refused) as refusal:
        restore(backup, target, WORD, False, silent)
    assert refusal.value.code == "restore.exists"
    assert before == {p: p.read_bytes() for p in meeting.b.folder.rglob("*") if p.is_file()}


def test_a_wrong_passphrase_is_said_to_be_one_and_leaves_nothing(
    meeting: Meeting, backup: Path
) -> None:
    """Apart from a damaged file: whoever is told that the file is damaged stops looking for the words."""
    for word in (b"other words", b"backup words ", b"BACKUP WORDS"):
        with pytest.raises(Refused) as refusal:
            restore(backup, meeting.place / "fresh", Secret(word), False, silent)
        assert refusal.value.code == "restore.passphrase"
    assert traces(meeting.place) == ["a.backup"]


def test_a_backup_cut_short_anywhere_is_found_out(meeting: Meeting, backup: Path) -> None:
    """At the header, in the middle of a chunk, at a chunk's end, one byte before the end."""
    whole = backup.read_bytes()
    chunk = 65536 + 16
    sizes = {
        0,
        1,
        20,
        100,
        200,
        len(whole) // 2,
        len(whole) - chunk,
        len(whole) - 17,
        len(whole) - 1,
    }
    torn = meeting.place / "torn.backup"
    for size in sorted(one for one in sizes if one >= 0):
        torn.write_bytes(whole[:size])
        with pytest.raises(Rejected):
            restore(torn, meeting.place / "fresh", WORD, True, silent)
    for data in (whole + b"x", whole[:-1] + bytes((whole[-1] ^ 1,))):
        torn.write_bytes(data)
        with pytest.raises(Rejected):
            restore(torn, meeting.place / "fresh", WORD, False, silent)
    torn.unlink()
    assert traces(meeting.place) == ["a.backup"]


def packed(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Return a sealed archive with members that no backup of ours has."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return b"".join(seal([plain.getvalue()], [PassphraseRecipient(WORD, 4)], os.urandom))


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info


@pytest.mark.parametrize(
    "made",
    [
        member("../outside"),
        member("/outside"),
        member("keys/../../outside.key"),
        member("keys/../outside.key"),
        member("keys//../outside.key"),
        member("//keys/outside.key"),
        member("keys/a/b/outside.key"),
        member("keys/outside"),
        member("outside.key"),
        member("./record.sqlite"),
        member("record.sqlite-wal"),
        member("record.sqlite/outside.key"),
        member("node.sock"),
        member("keys", tarfile.DIRTYPE),
        member("keys/outside.key", tarfile.SYMTYPE, "../../outside"),
        member("keys/outside.key", tarfile.LNKTYPE, "record.sqlite"),
        member("keys/outside.key", tarfile.FIFOTYPE),
        member("keys/outside.key", tarfile.CHRTYPE),
        member("detente.toml", tarfile.SYMTYPE, "/etc/passwd"),
    ],
    ids=lambda one: f"{one.name} {one.type!r}",
)
def test_a_member_that_is_no_part_of_a_node_is_rejected_before_it_is_written(
    meeting: Meeting, made: tarfile.TarInfo
) -> None:
    """Whoever knows the passphrase could still hand us such an archive: nothing leaves its folder."""
    file = meeting.place / "hostile.backup"
    file.write_bytes(packed([(made, b"hostile")]))
    with pytest.raises(Rejected) as rejection:
        restore(file, meeting.place / "fresh", WORD, False, silent)
    assert rejection.value.code == "restore.form"
    assert traces(meeting.place) == ["hostile.backup"]


@pytest.mark.parametrize(
    "what", ["nothing", "no archive", "no card", "no record", "not a copy", "half"]
)
def test_an_archive_without_a_whole_node_is_rejected(meeting: Meeting, what: str) -> None:
    """Empty, not an archive, pieces missing, a record that is not marked, a record that is torn."""
    card = (member("party.card"), (meeting.a.folder / "party.card").read_bytes())
    record = (meeting.a.folder / "record.sqlite").read_bytes()
    pieces: dict[str, list[tuple[tarfile.TarInfo, bytes]]] = {
        "nothing": [],
        "no card": [(member("record.sqlite"), record)],
        "no record": [card],
        "not a copy": [card, (member("record.sqlite"), record)],
        "half": [card, (member("record.sqlite"), record[: len(record) // 2])],
    }
    file = meeting.place / "odd.backup"
    data = b"".join(seal([b"no archive" * 100], [PassphraseRecipient(WORD, 4)], os.urandom))
    file.write_bytes(packed(pieces[what]) if what in pieces else data)
    with pytest.raises(Fault):
        restore(file, meeting.place / "fresh", WORD, False, silent)
    assert traces(meeting.place) == ["odd.backup"]


def test_a_file_that_is_not_there_is_named(meeting: Meeting) -> None:
    """And a folder is not a backup."""
    for path in (meeting.place / "none", meeting.place):
        with pytest.raises(Refused) as refusal:
            restore(path, meeting.place / "fresh", WORD, False, silent)
        assert refusal.value.code == "restore.file"


def test_a_backup_is_never_written_over_anything(meeting: Meeting) -> None:
    """Not over a file, not through a link, and not over another's half-written one."""
    target, other = meeting.place / "a.backup", meeting.place / "a.backup.part"
    other.write_text("mine")
    target.write_text("mine")
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            back_up(meeting.a.folder, target, WORD, silent)
        assert refusal.value.code == "backup.exists"
        target.unlink()
        target.symlink_to(meeting.place / "nowhere")
    target.unlink()
    back_up(meeting.a.folder, target, WORD, silent)
    assert other.read_text() == "mine"
    assert traces(meeting.place) == ["a.backup", "a.backup.part"]


@pytest.mark.parametrize("what", ["record", "sealing", "verifying"])
def test_a_backup_that_is_interrupted_leaves_nothing(meeting: Meeting, what: str) -> None:
    """At every stage: no half file that looks like a backup, no unsealed copy."""

    def interrupt(step: Any) -> None:
        if step["what"] == what:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(meeting.a.folder, meeting.place / "a.backup", WORD, interrupt)
    assert traces(meeting.place) == []
    assert not list(meeting.a.folder.glob(".backup*"))


def test_copies_that_a_dead_process_left_are_cleared_by_the_next(
    meeting: Meeting, backup: Path
) -> None:
    """They hold the record in plain text; a start and a restore each clear their own."""
    (meeting.a.folder / ".backup-left").mkdir()
    (meeting.a.folder / ".backup-left" / "record.sqlite").write_text("plain")
    with meeting.house(meeting.a):
        assert list(meeting.a.folder.glob(".backup*")) == []
    (meeting.place / ".restore-fresh-left").mkdir()
    restore(backup, meeting.place / "fresh", WORD, False, silent)
    assert traces(meeting.place) == ["a.backup", "fresh"]


def test_a_restore_that_is_interrupted_leaves_nothing(meeting: Meeting, backup: Path) -> None:
    """While it is opened, and while it is checked."""
    for what in ("opening", "verifying"):

        def interrupt(step: Any, at: str = what) -> None:
            if step["what"] == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            restore(backup, meeting.place / "fresh", WORD, False, interrupt)
        assert traces(meeting.place) == ["a.backup"]


def test_a_backup_that_does_not_read_back_is_not_called_one(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A medium that forgets: the planted fault changes what was written before it is read again."""
    honest: Callable[..., Any] = open_sealed

    def forgetful(*arguments: Any) -> Any:
        yield from honest(*arguments)
        yield b"x"

    monkeypatch.setattr(archive, "open_sealed", forgetful)
    with pytest.raises(Rejected) as rejection:
        back_up(meeting.a.folder, meeting.place / "a.backup", WORD, silent)
    assert rejection.value.code == "backup.differs"
    assert traces(meeting.place) == []


def test_a_backup_taken_while_the_node_is_open_holds_one_committed_state(meeting: Meeting) -> None:
    """Acts made in the middle of the copy are wholly in it or wholly not."""
    with meeting.clients() as (a, _):
        made: list[str] = []

        def act(step: Any) -> None:
            if step["what"] == "record" and not made:
                body = {"text": LATER, "lang": "en"}
                made.append(a.act("statements.statement", body, actor="head")["mark"])

        done = back_up(meeting.a.folder, meeting.place / "a.backup", WORD, act)
        assert made
    fresh = meeting.place / "fresh"
    brought = restore(meeting.place / "a.backup", fresh, WORD, False, silent)
    assert brought["entries"] == done["entries"] == entries_in(meeting.a.folder) - 1


@pytest.mark.parametrize("at", [3, -1, -200])
def test_a_damaged_backup_sends_nobody_to_a_sender(meeting: Meeting, backup: Path, at: int) -> None:
    """It was made here: what helps is another copy of it."""
    data = bytearray(backup.read_bytes())
    data[at] ^= 1
    damaged = meeting.place / "damaged"
    damaged.write_bytes(data)
    with pytest.raises(Rejected) as refusal:
        restore(damaged, meeting.place / "fresh", WORD, True, silent)
    assert refusal.value.code.startswith("seals.age.")
    assert "another copy of this backup" in refusal.value.next_step
