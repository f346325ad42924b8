"""Keys on disk: sealed, private, never overwritten, and never told."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from detente.keyring import files as keyring
from detente.keyring.files import NEXT, NODE, ROOT, KeyFiles
from detente.seals.secrets import Secret, SecretParams
from detente.seals.signing import Algorithm
from detente.terms.errors import Fault, Refused, Rejected

CHEAP = SecretParams(memory_mib=8, passes=1, lanes=2)
WORD = Secret(b"the right words")


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "keys")


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_key_comes_back_only_under_its_passphrase(files: KeyFiles) -> None:
    """Root, delegate and everyday keys alike; the public part is read without any."""
    made = {name: files.create(name, WORD, CHEAP, os.urandom) for name in (ROOT, "head")}
    keys = files.create_node(WORD, CHEAP, os.urandom)
    for name, key in made.items():
        assert files.unlock(name, WORD).public == key.public == files.public(name)
    assert files.unlock_node(WORD).node().public == keys.node().public == files.public(NODE)
    assert made[ROOT].public.algorithm is Algorithm.ROOT
    assert made["head"].public.algorithm is Algorithm.EVERYDAY
    for name in (ROOT, "head", NODE):
        with pytest.raises(Refused) as refusal:
            files.unlock(name, Secret(b"the wrong words"))
        assert refusal.value.code == "seals.secret.wrong"


def test_everything_a_running_node_needs_follows_from_its_three_seeds(files: KeyFiles) -> None:
    """The same certificate and pouch recipient after each start: others have them on our card."""
    keys = files.create_node(WORD, CHEAP, os.urandom)
    again = files.unlock_node(WORD)
    assert again.certificate() == keys.certificate()
    assert again.link_key() == keys.link_key()
    assert again.pouch_recipient() == keys.pouch_recipient()
    assert again.pouch_identity() == keys.pouch_identity()
    assert len({keys.link_seed(), keys.pouch_identity(), keys.certificate()}) == 3


def test_key_files_are_private_and_hold_no_seed(files: KeyFiles, tmp_path: Path) -> None:
    """12-keys.md: modes 0600 and 0700; the seeds that were drawn stand in no file."""
    drawn: list[bytes] = []

    def draw(count: int) -> bytes:
        drawn.append(os.urandom(count))
        return drawn[-1]

    files.create_node(WORD, CHEAP, draw)
    files.create(ROOT, WORD, CHEAP, draw)
    files.create("head", WORD, CHEAP, draw)
    for path in (tmp_path / "keys").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    seeds = [one for one in drawn if len(one) >= 32]
    assert len(seeds) == 5
    for data in everything_in(tmp_path).values():
        assert not any(seed in data or seed[32:] in data for seed in seeds if len(seed) > 32)
        assert not any(seed in data for seed in seeds)


@pytest.mark.parametrize("name", [NODE, ROOT, "head"])
def test_a_key_is_never_overwritten(files: KeyFiles, tmp_path: Path, name: str) -> None:
    """Whoever loses a key to a slip loses a party's voice."""

    def create() -> None:
        if name == NODE:
            files.create_node(WORD, CHEAP, os.urandom)
        else:
            files.create(name, WORD, CHEAP, os.urandom)

    create()
    before = everything_in(tmp_path)
    with pytest.raises(Refused) as refusal:
        create()
    assert refusal.value.code == "keyring.exists"
    assert everything_in(tmp_path) == before


def test_a_key_kept_elsewhere_is_not_made_a_second_time(files: KeyFiles, tmp_path: Path) -> None:
    """A root key that was moved to a medium leaves its public part; a new one would mean nothing."""
    files.create(ROOT, WORD, CHEAP, os.urandom)
    (tmp_path / "keys" / "root.key").rename(tmp_path / "medium.key")
    before = everything_in(tmp_path / "keys")
    with pytest.raises(Refused) as refusal:
        files.create(ROOT, WORD, CHEAP, os.urandom)
    assert refusal.value.code == "keyring.exists"
    assert everything_in(tmp_path / "keys") == before
    assert not files.has(ROOT)
    with pytest.raises(Refused) as missing:
        files.unlock(ROOT, WORD)
    assert missing.value.code == "keyring.missing"
    assert "medium" in missing.value.next_step


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", ".hidden", "a/b", "../x", "a b", "a\nb", "é", "٣", "x" * 41, "-", "_", "a\x00"],
)
def test_a_name_that_could_be_a_path_or_be_misread_is_refused(files: KeyFiles, name: str) -> None:
    """It becomes the name of a file, and a word on a command line."""
    with pytest.raises(Refused) as refusal:
        files.create(name, WORD, CHEAP, os.urandom)
    assert refusal.value.code == "keyring.name"


def test_delegates_are_listed_by_their_names(files: KeyFiles) -> None:
    """Dots in a name are part of it."""
    for name in ("nabil.b", "head", "duty-2"):
        files.create(name, WORD, CHEAP, os.urandom)
    assert files.delegates() == ["duty-2", "head", "nabil.b"]
    assert files.unlock("nabil.b", WORD).public == files.public("nabil.b")


def test_a_key_of_one_kind_does_not_open_as_another(files: KeyFiles, tmp_path: Path) -> None:
    """A delegate's file put in the place of the root's is found out before it signs anything."""
    files.create(ROOT, WORD, CHEAP, os.urandom)
    files.create("head", WORD, CHEAP, os.urandom)
    folder = tmp_path / "keys"
    (folder / "root.key").write_bytes((folder / "delegates" / "head.key").read_bytes())
    with pytest.raises(Rejected) as rejection:
        files.unlock(ROOT, WORD)
    assert rejection.value.code == "seals.secret.damaged"


@pytest.mark.parametrize("ending", ["key", "pub"])
def test_a_damaged_key_file_is_told_from_a_wrong_passphrase(
    files: KeyFiles, tmp_path: Path, ending: str
) -> None:
    """At every length and with any byte changed: no traceback, and never another key."""
    files.create("head", WORD, CHEAP, os.urandom)
    path = tmp_path / "keys" / "delegates" / f"head.{ending}"
    whole = path.read_bytes()
    damaged = [whole[:size] for size in range(0, len(whole), 97)]
    damaged += [whole + b"x", b"\xff" * len(whole), b""]
    step = len(whole) // 12
    damaged += [
        whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :] for at in range(0, len(whole), step)
    ]
    for data in damaged:
        path.write_bytes(data)
        if ending == "key":
            with pytest.raises(Rejected) as rejection:
                files.unlock("head", WORD)
            assert rejection.value.code == "seals.secret.damaged"
        else:
            assert public_or_code(files) in {"another", "keyring.form", "seals.key"}


def public_or_code(files: KeyFiles) -> str:
    """Tell whether a changed public part is a key at all; what it signs would not verify."""
    try:
        files.public("head")
    except Rejected as fault:
        return fault.code
    return "another"


def test_no_fault_of_a_key_tells_a_secret(files: KeyFiles, tmp_path: Path) -> None:
    """Neither the passphrase given nor the one that would be right."""
    files.create("head", WORD, CHEAP, os.urandom)
    for given in (b"planted words", b""):
        with pytest.raises(Fault) as caught:
            files.unlock("head", Secret(given))
        told = f"{caught.value} {caught.value.details} {caught.value!r}"
        assert "planted" not in told
        assert "right words" not in told
    assert repr(files.create_node(WORD, CHEAP, os.urandom)) == "<private>"


def test_next_keys_take_the_place_of_the_present_and_the_old_stay(
    files: KeyFiles, tmp_path: Path
) -> None:
    """12-keys.md: renewed keys are announced, then used; pouches to the old ones still open."""
    old = files.create_node(WORD, CHEAP, os.urandom)
    other = Secret(b"other words")
    fresh = files.create_node(other, CHEAP, os.urandom, NEXT)
    assert files.unlock_node(WORD).node().public == old.node().public
    files.promote()
    assert files.unlock_node(other).node().public == fresh.node().public == files.public(NODE)
    assert not files.has(NEXT)
    assert files.old_pouch_identities(WORD) == [old.pouch_identity()]
    assert files.old_pouch_identities(other) == []
    assert stat.S_IMODE((tmp_path / "keys" / "node-old-1.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("steps", range(4))
def test_a_death_while_keys_are_exchanged_leaves_a_node_that_opens(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """At every step there is a key file of the node, old or new, and the new one is not lost."""
    old = files.create_node(WORD, CHEAP, os.urandom)
    fresh = files.create_node(WORD, CHEAP, os.urandom, NEXT)
    left = [steps]

    def dying(step: Callable[..., object]) -> Callable[..., object]:
        def take(*arguments: object) -> object:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return step(*arguments)

        return take

    monkeypatch.setattr(Path, "replace", dying(Path.replace))
    monkeypatch.setattr(keyring, "_write_new", dying(keyring._write_new))
    with pytest.raises(KeyboardInterrupt):
        files.promote()
    monkeypatch.undo()
    assert files.unlock_node(WORD).node().public == old.node().public
    assert files.unlock_node(WORD, NEXT).node().public == fresh.node().public
    files.promote()
    assert files.unlock_node(WORD).node().public == fresh.node().public == files.public(NODE)
    assert old.pouch_identity() in files.old_pouch_identities(WORD)


def test_two_threads_may_open_keys_at_once(files: KeyFiles) -> None:
    """The library below waits for ever when two threads derive at once; a web door has many."""
    files.create("head", WORD, SecretParams(memory_mib=8, passes=1, lanes=4), os.urandom)
    opened: list[bytes] = []

    def open_it() -> None:
        opened.extend(files.unlock("head", WORD).public.print for _ in range(5))

    threads = [threading.Thread(target=open_it, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(opened) == 20
