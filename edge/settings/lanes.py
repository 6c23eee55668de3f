"""The settings of every lane of a box: a [[lane]] table holds for its lane, everything outside the tables for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.errors import UsageError
from edge.language.words import words
from edge.settings.config import Settings
from edge.settings.load import settings_of
from edge.settings.parts import Parts, merged, read_parts
from edge.settings.passwords import without_password
from edge.settings.place import NOWHERE, Place
from edge.settings.places import Places
from edge.settings.scope import declarations, top_level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNIQUE = tuple(each.name for each in declarations(Settings) if each.scope.unique)
"""No two lanes may have the same value of these."""

PER_BOX = top_level(Settings, lambda scope: scope.per == "box")
"""Settings and sections that are the same for all lanes of a box."""


@dataclass(frozen=True)
class Origin:
    """Where the settings came from, so that they can be loaded again. flags: of the command line. file: TOML; it may
    include another."""

    flags: list[str] = field(default_factory=list)
    file: Path | None = None

    def load(self) -> tuple[Settings, ...]:
        """Raises UsageError, see `load_lanes`."""
        return load_lanes(self.flags, self.file)


def load_lanes(flags: list[str], file: Path | None) -> tuple[Settings, ...]:
    """One `Settings` per lane, from flags, EDGE_* variables and a TOML file, which may have `[[lane]]` tables.

    A table has the lane's `name` and any settings. Each lane gets a state folder of its name; the keys are shared.
    Raises UsageError, one line: as `load_settings`, for a lane without a name, for two lanes with the same value of a
    `UNIQUE` setting, and for lanes that differ in a `PER_BOX` setting.
    """
    return lanes_of(flags, read_parts(file))


def lanes_of(flags: list[str], parts: Parts) -> tuple[Settings, ...]:
    """Like `load_lanes`, from the parsed files."""
    content, files = parts.content, parts.files
    tables = content.get("lane")
    if not isinstance(tables, list):
        return (settings_of(flags, content, files),)
    shared = {name: value for name, value in content.items() if name != "lane"}
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            place = Place(*(Places(files=files, table=number - 1).line(()) or (files[0], 1)))
            problem = words('[[lane]] number {number} has no name: give it one, name = "lane-{number}"', number=number)
            raise UsageError(place.of(problem))
    lanes = tuple(_lane(flags, shared, table, files, number) for number, table in enumerate(tables))
    _check_unique(lanes, files)
    _check_per_box(lanes, files)
    return lanes


def _lane(
    flags: list[str], shared: dict[str, Any], table: dict[str, Any], files: Sequence[Path], number: int
) -> Settings:
    own = {"lane" if name == "name" else name: value for name, value in table.items()}
    try:
        settings = settings_of(flags, merged(shared, own), files, number)
    except UsageError as problem:
        if str(problem).startswith(tuple(f"{file}, line " for file in files)):
            raise
        raise UsageError(words("lane {lane}: {problem}", lane=table["name"], problem=problem)) from None
    keys_dir = settings.keys_dir or settings.state_dir / "keys"
    state_dir = settings.state_dir if "state_dir" in own else settings.state_dir / settings.lane
    return settings.model_copy(update={"keys_dir": keys_dir, "state_dir": state_dir})


def _check_unique(lanes: tuple[Settings, ...], files: Sequence[Path]) -> None:
    for number, lane in enumerate(lanes):
        for name in UNIQUE:
            for other in lanes[:number]:
                if (value := _value(lane, name)) is not None and value == _value(other, name):
                    problem = words(
                        "{lanes} have the same {name}, {value}: give each its own in its [[lane]]",
                        lanes=words("two lanes")
                        if name == "lane"
                        else words("{one} and {other}", one=other.lane, other=lane.lane),
                        name=name,
                        value=repr(without_password(str(value))),
                    )
                    place = Places(files=files, table=number).place(tuple(name.split(".")))
                    raise UsageError(place.of(problem))


def _check_per_box(lanes: tuple[Settings, ...], files: Sequence[Path]) -> None:
    for number, lane in enumerate(lanes):
        for name in PER_BOX:
            if getattr(lane, name) != getattr(lanes[0], name):
                places = (Places(files=files, table=each).place((name,)) for each in (number, 0))
                problem = words(
                    "lane {lane}: {name} is the same for the whole box: set it outside [[lane]]",
                    lane=lane.lane,
                    name=name,
                )
                raise UsageError(next(filter(None, places), NOWHERE).of(problem))


def _value(settings: Settings, name: str) -> Any:
    value: Any = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value
