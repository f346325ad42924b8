"""Setting up a node: whole or not at all, and never over another."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from detente.charter.document import read_chain
from detente.keyring.files import KeyFiles
from detente.node.setup import CARD_FILE, create_node, load_card
from detente.seals.secrets import Secret
from detente.terms.errors import Fault, Refused, Rejected

NOW = 1_790_000_000_000


def ask(name: str, twice: bool) -> Secret:
    """Give a passphrase (`node.secrets.Ask`)."""
    assert twice
    return Secret(f"passphrase of {name}".encode())


def make(folder: Path, name: str = "Side A", **how: object) -> None:
    given = {"lang": "en", "addresses": [], "listen": [], "head": "head", "ask": ask, **how}
    create_node(folder, name, now=NOW, memory_mib=8, **given)  # type: ignore[arg-type]


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_new_node_is_private_and_its_card_is_true(tmp_path: Path) -> None:
    """Keys for nobody else to read, and a document that every other node will accept."""
    folder = tmp_path / "deep" / "node"
    make(folder, addresses=["a.example:7400"], listen=["0.0.0.0:7400"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in (folder / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    _, documents = read_chain(load_card(folder).chain)
    assert documents[-1].name() == "Side A"
    assert documents[-1].addresses == ("a.example:7400",)
    files = KeyFiles(folder / "keys")
    assert documents[-1].node_key() == files.public("node")
    assert set(documents[-1].root_keys()) == {files.public("root").print}
    assert files.unlock("head", ask("head", True)).public == files.public("head")


def test_a_node_is_never_made_over_another(tmp_path: Path) -> None:
    """Neither over a whole one nor over keys that were left alone."""
    folder = tmp_path / "node"
    make(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for _ in range(2):
        with pytest.raises(Refused) as refusal:
            make(folder)
        assert refusal.value.code == "setup.exists"
        assert all(path.read_bytes() == data for path, data in before.items() if path.exists())
        (folder / CARD_FILE).unlink(missing_ok=True)
    assert KeyFiles(folder / "keys").has("root")


def test_a_folder_that_exists_keeps_what_lies_in_it(tmp_path: Path) -> None:
    """A medium with a folder for lost files is a fine place for a node."""
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    make(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert {"keys", "party.card", "detente.toml", "lost+found", "notes.txt"} == {
        path.name for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "x" * 121, "A\u202eB", "A\u200bB"])
def test_a_name_that_others_could_misread_is_refused(tmp_path: Path, name: str) -> None:
    """It stands in the document for ever."""
    with pytest.raises(Refused) as refusal:
        make(tmp_path / "node", name)
    assert refusal.value.code == "setup.name"
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"addresses": ["nonsense"]}, "link.address"),
        ({"addresses": ["host:99999"]}, "link.address"),
        ({"listen": ["host"]}, "link.address"),
        ({"addresses": [f"h{n}.example:1" for n in range(9)]}, "setup.card"),
        ({"addresses": ["h" * 256 + ":1"]}, "setup.card"),
        ({"lang": "x"}, "setup.card"),
        ({"head": "../head"}, "keyring.name"),
        ({"head": "node"}, "keyring.exists"),
    ],
)
def test_what_would_make_a_broken_card_is_refused_and_leaves_nothing(
    tmp_path: Path, how: dict[str, Any], code: str
) -> None:
    """A card that others reject is found out at the first pairing otherwise, days later."""
    with pytest.raises(Refused) as refusal:
        make(tmp_path / "node", **how)
    assert refusal.value.code == code
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("at", ["root", "node", "head"])
@pytest.mark.parametrize("how", ["differs", "empty", "interrupt"])
def test_a_set_up_that_breaks_off_does_not_stand_in_the_way_of_the_next(
    tmp_path: Path, at: str, how: str
) -> None:
    """A mistyped passphrase is the most common end of a first attempt."""

    def stumble(name: str, twice: bool) -> Secret:
        if name != at:
            return ask(name, twice)
        if how == "interrupt":
            raise KeyboardInterrupt
        if how == "empty":
            return Secret(b"")
        raise Refused("secret.differs", "The two passphrases differ.")

    with pytest.raises((Fault, KeyboardInterrupt)):
        make(tmp_path / "node", ask=stumble)
    assert everything_in(tmp_path) == []
    make(tmp_path / "node")


def test_where_there_is_no_node_the_way_to_one_is_named(tmp_path: Path) -> None:
    """Also where the folder is a file."""
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "none", tmp_path / "file", tmp_path):
        with pytest.raises(Refused) as refusal:
            load_card(folder)
        assert refusal.value.code == "setup.missing"
        assert "init" in refusal.value.next_step


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 100, b"\x81" * 5000])
def test_a_damaged_card_is_told_from_a_missing_one(tmp_path: Path, data: bytes) -> None:
    """Somebody is told to restore a backup then, and not to make a new node."""
    (tmp_path / CARD_FILE).write_bytes(data)
    with pytest.raises(Rejected) as rejection:
        load_card(tmp_path)
    assert rejection.value.code == "setup.card"
