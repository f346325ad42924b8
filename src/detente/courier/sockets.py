"""The few things that are said to the operating system about sockets."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

from detente.courier.address import Address
from detente.terms.errors import N_, Unavailable

_BACKLOG: Final = 128
_SEND_BUFFER_BYTES: Final = 256 * 1024


def tune(connection: socket.socket, unsent_bytes: int) -> None:
    """Keep what the kernel holds small, so that urgent bytes are not behind many others.

    Where the system can bound the bytes that have not left (TCP_NOTSENT_LOWAT), those on their way
    stay unbounded and long, fast paths stay fast; elsewhere the whole send buffer is bounded.
    """
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    lowat = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if lowat is None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    else:
        connection.setsockopt(socket.IPPROTO_TCP, lowat, unsent_bytes)


def listen_on(address: Address) -> socket.socket:
    """Return a socket that listens on one literal address, IPv4 or IPv6.

    Raises:
        Unavailable: ``link.listen`` when the system does not allow it.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server(tuple(address), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Unavailable(
            "link.listen",
            N_("This node cannot listen on {address}: {reason}."),
            N_("Name an address of this machine, and a port that no other program uses."),
            address=str(address),
            reason=error.strerror or str(error),
        ) from None
    listening.setblocking(False)
    return listening


async def connect_to(address: Address, limit_s: float) -> socket.socket:
    """Return a socket connected to `address`, after trying what its name stands for in turn.

    The event loop has a call for this, but on some versions of Python it leaves a socket open when
    it is called off while racing several addresses.

    Raises:
        OSError: the last attempt's; a `TimeoutError` when the limit passed.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(limit_s):
        found = await loop.getaddrinfo(*address, type=socket.SOCK_STREAM)
    last = OSError("the name stands for no address")
    for family, kind, protocol, _, place in found:
        trying = socket.socket(family, kind, protocol)
        try:
            trying.setblocking(False)
            async with asyncio.timeout(limit_s / len(found)):
                await loop.sock_connect(trying, place)
        except OSError as error:
            trying.close()
            last = error
        except BaseException:
            trying.close()
            raise
        else:
            return trying
    raise last
