"""How a door reaches a node: over the socket of a running one, or by building it in this process.

Carries out docs/architecture.md §3 (doors) and 06-dialogue.md §6: an act is drafted by the node, signed
here with the person's key, and committed by the node; if something else took its place meanwhile,
that is done again. A person's key is unlocked in this process only and never sent.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

from detente.charter.document import Name, key_bytes, read_chain, sign_with_root
from detente.charter.pairing import Pairing
from detente.charter.renewal import EverydayKeys, next_version
from detente.desk.drafts import Wish, not_wished
from detente.desk.intents import find_kind
from detente.desk.root_checks import Asked, check_confirmation
from detente.desk.write import Draft
from detente.keyring.files import NEXT, ROOT, KeyFiles
from detente.node.acts import ask_draft, moved, with_key
from detente.node.first_grant import first_grant
from detente.node.plain import (
    REQUEST_BYTES,
    SOCKET_NAME,
    Json,
    bytes64,
    fault_from_plain,
    text64,
)
from detente.node.secrets import Ask, ask_secret
from detente.node.setup import load_card
from detente.record.shapes import from_bytes, to_bytes
from detente.seals import labels
from detente.seals.certificates import certificate_print
from detente.seals.secrets import SecretParams
from detente.seals.signing import PrivateKey
from detente.terms.errors import N_, Refused, Unavailable
from detente.terms.ids import PartyId
from detente.terms.limits import MIB

_TRIES = 5
"""Signatures that one wish may take: drafts take turns, so a second is seldom needed."""
_CONNECT_S = 5.0


class Transport(Protocol):
    """One way to a node."""

    is_remote: bool

    def parts(self, verb: str, arguments: dict[str, Any]) -> Iterator[Json]:
        """Return progress parts, then the result."""

    def close(self) -> None:
        """Release everything."""


class Remote:
    """A running node, over its socket."""

    is_remote = True

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_CONNECT_S)
        self._file = self._socket.makefile("rb")
        try:
            self._connect(path)
            self._greet(path)
        except (OSError, Unavailable):
            self.close()
            raise
        self._socket.settimeout(None)

    def _greet(self, path: Path) -> None:
        """See that somebody answers at all, before something is asked that may take its time."""
        try:
            self._socket.sendall(b'{"verb": "ping"}\n')
            if not self._file.readline():
                raise ConnectionResetError
        except TimeoutError:
            raise Unavailable(
                "node.silent",
                N_("The node in {folder} is there and does not answer."),
                N_("See its log; end its process and start it again: detente serve."),
                folder=str(path.parent),
            ) from None

    def _connect(self, path: Path) -> None:
        # The name of a socket is limited to about 100 bytes: reach a longer one through its folder.
        if len(os.fsencode(path)) < 100:
            self._socket.connect(str(path))
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            self._socket.connect(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)

    def parts(self, verb: str, arguments: dict[str, Any]) -> Iterator[Json]:
        """Return progress parts, then the result."""
        line = json.dumps({"verb": verb, "arguments": arguments}).encode() + b"\n"
        if len(line) > REQUEST_BYTES:
            raise Refused("api.request", N_("This is more than the node takes in one request."))
        try:
            self._socket.sendall(line)
            while True:
                answer = self._file.readline()
                if not answer:
                    raise ConnectionResetError
                part = json.loads(answer)
                if "fault" in part:
                    raise fault_from_plain(part["fault"])
                yield part
                if "result" in part:
                    return
        except OSError:
            raise Unavailable(
                "node.gone",
                N_("The node stopped before it answered."),
                N_("Start it again: detente serve. What it had confirmed is kept."),
            ) from None

    def close(self) -> None:
        """Close the socket."""
        self._file.close()
        self._socket.close()


class InProcess:
    """The node itself, in this process, for as long as the door is open."""

    is_remote = False

    def __init__(self, folder: Path, ask: Ask) -> None:
        from detente.node.house import open_house
        from detente.node.pair_api import PairVerbs
        from detente.node.verbs import collect_verbs

        self._house = open_house(folder, ask)
        pair = PairVerbs(self._house, self._house.found, lambda _: None)
        self._verbs = collect_verbs(self._house, lambda _: self._house.note_sizes(), dict, pair)

    def parts(self, verb: str, arguments: dict[str, Any]) -> Iterator[Json]:
        """Return progress parts, then the result."""
        from detente.node.verbs import call_verb

        progress: list[Json] = []
        result = call_verb(self._verbs, verb, arguments, progress.append)
        for part in progress:
            yield {"progress": part}
        yield {"result": result}

    def close(self) -> None:
        """Save and release the node."""
        self._house.close()


class Client:
    """What doors use."""

    def __init__(self, folder: Path, transport: Transport, ask: Ask) -> None:
        self.folder = folder
        self._transport = transport
        self._ask = ask
        self._files = KeyFiles(folder / "keys")
        self._unlocked: dict[str, PrivateKey] = {}
        self._meant: dict[str, str] = {}
        """Dialogue as it was named → its whole id, as it was first answered to us."""

    @property
    def is_remote(self) -> bool:
        """Tell whether a running node answers."""
        return self._transport.is_remote

    def call(self, verb: str, **arguments: Any) -> Json:
        """Return the result of a verb. Raises the faults that the node raised."""
        for part in self._transport.parts(verb, arguments):
            if "result" in part:
                return part["result"]
        raise Unavailable("node.gone", N_("The node stopped before it answered."))

    def stream(self, verb: str, **arguments: Any) -> Iterator[Json]:
        """Return ``{"progress": …}`` parts and at the end ``{"result": …}``."""
        yield from self._transport.parts(verb, arguments)

    def close(self) -> None:
        """Release the node."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- keys ------------------------------------------------------------------------------

    def delegates_here(self) -> list[str]:
        """Return the names of delegates' keys in this node's folder."""
        return self._files.delegates()

    def create_delegate(self, name: str) -> Json:
        """Make a key for a delegate, under a passphrase of its own."""
        params = self._params()
        key = self._files.create(name, self._ask(name, True), params, os.urandom)
        return {"name": name, "print": key.public.print.hex(), "file": str(self._files.path(name))}

    def _params(self) -> SecretParams:
        from detente.node.settings import load_settings  # takes its time, and is seldom needed

        return SecretParams(memory_mib=load_settings(self.folder).secret_memory_mib)

    def choose_actor(self, name: str) -> str:
        """Return the key name of who acts: the one named, else the only one here, else ``head``."""
        known = self.delegates_here()
        if name:
            return name
        if len(known) == 1:
            return known[0]
        if "head" in known:
            return "head"
        raise Refused(
            "client.actor",
            N_("Say who acts."),
            N_("Choose a key with --as: {known}"),
            known=", ".join(known) or "none here",
        )

    def unlock(self, name: str) -> PrivateKey:
        """Return a person's key, asking for its passphrase once."""
        if name not in self._unlocked:
            self._unlocked[name] = self._files.unlock(name, self._ask(name, False))
        return self._unlocked[name]

    def back_up(self, path: Path) -> Iterator[Json]:
        """Back the node up into a file under a passphrase of its own; progress, then the result."""
        secret = text64(self._ask("backup", True).reveal())
        yield from self.stream("backup", path=str(path.absolute()), passphrase=secret)

    # -- acts ------------------------------------------------------------------------------

    def preview(self, kind: str, body: Json, *, dialogue: str = "", actor: str = "") -> Json:
        """Return what an act would be and who would read it; nothing is signed.

        Whoever acts afterwards means the dialogue that was shown here.
        """
        name = self.choose_actor(actor)
        key = self._files.public(name)
        shown = self.call(
            "act.draft", kind=kind, body=body, actor=key.print.hex(), dialogue=dialogue
        )
        if not str(shown["dialogue"]).startswith(self._meant.get(dialogue, dialogue.lower())):
            raise not_wished()
        self._meant[dialogue] = str(shown["dialogue"])
        return shown

    def act(self, kind: str, body: Json, *, dialogue: str = "", actor: str = "") -> Json:
        """Do an act: draft, compare with the wish, sign with the person's key, commit.

        Raises:
            Refused: the rule that forbids it, or a wrong passphrase; nothing was stored.
            Rejected: ``desk.draft``, ``desk.again`` for a node that asks for another signature.
            Unavailable: ``client.moved``.
        """
        name = self.choose_actor(actor)
        unlocked = self._unlocked.get(name)
        public = unlocked.public if unlocked else self._files.public(name)
        body, wished = with_key(kind, body, self._files)
        request = {"kind": kind, "body": body, "actor": public.print.hex(), "dialogue": dialogue}
        before: Draft | None = None
        for _ in range(_TRIES):
            meant = self._meant.get(dialogue, dialogue.lower())
            wish = Wish(find_kind(kind), wished, public.print, self._party, meant)
            draft = ask_draft(self.call, wish, request, before)
            self._meant[dialogue] = draft.dialogue.hex()
            signature = self.unlock(name).sign(labels.SIGN_ACT, draft.statement)
            row = [text64(public.print), text64(signature.ed25519), text64(signature.mldsa)]
            try:
                done: Json = self.call(
                    "act.commit", draft=text64(to_bytes(draft)), signatures=[row]
                )
            except Refused as fault:
                if fault.code != "desk.moved":
                    raise
                before = draft
            else:
                return done
        raise moved()

    @cached_property
    def _party(self) -> PartyId:
        """Our own party, from the card in our own folder."""
        return read_chain(load_card(self.folder).chain)[0]

    def rotate_keys(self) -> Json:
        """Make new everyday keys and announce them to all sides, signed with the root key.

        They are used from the first start of the node on by which every side has received them.
        """
        if self._files.has(NEXT):
            raise Refused(
                "keyring.announced",
                N_("New keys were announced already and are not yet in use."),
                N_("Start the node again once the other side has received them."),
            )
        params = self._params()
        keys = self._files.create_node(self._ask("node", True), params, os.urandom, NEXT)
        return self.update_document(
            keys=EverydayKeys(
                key_bytes(keys.node().public),
                certificate_print(keys.certificate()),
                keys.pouch_recipient(),
            )
        )

    def update_document(
        self,
        *,
        addresses: list[str] | None = None,
        name: str = "",
        lang: str = "",
        keys: EverydayKeys | None = None,
    ) -> Json:
        """Make the next version of our party document, signed with the root key, and tell all sides.

        It is built here, from the card in our own folder, so that a node gets no signature over a
        document of its own making.
        """
        card = load_card(self.folder)
        tag = lang or read_chain(card.chain)[1][-1].names[0].lang
        document = next_version(
            card, time.time_ns() // 1_000_000,
            addresses=None if addresses is None else tuple(addresses),
            name=Name(tag, name) if name else None, keys=keys,
        )  # fmt: skip
        signature = sign_with_root(self.unlock(ROOT), labels.SIGN_DOCUMENT, document)
        return self.call(
            "document.commit",
            document=text64(document),
            signatures=[[text64(part) for part in signature]],
        )

    def confirm_pairing(
        self, heard: str, *, token: str = "", how: str = "", head: str = "",
        head_name: str = "", head_role: str = "",
    ) -> Json:  # fmt: skip
        """Confirm a pairing with the number as heard, signing with the root key."""
        to_sign = self.call(
            "pair.prepare", heard=heard, token=token, how=how, head=head,
            head_name=head_name, head_role=head_role,
        )  # fmt: skip
        state = from_bytes(Pairing, bytes64(to_sign["pairing"]), 4 * MIB, "pairing.form")
        asked = Asked(state, bytes64(to_sign["genesis"]), bytes64(to_sign["confirmation"]))
        grant = first_grant(self._files, head, head_name, head_role)
        check_confirmation(asked, load_card(self.folder), heard, how, grant)
        root = self.unlock(ROOT)
        genesis = sign_with_root(root, labels.SIGN_GENESIS, asked.genesis)
        act = sign_with_root(root, labels.SIGN_ACT, asked.confirmation)
        return self.call(
            "pair.confirm",
            heard=heard,
            token=token,
            genesis=[[text64(part) for part in genesis]],
            confirmation=[[text64(part) for part in act]],
        )


def connect(folder: Path, ask: Ask = ask_secret) -> Client:
    """Return a client of the node in `folder`, running or not.

    Raises:
        Refused: ``setup.missing``, ``seals.secret.wrong``.
        Unavailable: ``store.locked``; ``node.silent`` for a process that hangs.
    """
    load_card(folder)
    path = folder / SOCKET_NAME
    if path.exists():
        try:
            return Client(folder, Remote(path), ask)
        except OSError:
            pass  # left behind by a node that is gone
    return Client(folder, InProcess(folder, ask), ask)


def is_served(folder: Path) -> bool:
    """Tell whether a running node answers in this folder."""
    try:
        Remote(folder / SOCKET_NAME).close()
    except (OSError, Unavailable):
        return False
    return True
