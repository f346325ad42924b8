"""One visit: the options of one command, its screen, and the way to the node.

Everything that a command does to the world passes here, so that a test can put something else in
its place: `connect_node` for the node, `asking` for the person.

Invariants: holds no secret; opens no store itself; connects only when a command first needs the node.
"""

from __future__ import annotations

import os
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from detente.cli.screen import Render, Screen
from detente.cli.words import _

if TYPE_CHECKING:
    from detente.node.client import Client
    from detente.node.secrets import Ask

DEFAULT_DIRECTORY: Final = "detente-node"


class Options(NamedTuple):
    """What may be said with any command; a field that was not said is empty."""

    directory: Path | None = None
    json: bool = False
    dialogue: str = ""
    actor: str = ""
    no_color: bool = False
    verbose: bool = False
    lang: str = ""

    def joined(self, given: Self) -> Self:
        """Return these options with what was `given` later on the line in their place."""
        return self._replace(**{name: new for name, new in given._asdict().items() if new})


def connect_node(directory: Path) -> Client:
    """Return the way to the node that lives in `directory`, whether it runs or not."""
    from detente.node.client import connect

    return connect(directory, passphrases())


def passphrases() -> Ask:
    """Return what asks for the passphrases of keys, in the reader's language."""
    from detente.node.secrets import ask_secret

    return partial(ask_secret, say=_)


class Visit:
    """What a command is given to work with."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.screen = Screen(as_json=options.json, no_color=options.no_color)

    @property
    def directory(self) -> Path:
        """The directory of the node: as said, as the environment says, or the usual one."""
        return self.options.directory or Path(os.environ.get("DETENTE_DIR") or DEFAULT_DIRECTORY)

    @cached_property
    def client(self) -> Client:
        """The node."""
        return connect_node(self.directory)

    def close(self) -> None:
        """Release the node, if it was needed."""
        if "client" in self.__dict__:
            self.client.close()

    def call(self, verb: str, **args: Any) -> Any:
        """Return the node's answer to a verb that concerns the whole node."""
        return self.client.call(verb, **args)

    def about(self, verb: str, **args: Any) -> Any:
        """Return the node's answer to a verb about the dialogue that was chosen."""
        return self.client.call(verb, dialogue=self.options.dialogue, **args)

    def long(self, verb: str, **args: Any) -> Any:
        """Do long work at the node, showing how it goes, and return its result."""
        return self.screen.follow(self.client.stream(verb, **args))

    def parties(self) -> list[dict[str, Any]]:
        """Return the parties of the dialogue in the agreed order, for people; none for programs."""
        if self.options.json:
            return []
        found = [
            one
            for one in self.call("status").get("dialogues") or []
            if str(one.get("id", "")).startswith(self.options.dialogue.lower())
        ]
        return list(found[0]["parties"]) if len(found) == 1 else []

    def show(self, data: Any, render: Render, **beside: Any) -> None:
        """Show a result; see `Screen.show`."""
        self.screen.show(data, render, **beside)
