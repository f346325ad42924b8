"""Declares commands: what every one of them has in common, and how its help is laid out.

Each command takes a `Visit` first and its own options after it. The options of every command
(``--dir``, ``--json`` and so on) are added here, so that they may stand before or after its name.

Invariants: the order of options on a line never changes their meaning but that the last one wins;
no option takes a secret.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from detente import RECORD_FORMAT, __version__
from detente.cli.visit import Options, Visit
from detente.cli.words import N_, _

#: How the help of the whole program groups its commands, in the order in which they are needed.
SECTIONS: Final = (
    (N_("Begin"), "init serve pair delegate"),
    (N_("Talk"), "open agenda say reply ask object translate correct withdraw hotline"),
    (N_("Read"), "status log show"),
    (N_("Carry and check"), "pouch export verify"),
    (N_("Keep well"), "backup restore doctor demo"),
)
#: Texts of options that the library brings along.
LIBRARY_WORDS: Final = (
    N_("Show this message and exit."),
    N_("Install completion for the current shell."),
    N_("Show completion for the current shell, to copy it or customize the installation."),
)
_SENTENCE_CHARS: Final = 200
_EVERYWHERE: Final = "everywhere"
_POSITIONAL_ONLY: Final = "visit"

Function = Callable[..., int | None]


def _option(help_text: str, *names: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help_text, metavar=metavar, rich_help_panel=_EVERYWHERE)


_DIRECTORY_HELP: Final = _("Directory of the node. [DETENTE_DIR, else ./detente-node]")
_SHARED: Final[dict[str, Any]] = {
    "json": Annotated[bool, _option(_("Print plain data for programs."), "--json")],
    "lang": Annotated[
        str,
        _option(_("Language of the words. [DETENTE_LANG, LC_MESSAGES]"), "--lang", metavar="CODE"),
    ],
    "no_color": Annotated[bool, _option(_("Use no colour. [NO_COLOR]"), "--no-color")],
    "verbose": Annotated[
        bool, _option(_("Show where in the program a fault arose."), "--verbose", "-v")
    ],
}
_DIRECTORY: Final[dict[str, Any]] = {
    "directory": Annotated[Path | None, _option(_DIRECTORY_HELP, "--dir", "-C", metavar="PATH")],
}
_NODE: Final[dict[str, Any]] = {
    "dialogue": Annotated[
        str,
        _option(
            _("Which dialogue, by the beginning of its name; needed when there are several."),
            "--dialogue",
            "-d",
            metavar="PREFIX",
        ),
    ],
    "actor": Annotated[
        str,
        _option(_("Which delegate acts; needed when there are several."), "--as", metavar="NAME"),
    ],
}
_BY_REACH: Final[dict[str, dict[str, Any]]] = {
    "node": _DIRECTORY | _NODE | _SHARED,
    "directory": _DIRECTORY | _SHARED,
    "alone": _SHARED,
}


def is_shared(param: Any) -> bool:
    """Tell whether an option is one of every command."""
    return getattr(param, "rich_help_panel", None) == _EVERYWHERE


class _Layout:
    """Help in a fixed order: arguments, own options, shared options, commands, examples."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage:") + " ")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {"arguments": [], "own": [], _EVERYWHERE: []}
        for param in self.get_params(ctx):  # type: ignore[attr-defined]
            record = param.get_help_record(ctx)
            if record is None:
                continue
            if param.param_type_name == "argument":
                sections["arguments"].append((param.metavar or record[0], record[1]))
            elif is_shared(param):
                sections[_EVERYWHERE].append(record)
            else:
                sections["own"].append((record[0], _(record[1])))  # also the library's own
        titles = (_("Arguments"), _("Options"), _("Options of every command"))
        for title, records in zip(titles, sections.values(), strict=True):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        del ctx
        lines = (self.epilog or "").splitlines()  # type: ignore[attr-defined]
        if lines:
            with formatter.section(_("Examples")):
                for line in lines:
                    formatter.write(f"  {line}\n")


class Command(_Layout, TyperCommand):
    """One command."""


class Group(_Layout, TyperGroup):
    """A command with commands of its own."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, those of the whole program under the headings of `SECTIONS`."""
        sections = SECTIONS if ctx.parent is None else ((N_("Commands"), " ".join(self.commands)),)
        for title, names in sections:
            rows = [
                (name, self.commands[name].get_short_help_str(_SENTENCE_CHARS))
                for name in names.split()
                if name in self.commands
            ]
            with formatter.section(_(title)):
                formatter.write_dl(rows)


def new_group(
    title: str, examples: str, *, parent: typer.Typer | None = None, name: str = ""
) -> typer.Typer:
    """Return a group of commands; with a parent, as one of the parent's commands."""
    app = typer.Typer(
        cls=Group,
        help=title,
        epilog=examples.strip(),
        add_completion=parent is None,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=parent is None,
    )
    app.callback()(_with_options(_pass if parent else _whole_program, "node"))
    if parent is not None:
        parent.add_typer(app, name=name)
    return app


def command(
    app: typer.Typer, name: str, title: str, examples: str, *, reach: str = "node"
) -> Callable[[Function], Function]:
    """Declare the function below as a command of `app`.

    Args:
        app: group that it belongs to.
        name: as it is typed.
        title: translated; the first sentence stands in the list of commands.
        examples: one command per line, at least one.
        reach: ``node`` for what speaks to a node, ``directory`` for what only needs to know
            where one lives, ``alone`` for what needs neither.
    """

    def declare(function: Function) -> Function:
        ready = _with_options(function, reach)
        app.command(name, cls=Command, help=title, epilog=examples.strip())(ready)
        return function

    return declare


def default_command(app: typer.Typer) -> Callable[[Function], Function]:
    """Declare the function below as what the group does when no command of it is named."""

    def declare(function: Function) -> Function:
        app.callback(invoke_without_command=True)(_with_options(function, "node"))
        return function

    return declare


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"detente {__version__} (record format {RECORD_FORMAT})")
        raise typer.Exit


def _whole_program(
    visit: Visit,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help=_("Show the versions of the program and of the record format."),
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Do nothing but take the options that stand before the command."""


def _pass(visit: Visit) -> None:
    """Do nothing: the options are kept for the command that follows."""


def _with_options(function: Function, reach: str) -> Function:
    shared = _BY_REACH[reach]
    own = inspect.signature(function, eval_str=True).parameters
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *(
            one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, one in own.items()
            if name != _POSITIONAL_ONLY
        ),
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=Options._field_defaults[name],
            )
            for name, annotation in shared.items()
        ),
    ]

    def run(ctx: typer.Context, **given: Any) -> int | None:
        said = Options(**{name: given.pop(name) for name in shared})
        options = (ctx.obj if isinstance(ctx.obj, Options) else Options()).joined(said)
        ctx.obj = options
        if ctx.invoked_subcommand is not None:
            return None
        visit = Visit(options)
        try:
            return function(visit, **given)
        finally:
            visit.close()

    run.__name__ = function.__name__
    run.__doc__ = function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
