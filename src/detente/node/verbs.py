"""The verbs of a node by name, and the one way to call them with plain data.

Carries out docs/architecture.md §3 (doors). Invariants: what does not fit a verb's arguments is refused
before the verb begins; no argument reaches a verb in another type than it names.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin

from detente.node.api import DialogueVerbs, NodeVerbs
from detente.node.document_api import DocumentVerbs
from detente.node.house import House, Room
from detente.node.pair_api import PairVerbs
from detente.node.plain import Json, Verb
from detente.node.record_api import RecordVerbs
from detente.terms.errors import N_, Refused

_PROGRESS = "progress"


def collect_verbs(
    house: House,
    changed: Callable[[Room], None],
    links: Callable[[], Json],
    pair: PairVerbs,
) -> dict[str, Verb]:
    """Return every verb of a node by name."""
    return {
        **DialogueVerbs(house, changed).verbs(),
        **NodeVerbs(house, links).verbs(),
        **RecordVerbs(house, changed).verbs(),
        **DocumentVerbs(house, changed).verbs(),
        **pair.verbs(),
    }


def call_verb(
    verbs: dict[str, Verb], verb: str, arguments: dict[str, Any], progress: Callable[[Json], None]
) -> Json:
    """Call one verb with plain arguments.

    Raises:
        Refused: ``api.verb`` or ``api.argument`` for a request that fits no verb.
    """
    function = verbs.get(verb)
    if function is None:
        raise Refused("api.verb", N_("The node has no verb {verb}."), verb=verb)
    form = _form_of(getattr(function, "__func__", function))
    for name in arguments:
        if name not in form.hints:
            raise Refused(
                "api.argument", N_("{verb} has no argument {name}."), verb=verb, name=name
            )
    for name, hint in form.hints.items():
        if name not in arguments:
            if name in form.needed:
                raise Refused("api.argument", N_("{verb} lacks {name}."), verb=verb, name=name)
        elif not _fits(arguments[name], hint):
            raise Refused(
                "api.argument", N_("{verb} takes {name} in another form."), verb=verb, name=name
            )
    return function(**arguments, **({_PROGRESS: progress} if form.tells_progress else {}))


class _Form(NamedTuple):
    """What a verb takes."""

    hints: dict[str, Any]
    """Argument → type, in order."""
    needed: frozenset[str]
    tells_progress: bool


@cache
def _form_of(function: Callable[..., Json]) -> _Form:
    """Return the form of a verb's function; looked up once, for it costs as much as a small verb."""
    parameters = dict(inspect.signature(function).parameters)
    parameters.pop("self", None)
    tells_progress = parameters.pop(_PROGRESS, None) is not None
    hints = typing.get_type_hints(function)
    empty = inspect.Parameter.empty
    return _Form(
        {name: hints.get(name, Any) for name in parameters},
        frozenset(name for name, one in parameters.items() if one.default is empty),
        tells_progress,
    )


def _fits(value: Any, hint: Any) -> bool:
    """Tell whether plain data has the type that an argument names."""
    if hint is Any:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is not str or _is_sound(value))


def _is_sound(text: str) -> bool:
    """Tell whether text can be the name of a file; names that are not UTF-8 come with escapes."""
    try:
        return b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
