"""Says what the command line says in the reader's language, by gettext catalogues.

Carries out docs/spec/00-terms.md §5 for what is shown. The language is chosen once, before any
command is declared, because help texts are translated where they stand. English sentences are
the message ids; ``scripts/catalogue`` collects everything marked by `_`, `N_` and `count_`.

Invariants: never reads a clock, a socket or a record; a value put into a sentence cannot change the
reading direction of the words around it (Unicode Standard Annex 9, isolates).
"""

from __future__ import annotations

import gettext
import os
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

DOMAIN: Final = "detente"
LOCALES: Final = Path(__file__).resolve().parent.parent / "locale"
_RIGHT_TO_LEFT: Final = frozenset("ar fa he ur".split())
_STRONG_RIGHT: Final = frozenset({"R", "AL"})
#: First strong isolate and its end: a terminal that knows them keeps the value apart from the
#: sentence, and one that does not shows nothing.
_FSI, _PDI = "\u2068", "\u2069"


class _Chosen:
    """The one language of this process."""

    catalogue: gettext.NullTranslations = gettext.NullTranslations()
    is_right_to_left: bool = False


def N_(message: str) -> str:
    """Mark a message for the catalogue without translating it here."""
    return message


def _(message: str, **values: object) -> str:
    """Return `message` in the reader's language, with its ``{places}`` filled.

    Args:
        message: English message id.
        values: for the places; text is isolated, numbers stand as they are.
    """
    return fill(_Chosen.catalogue.gettext(message), values)


def count_(one: str, many: str, n: int, **values: object) -> str:
    """Return the form of a message that `n` asks for; ``{n}`` is filled too."""
    return fill(_Chosen.catalogue.ngettext(one, many, n), {"n": n, **values})


def fill(message: str, values: Mapping[str, object]) -> str:
    """Fill the places of a translated message; one whose places do not match stays as it is."""
    if not values:
        return message
    ready = {key: isolate(one) if isinstance(one, str) else one for key, one in values.items()}
    try:
        return message.format(**ready)
    except (LookupError, ValueError):
        return message


def isolate(text: str) -> str:
    """Return `text` set apart where it reads in the other direction than the interface."""
    if not any(_is_opposite(char) for char in text):
        return text
    return f"{_FSI}{text}{_PDI}"


def _is_opposite(char: str) -> bool:
    direction = unicodedata.bidirectional(char)
    return direction == "L" if _Chosen.is_right_to_left else direction in _STRONG_RIGHT


def languages() -> list[str]:
    """Return the languages there is a catalogue for, English included."""
    return sorted({"en", *(path.parent.parent.name for path in LOCALES.glob("*/*/*.mo"))})


def wanted_language(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the language asked for: ``--lang``, DETENTE_LANG, then what the system is set to."""
    if said := _language_said(argv):
        return said
    for name in ("DETENTE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name, ""):
            return value
    return "en"


def _language_said(argv: Sequence[str]) -> str:
    for place, word in enumerate(argv):
        if word == "--":
            break
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and place + 1 < len(argv):
            return argv[place + 1]
    return ""


def missing_language(argv: Sequence[str]) -> str:
    """Return the language of a ``--lang`` that there are no words in; empty for all others.

    What the system is set to asks for nothing by itself, and gets English in silence.
    """
    said = _language_said(argv)
    base = said.split(".", maxsplit=1)[0].replace("-", "_").split("_")[0]
    return said if said and base not in languages() else ""


def choose_language(wanted: str) -> None:
    """Make `wanted` the language of this process; where there is no catalogue, English.

    Typer's own few words ("Options", "Commands") go through the process's default domain, which is
    pointed at the same catalogue.
    """
    name = wanted.split(".", maxsplit=1)[0].replace("-", "_")
    if name in {"", "C", "POSIX"}:
        name = "en"
    _Chosen.catalogue = gettext.translation(DOMAIN, LOCALES, [name], fallback=True)
    is_translated = type(_Chosen.catalogue) is not gettext.NullTranslations
    _Chosen.is_right_to_left = is_translated and name.split("_")[0] in _RIGHT_TO_LEFT
    gettext.bindtextdomain(DOMAIN, str(LOCALES))
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = name


#: Typer looks these up itself.
TYPER_WORDS: Final = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("required"),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("Missing command."),
    N_("No such command {name!r}."),
)
