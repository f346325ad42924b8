"""The report of a verification: the sentences of `verify.words`, led by the outcome as a word and shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from detente.cli.render import entry, pieces
from detente.cli.screen import harmless
from detente.cli.words import _, count_
from detente.terms.text import quote_foreign
from detente.verify import words
from detente.verify.report import ActShown, EntryShown, Report, Sentence

#: More acts than this are counted per person instead of listed, unless all are asked for.
MOST_ACTS: Final = 50
_NAME_CHARS: Final = 120


def report(found: Report, *, all_acts: bool) -> Iterator[Any]:
    """Say what a file proves, the outcome first."""
    listing = all_acts or len(found.acts) <= MOST_ACTS
    first, *others = (words.say(_named(one), _) for one in words.lines(found, acts=listing))
    yield pieces.line(pieces.state(found.outcome.value), f"  {first}")
    yield from others
    if not listing:
        yield from _signers(found.acts)
    signers = {act.mark: act for act in found.acts}
    for one in found.shown:
        yield from _entry(one, signers.get(one.mark))


def _entry(one: EntryShown, act: ActShown | None) -> Iterator[Any]:
    """Show one entry: what it is, who is said to have made it, its words."""
    yield ""
    yield f"{one.mark}  {pieces.kind(one.kind)}"
    if not one.actor:
        yield _("By the node of {letter}.", letter=one.letter)
    elif act is None or not act.name:
        yield _("For {letter}, under the key {print}.", letter=one.letter, print=one.actor)
    else:
        yield _(
            "Signed by {name}, {role}, for {letter}, with the key {print}.",
            name=quote_foreign(act.name, _NAME_CHARS),
            role=quote_foreign(act.role, _NAME_CHARS),
            letter=one.letter,
            print=one.actor,
        )
    yield _("Entered {time}, by its author's clock.", time=pieces.moment(one.time))
    if not one.is_here:
        yield _("Its text is not here.")
    yield from entry.words(harmless(one._asdict()))


def _named(sentence: Sentence) -> Sentence:
    """Return a sentence with the kind of entry in it called what people call it."""
    kind = sentence.values.get("kind")
    if not isinstance(kind, str):
        return sentence
    return sentence._replace(values={**sentence.values, "kind": pieces.kind(kind)})


def _signers(acts: tuple[ActShown, ...]) -> Iterator[str]:
    for (name, role, letter), number in sorted(
        Counter((one.name, one.role, one.letter) for one in acts).items()
    ):
        if name:
            yield count_(
                "{n} act signed by {name}, {role}, for {letter}.",
                "{n} acts signed by {name}, {role}, for {letter}.",
                number,
                name=quote_foreign(name, _NAME_CHARS),
                role=quote_foreign(role, _NAME_CHARS),
                letter=letter,
            )
        else:
            yield count_(
                "{n} act signed with the root key of {letter}.",
                "{n} acts signed with the root key of {letter}.",
                number,
                letter=letter,
            )
    yield _("Every act is listed by: detente verify --acts FILE")


def nothing(_plain: Any) -> Iterator[str]:
    """Render nothing: the report is shown as plain data."""
    yield from ()
