"""The error door: turns any fault into words, a next step and an exit code.

Exit codes: 0 done; 1 something checked was found wrong; 2 refused, our side asked for what the rules
forbid; 3 rejected, bytes from elsewhere are wrong; 4 not available now; 64 a command that cannot be
understood; 70 a fault of this program; 130 interrupted. `verify` uses 0, 1, 2 and 64 in its own sense.

Invariants: a secret never appears, because faults carry none and because of an unexpected exception
only its type and the places in the program are shown, never its message or values.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any, Final

from detente.cli.words import N_, _, fill
from detente.terms.errors import Bug, Detail, Fault, Refused, Rejected, Unavailable
from detente.terms.text import quote_foreign

USAGE: Final = 64
_USAGE_CHARS: Final = 600
INTERRUPTED: Final = 130


class Usage(Refused):
    """The command as typed cannot be understood."""

    exit_code = USAGE


_FAMILIES: Final = (
    (Usage, N_("Not understood")),
    (Refused, N_("Refused")),
    (Rejected, N_("Rejected")),
    (Unavailable, N_("Not available")),
    (Bug, N_("A fault of this program")),
)


class Misread(Refused):
    """A fault with several places to show, one line each.

    Args:
        places: already harmless, shown under the sentence.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        next_step: str,
        places: tuple[str, ...],
        **details: str | int,
    ) -> None:
        super().__init__(code, sentence, next_step, **details)
        self.places = places


def show_fault(fault: Fault, *, as_json: bool) -> int:
    """Write `fault` to standard error, for a person or a program, and return its exit code."""
    sentence, next_step = _filled(fault.sentence, fault), _filled(fault.next_step, fault)
    places = getattr(fault, "places", ())
    if as_json:
        told: dict[str, Any] = {"code": fault.code, "sentence": sentence, "next_step": next_step}
        if places:
            told["places"] = list(places)
        json.dump({"error": told}, sys.stderr)
        sys.stderr.write("\n")
        return fault.exit_code
    family = next((_(name) for kind, name in _FAMILIES if isinstance(fault, kind)), _("Fault"))
    lines = [f"{family}: {sentence}", *(f"  {place}" for place in places)]
    if next_step:
        lines.append(_("Next: {step}", step=next_step))
    sys.stderr.write("\n".join([*lines, f"[{fault.code}]"]) + "\n")
    return fault.exit_code


class Misused(Usage):
    """What the library says about a command line: shown whole, for its end says what there is."""

    def quoted_details(self) -> dict[str, Detail]:
        """Return the details made harmless and not cut to a few words."""
        return {key: quote_foreign(str(value), _USAGE_CHARS) for key, value in self.details.items()}


def show_usage(message: str, hint: str, *, as_json: bool) -> int:
    """Write what is wrong with a command line, and where its help is."""
    fault = Misused("cli.usage", N_("{message}"), N_("{hint}"), message=message, hint=hint)
    return show_fault(fault, as_json=as_json)


def show_unexpected(error: BaseException, *, as_json: bool, verbose: bool) -> int:
    """Write that something broke which should not have; with `verbose`, where."""
    if verbose:
        frames = traceback.extract_tb(error.__traceback__)
        sys.stderr.writelines(f"  {one.filename}:{one.lineno} {one.name}\n" for one in frames)
    return show_fault(Bug(type(error).__name__), as_json=as_json)


def unreadable(error: OSError) -> Unavailable:
    """Return the fault for a file or socket that the system did not let us use."""
    return Unavailable(
        "cli.system",
        N_("The system refused: {reason} {file}"),
        N_("Check the path and its permissions, and try again."),
        reason=error.strerror or type(error).__name__,
        file=str(error.filename or ""),
    )


def _filled(message: str, fault: Fault) -> str:
    return fill(_(message), fault.quoted_details()) if message else ""
