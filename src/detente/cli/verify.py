"""The command that checks an export: no node, no database, no network; only the file.

Exit codes, in the words of the report: 0 intact, 1 bad, 2 cannot tell, 64 not called as its help says.

Invariant: a fault of this program or of the disk is never reported as a bad record: it cannot tell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from detente.cli import faults
from detente.cli.faults import Usage
from detente.cli.grammar import command
from detente.cli.screen import silence_output
from detente.cli.visit import Visit
from detente.cli.words import N_, _
from detente.terms.errors import Fault

if TYPE_CHECKING:
    from detente.verify.report import Report

CANNOT_TELL: Final = 2
_CHUNK_BYTES: Final = 1 << 20
_PROOF: Final = b"c2sp.org/tlog-proof@"
"""How the proof of one entry begins (C2SP tlog-proof); anything else is read as a bundle."""


def add_to(app: typer.Typer) -> None:
    """Add the command to `app`."""
    command(
        app,
        "verify",
        _(
            "Check an exported record or the proof of one entry, without a node. Exit code: 0 intact,"
            " 1 bad, 2 cannot tell, 64 not called rightly."
        ),
        "detente verify talks.bundle\ndetente verify talks.bundle --show A-12 --show B-9\n"
        "detente verify statement.proof\n"
        "detente verify --json - < talks.bundle",
        reach="alone",
    )(verify)


def verify(
    visit: Visit,
    file: Annotated[
        Path,
        typer.Argument(help=_("Bundle or proof; - reads standard input."), metavar="FILE"),
    ],
    acts: Annotated[
        bool,
        typer.Option("--acts", help=_("List every act, however many there are.")),
    ] = False,
    show: Annotated[
        list[str] | None,
        typer.Option(
            "--show",
            help=_("Entry of a bundle whose text is shown; may be repeated."),
            metavar="MARK",
        ),
    ] = None,
) -> int:
    """Verify a file and say what was found."""
    as_json = visit.options.json
    try:
        return _verify(visit, _source(file), all_acts=acts, marks=show or [])
    except Usage:
        raise
    except Fault as fault:
        faults.show_fault(fault, as_json=as_json)
    except OSError as error:
        faults.show_fault(faults.unreadable(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - see the invariant above
        faults.show_unexpected(error, as_json=as_json, verbose=visit.options.verbose)
    return CANNOT_TELL


class _File:
    """The bytes of a file, which may be iterated over more than once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as source:
            yield from _chunks(source)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK_BYTES):
        yield chunk


def _source(file: Path) -> Iterable[bytes]:
    """Return the bytes to verify.

    Raises:
        Usage: ``cli.verify.file`` when there is no such file.
    """
    if str(file) == "-":
        return tuple(_chunks(sys.stdin.buffer))
    if not file.is_file():
        raise Usage(
            "cli.verify.file",
            N_("There is no file {file}.") if not file.is_dir() else N_("{file} is a folder."),
            N_("Name a bundle or a proof that detente export wrote."),
            file=str(file),
        )
    return _File(file)


def _with_entries(report: Report, source: Iterable[bytes], marks: list[str]) -> Report:
    """Return a report with the entries that were asked for.

    Raises:
        Usage: ``cli.verify.mark`` for one that is not there or not proven.
    """
    from detente.verify.contents import find_entries

    found = find_entries(source, frozenset(marks), report)
    for mark in marks:
        if mark not in found:
            raise Usage(
                "cli.verify.mark",
                N_("No proven entry of this file has the mark {mark}."),
                N_("See which there are, without --show."),
                mark=mark,
            )
    return replace(report, shown=tuple(found[mark] for mark in dict.fromkeys(marks)))


def _verify(visit: Visit, source: Iterable[bytes], *, all_acts: bool, marks: list[str]) -> int:
    from detente.cli.render import verified
    from detente.verify.bundle import verify_bundle
    from detente.verify.proof import verify_proof
    from detente.verify.reading import STEPS

    if next(iter(source), b"").startswith(_PROOF):
        report = verify_proof(b"".join(source))
    else:
        with visit.screen.progress() as step:

            def tell(number: int, entries: int) -> None:
                step({"what": STEPS[number - 1], "done": entries})

            report = verify_bundle(source, tell)
        if marks:
            report = _with_entries(report, source, marks)
    try:
        if visit.options.json:
            visit.show(report.to_plain(), verified.nothing)
        else:
            visit.screen.print(verified.report(report, all_acts=all_acts))
    except BrokenPipeError:
        silence_output()  # whoever reads only the first line still gets the exit code
    return report.exit_code()
