"""Fixtures of tests that open whole nodes."""

from tests.doors.node.pairs import founded
from tests.unit.node.houses import meeting

__all__ = ["founded", "meeting"]
