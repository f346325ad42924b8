"""The demonstration: a talk from first contact to a verified record, between two real nodes.

The scenario is data (``examples/geneva.toml``); this file only plays it and says in words what it does.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from detente.node.client import Client
from detente.node.secrets import ask_secret
from detente.node.setup import create_node
from detente.node.stage import Stage
from detente.terms.errors import N_, Refused
from detente.verify.bundle import verify_bundle
from detente.verify.report import Outcome, Report
from detente.verify.words import lines, say

Say = Callable[[str], None]
Translate = Callable[[str], str]

_SOURCES: Final = {
    "report": N_("the report says so"),
    "elsewhere": N_("known from elsewhere"),
    "illustration": N_("illustration"),
}
_MEMORY_MIB: Final = 64
"""Less than a real node's 256, so that ten keys do not take ten seconds; the file says which."""
_BLOCK: Final = 1 << 16


def find_scenario() -> Path:
    """Return the scenario file, in a checkout or in an installed package."""
    here = Path(__file__).resolve().parent
    for folder in (here.parent / "examples", here.parents[2] / "examples"):
        if (folder / "geneva.toml").exists():
            return folder / "geneva.toml"
    raise Refused("demo.scenario", N_("The example is not part of this installation."))


class Play:
    """Plays one scenario on one stage."""

    def __init__(self, stage: Stage, scenario: dict[str, Any], say: Say, tr: Translate) -> None:
        self._stage = stage
        self._scenario = scenario
        self._say = say
        self._tr = tr
        self._marks: dict[str, str] = {}
        self.exit_code = 0

    def play(self) -> None:
        """Play every step."""
        self._prepare()
        steps = self._scenario["steps"]
        for number, step in enumerate(steps, 1):
            note = f"[{number:>2}/{len(steps)}] {step['note']}"
            self._say(f"{note}  ({self._tr(_SOURCES[step['source']])})")
            getattr(self, f"_do_{step['do']}")(step)

    def _prepare(self) -> None:
        parties = self._scenario["parties"]
        self._stage.clear()
        self._stage.lay_line(list(parties))
        self._say(self._tr(N_("Making two nodes, each with its own keys, and starting both…")))
        for name, party in parties.items():
            create_node(
                self._stage.node(name), party["name"], party["lang"],
                [f"127.0.0.1:{self._stage.relays[name].port}"],
                [f"127.0.0.1:{self._stage.ports[name]}"], "head", ask_secret, _now(), _MEMORY_MIB,
                str(self._stage.life_mark(name)),
            )  # fmt: skip
            self._stage.start(name)

    def _client(self, name: str) -> Client:
        return self._stage.client(name)

    def _fill(self, value: Any) -> Any:
        """Return a value with names of earlier steps replaced by their marks."""
        if isinstance(value, str) and value.startswith("@"):
            return self._marks[value[1:]]
        if isinstance(value, dict):
            return {key: self._fill(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._fill(one) for one in value]
        return value

    # -- steps -----------------------------------------------------------------------------

    def _do_pair(self, step: dict[str, Any]) -> None:
        del step
        (first, second) = self._scenario["parties"]
        inviting, joining = self._client(first), self._client(second)
        text = inviting.call("pair.invite", languages=["en", "ru"])["text"]
        joining.call("pair.join", text=text)

        def number(client: Client) -> str:
            rows = client.call("pair.list")
            return (rows[0]["number"] or "") if rows else ""

        self._stage.wait(lambda: bool(number(inviting) and number(joining)))
        read_aloud = number(inviting)
        self._say("        " + self._tr(N_("Both read: {number}")).format(number=read_aloud))
        for name, client, heard in (
            (first, inviting, number(joining)),
            (second, joining, read_aloud),
        ):
            party = self._scenario["parties"][name]
            client.confirm_pairing(
                heard, how="telephone", head="head", head_name=party["head"],
                head_role="head of delegation",
            )  # fmt: skip
        self._stage.wait(lambda: all(self._is_linked(name) for name in (first, second)), 40)

    def _is_linked(self, name: str) -> bool:
        talks = self._client(name).call("status")["dialogues"]
        return bool(
            talks
            and talks[0]["peers"][0]["link"] == "up"
            and talks[0]["entries"] >= 6
            and not talks[0]["not_received"][0]["entries"]
        )

    def _do_grant(self, step: dict[str, Any]) -> None:
        client = self._client(step["by"])
        client.create_delegate("duty")
        name = self._scenario["parties"][step["by"]]["duty"]
        client.act(
            "charter.grant",
            {"delegate": "duty", "name": name, "role": "duty officer",
             "scopes": ["hotline", "acknowledge"]},
            actor="head",
        )  # fmt: skip

    def _do_act(self, step: dict[str, Any]) -> None:
        client = self._client(step["by"])
        body = self._fill(step["body"])
        for named in _named(body):
            self._arrive(client, named)
        done = client.act(step["kind"], body, actor=step.get("as", "head"))
        if "id" in step:
            self._marks[step["id"]] = done["mark"]
        received = self._tr(N_("recorded as {mark}")).format(mark=done["mark"])
        self._say(f"        {received}")

    def _arrive(self, client: Client, mark: str) -> None:
        def is_here() -> bool:
            try:
                return bool(client.call("show", mark=mark)["standing"] == "counted")
            except Refused:
                return False

        self._stage.wait(is_here)

    def _do_received(self, step: dict[str, Any]) -> None:
        mark = self._fill(step["of"])
        client = self._client("west")

        def received() -> list[Any]:
            rows: list[Any] = client.call("show", mark=mark)["route"]
            return [row for row in rows if row["step"] == "received"]

        self._stage.wait(lambda: bool(received()))

    def _do_settle(self, step: dict[str, Any]) -> None:
        del step

        def final() -> list[str]:
            marks: list[str] = self._client("west").call("status")["dialogues"][0]["final_upto"]
            return marks

        before = final()
        self._stage.wait(lambda: final() != before, 40)
        told = self._tr(N_("final up to {marks}")).format(marks=", ".join(final()))
        self._say(f"        {told}")

    def _do_cut(self, step: dict[str, Any]) -> None:
        del step
        for relay in self._stage.relays.values():
            relay.cut()
        self._stage.wait(lambda: self._link("east") == "down")

    def _link(self, name: str) -> str:
        word: str = self._client(name).call("status")["dialogues"][0]["peers"][0]["link"]
        return word

    def _do_heal(self, step: dict[str, Any]) -> None:
        del step
        for relay in self._stage.relays.values():
            relay.heal()
        self._stage.wait(lambda: self._is_linked("west") and self._is_linked("east"), 40)

    def _do_pouch(self, step: dict[str, Any]) -> None:
        box = self._stage.folder / "pouches"
        box.mkdir(exist_ok=True)
        sealed = self._client(step["by"]).call("pouch.write", path=str(box.absolute()))
        taken = self._client(step["to"]).call("pouch.read", path=sealed["path"])
        told = self._tr(N_("{file}: {new} new entries, {receipts} receipts"))
        self._say("        " + told.format(
            file=Path(sealed["path"]).name, new=taken["new"], receipts=taken["receipts"]))  # fmt: skip

    def _do_kill(self, step: dict[str, Any]) -> None:
        self._stage.kill(step["who"])

    def _do_start(self, step: dict[str, Any]) -> None:
        self._stage.start(step["who"])
        self._stage.wait(lambda: self._is_linked(step["who"]), 40)

    # -- proofs ----------------------------------------------------------------------------

    @property
    def bundle(self) -> Path:
        """Return where the exported record lies."""
        return self._stage.folder / "geneva.bundle"

    def _do_export(self, step: dict[str, Any]) -> None:
        del step
        self._client("west").call("export", path=str(self.bundle.absolute()))
        self._expect(self.bundle, Outcome.INTACT)

    def _do_redact(self, step: dict[str, Any]) -> None:
        path = self._stage.folder / "geneva-redacted.bundle"
        self._client("east").call(
            "export", path=str(path.absolute()), redacted=True, release=self._fill(step["release"])
        )
        self._expect(path, Outcome.INTACT, Outcome.CANNOT_TELL)

    def _do_tamper(self, step: dict[str, Any]) -> None:
        del step
        data = bytearray(self.bundle.read_bytes())
        at = data.find(b"good and positive")
        data[at] ^= 0x01
        path = self._stage.folder / "geneva-tampered.bundle"
        path.write_bytes(data)
        self._expect(path, Outcome.BAD)

    def _expect(self, path: Path, *expected: Outcome) -> None:
        with path.open("rb") as file:
            report = verify_bundle(list(iter(lambda: file.read(_BLOCK), b"")))
        for line in self._lines(report)[:3]:
            self._say(f"        {line}")
        if report.outcome not in expected:
            self.exit_code = 1
            self._say("        " + self._tr(N_("This is not what was expected.")))

    def _lines(self, report: Report) -> list[str]:
        return [say(line, self._tr) for line in lines(report, acts=False)]


def _named(body: Any) -> list[str]:
    """Return the marks that a body names."""
    fields = ("proposal", "item", "of", "to", "reply_to", "objection")
    return [body[field] for field in fields if body.get(field)]


def _now() -> int:
    return time.time_ns() // 1_000_000


def run_demo(
    folder: Path,
    leave: bool = False,
    reset: bool = True,
    say: Say = print,
    translate: Translate = lambda message: message,
) -> int:
    """Play the demonstration; stay up until it is interrupted, unless `leave`.

    Args:
        folder: everything it makes lies there; cleared first, unless `reset` is off and it holds
            an earlier run, which is then only pointed to.

    Returns:
        0 when everything came out as it should, else 1.
    """
    if not reset and (folder / "geneva.bundle").exists():
        _tell_where(folder, say, translate)
        return 0
    stage = Stage(folder)
    play = Play(stage, tomllib.loads(find_scenario().read_text(encoding="utf-8")), say, translate)
    try:
        play.play()
        _tell_where(folder, say, translate)
        if not leave:
            say(translate(N_("Both nodes stay up. Stop with Ctrl-C.")))
            while stage.is_up():
                time.sleep(0.5)
    except KeyboardInterrupt:
        say(translate(N_("Stopping both nodes.")))
    finally:
        stage.stop()
    return play.exit_code


def _tell_where(folder: Path, say: Say, tr: Translate) -> None:
    say("")
    for message, value in (
        (N_("The record, exported:   {where}"), folder / "geneva.bundle"),
        (N_("Verify it yourself:     {command} verify {where}"), folder / "geneva.bundle"),
        (N_("Passphrase of all keys: in {where}"), folder / "secret"),
        (N_("  export DETENTE_SECRET_FILE={where}"), (folder / "secret").absolute()),
        (N_("Read the talk:          {command} --dir {where} log"), folder / "west"),
        (
            N_("Say something:          {command} --dir {where} say 'Good morning.'"),
            folder / "west",
        ),
        (
            N_("Begin anew:             {command} demo --reset   (all of it lies in {where})"),
            folder,
        ),
    ):
        say(tr(message).format(where=value, command=_own_command()))


def _own_command() -> str:
    """Return how this program was called, so that what is shown can be typed as it stands."""
    called = Path(sys.argv[0])
    if called.name != "detente":
        return "detente"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)
