"""First contact that goes wrong, between real nodes: every end has a sentence and a next step."""

from __future__ import annotations

import base64
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from detente.charter.pairing_messages import Invitation, decode_message, encode_message
from detente.node.setup import create_node
from detente.node.stage import Relay, free_port
from detente.terms.errors import Refused
from tests.doors.node.pairs import meet
from tests.doors.node.sides import MEMORY_MIB, Side, start, until

PREFIX = "detente-invitation:"


class Strangers:
    """Two nodes that have never met; `inviting` can be dialled, through a relay."""

    def __init__(self, place: Path) -> None:
        self.port = free_port()
        self.relay = Relay(self.port)
        self.inviting = Side(place, "inviting", DETENTE_LISTEN=f"127.0.0.1:{self.port}")
        self.joining = Side(place, "joining")
        self.both = (self.inviting, self.joining)
        for side in self.both:
            address = [f"127.0.0.1:{self.relay.port}"] if side is self.inviting else []
            create_node(
                side.folder, side.name.title(), "en", address, [], "head", side.passphrase,
                time.time_ns() // 1_000_000, int(MEMORY_MIB),
            )  # fmt: skip

    def invite(self, **how: Any) -> str:
        """Invite and join; return the invitation."""
        text: str = self.inviting.client.call("pair.invite", **how)["text"]
        self.joining.client.call("pair.join", text=text)
        return text

    def number(self, side: Side) -> str:
        """Return the number that a side shows, once it does."""

        def shown() -> str:
            rows = side.client.call("pair.list")
            return rows[0]["number"] or "" if rows else ""

        return until(shown, what=f"{side.name} to show a number")

    def trouble(self, side: Side) -> str:
        """Return the code of what stands in the way, once its sentence was shown to a person."""
        rows = side.client.call("pair.list")
        found = rows[0]["trouble"] if rows else None
        if not found:
            return ""
        assert found["sentence"].format(**found["details"])
        code: str = found["code"]
        return code

    def confirm(self, side: Side, heard: str) -> None:
        """Confirm as a person who heard this number, once there is one here to compare it with."""
        self.number(side)
        side.client.confirm_pairing(heard, how="by telephone", head="head")

    def expect_founded(self) -> None:
        """Both have the dialogue, and a link about it."""
        until(
            lambda: all(side.client.call("status")["dialogues"] for side in self.both),
            what="both to found the dialogue",
        )
        until(lambda: all(side.is_linked() for side in self.both), what="the link")
        ids = {side.status()["id"] for side in self.both}
        assert len(ids) == 1
        assert all(side.client.call("pair.list") == [] for side in self.both)

    def close(self) -> None:
        """End everything."""
        for side in self.both:
            side.kill()
        self.relay.close()


@pytest.fixture
def strangers(tmp_path: Path) -> Iterator[Strangers]:
    """Return two served nodes that have never met."""
    made = Strangers(tmp_path)
    start(*made.both)
    yield made
    made.close()


def test_a_restart_in_the_middle_of_pairing_loses_nothing(strangers: Strangers) -> None:
    """Killed after the invitation, after the number, and after each confirmation."""
    strangers.invite()
    for side in strangers.both:
        side.kill()
    start(*strangers.both)
    numbers = {strangers.number(side) for side in strangers.both}
    assert len(numbers) == 1
    for side in strangers.both:
        strangers.confirm(side, min(numbers))
        side.kill()
        side.start()
    strangers.expect_founded()


def test_the_link_may_break_at_any_time_while_two_pair(strangers: Strangers) -> None:
    """Cut before the answer, while comparing, and between the confirmations."""
    strangers.relay.cut()
    strangers.invite()
    until(lambda: strangers.trouble(strangers.joining).startswith("link."))
    strangers.relay.heal()
    number = strangers.number(strangers.joining)
    strangers.relay.cut()
    strangers.confirm(strangers.joining, strangers.number(strangers.inviting))
    strangers.confirm(strangers.inviting, number)
    assert all(side.client.call("status")["dialogues"] == [] for side in strangers.both)
    strangers.relay.heal()
    strangers.expect_founded()


def test_numbers_that_differ_end_the_pairing_in_words(strangers: Strangers) -> None:
    """Somebody may be in the middle: nothing is founded, and both can begin again."""
    strangers.invite()
    number = strangers.number(strangers.inviting)
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    fault = strangers.inviting.refused(
        "pair", "confirm", "--heard", wrong, "--how", "by telephone", "--yes"
    )
    assert fault["code"] == "pairing.number"
    assert "Somebody may be between" in fault["sentence"]
    assert "dropped here" in fault["next_step"]
    assert strangers.inviting.ask("pair") == []
    assert strangers.inviting.ask("status")["dialogues"] == []
    # The other side confirms in good faith: nothing comes of it, and it is told why.
    strangers.confirm(strangers.joining, strangers.number(strangers.joining))
    until(lambda: strangers.trouble(strangers.joining) == "pairing.ended")
    assert strangers.joining.ask("status")["dialogues"] == []
    strangers.joining.say("pair", "cancel")
    strangers.invite()
    heard = strangers.number(strangers.inviting)
    for side in strangers.both:
        strangers.confirm(side, heard)
    strangers.expect_founded()


def test_an_expired_invitation_is_said_to_be_one(strangers: Strangers) -> None:
    """An old invitation out of a drawer is answered by nobody."""
    text = strangers.inviting.client.call("pair.invite")["text"]
    invitation = decode_message(base64.urlsafe_b64decode(text[len(PREFIX) :]))
    assert isinstance(invitation, Invitation)
    old = invitation._replace(expires=time.time_ns() // 1_000_000 - 1000)
    message = PREFIX + base64.urlsafe_b64encode(encode_message(old)).decode()
    fault = strangers.joining.refused("pair", "join", message)
    assert fault["code"] == "pairing.expired"
    assert "new one" in fault["next_step"]


def test_what_is_no_invitation_is_said_to_be_none(strangers: Strangers) -> None:
    """A text cut short, another text, our own invitation, a file of something else."""
    text = strangers.inviting.client.call("pair.invite")["text"]
    odd = strangers.joining.place / "odd"
    odd.write_bytes(os.urandom(200))
    for given in (text[:-20], text[:40], PREFIX, PREFIX + "????", str(odd)):
        done = strangers.joining.run("pair", "join", given, "--json")
        assert done.code in (2, 3, 64), (given, done)
        assert done.error()["code"].startswith(("pairing.", "cli.", "api.")), done
    for given in (text[:-20], text[:40], PREFIX + "????"):
        fault = strangers.joining.refused("pair", "join", given)
        assert (fault["code"], "to its end" in fault["next_step"]) == ("pairing.text", True)
    fault = strangers.inviting.refused("pair", "join", text)
    assert fault["code"] == "pairing.self"
    assert strangers.joining.ask("pair") == []


def test_a_second_side_with_the_same_invitation_is_not_paired_and_is_noticed(
    strangers: Strangers, tmp_path: Path
) -> None:
    """An invitation is no secret: whoever comes second is refused, and the inviter is told."""
    text = strangers.invite()
    strangers.number(strangers.inviting)
    third = Side(tmp_path, "third")
    create_node(
        third.folder, "Third", "en", [], [], "head", third.passphrase,
        time.time_ns() // 1_000_000, int(MEMORY_MIB),
    )  # fmt: skip
    third.start()
    try:
        third.client.call("pair.join", text=text)
        until(lambda: strangers.trouble(strangers.inviting) == "pairing.again")
        assert "did not expect" in strangers.inviting.say("pair").out
        assert third.client.call("pair.list")[0]["number"] is None
    finally:
        third.kill()
    heard = strangers.number(strangers.joining)
    for side in strangers.both:
        strangers.confirm(side, heard)
    strangers.expect_founded()


def test_a_pairing_that_is_cancelled_leaves_the_port_closed_to_strangers(
    strangers: Strangers,
) -> None:
    """Without an open invitation nobody unknown gets further than the handshake."""
    text = strangers.inviting.client.call("pair.invite")["text"]
    strangers.inviting.say("pair", "cancel")
    strangers.joining.client.call("pair.join", text=text)
    until(lambda: strangers.trouble(strangers.joining) == "pairing.ended")
    with pytest.raises(Refused) as refusal:
        strangers.inviting.client.confirm_pairing("0" * 20, how="by telephone", head="head")
    assert refusal.value.code == "pairing.unknown"


def test_two_nodes_that_cannot_be_reached_pair_by_files(tmp_path: Path) -> None:
    """04-pairing.md §1: the same messages, carried; then one of them gets an address and they talk."""
    made = Strangers(tmp_path)
    with contextlib.closing(made):
        made.relay.cut()
        start(*made.both)
        meet(made.inviting.client, made.joining.client)
        assert [side.client.call("pair.list") for side in made.both] == [[], []]
        made.relay.heal()
        made.expect_founded()


def test_a_dialogue_more_is_founded_while_others_go_on(strangers: Strangers) -> None:
    """Two nodes may share two dialogues; a link that stands takes up the new one at once."""
    for count in (1, 2):
        strangers.invite()
        heard = strangers.number(strangers.inviting)
        for side in strangers.both:
            strangers.confirm(side, heard)
        until(
            lambda count=count: all(  # type: ignore[misc]
                len(side.client.call("status")["dialogues"]) == count for side in strangers.both
            ),
            what="both to know the dialogue",
        )
    talks = strangers.inviting.client.call("status")["dialogues"]
    assert strangers.inviting.refused("log")["code"] == "node.dialogue"
    for talk in talks:
        until(
            lambda talk=talk: (
                strangers.joining.run(  # type: ignore[misc]
                    "log", "--dialogue", talk["id"][:12], "--json"
                ).data()["total"]
                >= 6
            ),
            what="the entries of the new dialogue",
        )
