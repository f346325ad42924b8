"""References across protocols: an act may name only what its author had seen and what fits.

Carries out docs/spec/06-dialogue.md §4. Protocols say which entries an act names and of which kind
they must be; only here is the whole record known.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Final

from detente.charter.act import Act, Link, has_seen, place
from detente.dialogue.state import Dialogue
from detente.protocols.agenda import rules as agenda
from detente.protocols.hotline import rules as hotline
from detente.protocols.objections import rules as objections
from detente.protocols.opening import rules as opening
from detente.protocols.questions import rules as questions
from detente.protocols.statements import rules as statements
from detente.terms.errors import N_, Violation

_RULES: Final[dict[str, ModuleType]] = {
    "opening": opening,
    "agenda": agenda,
    "statements": statements,
    "objections": objections,
    "questions": questions,
    "hotline": hotline,
}


def links_of(protocol: str, act: Act) -> tuple[Link, ...]:
    """Return the entries that an act names, by its protocol's word."""
    rules = _RULES.get(protocol)
    if rules is None:
        return ()
    links: Callable[[Act], tuple[Link, ...]] = rules.links
    return links(act)


def check_links(state: Dialogue, act: Act, links: tuple[Link, ...]) -> None:
    """Check what an act names against the record as its author had seen it.

    Raises:
        Violation: ``links.unknown`` for an entry that the author had not seen, that is void, or
            that has another identifier; ``links.kind``; ``links.own``.
    """
    for link in links:
        note = state.notes.get(place(link.ref))
        if note is None or note.id != link.ref.id or not has_seen(act.seen, place(link.ref)):
            raise Violation(
                "links.unknown",
                N_("The act names an entry that its author had not seen, or that does not count."),
                N_("Look up the entry's mark with: detente log."),
            )
        if link.kinds and note.kind not in link.kinds:
            raise Violation(
                "links.kind",
                N_("The entry named is of another kind than this act can refer to."),
                N_("Look up the entry's mark with: detente log."),
            )
        if link.whose != "any" and (note.party == act.seat) != (link.whose == "own"):
            raise Violation(
                "links.own",
                N_("This act may refer only to an entry of our own.")
                if link.whose == "own"
                else N_("This act may refer only to an entry of the other side."),
            )
