"""Where tests find things outside themselves.

Published vectors and cases belong to other people and are not part of this repository: they lie in
a folder `shared` beside the clone, or where ``DETENTE_SHARED`` says. Tests that need them skip
without them, and say so.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("DETENTE_SHARED") or ROOT.parent / "shared")


def shared_path(*parts: str) -> Path:
    """Return the path of a shared file or folder; skip the calling test or module without it."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        wanted = "/".join(("shared", *parts))
        pytest.skip(
            f"no {wanted} beside the clone; DETENTE_SHARED may name its place",
            allow_module_level=True,
        )
    return path
