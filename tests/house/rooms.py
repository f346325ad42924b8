"""The rooms of the house: how high each lies, what it may import, which libraries live in it.

The table is the law, and docs/architecture.md says what it is for. A new room or library is one
line here and one decision record.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Room(NamedTuple):
    """What one room may reach."""

    level: int
    may_import: frozenset[str]
    libraries: frozenset[str] = frozenset()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: `verify` and rooms that no code fills yet stand here too, so that nobody has to guess.
ROOMS: Final = {
    "": Room(0, _names("")),  # the package's own __init__.py, which every room may import
    "terms": Room(0, _names("")),
    "seals": Room(1, _names("terms"), _names("cryptography nacl")),
    "bargaining": Room(1, _names("terms")),
    "record": Room(2, _names("terms seals"), _names("cbor2")),
    "comparison": Room(2, _names("terms seals")),
    "charter": Room(3, _names("terms seals record"), _names("immutables")),
    "protocols": Room(4, _names("terms seals record charter"), _names("immutables")),
    "exchange": Room(4, _names("terms seals record")),
    "dialogue": Room(5, _names("terms seals record charter protocols"), _names("immutables")),
    "ports": Room(6, _names("terms seals record charter")),  # for their types
    "verify": Room(6, _names("terms seals record charter protocols dialogue")),
    "desk": Room(7, _names("terms seals record charter protocols exchange dialogue ports")),
    "store": Room(7, _names("terms seals record ports"), _names("apsw immutables")),
    "courier": Room(7, _names("terms exchange ports"), _names("OpenSSL")),
    "keyring": Room(7, _names("terms seals record ports")),  # record: shapes
    "bell": Room(7, _names("terms ports")),
    "intake": Room(7, _names("terms ports")),
    "node": Room(
        8,
        _names(
            "terms seals bargaining record comparison charter protocols exchange dialogue ports"
            " verify desk store courier keyring bell intake"
        ),
        _names("pydantic pydantic_settings segno structlog"),
    ),
    "cli": Room(9, _names("terms desk node verify"), _names("typer rich segno")),
    "web": Room(9, _names("terms desk node")),
    "press": Room(9, _names("terms seals record charter protocols")),
    "__main__": Room(10, _names("cli web press")),
}
#: May reach everything, and nothing may reach it.
TESTING: Final = "testing"
#: Files of `protocols` that lie below the protocols, which never import each other.
BELOW_PROTOCOLS: Final = _names("acks wording")
