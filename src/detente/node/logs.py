"""Logs: one line per event to standard error, JSON unless a person is watching. Never contents.

What is logged are codes, counts, kinds and shortened identifiers. No text of an act, no name, no
secret is ever given to a logger; a test looks for planted ones. Of an exception its type and the
places in the program are logged, never its message, which may quote what it choked on.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

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
            _places,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _places(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the type of an exception, and where it arose, in its place."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        event["places"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
    return event
