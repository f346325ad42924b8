"""Compiles the message catalogues whenever the package is built or installed for work on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """The name by which the build tool finds it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write a .mo beside each .po."""
        del version, build_data
        for source in Path(self.root, "src", "detente", "locale").glob("*/LC_MESSAGES/*.po"):
            with source.open("rb") as file:
                catalog = read_po(file, locale=source.parent.parent.name, charset="utf-8")
            with source.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalog)
