"""The door for our own programs, knocked at by programs that are not ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import stat
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from detente.node.local import LocalServer
from detente.node.logs import set_up_logs
from detente.node.plain import REQUEST_BYTES, SOCKET_NAME, fault_from_plain
from detente.terms.errors import Bug, Refused, Rejected, Unavailable

PLANTED = "the words of an act"


async def answer(verb: str, arguments: dict[str, Any]) -> AsyncIterator[Any]:
    """Answer as a node would, and badly where asked to."""
    match verb:
        case "refuse":
            raise Refused("a.code", "A sentence of {name}.", "Next of {name}.", name="x")
        case "reject":
            raise Rejected("a.code", "A sentence.", evidence=b"evidence")
        case "fail":
            raise Unavailable("a.code", "A sentence.")
        case "break":
            raise ValueError(PLANTED)
        case "count":
            for number in range(3):
                yield {"progress": {"done": number, "total": 3, "what": "entries"}}
    yield {"result": {"verb": verb, "arguments": arguments}}


def served(folder: Path, ask: Callable[[socket.socket], Any]) -> Any:
    """Run the door, and `ask` at it from another thread."""

    async def run() -> Any:
        door = LocalServer(folder, answer)
        await door.open()
        try:
            return await asyncio.wait_for(asyncio.to_thread(knock), 20)
        finally:
            await door.close()

    def knock() -> Any:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(folder / SOCKET_NAME))
            return ask(line)

    return asyncio.run(run())


def one_answer(line: socket.socket, data: bytes) -> Any:
    line.sendall(data)
    with line.makefile("rb") as file:
        return json.loads(file.readline())


@pytest.mark.parametrize(
    "data",
    [
        b"\n", b"{}\n", b"[]\n", b"null\n", b"7\n", b'"verb"\n', b"{\n", b"\xff\xfe\n", b"\x00\n",
        b'{"arguments": {}}\n',
        b'{"verb": "x", "arguments": 7}\n',
        b'{"verb": "x", "arguments": "ab"}\n',
        b'{"verb": "x", "arguments": ["a"]}\n',
        b"[" * 200_000 + b"\n",
        b'{"verb": "x", "arguments": ' + b'{"a": ' * 100_000 + b"\n",
    ],
)  # fmt: skip
def test_what_is_not_a_request_is_refused_and_the_line_goes_on(tmp_path: Path, data: bytes) -> None:
    """Not JSON, of another form, or nested beyond all measure: refused, and the next one is answered."""

    def ask(line: socket.socket) -> tuple[Any, Any]:
        return one_answer(line, data), one_answer(line, b'{"verb": "say"}\n')

    first, second = served(tmp_path, ask)
    assert first["fault"]["code"] == "api.request"
    assert second == {"result": {"verb": "say", "arguments": {}}}


def test_a_line_without_an_end_costs_no_more_than_a_request_may(tmp_path: Path) -> None:
    """The line ends; the door stands."""

    def ask(line: socket.socket) -> bytes:
        with contextlib.suppress(ConnectionError):
            line.sendall(b"x" * (REQUEST_BYTES + 100_000))
            line.sendall(b"x" * REQUEST_BYTES)
        with contextlib.suppress(ConnectionError):
            return line.recv(1)
        return b""

    assert served(tmp_path, ask) == b""


def test_a_program_that_hangs_up_in_the_middle_disturbs_nobody(tmp_path: Path) -> None:
    """Half a request, a request whose answer nobody takes, a reset."""

    async def run() -> Any:
        door = LocalServer(tmp_path, answer)
        await door.open()
        for data in (b'{"verb"', b'{"verb": "count"}\n' * 50):
            line = socket.socket(socket.AF_UNIX)
            line.connect(str(tmp_path / SOCKET_NAME))
            line.sendall(data)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET_NAME)
        writer.write(b'{"verb": "say"}\n')
        told = json.loads(await asyncio.wait_for(reader.readline(), 10))
        writer.close()
        await writer.wait_closed()
        await asyncio.wait_for(door.close(), 10)
        return told

    assert asyncio.run(run())["result"]["verb"] == "say"


def test_progress_comes_before_the_result(tmp_path: Path) -> None:
    """In order, on one line each."""

    def ask(line: socket.socket) -> list[Any]:
        line.sendall(b'{"verb": "count"}\n')
        with line.makefile("rb") as file:
            return [json.loads(file.readline()) for _ in range(4)]

    told = served(tmp_path, ask)
    assert [next(iter(one)) for one in told] == ["progress"] * 3 + ["result"]


@pytest.mark.parametrize(
    ("verb", "family"), [("refuse", Refused), ("reject", Rejected), ("fail", Unavailable)]
)
def test_a_fault_arrives_as_it_was_raised(tmp_path: Path, verb: str, family: type) -> None:
    """Family, code, sentence, next step and values: the command line needs all of them."""
    plain = served(tmp_path, lambda line: one_answer(line, f'{{"verb": "{verb}"}}\n'.encode()))
    fault = fault_from_plain(plain["fault"])
    assert type(fault) is family
    assert fault.code == "a.code"
    assert str(fault).startswith("A sentence")


def test_a_fault_of_the_program_is_told_and_logged_without_what_it_choked_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The message of an exception quotes values: texts, names, or worse."""
    structlog.reset_defaults()
    set_up_logs("info")
    plain = served(tmp_path, lambda line: one_answer(line, b'{"verb": "break"}\n'))
    structlog.reset_defaults()
    fault = fault_from_plain(plain["fault"])
    assert isinstance(fault, Bug)
    logged = capfd.readouterr().err
    assert "ValueError" in logged
    assert "test_local.py" in logged
    assert PLANTED not in logged
    assert PLANTED not in json.dumps(plain)


def test_the_socket_is_ours_alone_and_gone_afterwards(tmp_path: Path) -> None:
    """Mode 0600; one that a dead node left behind is replaced."""
    path = tmp_path / SOCKET_NAME

    async def run(look: Callable[[], Awaitable[None]]) -> None:
        door = LocalServer(tmp_path, answer)
        await door.open()
        await look()
        await door.close()

    async def look() -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    asyncio.run(run(look))
    assert not path.exists()
