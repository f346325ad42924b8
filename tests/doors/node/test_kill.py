"""Nodes that die in the middle of their work: nothing that was acknowledged is lost, nothing forks.

The moments follow from a seed; the machine adds its own chance. What a client was told is kept by
the test and looked for afterwards, on both sides.
"""

from __future__ import annotations

import random
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from detente.node.client import is_served
from detente.terms.errors import Fault
from tests.doors.node.pairs import Pair, agreed_export, copy_of
from tests.doors.node.sides import Side, settle, start, until

BURST_S = 0.6


class Burst:
    """Somebody who speaks without pause, and remembers what the node told him was recorded."""

    def __init__(self, side: Side, name: str) -> None:
        self._side = side
        self._name = name
        self._stop = threading.Event()
        self.told: list[str] = []
        self._thread = threading.Thread(target=self._speak, daemon=True)
        self._thread.start()

    def _speak(self) -> None:
        number = 0
        with suppress(Fault, OSError, ValueError):  # the node died, and says so in some way
            while not self._stop.is_set():
                number += 1
                text = f"{self._name} {number}"
                self._side.say_quickly(text)
                self.told.append(text)

    def end(self) -> list[str]:
        """Stop speaking, and return what was told to be recorded."""
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        self._side.hang_up()
        return self.told


def expect_all(pair: Pair, told: list[str]) -> None:
    """Both sides hold every act that was acknowledged, once, and both exports say the same."""
    settle(*pair.sides)
    for side in pair.sides:
        texts = side.texts()
        assert set(told) <= set(texts)
        assert len(texts) == len(set(texts))
        assert side.status()["dispute"] is None
        assert side.status()["frozen"] == []
    agreed_export(*pair.sides)


def speak_and_die(pair: Pair, seed: int, rounds: int) -> None:
    """Let both speak at once, and kill one or both in each round."""
    dice = random.Random(seed)
    pair.connect()
    told: list[str] = []
    for turn in range(rounds):
        bursts = [Burst(side, f"{side.name} {turn}") for side in pair.sides]
        victims = dice.choice([[pair.a], [pair.b], [pair.a, pair.b]])
        threading.Event().wait(BURST_S * dice.random())
        for side in victims:
            side.send(signal.SIGKILL)
        for burst in bursts:
            told += burst.end()
        for side in victims:
            side.kill()
        start(*victims)
    assert told
    pair.linked()
    expect_all(pair, told)


def test_kill_in_the_middle_of_acts_loses_nothing_that_was_acknowledged(pair: Pair) -> None:
    """02-order.md §8.1, 06-dialogue.md §6: save, then say so; and never two entries at one place."""
    speak_and_die(pair, seed=1, rounds=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 22))
def test_kill_in_the_middle_of_acts_at_many_more_moments(
    founded: Path, tmp_path: Path, seed: int
) -> None:
    """The same with other seeds and longer."""
    pair = copy_of(founded, tmp_path / "place")
    try:
        speak_and_die(pair, seed, rounds=12)
    finally:
        pair.close()


def catch_up_and_die(pair: Pair, seed: int, acts: int, deaths: int) -> None:
    """Kill the receiving or the giving side again and again while it catches up."""
    dice = random.Random(seed)
    pair.listen(pair.a)
    pair.a.start()
    told = [f"act {number} " + "word " * 400 for number in range(acts)]
    for text in told:
        pair.a.say_quickly(text)
    pair.b.start()
    pair.tell(pair.b)
    for _ in range(deaths):
        threading.Event().wait(0.5 * dice.random())
        victim = dice.choice(pair.sides)
        victim.kill()
        victim.start()
    pair.linked()
    expect_all(pair, told)


def test_kill_in_the_middle_of_catching_up_goes_on_where_it_was(pair: Pair) -> None:
    """09-exchange.md §5.5: a batch is taken whole or not at all, and asked for again."""
    catch_up_and_die(pair, seed=3, acts=120, deaths=3)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4, 12))
def test_kill_in_the_middle_of_catching_up_at_many_more_moments(
    founded: Path, tmp_path: Path, seed: int
) -> None:
    """The same with other seeds, more to catch up with and more deaths."""
    pair = copy_of(founded, tmp_path / "place")
    try:
        catch_up_and_die(pair, seed, acts=600, deaths=15)
    finally:
        pair.close()


def test_what_was_said_while_cut_off_and_before_a_death_arrives_later(pair: Pair) -> None:
    """D7: the record is its own outbox; what was committed and never sent is sent after a restart."""
    relay = pair.relay(to=pair.a)
    pair.listen(pair.a)
    start(*pair.sides)
    pair.tell(pair.b, relay.port)
    pair.linked()
    relay.cut()
    until(lambda: not pair.a.is_linked() and not pair.b.is_linked())
    told = [pair.a.say_quickly("from a, unheard"), pair.b.say_quickly("from b, unheard")]
    assert len(told) == 2
    pair.a.kill()
    pair.b.kill()
    start(*pair.sides)
    assert pair.a.status()["not_received"][0]["entries"] > 0
    relay.heal()
    pair.linked()
    expect_all(pair, ["from a, unheard", "from b, unheard"])


def test_a_second_process_on_one_folder_is_refused_in_words(pair: Pair) -> None:
    """02-order.md §8.1: two writers of one log would fork it; the second says who has it."""
    pair.a.start()
    assert pair.a.process is not None
    fault = pair.a.refused("serve", code=4)
    assert fault["code"] == "store.locked"
    assert str(pair.a.process.pid) in fault["sentence"]
    assert pair.a.process.poll() is None
    assert pair.a.ask("status")["serving"] is True


def test_a_command_beside_a_serving_node_goes_through_it(pair: Pair) -> None:
    """D15: one writer; a command never opens the record of a node that runs."""
    pair.a.start()
    mark = pair.a.act("say", "By way of the node that runs.")
    assert pair.a.client.call("show", mark=mark)["text"] == "By way of the node that runs."
    pair.a.kill()
    # The socket lies there still; the command sees that nobody answers and opens the node itself.
    assert (pair.a.folder / "node.sock").exists()
    assert pair.a.act("say", "By my own hand.") != mark


def test_a_node_that_is_told_to_stop_stops_in_order(pair: Pair) -> None:
    """Exit code 0, no socket left, nothing said to be lost, and nothing logged as an error."""
    pair.connect()
    pair.b.send(signal.SIGINT)
    assert pair.b.process is not None
    assert pair.b.process.wait(20) == 0
    pair.b.stop()
    pair.b.start()
    pair.linked()
    burst = Burst(pair.a, "last words")
    until(lambda: len(burst.told) > 3)
    assert pair.a.process is not None
    pair.a.send(signal.SIGTERM)
    told = burst.end()
    assert pair.a.process.wait(20) == 0
    assert not (pair.a.folder / "node.sock").exists()
    assert not is_served(pair.a.folder)
    assert [one for one in pair.a.events() if one["level"] in ("error", "critical")] == []
    assert pair.a.stop() == 0
    pair.a.start()
    pair.linked()
    expect_all(pair, told)


def test_a_backup_that_is_killed_leaves_no_copy_of_the_record_behind(pair: Pair) -> None:
    """12-keys.md §4: an unsealed copy lying about is what a backup is not; the next start clears it."""
    pair.a.start()
    for number in range(10):
        pair.a.say_quickly(f"{number} " + "word " * 6000)
    target = pair.place / "a.backup"
    asking = subprocess.Popen(
        pair.a.command("backup", str(target)), env=pair.a.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(lambda: list(pair.a.folder.glob(".backup-*")), what="the backup to begin")
    pair.a.kill()
    asking.wait(30)
    assert not target.exists()
    pair.a.start()
    assert list(pair.a.folder.glob(".backup-*")) == []
    # What was being written elsewhere cannot be cleared after a death; it is sealed, and no backup.
    for left in pair.place.glob("*.part"):
        assert left.read_bytes()[:18] in (b"", b"age-encryption.org")
    pair.a.say("backup", str(target))
