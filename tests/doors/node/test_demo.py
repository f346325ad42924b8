"""The demonstration, cut short: what it tells a first reader to type works as it stands."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from detente.node import demo
from tests.locations import ROOT

_ENOUGH = ("pair", "export")
"""Kinds of steps that are played here, besides the opening: the whole scenario takes a minute."""


def _short() -> str:
    """Return the scenario up to an open dialogue and its export."""
    whole = demo.find_scenario().read_text("utf-8")
    head, *steps = whole.split("[[steps]]")
    kept = [one for one in steps if _is_needed(tomllib.loads(one))]
    assert len(kept) == 4
    return "[[steps]]".join([head, *kept])


def _is_needed(step: dict[str, Any]) -> bool:
    return step["do"] in _ENOUGH or step.get("kind", "").startswith("opening.")


@pytest.mark.timeout(180)
def test_the_next_steps_that_the_demo_prints_work_after_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first reader types them in a shell of their own, with their own home and nothing exported."""
    (tmp_path / "short.toml").write_text(_short(), "utf-8")
    monkeypatch.setattr(demo, "find_scenario", lambda: tmp_path / "short.toml")
    monkeypatch.setenv("HOME", str(tmp_path / "home of the demo"))
    monkeypatch.setenv("DETENTE_SECRET_FILE", "")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    said: list[str] = []
    assert demo.run_demo(tmp_path / "demo", leave=True, say=said.append) == 0

    script = [
        "detente " + line.partition(" detente ")[2] if " detente " in line else line.strip()
        for line in said
        if " detente " in line or line.startswith("  export ")
    ]
    script = [line for line in script if " demo " not in line]
    assert [line.split(" ")[-1] for line in script[-1:]] == ["morning.'"]
    assert len(script) == 4
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path / "another home"),
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        ["/bin/sh", "-ec", "\n".join(script)], cwd=tmp_path, env=environment,
        capture_output=True, check=False, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Record intact" in done.stdout
    assert "A channel that works" in done.stdout
