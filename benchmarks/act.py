"""One act: how long from a person's wish to a receipt that holds.

Over two real node processes with a real link on loopback, and over A's local socket, as a person's
program does it: draft, the delegate's signature in the person's process, commit (durable at A), link,
durable at B, B's receipt verified and stored at A. That is three transactions, each with its
fdatasync, and seven hybrid signatures made or verified one after the other.
"""

from __future__ import annotations

import time
from functools import partial

from benchmarks import meter
from benchmarks.figure import Figure
from benchmarks.ground import Ground
from benchmarks.grow import TEXT
from benchmarks.nodes import Served
from benchmarks.peers import prosody, synapse
from benchmarks.peers.peer import beside
from detente.node.client import Client

ACTS = 200
_WARM = 10


def measure(ground: Ground) -> list[Figure]:
    """Return median and 99th percentile, and both beside their peers'."""
    disk = meter.probe(ground.folder)
    times = measure_acts(ground, ground.count(ACTS))
    after = meter.probe(ground.folder)
    fdatasync = meter.between(disk, after).fdatasync_ms
    value = meter.median(times)
    most = 2 * fdatasync + 8
    goal = f"<= 2 fdatasync + 8 ms = {most:.1f}"
    note = "wish at A's socket to receipt verified and stored at A"
    figures = [
        Figure("act", value, "ms", goal, value <= most, note=note),
        Figure("act, 99 %", meter.percentile(times, 0.99), "ms"),
    ]
    for measured, share, words in (
        (prosody.one_message, 2.0, "<= 2x"),
        (prosody.one_message_wal, 2.0, "<= 2x"),
        (synapse.one_message, 0.1, "<= 1/10"),
    ):
        figures.append(
            beside(
                Figure("act", value, "ms", words),
                partial(measured, ground.work, ground.count(ACTS)),
                partial(_is_within, share),
            )
        )
    return figures


def _is_within(share: float, ours: float, theirs: float) -> bool:
    return ours <= share * theirs


def measure_acts(ground: Ground, count: int) -> list[float]:
    """Return the milliseconds that each of `count` acts took, one after the other."""
    pair = ground.pair("act")
    with pair.serve("b"), pair.serve("a") as sender, sender.client() as client:
        wait_linked(client)
        times = [_one(sender, client) for _ in range(_WARM + count)]
    ground.forget("act")
    return times[_WARM:]


def _one(sender: Served, client: Client) -> float:
    began = time.monotonic()
    done = client.act("statements.statement", {"text": TEXT, "lang": "en"}, actor="head")
    size = int(done["mark"].partition("-")[2]) + 1
    return 1000 * (sender.wait_table("receipt", size) - began)


def wait_linked(client: Client) -> None:
    """Wait until the link is up and everything is received."""
    while True:
        talk = client.call("status")["dialogues"][0]
        if talk["peers"][0]["link"] == "up" and not talk["not_received"][0]["entries"]:
            return
        time.sleep(0.02)
