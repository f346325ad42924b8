"""Two nodes on two machines, as far as one kernel can pretend: a network namespace for each.

What a test leaves out because this machine cannot do it, it says when it is skipped.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.node.sides import MEMORY_MIB, Side, settle, start, until

pytestmark = pytest.mark.root
PORT = 7400
WEST, EAST = "10.77.1.1", "10.77.1.2"
WEST_6 = "fd77::1"
INSIDE = "10.88.0.2"
"""An address of east's own network, which nobody outside has a route to."""


def ip(*words: str, must: bool = True) -> bool:
    """Run `ip`; return whether it succeeded."""
    done = subprocess.run(["ip", *words], capture_output=True, check=False, timeout=20)
    assert done.returncode == 0 or not must, (words, done.stderr.decode())
    return done.returncode == 0


class Cable:
    """Two namespaces, and the cable between them."""

    def __init__(self, name: str) -> None:
        self.names = [f"{name}w", f"{name}e"]
        for one in self.names:
            ip("netns", "add", one)
        west, east = self.names
        ip(
            "link",
            "add",
            "wire",
            "netns",
            west,
            "type",
            "veth",
            "peer",
            "name",
            "wire",
            "netns",
            east,
        )
        for one, addresses in (
            (west, (f"{WEST}/24", f"{WEST_6}/64")),
            (east, (f"{EAST}/24", "fd77::2/64")),
        ):
            for address in addresses:
                self.inside(
                    one, "addr", "add", address, "dev", "wire", "nodad" if ":" in address else ""
                )
            for device in ("wire", "lo"):
                self.inside(one, "link", "set", device, "up")
        self.inside(east, "addr", "add", f"{INSIDE}/32", "dev", "lo")

    def inside(self, name: str, *words: str) -> None:
        """Run `ip` in a namespace."""
        ip("-n", name, *(word for word in words if word))

    def before(self, index: int) -> tuple[str, ...]:
        """Return what a command in a namespace begins with."""
        return ("ip", "netns", "exec", self.names[index])

    def pull(self) -> None:
        """Pull the cable: nothing passes, and nobody is told."""
        self.inside(self.names[0], "link", "set", "wire", "down")

    def plug(self) -> None:
        """Plug it in again; addresses of version 6 went with it."""
        self.inside(self.names[0], "link", "set", "wire", "up")
        ip("-n", self.names[0], "addr", "add", f"{WEST_6}/64", "dev", "wire", "nodad", must=False)

    def lose(self, percent: int) -> None:
        """Lose packets both ways from now on; skip the test where the kernel cannot."""
        for name in self.names:
            words = ["tc", "-n", name, "qdisc", "add", "dev", "wire", "root", "netem", "loss",
                     f"{percent}%", "delay", "20ms"]  # fmt: skip
            done = subprocess.run(words, capture_output=True, check=False, timeout=20)
            if done.returncode:
                pytest.skip(
                    f"this kernel loses no packets on purpose: {done.stderr.decode().strip()}"
                )

    def close(self) -> None:
        """Remove the namespaces, and with them the cable."""
        for name in self.names:
            ip("netns", "del", name, must=False)


@pytest.fixture
def cable() -> Iterator[Cable]:
    """Return two namespaces with a cable."""
    made = Cable(f"detente{os.getpid()}")
    yield made
    made.close()


@pytest.fixture
def lossy(cable: Cable) -> Cable:
    """Return the cable, losing every tenth packet."""
    cable.lose(10)
    return cable


@pytest.fixture
def sides(cable: Cable, tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Return two served nodes that have never met: west can be dialled, east is on a network of its own."""
    quick = {"DETENTE_HEARTBEAT_S": "0.5", "DETENTE_DEAD_S": "2"}
    west = Side(tmp_path / "w", "node", *cable.before(0), **quick)
    east = Side(tmp_path / "e", "node", *cable.before(1), **quick)
    west.say(
        "init", "--name", "West", "--address", f"{WEST}:{PORT}", "--listen", f"0.0.0.0:{PORT}",
        "--listen", f"[{WEST_6}]:{PORT}", "--memory", MEMORY_MIB,
    )  # fmt: skip
    inside = f"{INSIDE}:{PORT}"
    east.say(
        "init", "--name", "East", "--address", inside, "--listen", inside, "--memory", MEMORY_MIB
    )
    start(west, east)
    yield west, east
    for side in (west, east):
        side.kill()


def pair_up(west: Side, east: Side) -> None:
    """Pair by command, over the cable."""
    text = west.ask("pair", "invite")["text"]
    (row,) = east.ask("pair", "join", text, "--wait", "30")
    for side in (west, east):
        side.say("pair", "confirm", "--heard", row["number"], "--how", "by telephone", "--yes")
    until(lambda: all(side.client.call("status")["dialogues"] for side in (west, east)))
    linked(west, east)
    settle(west, east)


def linked(west: Side, east: Side) -> None:
    """Wait for the link."""
    until(lambda: west.is_linked() and east.is_linked(), 40, "the link")


def open_talk(west: Side, east: Side) -> None:
    """Open the dialogue."""
    mark = west.client.act(
        "opening.proposal", {"title": "Far", "purpose": "To talk.", "lang": "en"}, actor="head"
    )["mark"]
    settle(west, east)
    east.client.act("opening.consent", {"proposal": mark}, actor="head")
    settle(west, east)


def test_two_machines_pair_and_talk_though_one_is_behind_a_router(
    cable: Cable, sides: tuple[Side, Side]
) -> None:
    """Clause 4: works when only one side can be dialled, and after an address change.

    East's card names an address that only its own network knows, as behind a router: west cannot
    dial it and says so; east dials west. Then the cable is pulled, and west moves to another address.
    """
    west, east = sides
    pair_up(west, east)
    open_talk(west, east)
    west.say_quickly("From far away.")
    east.say_quickly("Heard.")
    settle(west, east)
    assert west.texts() == east.texts() == ["From far away.", "Heard."]

    cable.pull()
    until(lambda: not west.is_linked() and not east.is_linked(), 20, "both to notice the silence")
    error = until(lambda: west.status()["peers"][0]["last_error"])
    assert error["code"].startswith("link.")
    west.say_quickly("Into the dark.")
    cable.plug()
    linked(west, east)
    settle(west, east)
    assert east.texts()[-1] == "Into the dark."

    ip("-n", cable.names[0], "addr", "del", f"{WEST}/24", "dev", "wire")
    until(lambda: not east.is_linked(), 20, "the link to end with the address")
    letter = next(one["letter"] for one in east.status()["parties"] if not one["own"])
    east.say("pair", "address", letter, f"[{WEST_6}]:{PORT}")
    linked(west, east)
    east.say_quickly("Found you again.")
    settle(west, east)


def test_a_talk_goes_on_over_a_bad_line(lossy: Cable, sides: tuple[Side, Side]) -> None:
    """Every tenth packet is lost both ways; pairing, acts and catching up all pass."""
    west, east = sides
    pair_up(west, east)
    open_talk(west, east)
    for number in range(10):
        west.say_quickly(f"{number} " + "word " * 1000)
    settle(west, east, seconds=60)
