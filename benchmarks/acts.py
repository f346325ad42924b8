"""Acts per second, sustained: several delegates' programs at once, over A's local socket.

Each worker signs and commits one act after the other with a key of its own process; up to `WORKERS`
acts are waiting at any time. An act names its place in the log, so of two drafts for one place one is
made again: that cost is part of the figure. The clock stops when A holds receipts for all of them.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from benchmarks import meter
from benchmarks.act import wait_linked
from benchmarks.figure import Figure
from benchmarks.ground import Ground
from benchmarks.grow import TEXT
from benchmarks.nodes import Served
from detente.node.client import Client

ACTS: Final = 1000
WORKERS: Final = (1, 4)
GOAL: Final = 200


def measure(ground: Ground) -> list[Figure]:
    """Return acts per second with one worker and with several."""
    rates = {
        workers: meter.median([_run(ground, workers) for _ in range(min(3, ground.runs))])
        for workers in WORKERS
    }
    best = max(rates, key=lambda workers: rates[workers])
    note = ", ".join(f"{rate:.0f}/s with {workers} at once" for workers, rate in rates.items())
    return [Figure("acts", rates[best], "/s", f">= {GOAL}", rates[best] >= GOAL, note=note)]


def _run(ground: Ground, workers: int) -> float:
    pair = ground.pair("acts")
    count = ground.count(ACTS) // workers
    with pair.serve("b"), pair.serve("a") as sender:
        clients = [sender.client() for _ in range(workers)]
        wait_linked(clients[0])
        sizes = [_act(client) for client in clients]  # unlocks each key before the clock starts
        threads = [
            threading.Thread(target=_work, args=(client, count, sizes)) for client in clients
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = _received(sender, max(sizes))
        for client in clients:
            client.close()
    ground.forget("acts")
    return workers * count / (done - began)


def _received(sender: Served, size: int) -> float:
    return sender.wait_table("receipt", size)


def _work(client: Client, count: int, sizes: list[int]) -> None:
    sizes += [_act(client) for _ in range(count)]


def _act(client: Client) -> int:
    """Do one act and return how many entries the log then has."""
    done = client.act("statements.statement", {"text": TEXT, "lang": "en"}, actor="head")
    return int(done["mark"].partition("-")[2]) + 1
