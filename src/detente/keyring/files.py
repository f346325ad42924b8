"""Private keys as sealed files, and the keyring of a running node.

Carries out docs/spec/12-keys.md. Each file holds one secret sealed under a passphrase (Argon2id,
AES-256-GCM) and beside it lies its public part, so that looking up who somebody is never asks for a
passphrase. A node's three everyday seeds (node, link, pouch) are sealed together; the root key and
each delegate's key have a file and a passphrase of their own.

Invariants: files are made with mode 0600 in folders of mode 0700; a key file is never overwritten; no
fault, log line or argument carries a secret.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from detente.record.shapes import Chars, from_bytes, to_bytes
from detente.seals.age_recipients import HybridIdentity
from detente.seals.age_text import encode_recipient, reveal_identity
from detente.seals.certificates import link_key_der, make_certificate
from detente.seals.secrets import Secret, SecretParams, open_secret, seal_secret
from detente.seals.signing import SEED_BYTES, Algorithm, PrivateKey, PublicKey, parse_public_key
from detente.terms.errors import N_, Refused
from detente.terms.limits import KIB

Random = Callable[[int], bytes]

NODE: Final = "node"
ROOT: Final = "root"
NEXT: Final = "node-next"
"""Everyday keys that were announced and are not yet used."""
_NAME_CHARS: Final = 40
_DERIVING: Final = threading.Lock()
"""Two threads that derive a key at once wait for each other for ever: OpenSSL's Argon2 with several
lanes draws on one pool of threads, as many as there are processors."""


class NodeSeeds(NamedTuple):
    """The seeds a running node needs."""

    node: Annotated[bytes, Chars(SEED_BYTES, SEED_BYTES)]
    link: Annotated[bytes, Chars(32, 32)]
    pouch: Annotated[bytes, Chars(32, 32)]


class PublicPart(NamedTuple):
    """What lies readable beside a sealed key."""

    algorithm: int
    ed25519: bytes
    mldsa: bytes


class NodeKeys:
    """The unlocked everyday keys of one node (`ports.Keyring`)."""

    def __init__(self, seeds: NodeSeeds) -> None:
        self._node = PrivateKey(Algorithm.EVERYDAY, seeds.node)
        self._seeds = seeds

    def __repr__(self) -> str:
        return "<private>"

    def node(self) -> PrivateKey:
        """Return the node key."""
        return self._node

    def link_seed(self) -> bytes:
        """Return the seed of the link certificate's key."""
        return self._seeds.link

    def certificate(self) -> bytes:
        """Return the link certificate, DER."""
        return make_certificate(self._seeds.link)

    def link_key(self) -> bytes:
        """Return the link's private key as the TLS library takes it."""
        return link_key_der(self._seeds.link)

    def pouch_identity(self) -> str:
        """Return the age identity that opens pouches for this party."""
        return reveal_identity(self.pouch())

    def pouch(self) -> HybridIdentity:
        """Return the identity that opens pouches for this party."""
        return HybridIdentity(Secret(self._seeds.pouch))

    def pouch_recipient(self) -> str:
        """Return the age recipient that others seal pouches to."""
        return encode_recipient(self.pouch().recipient())


class KeyFiles:
    """The folder of sealed keys of one node."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        """Return where the sealed key of that name lies. Raises `Refused` ``keyring.name``."""
        if name in (NODE, ROOT, NEXT):
            return self._folder / f"{name}.key"
        plain = name.replace("-", "").replace("_", "").replace(".", "")
        if not plain.isalnum() or not plain.isascii() or len(name) > _NAME_CHARS or name[0] == ".":
            raise Refused(
                "keyring.name",
                N_("{name} cannot be the name of a key."),
                N_("Use letters, digits, - and _, at most 40 of them."),
                name=name,
            )
        return self._folder / "delegates" / f"{name}.key"

    def create_node(
        self, secret: Secret, params: SecretParams, random: Random, name: str = NODE
    ) -> NodeKeys:
        """Make, seal and return the everyday keys of a node, in use at once or `NEXT`."""
        seeds = NodeSeeds(random(SEED_BYTES), random(32), random(32))
        keys = NodeKeys(seeds)
        self._write(name, to_bytes(seeds), secret, params, random, keys.node().public)
        return keys

    def promote(self) -> None:
        """Use the next everyday keys from now on; the old ones are kept beside them, still sealed."""
        number = 1 + len(list(self._folder.glob("node-old-*.key")))
        # The key comes last, and until then lies in its place: a start after a death here goes on.
        for ending in (".pub", ".key"):
            fresh, present = (self._folder / f"{name}{ending}" for name in (NEXT, NODE))
            kept = self._folder / f"node-old-{number}{ending}"
            if fresh.exists():
                if not kept.exists():
                    _write_new(kept, present.read_bytes())
                fresh.replace(present)

    def create(self, name: str, secret: Secret, params: SecretParams, random: Random) -> PrivateKey:
        """Make, seal and return the key of the root or of a delegate."""
        seed = random(SEED_BYTES)
        key = PrivateKey(_algorithm(name), seed)
        self._write(name, seed, secret, params, random, key.public)
        return key

    def _write(
        self, name: str, plain: bytes, secret: Secret, params: SecretParams, random: Random,
        public: PublicKey,
    ) -> None:  # fmt: skip
        path = self.path(name)
        # The public part stays when the sealed key is taken to another medium.
        if path.exists() or path.with_suffix(".pub").exists():
            raise _exists(path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _DERIVING:
            sealed = seal_secret(plain, secret.reveal(), _label(name), params, random)
        _write_new(path, sealed)
        _write_new(path.with_suffix(".pub"), to_bytes(PublicPart(*public)))

    def unlock_node(self, secret: Secret, name: str = NODE) -> NodeKeys:
        """Return the everyday keys. Raises `Refused` ``seals.secret.wrong`` or ``keyring.missing``."""
        data = self._open(name, secret)
        return NodeKeys(from_bytes(NodeSeeds, data, KIB, "keyring.form"))

    def old_pouch_identities(self, secret: Secret) -> list[str]:
        """Return the identities of earlier pouch keys, those that this passphrase opens."""
        found = []
        for path in sorted(self._folder.glob("node-old-*.key")):
            try:
                data = _open_sealed(path.read_bytes(), secret, NODE)
            except Refused:
                continue  # sealed under another passphrase: pouches of that time need it
            found.append(
                NodeKeys(from_bytes(NodeSeeds, data, KIB, "keyring.form")).pouch_identity()
            )
        return found

    def unlock(self, name: str, secret: Secret) -> PrivateKey:
        """Return the key of the root or of a delegate."""
        return PrivateKey(_algorithm(name), self._open(name, secret))

    def _open(self, name: str, secret: Secret) -> bytes:
        try:
            sealed = self.path(name).read_bytes()
        except FileNotFoundError:
            raise _missing(name) from None
        return _open_sealed(sealed, secret, name)

    def public(self, name: str) -> PublicKey:
        """Return the public part of a key, asking for no secret."""
        try:
            data = self.path(name).with_suffix(".pub").read_bytes()
        except FileNotFoundError:
            raise _missing(name) from None
        return parse_public_key(list(from_bytes(PublicPart, data, 16 * KIB, "keyring.form")))

    def delegates(self) -> list[str]:
        """Return the names of delegates' keys that lie here."""
        return sorted(path.stem for path in (self._folder / "delegates").glob("*.key"))

    def has(self, name: str) -> bool:
        """Tell whether the sealed key of that name lies here; an offline root key does not."""
        return self.path(name).exists()


def _algorithm(name: str) -> Algorithm:
    return Algorithm.ROOT if name == ROOT else Algorithm.EVERYDAY


def _label(name: str) -> str:
    if name == NEXT:
        return f"{NODE}-key"  # it becomes that one without being sealed anew
    return f"{name}-key" if name in (NODE, ROOT) else "delegate-key"


def _open_sealed(sealed: bytes, secret: Secret, name: str) -> bytes:
    with _DERIVING:
        return open_secret(sealed, secret.reveal(), _label(name))


def _write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, durable on return."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _exists(path) from None
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _exists(path: Path) -> Refused:
    return Refused(
        "keyring.exists",
        N_("There is a key called {name} already."),
        N_("Choose another name; a key is never overwritten."),
        name=path.stem,
    )


def _missing(name: str) -> Refused:
    return Refused(
        "keyring.missing",
        N_("The key {name} is not here."),
        N_("Bring the medium that holds it, or choose another key with --as."),
        name=name,
    )
