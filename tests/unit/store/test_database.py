"""Opening a file: settings that hold, migrations that are whole, and files that are left alone."""

from __future__ import annotations

import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from detente.store import database
from detente.store.database import DRAWER, RECORD, open_reader, open_writer
from detente.store.drawer import SqliteDrawer
from detente.store.sqlite import SqliteStore
from detente.terms.errors import Fault, Refused, Unavailable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.db"


def code_of(attempt: Callable[[], object]) -> str:
    with pytest.raises(Fault) as raised:
        attempt()
    assert not isinstance(raised.value, Unavailable) or raised.value.next_step
    return raised.value.code


def change(path: Path, statement: str) -> None:
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(statement)


def test_the_settings_that_durability_rests_on_hold(path: Path) -> None:
    """Spec 01 §9: what a unit saved is on the disk when it ends."""
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "page_size": 8192,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "foreign_keys": 1,
        "secure_delete": 1,
    }
    with closing(open_writer(path, RECORD)) as connection:
        assert {name: connection.pragma(name) for name in wanted} == wanted
    with closing(open_reader(path, RECORD)) as connection:
        assert connection.pragma("query_only") == 1
        with pytest.raises(apsw.ReadOnlyError):
            connection.execute("delete from entry")


def test_every_table_is_strict(path: Path) -> None:
    """A column holds the type it says, so that a row is read back as it was written."""
    for kind, file in ((RECORD, path), (DRAWER, path.with_name("drawer.db"))):
        with closing(open_writer(file, kind)) as connection:
            tables = connection.execute("select name, strict from pragma_table_list").fetchall()
        assert [name for name, strict in tables if not strict and "sqlite_" not in str(name)] == []


def test_files_are_private_from_their_first_byte(path: Path) -> None:
    """The record holds what was said in confidence."""
    with closing(SqliteStore(path)), closing(SqliteDrawer(path.with_name("drawer.db"))):
        files = list(path.parent.iterdir())
        assert len(files) == 8
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_file_of_a_newer_program_is_left_as_it_is(path: Path) -> None:
    """An older program would misread what a newer one means."""
    SqliteStore(path).close()
    change(path, "pragma user_version=2")
    before = path.read_bytes()
    for readonly in (False, True):
        assert code_of(lambda: SqliteStore(path, readonly=readonly)) == "store.newer"  # noqa: B023
    assert path.read_bytes() == before


def test_a_file_of_another_kind_or_program_is_left_as_it_is(path: Path) -> None:
    """A slip in a path must not turn somebody's address book into a record."""
    SqliteDrawer(path).close()
    assert code_of(lambda: SqliteStore(path)) == "store.foreign"
    other = path.with_name("other.db")
    change(other, "create table person(name)")
    before = other.read_bytes()
    assert code_of(lambda: SqliteStore(other)) == "store.foreign"
    assert other.read_bytes() == before
    text = path.with_name("letter.txt")
    text.write_text("Dear all, " * 100)
    assert code_of(lambda: SqliteStore(text)) == "store.damaged"
    assert text.read_text() == "Dear all, " * 100


def test_a_place_that_cannot_be_opened_is_told_so(path: Path) -> None:
    """The sentence speaks of the folder and not of the library."""
    assert code_of(lambda: SqliteStore(path / "missing" / "record.db")) == "store.open"
    assert code_of(lambda: SqliteStore(path, readonly=True)) == "store.open"
    path.mkdir()
    assert code_of(lambda: SqliteStore(path)) == "store.open"


def test_a_migration_happens_whole_or_not_at_all(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second step that fails half-way leaves the first version, which the next start finds."""
    first = database._migrations("record")
    SqliteStore(path).close()
    before = path.read_bytes()
    wrong = (*first, (2, "create table more(n integer) strict; create table log(n)"))
    right = (*first, (2, "create table more(n integer) strict; insert into more values(7)"))
    for steps, code in ((wrong, "store.damaged"), (right, "")):
        monkeypatch.setattr(database, "_migrations", lambda _: steps)  # noqa: B023
        database._expected_schema.cache_clear()
        if code:
            assert code_of(lambda: open_writer(path, RECORD)) == code
            assert path.read_bytes() == before
            assert code_of(lambda: open_reader(path, RECORD)) == "store.older"
            continue
        with closing(open_writer(path, RECORD)) as connection:
            assert connection.execute("select n from more").fetchall() == [(7,)]
            assert connection.pragma("user_version") == 2
    database._expected_schema.cache_clear()


def test_a_file_whose_tables_were_changed_is_not_used(path: Path) -> None:
    """What other software added or took away would show up as answers that nobody can explain."""
    for statement in ("create index more on entry(id)", "drop table verdict"):
        SqliteStore(path).close()
        change(path, statement)
        assert code_of(lambda: SqliteStore(path)) == "store.damaged"
        path.unlink()


def test_numbers_of_migrations_have_no_gap() -> None:
    """The version in a file counts the steps that were taken."""
    for kind in (RECORD, DRAWER):
        numbers = [number for number, _ in database._migrations(kind.name)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_refusal_is_ours_and_damage_is_the_disk_s(path: Path) -> None:
    """Families decide the exit code: 2 for what we asked wrongly, 4 for what did not answer."""
    SqliteDrawer(path).close()
    with pytest.raises(Refused):
        SqliteStore(path)
