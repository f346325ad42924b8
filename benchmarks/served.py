"""A served node that tells when things happened: the child process of figures over a real link.

``python -m benchmarks.served FOLDER`` is what ``detente serve`` runs, and prints one JSON line per
event with the time of the system-wide monotonic clock. Nothing of the node is replaced: three methods
of each room's counter are wrapped to say when they returned.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from detente.exchange.frames import Batch, Receipt, Sizes
from detente.exchange.session import Reply
from detente.node.house import Room, open_house
from detente.node.secrets import ask_secret
from detente.node.serve import serve
from detente.record.checkpoint import decode_checkpoint


def tell(what: str, **values: Any) -> None:
    """Print one event."""
    line = json.dumps({"what": what, "at": time.monotonic_ns(), **values})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def watch(room: Room) -> None:
    """Tell when a link begins, entries are durable, and a receipt was verified and stored."""
    counter, logs = room.counter, room.book.state.logs
    whose = {
        log: {"own": one.party == room.book.own, "lane": int(one.lane)} for log, one in logs.items()
    }
    take_batch, take_receipt, sizes = counter.take_batch, counter.take_receipt, counter.sizes

    def batch_taken(batch: Batch, *how: Any) -> Reply:
        reply = take_batch(batch, *how)
        tell("held", size=counter.held(batch.log), **whose[batch.log])
        return reply

    def receipt_taken(receipt: Receipt, *how: Any) -> Reply:
        reply = take_receipt(receipt, *how)
        if reply.fresh:
            checkpoint = decode_checkpoint(receipt.receipt)
            tell("receipt", size=checkpoint.size, **whose[checkpoint.log])
        return reply

    def begun() -> Sizes:
        tell("linked")
        return sizes()

    vars(counter).update(take_batch=batch_taken, take_receipt=receipt_taken, sizes=begun)


def main() -> None:
    """Serve the node of the folder named first on the command line until SIGTERM."""
    house = open_house(Path(sys.argv[1]), ask_secret)
    for room in house.rooms.values():
        watch(room)
    serve(house, lambda _: tell("ready"))


if __name__ == "__main__":
    main()
