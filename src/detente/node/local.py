"""The door for our own programs: one JSON line asks, JSON lines answer, over a socket in the node's folder.

Carries out docs/architecture.md §3 (doors). Only the user who runs the node can open the socket (mode
0600 in a folder of mode 0700). Invariants: a request is bounded; a fault is answered with its code,
sentence, next step and values; a bug is answered as one and logged without its values.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import structlog

from detente.node.plain import REQUEST_BYTES, SOCKET_NAME, Json, fault_to_plain
from detente.terms.errors import (
    N_,
    Bug,
    Fault,
    Refused,
)

_log = structlog.get_logger("detente.local")

Call = Callable[[str, dict[str, Any]], Json]
Stream = Callable[[str, dict[str, Any]], Iterator[Json]]


class LocalServer:
    """Answers requests on the socket, one after the other per connection."""

    def __init__(self, folder: Path, call: Callable[[str, dict[str, Any]], Any]) -> None:
        self._path = folder / SOCKET_NAME
        self._call = call
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to listen; a socket left by a node that is gone is replaced."""
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(
                self._serve, self._path, limit=REQUEST_BYTES
            )
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await self._answer(line, writer)
        except (ConnectionError, ValueError, asyncio.LimitOverrunError):
            pass  # the program on the other end went away, or sent a line without an end
        finally:
            writer.close()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request = json.loads(line)
            verb, arguments = str(request["verb"]), dict(request.get("arguments") or {})
        except (ValueError, KeyError, TypeError, RecursionError):
            fault = Refused("api.request", N_("A request to the node has not the form of one."))
            await _send(writer, {"fault": fault_to_plain(fault)})
            return
        try:
            async for part in self._call(verb, arguments):
                await _send(writer, part)
        except Fault as fault:
            await _send(writer, {"fault": fault_to_plain(fault)})
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - a door: whatever it is, the node goes on
            _log.exception("request failed", verb=verb, kind=type(error).__name__)
            bug = Bug(f"{verb}: {type(error).__name__}")
            await _send(writer, {"fault": fault_to_plain(bug)})


async def _send(writer: asyncio.StreamWriter, part: Json) -> None:
    writer.write(json.dumps(part).encode() + b"\n")
    await writer.drain()
