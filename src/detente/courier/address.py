"""Addresses of nodes: ``host:port`` and ``[v6]:port``, and nothing cleverer.

Invariant: reading an address asks no name server.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from detente.terms.errors import N_, Refused


class Address(NamedTuple):
    """Where a node listens."""

    host: str
    """A name, an IPv4 address, or an IPv6 address without brackets."""
    port: int
    """0 to 65535; 0 lets the system choose, for listening."""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the address that `text` names.

    Raises:
        Refused: ``link.address`` when it is neither ``host:port`` nor ``[v6]:port``.
    """
    host, colon, digits = text.strip().rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            raise _bad(text) from None
    elif ":" in host:
        raise _bad(text)
    if (
        not colon
        or not host
        or not host.isprintable()
        or any(c in " []/@" for c in host)
        or not (digits.isascii() and digits.isdigit())
        or len(digits) > 5
        or int(digits) > 65535
    ):
        raise _bad(text)
    return Address(host, int(digits))


def network_of(host: str) -> str:
    """Return what counts as one place for limits: an IPv4 address, or the /64 of an IPv6 address.

    One subscriber commonly holds a whole /64 (RFC 6177), so single IPv6 addresses limit nobody.
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)


def _bad(text: str) -> Refused:
    return Refused(
        "link.address",
        N_("{text} is not an address of a node."),
        N_("Write it as host:port or [IPv6 address]:port."),
        text=text,
    )
