"""Two sides that have met: founded once, copied as often as a test wants to ruin them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.node.client import Client, connect
from detente.node.setup import create_node
from detente.node.stage import Relay, free_port
from detente.verify.bundle import verify_bundle
from detente.verify.report import Outcome, Report
from tests.doors.node.sides import MEMORY_MIB, Side, start, until

NAMES = ("east", "west")


class Pair:
    """Two sides with one open dialogue; `a` is the party of letter A.

    Args:
        place: holds the folders of both.
        settings: variables for both.
    """

    def __init__(self, place: Path, **settings: str) -> None:
        self.place = place
        self.sides = tuple(Side(place, name, **settings) for name in NAMES)
        first = (place / "first").read_text()
        self.a = next(side for side in self.sides if side.name == first)
        self.b = next(side for side in self.sides if side.name != first)
        self.ports = {side.name: free_port() for side in self.sides}
        self._relays: list[Relay] = []

    def listen(self, *sides: Side) -> None:
        """Let sides listen, and each tell nobody yet."""
        for side in sides:
            side.settings["DETENTE_LISTEN"] = f'["127.0.0.1:{self.ports[side.name]}"]'

    def relay(self, to: Side) -> Relay:
        """Lay a line to a side that can be cut."""
        relay = Relay(self.ports[to.name])
        self._relays.append(relay)
        return relay

    def tell(self, side: Side, port: int = 0) -> None:
        """Tell a running side where the other one listens."""
        other = self.other(side)
        where = f"127.0.0.1:{port or self.ports[other.name]}"
        letter = "B" if side is self.a else "A"
        side.client.call("peer.address", letter=letter, address=where)

    def other(self, side: Side) -> Side:
        """Return the other side."""
        return self.b if side is self.a else self.a

    def connect(self) -> None:
        """Start both, the first of them listening, and wait for the link."""
        self.listen(self.a)
        start(*self.sides)
        self.tell(self.b)
        self.linked()

    def linked(self, seconds: float = 30.0) -> None:
        """Wait until both know that the link is up."""
        until(lambda: all(side.is_linked() for side in self.sides), seconds, "the link")

    def close(self) -> None:
        """End everything that was started."""
        for side in self.sides:
            side.hang_up()
            if side.process is not None:
                side.kill()
        for relay in self._relays:
            relay.close()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a place with two stopped nodes whose dialogue is open; to be copied, never used."""
    place = tmp_path_factory.mktemp("founded")
    sides = [Side(place, name) for name in NAMES]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        for side in sides:
            create_node(
                side.folder, side.name.title(), "en", [], [], "head", side.passphrase,
                time.time_ns() // 1_000_000, int(MEMORY_MIB),
            )  # fmt: skip
        clients = [connect(side.folder, side.passphrase) for side in sides]
        meet(*clients)
        first = found_letter(clients[0])
        (place / "first").write_text(sides[0 if first == "A" else 1].name)
        _open(place, *(clients if first == "A" else reversed(clients)))
        for client in clients:
            client.close()
    return place


@pytest.fixture
def pair(founded: Path, tmp_path: Path) -> Iterator[Pair]:
    """Return two stopped nodes whose dialogue is open; whatever runs at the end is killed."""
    made = copy_of(founded, tmp_path / "place")
    yield made
    made.close()


def copy_of(founded: Path, place: Path, **settings: str) -> Pair:
    """Return a copy of two stopped nodes, with what lies outside their folders."""
    shutil.copytree(founded, place)
    return Pair(place, **settings)


def meet(inviting: Client, joining: Client) -> None:
    """Pair two nodes by carrying messages, as two people with files do."""
    message = inviting.call("pair.invite", languages=["en", "fr"])["message"]
    answer = joining.call("pair.take", message=message)["message"]
    reveal = inviting.call("pair.take", message=answer)["message"]
    joining.call("pair.take", message=reveal)
    number = inviting.call("pair.list")[0]["number"]
    for client, other in ((inviting, joining), (joining, inviting)):
        done = client.confirm_pairing(
            number,
            how="by telephone",
            head="head",
            head_name="Head",
            head_role="head of delegation",
        )
        other.call("pair.take", message=done["message"])


def found_letter(client: Client) -> str:
    """Return the letter of a client's own party in its one dialogue."""
    parties: list[Any] = client.call("status")["dialogues"][0]["parties"]
    letter: str = next(one["letter"] for one in parties if one["own"])
    return letter


def _open(place: Path, a: Client, b: Client) -> None:
    """Open the dialogue by pouches alone."""
    body = {"title": "A talk", "purpose": "To talk.", "lang": "en"}
    mark = a.act("opening.proposal", body, actor="head")["mark"]
    carry(a, b, place)
    b.act("opening.consent", {"proposal": mark}, actor="head")
    carry(b, a, place)


def carry(sender: Client, reader: Client, place: Path, *, whole: bool = False) -> Any:
    """Carry one pouch; return what it brought."""
    sealed = sender.call("pouch.write", path=str(place), whole=whole)
    taken = reader.call("pouch.read", path=sealed["path"])
    Path(sealed["path"]).unlink()
    return taken


def verified(path: Path) -> Report:
    """Return what the export at `path` proves."""
    return verify_bundle([path.read_bytes()])


def agreed_export(*sides: Side) -> Report:
    """Export on every side, verify every file, and see that all say the same; return one report."""
    reports = []
    for side in sides:
        path = side.place / f"{side.name}-{time.monotonic_ns()}.bundle"
        side.client.call("export", path=str(path))
        report = verified(path)
        assert report.outcome is Outcome.INTACT, report
        reports.append(report)
    first = reports[0]
    for report in reports[1:]:
        assert report.dialogue == first.dialogue
        assert report.acts == first.acts
        assert report.void == first.void == ()
        assert report.misconduct == first.misconduct == ()
        assert [log._replace(signed_at=0) for log in report.logs] == [
            log._replace(signed_at=0) for log in first.logs
        ]
    return first
