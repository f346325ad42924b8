"""Links between real nodes: one side dialled, addresses that change, cuts, silence, strangers."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from detente.exchange.greeting import tag_pairing
from detente.exchange.segments import Outgoing, Stream
from tests.doors.node.pairs import Pair, copy_of
from tests.doors.node.sides import Side, settle, start, until
from tests.doors.node.strangers import (
    Impostor,
    Silence,
    knock,
    shake_as_a_stranger,
    shake_classically,
    slow_ones,
)

QUICK = {"DETENTE_HEARTBEAT_S": "0.3", "DETENTE_DEAD_S": "1.2"}


@pytest.fixture
def quick(founded: Path, tmp_path: Path) -> Iterator[Pair]:
    """Return two stopped nodes that find a silent link dead within a second."""
    made = copy_of(founded, tmp_path / "place", **QUICK)
    yield made
    made.close()


def error_of(side: Side) -> str:
    """Return the code of the last fault of the link, once its sentence and next step are there."""
    error = side.status()["peers"][0]["last_error"]
    if not error:
        return ""
    assert error["sentence"].format(**error["details"])
    code: str = error["code"]
    return code


def talk(pair: Pair) -> None:
    """Have each side say something that the other receives."""
    for side in pair.sides:
        side.say_quickly(f"From {side.name}, {os.urandom(4).hex()}.")
    settle(*pair.sides)


@pytest.mark.parametrize("listening", ["a", "b"])
def test_one_side_that_can_be_dialled_is_enough(pair: Pair, listening: str) -> None:
    """The other side is behind a router: it has no address, and listens nowhere."""
    side = pair.a if listening == "a" else pair.b
    pair.listen(side)
    start(*pair.sides)
    pair.tell(pair.other(side))
    pair.linked()
    talk(pair)
    assert pair.other(side).client.call("status")["addresses"] == []


def test_both_sides_that_dial_each_other_end_with_one_link(pair: Pair) -> None:
    """09-exchange.md §7.1: duplicates are decided the same way on both ends, and talk goes on."""
    pair.listen(*pair.sides)
    start(*pair.sides)
    for side in pair.sides:
        pair.tell(side)
    pair.linked()
    talk(pair)
    until(lambda: all(side.status()["peers"][0]["last_error"] is None for side in pair.sides))
    for side in pair.sides:
        assert sum(one["event"] == "task failed" for one in side.events()) == 0


def test_a_link_that_stands_is_up_whatever_a_dial_the_other_way_says(pair: Pair) -> None:
    """A side whose own dials end in nothing must not call a link down that the other side made."""
    pair.listen(pair.a)
    start(*pair.sides)
    silence = Silence()
    pair.tell(pair.a, silence.port)
    with silence.take() as line:
        pair.tell(pair.b)
        pair.linked()
        line.shutdown(socket.SHUT_RDWR)
        while line.recv(65536):
            pass
    # The dial has ended; whatever it has to say is said before the next request is answered twice.
    for _ in range(50):
        assert pair.a.is_linked(), error_of(pair.a)
    talk(pair)
    assert pair.a.is_linked(), error_of(pair.a)


def test_a_new_address_is_used_at_once_and_an_old_one_can_come_back(pair: Pair) -> None:
    """`pair address`: the other side moved; and its own card counts again when told so."""
    pair.listen(pair.a)
    start(*pair.sides)
    pair.tell(pair.b, 9)
    until(lambda: error_of(pair.b) == "link.refused")
    letter = pair.a.letter()
    where = f"127.0.0.1:{pair.ports[pair.a.name]}"
    pair.b.say("pair", "address", letter, where)
    pair.linked()
    talk(pair)
    for bad in ("nonsense", "host:99999", ":1", "http://host:1"):
        assert pair.b.refused("pair", "address", letter, bad)["code"] == "link.address"
    pair.b.say("pair", "address", letter, "")
    assert pair.b.is_linked()


def test_a_new_address_is_dialled_at_once_although_a_link_still_seems_to_stand(
    pair: Pair,
) -> None:
    """Whoever moved cannot say so on the old link, and its silence is noticed only much later."""
    relay = pair.relay(to=pair.a)
    pair.listen(pair.a)
    start(*pair.sides)
    pair.tell(pair.b, relay.port)
    pair.linked()
    before = len([one for one in pair.b.events() if one["event"] == "link up"])
    pair.tell(pair.b)
    until(
        lambda: len([one for one in pair.b.events() if one["event"] == "link up"]) > before,
        10,
        "a link by the new address",
    )
    relay.cut()
    talk(pair)
    assert pair.b.is_linked()


def test_an_address_in_a_new_document_is_learned_from_the_record(pair: Pair) -> None:
    """03-charter.md §1: the root signs where the node is now; the other side dials there by itself."""
    pair.connect()
    where = f"127.0.0.1:{pair.ports[pair.b.name]}"
    done = pair.b.client.update_document(addresses=[where])
    assert done["addresses"] == [where]
    settle(*pair.sides)
    pair.b.stop()
    pair.listen(pair.b)
    pair.a.stop()
    del pair.a.settings["DETENTE_LISTEN"]
    start(*pair.sides)
    pair.linked()
    talk(pair)


def test_a_cut_is_seen_on_both_ends_and_healed_without_anybody(pair: Pair) -> None:
    """What was said meanwhile is not received, then received."""
    relay = pair.relay(to=pair.a)
    pair.listen(pair.a)
    start(*pair.sides)
    pair.tell(pair.b, relay.port)
    pair.linked()
    for _ in range(2):
        relay.cut()
        until(lambda: not pair.a.is_linked() and not pair.b.is_linked(), 15)
        assert error_of(pair.b).startswith("link.")
        for side in pair.sides:
            side.say_quickly(f"Into the void, {os.urandom(4).hex()}.")
            assert side.status()["not_received"][0]["entries"] > 0
        relay.heal()
        pair.linked()
        settle(*pair.sides)


@pytest.mark.parametrize("stopped", ["a", "b"])
def test_a_peer_that_hangs_is_found_out_and_taken_back(quick: Pair, stopped: str) -> None:
    """Half open: the machine answers, the program does not. Found by silence, not by an error."""
    quick.connect()
    victim = quick.a if stopped == "a" else quick.b
    other = quick.other(victim)
    victim.hang_up()
    victim.send(signal.SIGSTOP)
    try:
        until(lambda: not other.is_linked(), 15)
        assert error_of(other) in (
            "link.silent",
            "link.stalled",
            "link.timeout",
            "link.unreachable",
        )
        other.say_quickly("Still here.")
    finally:
        victim.send(signal.SIGCONT)
    quick.linked()
    settle(*quick.sides)


def test_a_key_that_changed_is_said_in_words_and_nothing_is_sent(
    pair: Pair, tmp_path: Path
) -> None:
    """Somebody else answers where the peer was: no byte of ours but the handshake reaches him."""
    impostor = Impostor(tmp_path)
    try:
        pair.b.start()
        pair.tell(pair.b, impostor.port)
        pair.b.say_quickly("Not for him.")
        until(lambda: error_of(pair.b) == "link.key-changed")
        until(lambda: impostor.visits > 1)
        assert impostor.told == b""
        shown = pair.b.say("status").out
        assert "key has changed" in shown
        assert pair.b.status()["not_received"][0]["entries"] > 0
    finally:
        impostor.close()


def test_strangers_at_the_port_get_nothing_and_disturb_nobody(pair: Pair) -> None:
    """Noise, plain HTTP, classical TLS, unknown certificates, pairing without an invitation."""
    pair.connect()
    port = pair.ports[pair.a.name]
    for data in (
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(5000),
        b"\x16\x03\x01" * 2000,
        b"SSH-2.0-x\r\n",
    ):
        assert b"HTTP" not in knock(port, data)
    assert shake_classically(port) not in ("TLSv1.3", "TLSv1.2")
    outgoing = Outgoing(None)
    outgoing.put(Stream.CONTROL, tag_pairing(b"let me in"))
    segment = outgoing.take()
    assert segment is not None
    for first in (b"", segment, os.urandom(300)):
        assert shake_as_a_stranger(port, os.urandom(32), first) == b""
    assert pair.a.is_linked()
    assert pair.b.is_linked()
    talk(pair)
    logged = pair.a.logged()
    assert "Traceback" not in logged
    assert not [one for one in pair.a.events() if one["level"] == "error"]


def test_slow_strangers_do_not_disturb_a_link_that_stands(pair: Pair) -> None:
    """Twenty connections that never finish; acts pass, and the peer is served."""
    pair.connect()
    with slow_ones(pair.ports[pair.a.name], 20):
        talk(pair)
        assert pair.a.is_linked()


def test_two_nodes_that_restart_again_and_again_find_each_other_each_time(pair: Pair) -> None:
    """Nothing of an old link stands in the way of the next."""
    pair.connect()
    for side in pair.sides:
        side.stop()
        side.start()
        pair.linked()
    talk(pair)


def test_a_port_that_is_taken_is_said_in_words(pair: Pair) -> None:
    """Exit code 4, the address, and what to look for; the node can be started elsewhere at once."""
    pair.listen(pair.a)
    pair.a.start()
    pair.b.settings["DETENTE_LISTEN"] = pair.a.settings["DETENTE_LISTEN"]
    fault = pair.b.refused("serve", code=4)
    assert fault["code"] == "link.listen"
    assert str(pair.ports[pair.a.name]) in fault["sentence"]
    del pair.b.settings["DETENTE_LISTEN"]
    pair.b.start()
