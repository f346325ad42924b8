"""Addresses of nodes: docs/spec/09-exchange.md §6."""

from __future__ import annotations

import pytest

from detente.courier.address import Address, network_of, parse_address
from detente.terms.errors import Refused


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("node.example:4711", "node.example", 4711),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[2001:db8::1]:65535", "2001:db8::1", 65535),
        (" [::]:80 ", "::", 80),
    ],
)
def test_address_is_host_and_port_and_prints_as_it_was_written(
    text: str, host: str, port: int
) -> None:
    """§6."""
    assert parse_address(text) == Address(host, port)
    assert str(parse_address(text)) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "host",
        ":80",
        "host:",
        "host:-1",
        "host:65536",
        "host:٣",
        "host:000080",
        "::1:80",
        "[::1]",
        "[::1:80",
        "[host]:80",
        "https://host:80",
        "user@host:80",
        "a b:80",
        "a\nb:80",
    ],
)
def test_anything_else_is_refused_with_its_text_quoted(text: str) -> None:
    """§6."""
    with pytest.raises(Refused) as caught:
        parse_address(text)
    assert caught.value.code == "link.address"
    assert "\n" not in str(caught.value)


def test_ipv6_neighbours_count_as_one_place() -> None:
    """Threat 22: one subscriber holds a whole /64."""
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth1")
    assert network_of("odd") == "odd"
