"""Writes what was set on the page into the config file; keeps comments and order, and replaces the file in one step."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.files import replace_content
from edge.settings.toml_files import parse_toml, toml_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.settings.sections import PictureSettings, Point


def zone_line(zone: Sequence[Point]) -> str:
    """The line of a config file that sets the zone."""
    return f"zone = {[[round(float(x), 4), round(float(y), 4)] for x, y in zone]}"


def picture_line(picture: PictureSettings) -> str:
    """The line of a config file that sets how the picture is scaled, turned and mirrored."""
    aspect = f'aspect = "{picture.aspect}", ' if picture.aspect else ""
    return f"picture = {{{aspect}rotate = {picture.rotate}, mirror = {str(picture.mirror).lower()}}}"


def save(file: Path, lane: str, *lines: str) -> None:
    """Set these lines in a lane's TOML config file: in its own `[[lane]]` table when the file has such tables.

    A section that the file has already gets the values of its line, and loses the others. A file in UTF-16 becomes
    UTF-8. Raises UsageError when the file cannot be read, is not TOML or has no such lane, and RunError when it cannot
    be written.
    """
    file = file.resolve()
    changed = with_lines(toml_text(file), file, lane, *lines)
    try:
        replace_content(file, changed.encode())  # with its own line ends
    except OSError as error:
        raise RunError(words("cannot write {file}: {reason}", file=file, reason=system_words(error))) from None


def with_lines(text: str, file: Path, lane: str | None, *lines: str) -> str:
    """The text of a config file with these lines in a lane's table, as `save` sets them. lane: None for lines that hold
    for the whole box. Raises UsageError."""
    # Says in plain words what is wrong, and rejects what would take tomlkit for ever.
    parse_toml(text, file)
    try:
        document = tomlkit.parse(text)
    except TOMLKitError:  # stricter than the other parser, or wrong
        raise UsageError(
            words("{file} has TOML that the page cannot change: set it there yourself", file=file)
        ) from None
    tables = document.get("lane")
    if isinstance(tables, list) and lane is not None:
        table = next((entry for entry in tables if entry.get("name") == lane), None)
        if table is None:
            raise UsageError(words('{file} has no [[lane]] with name = "{lane}"', file=file, lane=lane))
    else:
        table = document
    for line in lines:
        for name, value in tomlkit.parse(line + "\n").items():
            _set(table, name, value)
    return tomlkit.dumps(document)


def _set(table: MutableMapping[str, Any], name: str, value: Any) -> None:
    section = table.get(name)
    if not isinstance(section, MutableMapping):
        table[name] = value
        return
    # Replaced as a whole, a section would end up inside the one before it.
    for key in [key for key in section if key not in value]:
        del section[key]
    for key, inner in value.items():
        section[key] = inner.unwrap() if hasattr(inner, "unwrap") else inner
