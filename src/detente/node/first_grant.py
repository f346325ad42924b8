"""The first grant of a party: to the head of delegation, given with the confirmation of a pairing."""

from __future__ import annotations

from detente.charter import entries as charter_entries
from detente.charter.document import key_bytes
from detente.keyring.files import KeyFiles


def first_grant(files: KeyFiles, head: str, name: str, role: str) -> charter_entries.Grant | None:
    """Return the grant of all scopes given with the confirmation; None without a key name."""
    if not head:
        return None
    return charter_entries.Grant(
        key_bytes(files.public(head)),
        name or head,
        role or "head of delegation",
        charter_entries.SCOPES,
        0,
        0,
    )
