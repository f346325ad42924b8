"""Claims about pouch files. Spec: 10-pouch §9. Threats 17 and 34."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.courier import pouchbox
from detente.courier.pouchbox import open_file, suggest_name, write_file
from detente.terms.errors import Bug, Refused, Unavailable
from detente.terms.limits import MIB


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _read(path: Path) -> bytes:
    with open_file(path) as chunks:
        return b"".join(chunks)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """§9: in pieces of any size; no one else on this machine may read it."""
    chunks = [b"a", b"", bytes(3 * MIB), b"z"]
    path = tmp_path / "one.age"
    assert write_file(path, chunks) == 3 * MIB + 2
    assert _read(path) == b"".join(chunks)
    assert _names(tmp_path) == ["one.age"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**32))
def test_suggested_name_is_one_plain_name_whatever_the_digest(digest: bytes, counter: int) -> None:
    """Threat 34: digits and a digest; no folder, no hidden file, no party."""
    name = suggest_name(digest, counter)
    assert re.fullmatch(r"pouch-[0-9a-f]{8}-[0-9]{1,10}\.age", name)
    assert Path(name).name == name


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_nothing_is_written_over(tmp_path: Path, kind: str) -> None:
    """§9: neither what is there, nor what a link there points to."""
    path, other = tmp_path / "one.age", tmp_path / "other"
    if kind == "file":
        path.write_bytes(b"kept")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(other)
        if kind == "link":
            other.write_bytes(b"kept")
    before = _names(tmp_path)

    never = (pytest.fail("sealed for a file that cannot be written") for _ in range(1))
    with pytest.raises(Refused) as fault:
        write_file(path, never)
    assert fault.value.code == "pouch.exists"
    assert _names(tmp_path) == before


def test_file_that_appears_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    """§9: the name is taken only at the end, and only if it is free then."""
    path = tmp_path / "one.age"

    def chunks() -> Iterator[bytes]:
        yield b"new"
        path.write_bytes(b"kept")

    with pytest.raises(Refused) as fault:
        write_file(path, chunks())
    assert fault.value.code == "pouch.exists"
    assert path.read_bytes() == b"kept"
    assert _names(tmp_path) == ["one.age"]


def test_planted_fault_a_plain_rename_would_write_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim above notices a writer that does not take the name first."""
    monkeypatch.setattr(pouchbox, "_give_name", lambda passing, path: passing.replace(path))
    with pytest.raises(pytest.fail.Exception):
        test_file_that_appears_meanwhile_is_not_written_over(tmp_path)


def test_nothing_is_left_when_sealing_fails(tmp_path: Path) -> None:
    """§9: a fault of the sealing passes through, and no file looks like a pouch."""

    def chunks() -> Iterator[bytes]:
        yield bytes(MIB)
        raise Bug("planted")

    with pytest.raises(Bug):
        write_file(tmp_path / "one.age", chunks())
    assert _names(tmp_path) == []


@pytest.mark.parametrize("step", ["fsync", "folder fsync", "name", "replace"])
def test_full_medium_leaves_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Threat 17: found while writing, at a sync, or at the naming."""
    open_, sync = os.open, os.fsync

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open_or_full(name: Path, flags: int, mode: int = 0o777) -> int:
        return full() if str(name).endswith(".age") else open_(name, flags, mode)

    def sync_or_full(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            full()
        sync(descriptor)

    if step == "replace":
        monkeypatch.setattr(Path, "replace", full)
    elif step == "name":
        monkeypatch.setattr(os, "open", open_or_full)
    else:
        monkeypatch.setattr(os, "fsync", full if step == "fsync" else sync_or_full)
    with pytest.raises(Unavailable) as fault:
        write_file(tmp_path / "one.age", [b"x"])
    assert fault.value.code == "pouch.write"
    assert "No space left" in str(fault.value)
    assert _names(tmp_path) == []


def test_medium_without_room_for_one_byte_says_so() -> None:
    """Threat 17: the device that is always full."""
    descriptor = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(Unavailable) as fault:
        pouchbox._fill(descriptor, Path("one.age"), [bytes(2 * MIB)])
    assert fault.value.code == "pouch.write"


def test_file_system_that_cannot_sync_a_folder_still_takes_pouches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """§9: some sticks are mounted by drivers in user space; the file itself is synced."""
    sync = os.fsync

    def without_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", without_folders)
    assert write_file(tmp_path / "one.age", [b"x"]) == 1
    assert _read(tmp_path / "one.age") == b"x"


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """§9: a stick that is not attached."""
    with pytest.raises(Unavailable) as fault:
        write_file(tmp_path / "stick" / "one.age", [])
    assert fault.value.code == "pouch.write"
    assert "No such file" in str(fault.value)


@pytest.mark.parametrize("kind", ["nothing", "folder", "pipe", "inside a file"])
def test_only_a_file_is_read(tmp_path: Path, kind: str) -> None:
    """§9: a pipe of that name would otherwise wait for ever."""
    path = tmp_path / "one.age"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "inside a file":
        path.write_bytes(b"")
        path /= "two.age"
    with pytest.raises(Refused) as fault, open_file(path):
        pass
    assert fault.value.code == "pouch.file"


def test_faults_of_reading_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """§9: a worn medium fails in the middle."""
    path = tmp_path / "one.age"
    path.write_bytes(b"x")

    def worn(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with open_file(path) as chunks:
        monkeypatch.setattr(os, "read", worn)
        with pytest.raises(Unavailable) as fault:
            list(chunks)
    assert fault.value.code == "pouch.read"
    monkeypatch.setattr(os, "open", worn)
    with pytest.raises(Unavailable), open_file(path):
        pass


def test_file_closes_with_its_block(tmp_path: Path) -> None:
    """§9: also when nothing of it was read."""
    path = tmp_path / "one.age"
    path.write_bytes(b"x")
    count = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with open_file(path):
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == count
