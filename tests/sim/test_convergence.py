"""Whole nodes in seeded weather: whatever happens on the way, all honest nodes end up alike.

A failing run names its seed; `World(…, seed)` and `Weather(…, seed)` with it repeat the run.
"""

from __future__ import annotations

import os

import pytest

from detente.testing.checks import check_world
from detente.testing.weather import CALM, ROUGH, Climate, Weather
from detente.testing.world import World

#: Each seed is one world; the soak run has many more, and longer ones.
SEEDS = range(
    int(os.environ.get("DETENTE_SEED", "0")), int(os.environ.get("DETENTE_SEED", "0")) + 4
)


def play(count: int, seed: str, steps: int, climate: Climate = ROUGH) -> Weather:
    """Run one world through its weather and check everything at the end."""
    world = World(count, seed)
    weather = Weather(world, seed, climate)
    world.connect()
    weather.blow(steps)
    weather.calm_down()
    world.minute(3)
    check_world(world)
    assert all(not node.book.state.forks for node in world.nodes), f"{seed!r}: a node forked itself"
    assert world.rejections == [], f"honest nodes of {seed!r} refused each other"
    return weather


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_nodes_agree_after_any_weather(count: int, seed: int) -> None:
    """Attack 8: late, lost, doubled and reordered parcels, crashes at every commit, wrong clocks."""
    weather = play(count, f"rough {count} {seed}", 250)
    assert weather.done["acts"] > 10


@pytest.mark.parametrize("seed", SEEDS)
def test_nodes_agree_when_nothing_goes_wrong(seed: int) -> None:
    """The same without faults: more acts, more minutes, and every act delivered."""
    weather = play(3, f"calm {seed}", 200, CALM)
    assert weather.done["acts"] > 20
    assert weather.done["minutes"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_pouches_alone_bring_nodes_together(seed: int) -> None:
    """02-order.md: how entries travel changes nothing. No link stands while the weather lasts."""
    climate = ROUGH._replace(connect=0, restore=0, pouch=25, deliver=1)
    weather = play(2 + seed % 2, f"pouch {seed}", 120, climate)
    assert weather.done["pouch"] > 5


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(400))
def test_nodes_agree_after_long_weather(seed: int) -> None:
    """As above, for hours of simulated time."""
    play(2 + seed % 3, f"soak {seed}", 2_500)
