"""Détente: a record that two parties keep together, each on its own node."""

__version__ = "0.1.0"

RECORD_FORMAT = 1
"""Version of the record format, independent of the software's version (spec 00 §4)."""
