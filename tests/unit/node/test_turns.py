"""Turns at the end of a log (docs/spec/06-dialogue.md §6)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from detente.node.turns import Turns
from detente.terms.errors import N_, Refused


def _drafting(text: str, heard: list[str]) -> Any:
    async def draft() -> dict[str, str]:
        heard.append(text)
        return {"draft": text}

    return draft


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_second_draft_waits_until_the_first_was_committed() -> None:
    """06-dialogue §6: the place that a draft names is not lent to two people at once."""

    async def scene() -> None:
        turns, heard = Turns(), list[str]()
        await turns.draft("table", _drafting("one", heard))
        waiting = asyncio.ensure_future(turns.draft("table", _drafting("two", heard)))
        await _settle()
        assert heard == ["one"]
        turns.end("one")
        assert (await waiting)["draft"] == "two"
        turns.end("two")

    asyncio.run(scene())


def test_a_draft_for_another_log_does_not_wait() -> None:
    """02-order §1: the line never waits for the table."""

    async def scene() -> None:
        turns, heard = Turns(), list[str]()
        await turns.draft("table", _drafting("one", heard))
        await turns.draft("line", _drafting("two", heard))
        assert heard == ["one", "two"]
        turns.end("one")
        turns.end("two")

    asyncio.run(scene())


def test_a_draft_that_nobody_commits_does_not_keep_others_waiting() -> None:
    """A preview, or a program that went away, ends its turn by the clock."""

    async def scene() -> None:
        turns, heard = Turns(turn_s=0), list[str]()
        await turns.draft("table", _drafting("one", heard))
        await turns.draft("table", _drafting("two", heard))
        assert heard == ["one", "two"]
        turns.end("one")  # too late: its turn is over, and the other's goes on

    asyncio.run(scene())


def test_a_refused_draft_passes_the_turn_on() -> None:
    """What was refused names no place."""

    async def refuse() -> None:
        raise Refused("intent.kind", N_("There is no such act."))

    async def scene() -> None:
        turns, heard = Turns(), list[str]()
        with pytest.raises(Refused):
            await turns.draft("table", refuse)
        await turns.draft("table", _drafting("one", heard))
        assert heard == ["one"]
        turns.end("one")

    asyncio.run(scene())


def test_a_late_commit_does_not_end_the_turn_of_another() -> None:
    """Only the draft that holds a turn ends it."""

    async def scene() -> None:
        turns, heard = Turns(), list[str]()
        await turns.draft("table", _drafting("one", heard))
        turns.end("a draft of long ago")
        turns.end(None)
        waiting = asyncio.ensure_future(turns.draft("table", _drafting("two", heard)))
        await _settle()
        assert heard == ["one"]
        turns.end("one")
        await waiting
        turns.end("two")

    asyncio.run(scene())
