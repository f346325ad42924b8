"""Nothing in the repository belongs to one machine: no addresses in locks, no local paths."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from tests.locations import ROOT

#: A clone must work where these hosts cannot be reached, and say nothing of where it was made.
FORBIDDEN: Final = {
    "the host name of a package index": re.compile(
        r"pypi\.(org|python)|pythonhosted\.|registry\.(npmjs|yarnpkg)|proxy\.golang|crates\.io"
    ),
    "a path of one machine": re.compile(
        r"(?<![\w.~/-])(/(root|work|home|Users)(?=/|\b)|/tmp/(?!detente)\w|/opt/(py|wheels))"
    ),
}
LOCKS: Final = {"run": ("build",), "dev": ("build", "dev"), "docs": ("build", "docs")}


def faults_of_words(name: str, text: str) -> Iterator[str]:
    """Yield one sentence for each forbidden word in the file `name`."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in FORBIDDEN.items():
            if found := pattern.search(line):
                yield f"{name}:{number}: {found.group()!r} is {what}"


def faults_of_lock(name: str, text: str, pins: Iterable[str]) -> Iterator[str]:
    """Yield one sentence for each address, each missing hash and each pin not taken up."""
    entries = re.split(r"\n(?=\S)", text)
    for entry in entries:
        if re.search(r"://|(^|\s)(--index-url|--extra-index-url|--find-links|-f|-i)\b|@ ", entry):
            yield f"{name}: {entry.split()[0]} carries an address"
        elif not entry.startswith("#") and "--hash=sha256:" not in entry:
            yield f"{name}: {entry.split()[0]} has no hash"
    locked = {entry.split()[0] for entry in entries if entry.strip()}
    yield from (f"{name}: run scripts/lock, {pin} is missing" for pin in pins if pin not in locked)


def _tracked_files() -> list[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone: git knows which files belong to the repository")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_machine_or_an_index() -> None:
    """A path of the workplace in a file is a promise that holds on one machine only."""
    names = _tracked_files()
    assert "pyproject.toml" in names
    faults = [
        fault
        for name in names
        for fault in faults_of_words(name, (ROOT / name).read_text("utf-8", errors="replace"))
    ]
    assert faults == []


@pytest.mark.parametrize("level", LOCKS)
def test_locks_hold_every_pin_with_its_hashes_and_no_address(level: str) -> None:
    """A node runs what was tested, fetched from anywhere: the hash vouches for it, not the host."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = list(project["dependencies"])
    for extra in LOCKS[level]:
        pins += project["optional-dependencies"][extra]
    name = f"requirements/{level}.txt"
    assert list(faults_of_lock(name, (ROOT / name).read_text("utf-8"), pins)) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://py" + "pi.org/simple",
        "see files.python" + "hosted.org",
        "cd /" + "work/main",
        "HOME=/" + "root",
        '"/' + 'home/someone/detente"',
        "read /tmp" + "/notes/README.md",
    ],
)
def test_a_planted_word_is_caught(line: str) -> None:
    """Each of them once, in the middle of a file."""
    (fault,) = faults_of_words("a.md", f"# Title\n\n{line}\n")
    assert fault.startswith("a.md:3:")


@pytest.mark.parametrize(
    "line", ["src/work/main.py", "/var/lib/detente", "~/work", "/tmp/detente-a"]
)
def test_a_harmless_path_passes(line: str) -> None:
    """Relative paths and those of any Unix system are not a machine's own."""
    assert list(faults_of_words("a.md", line)) == []


GOOD_LOCK: Final = "# made\nrich==15.0.0 \\\n    --hash=sha256:00\n    # via detente\n"


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        (f"--index-url somewhere\n{GOOD_LOCK}", "carries an address"),
        (f"{GOOD_LOCK}x @ file:x.whl --hash=sha256:00\n", "carries an address"),
        (f"{GOOD_LOCK}x==1 --hash=sha256:00 # https://host\n", "carries an address"),
        (f"{GOOD_LOCK}segno==1.6.6\n", "segno==1.6.6 has no hash"),
        (GOOD_LOCK.replace("15.0.0", "14.0.0"), "rich==15.0.0 is missing"),
    ],
)
def test_a_planted_slip_in_a_lock_is_caught(text: str, blamed: str) -> None:
    """An address, a missing hash and an outdated version are each found."""
    assert list(faults_of_lock("lock", GOOD_LOCK, ["rich==15.0.0"])) == []
    (fault,) = faults_of_lock("lock", text, ["rich==15.0.0"])
    assert blamed in fault
