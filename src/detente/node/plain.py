"""What a door and a node say to each other, as plain data: bytes as base64, signatures, faults.

Light on purpose: a door imports this and not the node.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from detente.seals.signing import Signature
from detente.terms.errors import N_, Bug, Fault, Refused, Rejected, Unavailable
from detente.terms.ids import KeyPrint
from detente.terms.limits import MIB

SOCKET_NAME: Final = "node.sock"
SETTINGS_FILE: Final = "detente.toml"
REQUEST_BYTES: Final = 4 * MIB
HEADERS: Final = 64
"""Headers in one answer, and so how many entries may overtake a draft that was signed."""
_FAMILIES: Final = {one.__name__: one for one in (Refused, Rejected, Unavailable)}

Json = Any
Verb = Callable[..., Json]


def text64(data: bytes) -> str:
    """Return bytes as base64 text."""
    return base64.b64encode(data).decode()


def bytes64(text: Any) -> bytes:
    """Return the bytes of base64 text. Raises `Refused` ``api.argument``."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Refused("api.argument", N_("An argument is not in base64.")) from None


def read_path(text: str) -> Path:
    """Return a path that a door named.

    Raises:
        Refused: ``api.path`` for a relative one, which would lie wherever the node was started.
    """
    path = Path(text)
    if not path.is_absolute():
        raise Refused(
            "api.path",
            N_("{path} is not a whole path."),
            N_("Begin it with /."),
            path=text,
        )
    return path


def read_signatures(rows: Any) -> tuple[tuple[KeyPrint, Signature], ...]:
    """Return signatures given as rows of base64 texts: key print, Ed25519, ML-DSA."""
    try:
        return tuple(
            (KeyPrint(bytes64(signer)), Signature(bytes64(first), bytes64(second)))
            for signer, first, second in rows
        )
    except (TypeError, ValueError):
        raise Refused("api.argument", N_("Signatures are not in the form expected.")) from None


def fault_to_plain(fault: Fault) -> Json:
    """Return a fault as plain data."""
    return {
        "family": type(fault).__name__,
        "code": fault.code,
        "sentence": fault.sentence,
        "next_step": fault.next_step,
        "details": fault.details,
    }


def fault_from_plain(plain: Json) -> Fault:
    """Return the fault that plain data describes."""
    family = _FAMILIES.get(plain.get("family", ""))
    details = {key: value for key, value in plain.get("details", {}).items() if key != "code"}
    if family is None:
        return Bug(str(details.get("what", plain.get("code", "?"))))
    return family(plain["code"], plain["sentence"], plain["next_step"], **details)
