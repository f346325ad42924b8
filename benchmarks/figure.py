"""One row of the table: what was measured, against whom, and whether the goal was met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import meter
from benchmarks.meter import Weather


class Figure(NamedTuple):
    """One value, with its goal and its peer."""

    name: str
    value: float
    unit: str
    goal: str = ""
    """In words; empty when none was set."""
    met: bool | None = None
    peer: str = ""
    """Name and version; why it is missing when `peer_value` is None."""
    peer_value: float | None = None
    note: str = ""
    """What was measured, where the name does not say it."""

    @property
    def ratio(self) -> float | None:
        """Return ours over theirs."""
        return self.value / self.peer_value if self.peer_value else None


def to_line(figure: Figure, weather: Weather) -> str:
    """Return the line of ``results.jsonl``."""
    plain: dict[str, Any] = {
        **figure._asdict(),
        "ratio": figure.ratio,
        **weather._asdict(),
        "machine": meter.machine(),
        "date": meter.now(),
    }
    return json.dumps({key: _rounded(value) for key, value in plain.items()}, ensure_ascii=False)


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def show(rows: list[tuple[Figure, Weather]]) -> str:
    """Return the table as text."""
    head = (
        "figure",
        "value",
        "unit",
        "goal",
        "met",
        "peer",
        "theirs",
        "ratio",
        "fdatasync",
        "sha256",
        "load",
    )
    lines = [head, *(_cells(figure, weather) for figure, weather in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    text = []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        text.append("  ".join(cells).rstrip())
    text.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"  {figure.name}: {figure.note}" for figure, _ in rows if figure.note]
    return "\n".join([*text, *(["", *notes] if notes else [])])


def _cells(figure: Figure, weather: Weather) -> tuple[str, ...]:
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    theirs = _number(figure.peer_value) if figure.peer_value is not None else ""
    ratio = f"{figure.ratio:.3g}" if figure.ratio is not None else ""
    return (
        figure.name, _number(figure.value), figure.unit, figure.goal, met, figure.peer, theirs,
        ratio, f"{weather.fdatasync_ms:.2f} ms", f"{weather.sha256_per_ms:.0f}/ms", f"{weather.load:.1f}",
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ") if value >= 100 else f"{value:.3g}"


def append(path: Path, rows: list[tuple[Figure, Weather]]) -> None:
    """Add rows to the file of results."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(to_line(*row) + "\n" for row in rows)
