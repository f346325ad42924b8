"""Collects every message of the house into one template, and keeps the catalogues in step with it.

`scripts/catalogue` writes src/detente/locale/detente.pot anew, brings each language's detente.po up to
date and compiles it. With --check nothing is written: it fails when the template lacks a message or
holds one that is gone, and when a translation leaves out a place or invents one.

Compiled files are not kept in the repository: this script and `hatch_build.py` make them.
"""

from __future__ import annotations

import argparse
import io
import string
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "detente"
LOCALE = PACKAGE / "locale"
TEMPLATE = LOCALE / "detente.pot"
#: `_` translates, `N_` only marks, `count_` has a singular and a plural.
KEYWORDS = {"_": None, "N_": None, "count_": (1, 2)}
#: Width that leaves every message on lines of its own, so that a changed word is a short difference.
WIDTH = 100

HEADER = "# Every message of Détente, collected by scripts/catalogue. Do not edit: edit the source."
_CHANGING = (
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Generated-By',
    b'"Project-Id',
    b'"Report-Msgid',
    b'"Last-Translator',
    b'"Language-Team',
)

Message = str | tuple[str, ...]


def collect() -> Catalog:
    """Return the template as the source has it now."""
    catalog = Catalog(charset="utf-8", fuzzy=False, header_comment=HEADER)
    found = extract_from_dir(
        PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("Note:",)
    )
    for name, _line, message, comments, _context in sorted(found, key=lambda one: one[:2]):
        if name.startswith("testing/"):
            continue  # shown to nobody
        catalog.add(message, locations=[(name, 0)], auto_comments=comments)
    return catalog


def read(path: Path, locale: str | None = None) -> Catalog:
    """Return the catalogue of a file."""
    with path.open("rb") as file:
        return read_po(file, locale=locale, charset="utf-8")


def ids(catalog: Catalog) -> set[Message]:
    """Return the messages of a catalogue, without its header."""
    return {_forms(message.id) for message in catalog if message.id}


def _forms(text: str | Sequence[str]) -> Message:
    """Return a message as one text, or as the tuple of its plural forms."""
    return text if isinstance(text, str) else tuple(text)


def places(text: str) -> set[str]:
    """Return the names of the places in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def faults_of_translation(locale: str, catalog: Catalog) -> Iterator[str]:
    """Yield one sentence for each translation whose places are not those of its message."""
    for message in catalog:
        if not message.id or not message.string:
            continue
        originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        wanted = set().union(*(places(one) for one in originals))
        given = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        for one in given:
            # A plural form may do without the number: "no entries", "one entry".
            if one and not wanted - {"n"} <= places(one) <= wanted:
                yield f"{locale}: the places of {originals[0]!r} and {one!r} differ"


def languages() -> list[Path]:
    """Return the catalogues there are."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/detente.po"))


def check() -> list[str]:
    """Return what is out of step, one sentence each."""
    now, kept = ids(collect()), ids(read(TEMPLATE)) if TEMPLATE.exists() else set()
    faults = [f"the template lacks {one!r}" for one in sorted(map(str, now - kept))]
    faults += [f"the template still has {one!r}" for one in sorted(map(str, kept - now))]
    for path in languages():
        locale = path.parent.parent.name
        faults += faults_of_translation(locale, read(path, locale))
    return faults


def update() -> None:
    """Write the template, bring every catalogue in step with it, and compile it."""
    template = collect()
    LOCALE.mkdir(exist_ok=True)
    _write(TEMPLATE, template)
    for path in languages():
        locale = path.parent.parent.name
        catalog = read(path, locale)
        header = catalog.header_comment
        catalog.update(template, no_fuzzy_matching=True)
        catalog.header_comment = header
        _write(path, catalog)
    compile_all()


def _write(path: Path, catalog: Catalog) -> None:
    # Without dates and line numbers, a catalogue changes only when a message does.
    out = io.BytesIO()
    write_po(
        out, catalog, width=WIDTH, sort_output=True, include_lineno=False, ignore_obsolete=True
    )
    lines = out.getvalue().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if not line.startswith(_CHANGING)))


def compile_all() -> None:
    """Compile every catalogue beside its source."""
    for path in languages():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(path, path.parent.parent.name))


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Bring the message catalogues up to date.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if out of step")
    if not parser.parse_args().check:
        update()
        return 0
    faults = check()
    if faults:
        print("\n".join(faults), file=sys.stderr)
        print("Run scripts/catalogue, then translate what is new.", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
