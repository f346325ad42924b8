"""Setting up a node: keys, party document, folder. One command, one party.

Carries out docs/spec/03-charter.md §1 and 12-keys.md. Invariant: a node is there whole or not at all; a
set-up that breaks off leaves nothing that stands in the way of the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from detente.charter.document import (
    Document,
    Name,
    SignedDocument,
    encode_document,
    key_bytes,
    party_id,
    read_chain,
    sign_with_root,
)
from detente.charter.pairing import Card
from detente.courier.address import parse_address
from detente.keyring.files import NODE, ROOT, KeyFiles, NodeKeys
from detente.node.plain import SETTINGS_FILE
from detente.node.secrets import Ask
from detente.record.shapes import from_bytes, to_bytes
from detente.seals import labels
from detente.seals.certificates import certificate_print
from detente.seals.secrets import SecretParams
from detente.seals.signing import PrivateKey
from detente.terms.errors import N_, Refused, Rejected
from detente.terms.limits import ADDRESSES, MIB, NAME_CHARS
from detente.terms.text import find_flags

CARD_FILE = "party.card"
_PIECES = ("keys", SETTINGS_FILE, CARD_FILE)
"""In this order, because a folder with a card counts as a node."""


def create_node(
    folder: Path,
    name: str,
    lang: str,
    addresses: list[str],
    listen: list[str],
    head: str,
    ask: Ask,
    now: int,
    memory_mib: int = 256,
    life_mark: str = "",
) -> dict[str, Any]:
    """Make a node's folder with its keys and the party's first document.

    Args:
        folder: must not hold a node yet.
        name: the party's name, 1 to `limits.NAME_CHARS` characters, shown to the other side.
        addresses: where others can dial this node; may be empty.
        listen: where it listens.
        head: key name of the head of delegation, made at once; empty to make none.
        ask: gives the passphrases of ``node``, ``root`` and `head`.
        now: milliseconds since 1970 UTC.
        life_mark: absolute path of the life mark, outside `folder`; empty for the default place.

    Returns:
        Plain data on what was made.

    Raises:
        Refused: ``setup.exists``, ``setup.name``, ``setup.card``, ``link.address``, ``keyring.*``,
            ``seals.secret.*``.
    """
    _check_name(name)
    for address in (*addresses, *listen):
        parse_address(address)
    _check_empty(folder)
    names = [ROOT, NODE, *([head] if head else [])]
    secrets = {key: ask(key, True) for key in names}
    place = folder.absolute().parent
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".detente-init-", dir=place) as passing:
        fresh = Path(passing) / "node"
        fresh.mkdir(mode=0o700)
        params = SecretParams(memory_mib=memory_mib)
        files = KeyFiles(fresh / "keys")
        root = files.create(ROOT, secrets[ROOT], params, os.urandom)
        keys = files.create_node(secrets[NODE], params, os.urandom)
        if head:
            files.create(head, secrets[head], params, os.urandom)
        signed = first_document(root, keys, name, lang, addresses, now)
        save_card(fresh, Card((signed,)))
        _write_settings(fresh, listen, memory_mib, life_mark)
        _move_in(fresh, folder)
    return {
        "folder": str(folder),
        "party": party_id(signed.document).hex(),
        "name": name,
        "keys": names,
        "addresses": addresses,
    }


def _check_empty(folder: Path) -> None:
    for piece in _PIECES:
        if (folder / piece).exists():
            raise Refused(
                "setup.exists",
                N_("There is a node in {folder} already."),
                N_("Choose another folder with --dir; a node is never overwritten."),
                folder=str(folder),
            )


def _write_settings(folder: Path, listen: list[str], memory_mib: int, life_mark: str) -> None:
    from detente.node.settings import write_settings  # takes its time, and only this needs it

    write_settings(folder, listen, memory_mib, life_mark)


def _move_in(fresh: Path, folder: Path) -> None:
    """Give a node that was made aside its place, at once where the folder is new."""
    if not folder.exists():
        fresh.rename(folder)
        return
    for piece in _PIECES:
        shutil.move(fresh / piece, folder / piece)


def first_document(
    root: PrivateKey, keys: NodeKeys, name: str, lang: str, addresses: list[str], now: int
) -> SignedDocument:
    """Return version 1 of a party's document, signed by its one root key."""
    document = Document(
        1, 1, b"", b"", (Name(lang, name),), (key_bytes(root.public),), 1,
        key_bytes(keys.node().public), certificate_print(keys.certificate()),
        keys.pouch_recipient(), tuple(addresses), now,
    )  # fmt: skip
    data = encode_document(document)
    signed = SignedDocument(data, (sign_with_root(root, labels.SIGN_DOCUMENT, data),))
    try:
        read_chain((signed,))
    except Rejected as fault:
        raise Refused(
            "setup.card",
            N_("No card can be made of this name, language and addresses."),
            N_("A language is a code such as en; at most {most} addresses of 255 characters."),
            most=ADDRESSES,
        ) from fault
    return signed


def save_card(folder: Path, card: Card) -> None:
    """Write our own card, in the folder of the node; replaces the one before."""
    path = folder / CARD_FILE
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(to_bytes(card))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load_card(folder: Path) -> Card:
    """Return our own card. Raises `Refused` ``setup.missing`` where there is no node."""
    try:
        data = (folder / CARD_FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise Refused(
            "setup.missing",
            N_("There is no node in {folder}."),
            N_("Make one: detente --dir {folder} init --name NAME"),
            folder=str(folder),
        ) from None
    return from_bytes(Card, data, 4 * MIB, "setup.card")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_CHARS or find_flags(name) or "\n" in name:
        raise Refused(
            "setup.name",
            N_("{name} cannot be a party's name."),
            N_("Use 1 to 120 visible characters."),
            name=name,
        )
