"""Puts results, notes and progress where a person or a program expects them.

Results go to standard output: as blocks that `render` made, or as JSON. Everything said beside the
result (questions, progress, faults) goes to standard error, so that a pipe holds nothing else.

Invariants: what a person is shown has passed `harmless`, so that no text from elsewhere can move the
cursor, change a direction or hide a character; JSON is pure ASCII, which gives the same promise.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

from detente.cli.words import N_, _
from detente.terms.text import show_foreign

#: Text lines, or what Rich can print (a `Text`, a `Table`).
Block = Any
Render = Callable[..., Iterable[Block]]
Step = Callable[[Mapping[str, Any]], None]
"""Takes ``{"done", "total", "what"}``."""

#: Wide enough that nothing in a pipe is wrapped; a program or `less` decides about lines itself.
_PIPE_COLUMNS: Final = 4000


def harmless(data: Any) -> Any:
    """Return plain data with every hidden or controlling character in its texts made visible."""
    if isinstance(data, str):
        return show_foreign(data)
    if isinstance(data, Mapping):
        return {harmless(key): harmless(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [harmless(one) for one in data]
    return data


def silence_output() -> None:
    """Let what is still unwritten go nowhere: whoever read our output has had enough of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Screen:
    """Standard output and standard error of one command."""

    def __init__(self, *, as_json: bool = False, no_color: bool = False) -> None:
        self.as_json = as_json
        self._no_color = no_color
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                # A terminal that lacks a character shows its number rather than a traceback.
                stream.reconfigure(errors="backslashreplace")

    def show(self, data: Any, render: Render, **beside: Any) -> None:
        """Show a result: `data` itself as JSON, or what `render` makes of it.

        Args:
            beside: what `render` needs to know besides, such as the names of the parties.
        """
        if self.as_json:
            json.dump(data, sys.stdout, indent=2, default=str)
            sys.stdout.write("\n")
            return
        self._print(render(harmless(data), **harmless(beside)), sys.stdout)

    def print(self, blocks: Iterable[Block]) -> None:
        """Show blocks whose texts are harmless already."""
        self._print(blocks, sys.stdout)

    def note(self, *blocks: Block) -> None:
        """Say something beside the result."""
        self._print(blocks, sys.stderr)

    def _print(self, blocks: Iterable[Block], stream: TextIO) -> None:
        for block in blocks:
            if isinstance(block, str):
                stream.write(block + "\n")
            else:
                self._print_rich(block, stream)
        stream.flush()

    def _print_rich(self, block: Block, stream: TextIO) -> None:
        from rich.console import Console

        width = None if stream.isatty() else _PIPE_COLUMNS
        console = Console(
            file=stream,
            width=width,
            no_color=self._no_color or None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        if stream.isatty():
            console.print(block)
            return
        with console.capture() as captured:
            console.print(block)
        stream.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())

    def follow(self, stream: Iterable[Mapping[str, Any]]) -> Any:
        """Show the progress of long work at the node, and return its result.

        Args:
            stream: ``{"progress": {"done", "total", "what"}}`` any number of times, then
                ``{"result": …}``.
        """
        result: Any = None
        with self.progress() as step:
            for one in stream:
                if "progress" in one:
                    step(one["progress"])
                else:
                    result = one.get("result")
        return result

    @contextmanager
    def progress(self) -> Iterator[Step]:
        """Show the progress of long work: a bar on a terminal, plain lines in a pipe.

        Yields:
            What takes each step; ``total`` 0 or left out means that nobody knows how much there is.
        """
        if self.as_json:
            yield lambda _progress: None
        elif sys.stderr.isatty():
            with self._bar() as step:
                yield step
        else:
            lines = _Lines()
            yield lambda progress: self.note(*lines.lines(progress))

    @contextmanager
    def _bar(self) -> Iterator[Step]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        console = Console(file=sys.stderr, no_color=self._no_color or None)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("", total=None)

            def step(progress: Mapping[str, Any]) -> None:
                bar.update(
                    task,
                    description=_what(progress),
                    completed=progress.get("done", 0),
                    total=progress.get("total") or None,
                )

            yield step


class _Lines:
    """Progress in a pipe: a line for each kind of work, and one for each tenth of it."""

    def __init__(self) -> None:
        self._said: set[tuple[str, int]] = set()

    def lines(self, progress: Mapping[str, Any]) -> Iterator[str]:
        done, total, what = progress.get("done", 0), progress.get("total") or 0, _what(progress)
        tenth = 10 * done // total if total else 0
        if (what, tenth) in self._said:
            return
        self._said.add((what, tenth))
        yield f"{what}: {done}/{total}" if total else what


#: What is being done, as the node names it.
_WORK: Final = {
    "entries": N_("Entries"),
    "bytes": N_("Writing"),
    "record": N_("Copying the record"),
    "sealing": N_("Sealing"),
    "opening": N_("Opening"),
    "verifying": N_("Checking"),
}


def _what(progress: Mapping[str, Any]) -> str:
    what = str(progress.get("what", ""))
    return show_foreign(_(_WORK.get(what, what)))
