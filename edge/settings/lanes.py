"""The settings of every lane of a box: what stands outside `[[lane]]` holds for all, what stands in one, for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.errors import UsageError
from edge.settings.complaints import without_password
from edge.settings.config import load_settings, read_toml, settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from edge.settings.config import Settings

_OWN = ("lane", "camera", "till.reliable", "till.live", "state_dir")
"""No two lanes may have the same of these."""

_SHARED = (
    "model", "ages", "cache_dir", "replay", "events", "metrics", "web", "web_certificate", "web_key",
    "web_unblurred", "debug_pictures",
)  # fmt: skip
"""The age model, what monitoring reads and the setup page are one for the box, and a replay plays one recording."""


@dataclass(frozen=True)
class Origin:
    """Where settings come from, so that they can be read anew: the words of the command line, and the file."""

    flags: list[str] = field(default_factory=list)
    file: Path | None = None

    def load(self) -> tuple[Settings, ...]:
        """Raises UsageError, see `load_lanes`."""
        return load_lanes(self.flags, self.file)


def load_lanes(flags: list[str], file: Path | None) -> tuple[Settings, ...]:
    """One `Settings` for every lane: from flags, EDGE_* variables and the TOML file, which may hold `[[lane]]` tables.

    A table has the lane's `name` and any settings; state is kept in a folder of the lane's name, keys in one for all.
    Raises UsageError, one line, as `load_settings` does, and where two lanes have what each must have to itself.
    """
    content = read_toml(file)
    tables = content.get("lane")
    if not isinstance(tables, list):
        return (load_settings(flags, file),)
    shared = {name: value for name, value in content.items() if name != "lane"}
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise UsageError(f'[[lane]] number {number} of {file} has no name: give it one, name = "lane-{number}"')
    lanes = tuple(_lane(flags, shared, table) for table in tables)
    _require_apart(lanes)
    return lanes


def _lane(flags: list[str], shared: dict[str, Any], table: dict[str, Any]) -> Settings:
    own = {"lane" if name == "name" else name: value for name, value in table.items()}
    try:
        settings = settings_of(flags, _merged(shared, own))
    except UsageError as problem:
        raise UsageError(f"lane {table['name']}: {problem}") from None
    keys_dir = settings.keys_dir or settings.state_dir / "keys"
    state_dir = settings.state_dir if "state_dir" in own else settings.state_dir / settings.lane
    return settings.model_copy(update={"keys_dir": keys_dir, "state_dir": state_dir})


def _merged(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Both, section by section; what is the lane's own wins."""
    merged = shared | own
    for name, value in shared.items():
        if isinstance(value, dict) and isinstance(own.get(name), dict):
            merged[name] = _merged(value, own[name])
    return merged


def _require_apart(lanes: tuple[Settings, ...]) -> None:
    first = lanes[0]
    for number, one in enumerate(lanes):
        for name in _OWN:
            for other in lanes[:number]:
                if (value := _value(one, name)) is not None and value == _value(other, name):
                    what = "two lanes" if name == "lane" else f"{other.lane} and {one.lane}"
                    same = without_password(str(value))
                    raise UsageError(f"{what} have the same {name}, {same!r}: give each its own in its [[lane]]")
        for name in _SHARED:
            if _value(one, name) != _value(first, name):
                raise UsageError(f"lane {one.lane}: {name} is one for the whole box: set it outside [[lane]]")


def _value(settings: Settings, name: str) -> Any:
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value
