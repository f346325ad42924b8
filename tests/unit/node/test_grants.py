"""Mandates as a node drafts them: one that ends before it begins is a slip, and is entered by nobody."""

from __future__ import annotations

import time

import pytest

from detente.terms.errors import Refused
from tests.unit.node.houses import Meeting


def test_a_mandate_that_is_over_before_it_begins_is_refused(meeting: Meeting) -> None:
    """It would take one of the few places there are, and allow nothing."""
    now = time.time_ns() // 1_000_000
    body = {"delegate": "head", "name": "N. Nabil", "role": "Envoy", "scopes": ["speak"]}
    with meeting.clients() as (a, _b):
        before = a.call("delegates")
        with pytest.raises(Refused) as refusal:
            a.act("charter.grant", {**body, "expires": now - 1000}, actor="root")
        assert refusal.value.code == "api.grant"
        assert refusal.value.sentence.format(**refusal.value.details)
        assert a.call("delegates") == before
        a.act("charter.grant", {**body, "expires": now + 3_600_000}, actor="root")
        assert len(a.call("delegates")) == len(before) + 1
