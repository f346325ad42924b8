"""A talk under one protocol's rules: every act is checked before it is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Generic, TypeVar

import pytest

from detente.charter.act import Act
from detente.terms.errors import Violation
from detente.terms.ids import EntryId, LogId, Ref
from tests.acts import Talk, digest

State = TypeVar("State")

NOWHERE = Ref(LogId(digest("no log")), 4, EntryId(digest("no entry")))


class Spoken(Generic[State]):
    """The state of one protocol and the acts that made it."""

    def __init__(
        self, rules: ModuleType, state: ModuleType, empty: State, parties: int = 2
    ) -> None:
        self._check: Callable[[State, Act], None] = rules.check
        self._apply: Callable[[State, Act], State] = state.apply
        self.talk = Talk(parties)
        self.state = empty

    def draft(self, seat: int, kind: int, body: Any, **how: Any) -> Act:
        act = self.talk.act(seat, kind, body, **how)
        self.talk.acts.remove(act)
        return act

    def do(
        self, seat: int, kind: int, body: Any, *, past: Iterable[Act] | None = None, **how: Any
    ) -> Act:
        """Check and count an act."""
        act = self.draft(seat, kind, body, past=past, **how)
        self._check(self.state, act)
        self.state = self._apply(self.state, act)
        self.talk.acts.append(act)
        return act

    def broken(self, seat: int, kind: int, body: Any, **how: Any) -> str:
        """Return the rule that an act would break; the fault can be shown to a person."""
        with pytest.raises(Violation) as fault:
            self._check(self.state, self.draft(seat, kind, body, **how))
        assert str(fault.value)
        return fault.value.code

    def ignores(self, seat: int, kind: int, body: Any) -> bool:
        """Tell whether an act about something unknown passes the rules and changes nothing.

        What an act names is checked where the whole record is known; here `apply` must be total.
        """
        act = self.draft(seat, kind, body)
        self._check(self.state, act)
        return self._apply(self.state, act) is self.state
