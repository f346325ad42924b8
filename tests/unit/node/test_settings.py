"""Settings: a file, variables over it, and a sentence for whatever does not fit."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from detente.node.plain import SETTINGS_FILE
from detente.node.settings import load_settings, write_settings
from detente.terms.errors import Refused


def write(folder: Path, text: str | bytes) -> Path:
    (folder / SETTINGS_FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def fault_of(folder: Path) -> Refused:
    with pytest.raises(Refused) as refusal:
        load_settings(folder)
    return refusal.value


def test_a_folder_without_a_file_has_the_usual_settings(tmp_path: Path) -> None:
    """A node that was only initialised runs."""
    settings = load_settings(tmp_path)
    assert settings.listen == []
    assert settings.dead_s > 2 * settings.heartbeat_s
    assert settings.secret_memory_mib >= 64


def test_what_init_writes_is_read_back_whatever_stands_in_it(tmp_path: Path) -> None:
    """A quotation mark in a host name must not become a line of its own in the file."""
    listen = ['a"b\\c.example:1', "[::1]:7400"]
    write_settings(tmp_path, listen, 8)
    assert tomllib.loads((tmp_path / SETTINGS_FILE).read_text("utf-8"))["listen"] == listen
    assert load_settings(tmp_path).listen == listen
    assert load_settings(tmp_path).secret_memory_mib == 8


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clause 10 of the command line: TOML settings overridable by environment."""
    write(tmp_path, 'minute_after_s = 5.0\nlisten = ["127.0.0.1:1"]\n')
    monkeypatch.setenv("DETENTE_MINUTE_AFTER_S", "7.5")
    monkeypatch.setenv("DETENTE_LISTEN", "127.0.0.1:2")
    settings = load_settings(tmp_path)
    assert (settings.minute_after_s, settings.listen) == (7.5, ["127.0.0.1:2"])


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("127.0.0.1:7400", ["127.0.0.1:7400"]),
        (" 127.0.0.1:1 , [::1]:2,", ["127.0.0.1:1", "[::1]:2"]),
        ("[::1]:2", ["[::1]:2"]),
        ('["127.0.0.1:1", "[::1]:2"]', ["127.0.0.1:1", "[::1]:2"]),
        ("", []),
    ],
)
def test_addresses_in_a_variable_stand_as_people_write_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, listen: list[str]
) -> None:
    """The file says: overridden by a variable such as DETENTE_LISTEN. Nobody thinks of JSON then."""
    monkeypatch.setenv("DETENTE_LISTEN", text)
    assert load_settings(tmp_path).listen == listen


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("minute_after_s = -1", "minute_after_s"),
        ("minute_after_s = 'soon'", "minute_after_s"),
        ("heartbeat_s = nan", "heartbeat_s"),
        ("secret_memory_mib = 7", "secret_memory_mib"),
        ("log_level = 'loud'", "log_level"),
        ("listen = 'nonsense'", "listen"),
        ("listen = ['host']", "listen"),
        ("listen = 7", "listen"),
        ("heartbeat_s = 10.0\ndead_s = 10.0", "dead_s"),
        ("lisen = ['127.0.0.1:1']", "lisen"),
        ("passphrase = 'x'", "passphrase"),
    ],
)
def test_a_value_that_does_not_fit_is_named(tmp_path: Path, text: str, name: str) -> None:
    """A misspelt setting that is passed over is worse than a node that does not start."""
    fault = fault_of(write(tmp_path, text))
    assert fault.code == "settings.value"
    assert name in str(fault.details["name"])
    assert fault.next_step


@pytest.mark.parametrize("text", ["[half", 'a = "', b"\xff\xfe", "listen = [\n"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, text: str | bytes) -> None:
    """With its path, so that a person finds it."""
    fault = fault_of(write(tmp_path, text))
    assert fault.code == "settings.file"
    assert fault.details["path"] == str(tmp_path / SETTINGS_FILE)


@pytest.mark.parametrize("text", ["[half", '["a:1"', "[1", "[[[["])
def test_a_variable_that_is_half_a_list_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Not a traceback."""
    monkeypatch.setenv("DETENTE_LISTEN", text)
    assert fault_of(tmp_path).code == "settings.value"


def test_a_new_node_says_where_its_life_mark_lies(tmp_path: Path) -> None:
    """02-order.md §8: without its mark a node writes nothing, so whoever moves it must know of it."""
    write_settings(tmp_path, [], 8)
    assert load_settings(tmp_path).life_mark == ""
    assert "Move it with the node" in (tmp_path / SETTINGS_FILE).read_text("utf-8")
    write_settings(tmp_path, [], 8, "/var/lib/marks/north.mark")
    assert load_settings(tmp_path).life_mark == "/var/lib/marks/north.mark"
