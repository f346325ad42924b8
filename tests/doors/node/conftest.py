"""Fixtures of tests with real nodes."""

from tests.doors.node.pairs import founded, pair

__all__ = ["founded", "pair"]
