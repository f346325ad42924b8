"""Logs: one line per event to standard error, JSON unless a person is watching. Never contents.

What is logged are codes, counts, kinds and shortened identifiers. No text of an act, no name, no
secret is ever given to a logger; a test looks for planted ones.
"""

from __future__ import annotations

import logging
import sys

import structlog


def set_up_logs(level: str) -> None:
    """Write log lines of `level` and above to standard error."""
    watching = sys.stderr.isatty()
    renderer = (
        structlog.dev.ConsoleRenderer(colors=watching)
        if watching
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
