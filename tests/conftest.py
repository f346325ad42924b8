"""What every test stands on: Hypothesis profiles, shared files, and marks that may skip."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.database import DirectoryBasedExampleDatabase

from tests.locations import ROOT, shared_path

set_hypothesis_home_dir(ROOT / "var" / "hypothesis")
# The same examples on every run, so that a red test is about the change and not about luck.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# New examples on every run; a failing one is kept and tried first next time.
settings.register_profile(
    "soak",
    derandomize=False,
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(ROOT / "var" / "hypothesis" / "examples"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("DETENTE_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of published vectors and cases, or skip the test."""
    return shared_path()


@cache
def _why_no_root() -> str:
    if os.geteuid() != 0:
        return "needs root"
    for tool in ("ip", "unshare"):
        if shutil.which(tool) is None:
            return f"needs the command {tool} (Debian: apt-get install iproute2 util-linux)"
    tried = subprocess.run(
        ["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
    )
    return "" if tried.returncode == 0 else "this machine allows no network namespaces"


@cache
def _why_no_browser() -> str:
    if os.environ.get("CHROMIUM") or shutil.which("chromium"):
        return ""
    return "needs a browser (Debian: apt-get install chromium)"


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, why_not in (("root", _why_no_root), ("browser", _why_no_browser)):
        if item.get_closest_marker(mark) and (reason := why_not()):
            pytest.skip(reason)
