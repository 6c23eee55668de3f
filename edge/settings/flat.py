"""The settings of a lane by their names, as values that can be recorded: without passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.settings.config import Settings
from edge.settings.passwords import without_password
from edge.settings.scope import declarations

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = Any
"""What JSON can express."""


def flat_settings(settings: Settings) -> dict[str, Value]:
    """Every setting by its name as in TOML, `policy.legal_age`, in the order of declaration. Without passwords."""
    return _flat(settings.model_dump(mode="json"))


def default_settings() -> dict[str, Value]:
    """The same for settings that nobody has set."""
    return _flat(Settings.model_construct().model_dump(mode="json"))


def _flat(dumped: Mapping[str, Any]) -> dict[str, Value]:
    return {each.name: _harmless(_value(dumped, each.name)) for each in declarations(Settings)}


def _value(dumped: Mapping[str, Any], name: str) -> Value:
    section, _, inner = name.rpartition(".")
    return dumped[section][inner] if section else dumped[name]


def _harmless(value: Value) -> Value:
    """Any text may be an address with a password: a camera, and what settings of later versions name."""
    is_address = isinstance(value, str) and (":/" in value or value.startswith("gst:"))
    return without_password(value) if is_address else value
