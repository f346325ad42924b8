"""Whole nodes opened in this process, copied from one pair that has met."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from detente.node.client import Client, connect
from detente.node.house import House, open_house
from tests.doors.node.pairs import NAMES, found_letter
from tests.doors.node.sides import Side


class Meeting:
    """Two nodes of an open dialogue, to be opened one way or another; `a` has letter A."""

    def __init__(self, place: Path) -> None:
        self.place = place
        first = (place / "first").read_text()
        sides = [Side(place, name) for name in NAMES]
        self.a, self.b = sorted(sides, key=lambda side: side.name != first)

    @contextlib.contextmanager
    def house(self, side: Side) -> Iterator[House]:
        """Open a node as the serving process does."""
        house = open_house(side.folder, side.passphrase)
        try:
            yield house
        finally:
            house.close()

    @contextlib.contextmanager
    def clients(self) -> Iterator[tuple[Client, Client]]:
        """Open both nodes as commands do."""
        with (
            connect(self.a.folder, self.a.passphrase) as a,
            connect(self.b.folder, self.b.passphrase) as b,
        ):
            assert found_letter(a) == "A"
            yield a, b


@pytest.fixture
def meeting(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Meeting:
    """Return two stopped nodes whose dialogue is open, opened in this process when asked."""
    shutil.copytree(founded, tmp_path / "place")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "place" / "state"))
    monkeypatch.setenv("DETENTE_MINUTE_AFTER_S", "3600")
    return Meeting(tmp_path / "place")
