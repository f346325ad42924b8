"""Settings of one node: a TOML file in its folder, each value overridable by the environment.

A value such as ``listen`` stands in ``detente.toml`` and is overridden by ``DETENTE_LISTEN``. No setting
holds a secret.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from detente.courier.address import parse_address
from detente.node.plain import SETTINGS_FILE
from detente.terms.errors import N_, Refused

_LIST = re.compile(r'\s*\[\s*(["\]])')
"""How a list begins, and an address in brackets does not."""


class Settings(BaseSettings):
    """All settings with their defaults."""

    model_config = SettingsConfigDict(env_prefix="DETENTE_", extra="forbid")

    listen: Annotated[list[str], NoDecode] = Field(default_factory=list)
    """``host:port`` to listen on for other nodes, in the variable divided by commas; empty to listen
    nowhere."""
    minute_after_s: float = Field(default=10.0, ge=0.0, le=86_400.0)
    """Quiet time after which the node begins a minute; without quiet, ten times as long."""
    heartbeat_s: float = Field(default=15.0, ge=0.05, le=300.0)
    dead_s: float = Field(default=45.0, ge=0.1, le=900.0)
    constant_rate_s: float = Field(default=0.0, ge=0.0, le=60.0)
    """Above 0: one padded segment per this many seconds, whether there is news or not."""
    secret_memory_mib: int = Field(default=256, ge=8, le=4096)
    """Memory that one guess at a passphrase costs, for keys made from now on."""
    life_mark: str = ""
    """File outside the node's folder by which a restored copy is recognised; empty for the default."""
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @field_validator("listen", mode="before")
    @classmethod
    def _divide(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if _LIST.match(value):
            return json.loads(value)
        return [one.strip() for one in value.split(",") if one.strip()]

    @field_validator("listen")
    @classmethod
    def _check_addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            try:
                parse_address(address)
            except Refused as fault:
                raise ValueError(str(fault)) from None
        return value

    @field_validator("dead_s")
    @classmethod
    def _check_silence(cls, value: float, info: ValidationInfo) -> float:
        if value <= info.data.get("heartbeat_s", 0.0):
            raise ValueError("a link would count as dead between two heartbeats")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(folder: Path) -> Settings:
    """Return the settings of a node's folder.

    Raises:
        Refused: ``settings.file`` or ``settings.value``, naming the setting.
    """
    path = folder / SETTINGS_FILE
    values: dict[str, Any] = {}
    if path.exists():
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Refused(
                "settings.file",
                N_("The settings in {path} cannot be read: {why}."),
                N_("Mend the file; each line is: name = value."),
                path=str(path),
                why=str(error),
            ) from None
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(
            "settings.value",
            N_("The setting {name} is wrong: {why}."),
            N_("Mend it in detente.toml, or the variable DETENTE_… that overrides it."),
            name=".".join(str(part) for part in first["loc"]) or "?",
            why=first["msg"],
        ) from None


def write_settings(
    folder: Path, listen: list[str], secret_memory_mib: int, life_mark: str = ""
) -> None:
    """Write the first settings of a node, with a word on each."""
    quoted = ", ".join(json.dumps(address) for address in listen)
    (folder / SETTINGS_FILE).write_text(
        "# Settings of this node. Each is overridden by a variable such as DETENTE_LISTEN.\n"
        "# Where to listen for the other side's node; empty to only dial, or to use pouches alone.\n"
        f"listen = [{quoted}]\n"
        "# Quiet seconds after which both nodes sign a minute, which makes all below it final; in a\n"
        "# talk that never falls quiet, at the latest after ten times as long.\n"
        "minute_after_s = 10.0\n"
        "# MiB of memory that one guess at a passphrase costs, for keys made from now on.\n"
        f"secret_memory_mib = {secret_memory_mib}\n"
        "# File outside this folder that says how far our logs had come. Without it the node writes\n"
        "# nothing until the other side is heard: it may be an older copy. Empty: in detente/ under\n"
        "# XDG_STATE_HOME, or under ~/.local/state of whoever runs the node. Move it with the node.\n"
        f"life_mark = {json.dumps(life_mark)}\n",
        encoding="utf-8",
    )
