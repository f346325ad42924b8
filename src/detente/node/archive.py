"""Backups: the whole node in one file under a passphrase, verified at once, and brought back.

Carries out docs/spec/02-order.md §8 and 12-keys.md §4. A backup is an age v1 file with a passphrase
recipient, so that the public age tool opens it in an emergency; inside is a plain tar archive of the
node's folder: record and drawer as checked copies, keys still sealed under their own passphrases,
settings and card. A record that is brought back is marked as a copy, and the restore rule applies.

Invariants: a backup is called one only after it was read back whole; restoring writes into a folder
that holds no node; only the names below are ever written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from detente.keyring.files import KeyFiles
from detente.node.house import DRAWER_FILE, PASSING, RECORD_FILE
from detente.node.placing import placed
from detente.node.plain import SETTINGS_FILE
from detente.node.setup import CARD_FILE
from detente.seals.age import open_sealed, seal
from detente.seals.age_passphrase import PassphraseIdentity, PassphraseRecipient
from detente.seals.secrets import Secret
from detente.store.backup import copy_database, copy_drawer
from detente.store.sqlite import SqliteStore
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.limits import MIB

Progress = Callable[[Any], None]
_PLAIN: Final = (RECORD_FILE, DRAWER_FILE, SETTINGS_FILE, CARD_FILE)


def back_up(folder: Path, target: Path, passphrase: Secret, progress: Progress) -> dict[str, Any]:
    """Write a backup of a node, running or not, and read it back whole.

    Args:
        folder: of the node.
        target: file that does not exist yet.

    Raises:
        Refused: ``backup.exists``. Unavailable: ``store.*``.
        Rejected: ``backup.differs`` when what was written does not read back the same.
    """
    try:
        with (
            placed(target) as part,
            tempfile.TemporaryDirectory(prefix=PASSING, dir=folder) as place,
        ):
            entries = _write(folder, Path(place), part, passphrase, progress)
    except FileExistsError:
        raise Refused(
            "backup.exists",
            N_("There is a file {path} already."),
            N_("Choose another name; nothing is overwritten."),
            path=str(target),
        ) from None
    return {
        "path": str(target),
        "bytes": target.stat().st_size,
        "entries": entries,
        "verified": True,
    }


def _write(folder: Path, copies: Path, part: Path, passphrase: Secret, progress: Progress) -> int:
    """Write a backup to `part` by way of plain copies, read it back, and return its entries."""
    report = copy_database(
        folder / RECORD_FILE,
        copies / RECORD_FILE,
        lambda done, total: progress({"done": done, "total": total, "what": "record"}),
    )
    copy_drawer(folder / DRAWER_FILE, copies / DRAWER_FILE)
    archive = copies / "node.tar"
    _pack(folder, copies, archive)
    size = archive.stat().st_size
    digest, again = hashlib.sha256(), hashlib.sha256()
    with archive.open("rb") as plain, part.open("wb") as file:
        chunks = _counted(_chunks(plain), digest, size, progress, "sealing")
        for piece in seal(chunks, [PassphraseRecipient(passphrase)], os.urandom):
            file.write(piece)
    with part.open("rb") as file:
        opened = open_sealed(_chunks(file), [PassphraseIdentity(passphrase)])
        for _ in _counted(opened, again, size, progress, "verifying"):
            pass
    if again.digest() != digest.digest():
        raise Rejected("backup.differs", N_("The backup does not read back as it was written."))
    return report.entries


def restore(
    file: Path, folder: Path, passphrase: Secret, rehearse: bool, progress: Progress
) -> dict[str, Any]:
    """Bring a node back from a backup, or show that it could be.

    Args:
        file: the backup.
        folder: of the node; holds none. Untouched by a rehearsal.
        rehearse: open, unpack and verify everything aside, then throw it away.

    Raises:
        Refused: ``restore.exists``, ``restore.file``, ``restore.passphrase``.
        Rejected: ``restore.form``, ``seals.age.*``.
    """
    if not rehearse and os.path.lexists(folder) and not _is_empty(folder):
        raise Refused(
            "restore.exists",
            N_("The folder {folder} is not empty."),
            N_("Restore into a new folder; nothing is overwritten."),
            folder=str(folder),
        )
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f".restore-{folder.name}-*"):  # by a process that died
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".restore-{folder.name}-", dir=parent) as place:
        fresh = Path(place) / "node"
        fresh.mkdir(mode=0o700)
        _unpack(file, Path(place) / "node.tar", fresh, passphrase, progress)
        entries = _verify(fresh, progress)
        if not rehearse:
            if folder.exists():
                folder.rmdir()
            shutil.move(str(fresh), str(folder))
    return {
        "folder": str(folder),
        "entries": entries,
        "rehearsal": rehearse,
        "keys": KeyFiles(folder / "keys").delegates() if not rehearse else [],
    }


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())


def _verify(fresh: Path, progress: Progress) -> int:
    store = SqliteStore(fresh / RECORD_FILE)
    try:
        report = store.scrub(
            lambda done, total: progress({"done": done, "total": total, "what": "verifying"})
        )
        if report.damage:
            raise report.damage[0].fault()
        if not store.restored():
            raise Rejected("restore.form", N_("The backup's record is not marked as a copy."))
    finally:
        store.close()
    (fresh / (RECORD_FILE + ".lock")).unlink(missing_ok=True)
    return report.entries


def _pack(folder: Path, copies: Path, archive: Path) -> None:
    with tarfile.open(archive, "w") as tar:
        for name in (RECORD_FILE, DRAWER_FILE):
            tar.add(copies / name, name)
        for name in (SETTINGS_FILE, CARD_FILE):
            if (folder / name).exists():
                tar.add(folder / name, name)
        for path in sorted((folder / "keys").rglob("*")):
            if path.is_file() and path.suffix in (".key", ".pub"):
                tar.add(path, str(path.relative_to(folder)))


def _unpack(file: Path, archive: Path, fresh: Path, passphrase: Secret, progress: Progress) -> None:
    try:
        size = file.stat().st_size
        source = file.open("rb")
    except OSError:
        raise Refused(
            "restore.file", N_("There is no backup {path}, or it cannot be read."), path=str(file)
        ) from None
    try:
        with source, _new_file(archive) as plain:
            for piece in _counted(
                _open(source, passphrase), hashlib.sha256(), size, progress, "opening"
            ):
                plain.write(piece)
    except Rejected as fault:  # a backup has no sender who could be asked for a new copy
        fault.next_step = N_("Use another copy of this backup, or an older one.")
        raise
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                if not member.isfile() or not _is_ours(member.name):
                    raise Rejected(
                        "restore.form", N_("The backup holds {name}, which is no part of a node."),
                        name=member.name,
                    )  # fmt: skip
                target = fresh / member.name
                for above in reversed(target.relative_to(fresh).parents[:-1]):
                    (fresh / above).mkdir(mode=0o700, exist_ok=True)
                content = tar.extractfile(member)
                with _new_file(target) as out:
                    shutil.copyfileobj(content, out, MIB)  # type: ignore[arg-type]
    except tarfile.TarError:
        raise Rejected("restore.form", N_("The backup does not hold a node.")) from None
    if not all((fresh / name).exists() for name in (RECORD_FILE, CARD_FILE)):
        raise Rejected("restore.form", N_("The backup does not hold a node."))


def _open(source: Any, passphrase: Secret) -> Iterator[bytes]:
    try:
        return open_sealed(_chunks(source), [PassphraseIdentity(passphrase)])
    except Rejected as fault:
        if fault.code != "seals.age.no-match":
            raise
        raise Refused(
            "restore.passphrase",
            N_("The passphrase does not open this backup."),
            N_("Check the keyboard's layout and capital letters, then try again."),
        ) from None


def _is_ours(name: str) -> bool:
    parts = Path(name).parts
    if name in _PLAIN:
        return True
    is_key = len(parts) in (2, 3) and parts[0] == "keys" and ".." not in parts
    return is_key and Path(name).suffix in (".key", ".pub") and not name.startswith("/")


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[Any]:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _chunks(file: Any) -> Iterator[bytes]:
    while chunk := file.read(MIB):
        yield chunk


def _counted(
    chunks: Iterator[bytes], digest: Any, total: int, progress: Progress, what: str
) -> Iterator[bytes]:
    done = 0
    for chunk in chunks:
        digest.update(chunk)
        done += len(chunk)
        progress({"done": min(done, total), "total": total, "what": what})
        yield chunk
