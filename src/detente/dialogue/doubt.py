"""Verdicts that may rest on a payload that is not here: then nobody here can say.

Carries out docs/spec/02-order.md §3.6 and 06-dialogue.md §2.3. Between nodes nothing is withheld; all
this is asked of redacted bundles.

Invariants: pure; where anything is withheld, what is here and said to count counts with all payloads
as well, and so does what is void; the answer never depends on the order in which entries come.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, TypeVar

from immutables import Map

from detente.charter import entries as charter
from detente.charter.act import Act, Bar, Kind
from detente.charter.state import Granted, grants_seen
from detente.dialogue.kinds import CHARTER, MINUTE
from detente.dialogue.state import Dialogue, Standing
from detente.protocols.agenda import rules as agenda
from detente.protocols.hotline import rules as hotline
from detente.protocols.objections import rules as objections
from detente.protocols.opening import rules as opening
from detente.protocols.statements import rules as statements
from detente.record.entry import Header

_K = TypeVar("_K", int, bytes)

PAPERS: Final = frozenset({charter.OPENING, charter.DOCUMENT})
_ENDS: Final = frozenset({charter.CONFIRMATION, charter.GRANT, charter.REVOCATION, charter.CLOSING})
_MANDATE: Final = PAPERS | _ENDS
"""Kinds that say who may act for a party: every act of it rests on them."""
_MACHINE: Final[Mapping[int, frozenset[int]]] = {
    charter.OPENING: PAPERS,
    charter.DOCUMENT: PAPERS,
    charter.CLOSING: _ENDS,
    charter.FORK: frozenset(),
    MINUTE: frozenset({MINUTE}),
}
"""What machine entries rest on instead."""
_NARROW: Final = frozenset({*(kind.number for kind in CHARTER), MINUTE})
"""Kinds whose faults rest on nothing else. Nobody can make a redacted bundle worthless with a cut that is
void, or by any other of these, as long as the payloads of these kinds go along."""
_STANDING: Final = frozenset({charter.CUT, charter.FORK})

_BARS: Final[Mapping[int, Bar]] = {
    **opening.BARS,
    **agenda.BARS,
    **statements.BARS,
    **objections.BARS,
    **hotline.BARS,
}


def note_withheld(
    state: Dialogue, standing: Standing, header: Header, past: Mapping[bytes, int]
) -> Dialogue:
    """Return the state with one more entry of which it cannot be said whether it counts.

    Args:
        standing: of its log.
        past: its causal past in other logs.
    """
    where = (header.log, header.seq)
    state = state._replace(
        withheld=state.withheld + 1, absent=_with_first(state.absent, header.kind, *where)
    )
    seen = {**past, header.log: header.seq}
    grants = grants_seen(state.charter, header.actor, standing.party, seen)
    if any(granted.body.most for granted in grants):
        state = state._replace(spent=_with_first(state.spent, header.actor, *where))
    return state


def _with_first(
    known: Map[bytes, Map[_K, int]], what: _K, log: bytes, seq: int
) -> Map[bytes, Map[_K, int]]:
    here: Map[_K, int] = known.get(log, Map())
    return known if what in here else known.set(log, here.set(what, seq))


def may_be_lifted(state: Dialogue, kind: Kind, act: Act) -> bool:
    """Tell whether a rule that an entry breaks could be kept with a payload that is not here."""
    if not state.absent:
        return False
    if kind.number in _NARROW:
        return _rests_on_own(state, kind, act) or _is_spent(state, act)
    return any(
        min(state.absent[log].values()) < size
        for log, size in act.seen.items()
        if log in state.absent
    )


def may_be_barred(state: Dialogue, kind: Kind, act: Act, granted: Granted | None) -> bool:
    """Tell whether an entry that keeps all rules could break one with a payload that is not here.

    Args:
        granted: grant under which it was done, if any.
    """
    if not state.absent:
        return False
    # A document is its root keys' whatever else there is, and all that rests on it is looked at below.
    if kind.number not in PAPERS and _rests_on_own(state, kind, act):
        return True
    if granted is not None and granted.body.most and _is_spent(state, act):
        return True
    bar = _BARS.get(kind.number)
    return bar is not None and _is_withheld(state, act, bar)


def is_standing_untold(state: Dialogue, stands: Mapping[bytes, int]) -> bool:
    """Tell whether it cannot be said which entries stand, and so of none whether it counts.

    Args:
        stands: log → how many first entries stand of a frozen log.
    """
    # A minute only matters to what a proof or a cut leaves standing.
    frozen = bool(stands or state.forks or state.charter.cuts)
    kinds = _STANDING | {MINUTE} if frozen else _STANDING
    return any(not kinds.isdisjoint(found) for found in state.absent.values())


def lacks_papers(state: Dialogue, party: int) -> bool:
    """Tell whether an entry of a party that may bring a document is withheld."""
    return any(
        not PAPERS.isdisjoint(found)
        for log, found in state.absent.items()
        if state.logs[log].party == party
    )


def _rests_on_own(state: Dialogue, kind: Kind, act: Act) -> bool:
    kinds: Collection[int] = _MACHINE.get(kind.number, _MANDATE)
    return _is_withheld(state, act, Bar(frozenset(kinds)))


def _is_spent(state: Dialogue, act: Act) -> bool:
    """Tell whether the author did something before that may count against a limited number of acts."""
    return any(
        state.spent[log].get(act.actor, size) < size
        for log, size in act.seen.items()
        if log in state.spent
    )


def _is_withheld(state: Dialogue, act: Act, bar: Bar) -> bool:
    """Tell whether an entry of certain kinds is withheld in the causal past of an act."""
    for log, size in act.seen.items():
        found = state.absent.get(log)
        if found is None or (state.logs[log].party == act.seat) != (bar.whose == "own"):
            continue
        if any(found.get(kind, size) < size for kind in bar.kinds):
            return True
    return False
