"""The ground that figures stand on: one folder, one pair of nodes made once, sizes, and records grown once.

What several figures need is made by the first that asks and copied for the others, so that none finds
what another left behind.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.grow import Grower, grower
from benchmarks.nodes import Pair, make_pair, use_secret
from detente.node.house import House
from detente.node.secrets import ask_secret

ENTRIES: Final = 100_000
PAYLOAD: Final = 1024
ACTS: Final = 10_000


class Ground:
    """Where one run of measurements happens.

    Args:
        folder: emptied of what an earlier run made; on the disk to be measured.
        scale: share of the full sizes, for trying things out.
        runs: how often a figure is measured before its median is taken.
    """

    def __init__(self, folder: Path, scale: float = 1.0, runs: int = 5) -> None:
        self.folder = folder
        self.work = folder / "work"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.scale = scale
        self.runs = runs
        use_secret(self.work)
        self._pair: Pair | None = None
        self._grown: Pair | None = None
        self._signed: Pair | None = None

    def count(self, full: int) -> int:
        """Return `full` at this scale, at least 20."""
        return max(20, int(full * self.scale))

    def pair(self, name: str) -> Pair:
        """Return two fresh nodes whose dialogue is open and empty otherwise."""
        if self._pair is None:
            self._pair = make_pair(self.work / "pair")
        return self._pair.copy(self.work / name)

    def grown(self, name: str) -> Pair:
        """Return two nodes of which A holds `ENTRIES` machine entries that B lacks."""
        if self._grown is None:
            pair = self.pair("grown")
            with opened(pair, "a") as (_, growing):
                growing.machine(self.count(ENTRIES), PAYLOAD)
            self._grown = pair
        return self._grown.copy(self.work / name)

    def signed(self, name: str) -> Pair:
        """Return two nodes of which A holds `ACTS` statements, each signed by a delegate."""
        if self._signed is None:
            pair = self.pair("signed")
            with opened(pair, "a") as (house, growing):
                key = house.files.unlock("head", ask_secret("head"))
                growing.acts(self.count(ACTS), key)
            self._signed = pair
        return self._signed.copy(self.work / name)

    def forget(self, name: str) -> None:
        """Remove the folder of nodes that a figure is done with."""
        shutil.rmtree(self.work / name, ignore_errors=True)


@contextmanager
def opened(pair: Pair, name: str) -> Iterator[tuple[House, Grower]]:
    """Lend one node of a pair, opened in this process."""
    house = pair.open(name)
    try:
        yield house, grower(house)
    finally:
        house.close()
