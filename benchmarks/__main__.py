"""Measure: ``python -m benchmarks [--name NAME,…]``, or ``make bench``. See docs/guides/benchmarks.md.

Prints one table and adds a line per figure to ``var/bench/results.jsonl``. A missed goal is shown and
changes no exit code; a figure that could not be measured does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks import (
    act,
    acts,
    catchup,
    crypto,
    figure,
    fold,
    machine,
    memory,
    meter,
    pouch,
    start,
    verify,
)
from benchmarks.figure import Figure
from benchmarks.ground import Ground
from benchmarks.meter import Weather
from detente.terms.errors import Fault

FIGURES: Final[dict[str, Callable[[Ground], list[Figure]]]] = {
    "crypto": crypto.measure,
    "act": act.measure,
    "acts": acts.measure,
    "machine": machine.measure,
    "catchup": catchup.measure,
    "verify": verify.measure,
    "pouch": pouch.measure,
    "fold": fold.measure,
    "start": start.measure,
    "memory": memory.measure,
}


def main() -> int:
    """Measure what was asked for."""
    asked = _arguments()
    folder: Path = asked.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    ground = Ground(folder, asked.scale, asked.runs)
    rows: list[tuple[Figure, Weather]] = []
    failed: list[str] = []
    for name in asked.name:
        print(f"{meter.now()} {name} …", file=sys.stderr, flush=True)
        try:
            fresh = _measured(name, ground)
        except (Fault, OSError, RuntimeError, subprocess.SubprocessError):
            traceback.print_exc()
            failed.append(name)
            continue
        rows += fresh
        if asked.scale == 1:
            figure.append(folder / "results.jsonl", fresh)
    print(f"\n{meter.machine()}\n{meter.now()}\n\n{figure.show(rows)}")
    if asked.scale != 1:
        print(f"\nA trial at scale {asked.scale}: goals do not apply, and nothing was recorded.")
    if failed:
        print(f"\nCould not be measured: {', '.join(failed)}.")
    return 1 if failed else 0


def _measured(name: str, ground: Ground) -> list[tuple[Figure, Weather]]:
    before = meter.probe(ground.folder)
    found = FIGURES[name](ground)
    weather = meter.between(before, meter.probe(ground.folder))
    return [(one, weather) for one in found]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--name", type=_names, default=list(FIGURES), metavar="NAME,…", help=", ".join(FIGURES)
    )
    parser.add_argument("--runs", type=int, default=5, help="runs of which the median is taken")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full sizes")
    parser.add_argument(
        "--folder", type=Path, default=Path("var/bench"), help="on the disk to be measured"
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    wanted = text.split(",")
    unknown = [name for name in wanted if name not in FIGURES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no figure {unknown[0]}; there are: {', '.join(FIGURES)}")
    return wanted


if __name__ == "__main__":
    sys.exit(main())
