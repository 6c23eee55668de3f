"""Writes a customer zone into the config file; keeps comments and order, and replaces the file in one step."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import tomlkit
from tomlkit.exceptions import TOMLKitError

from edge.errors import RunError, UsageError
from edge.settings.files import replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.settings.sections import Point


def as_toml(zone: Sequence[Point]) -> str:
    """The line of a config file that sets the zone."""
    return f"zone = {[[round(float(x), 4), round(float(y), 4)] for x, y in zone]}"


def save(file: Path, lane: str, zone: Sequence[Point]) -> None:
    """Write a lane's zone into its TOML config file: into its own `[[lane]]` table when the file has such tables.

    Raises RunError when the file cannot be read or written, UsageError when it is not TOML or has no such lane.
    """
    file = file.resolve()
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"cannot read {file}: {error.strerror}") from None
    except (TOMLKitError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from None
    tables = document.get("lane")
    if isinstance(tables, list):
        table = next((entry for entry in tables if entry.get("name") == lane), None)
        if table is None:
            raise UsageError(f'{file} has no [[lane]] with name = "{lane}"')
    else:
        table = document
    table["zone"] = tomlkit.parse(as_toml(zone) + "\n")["zone"]
    _replace(file, tomlkit.dumps(document))


def _replace(file: Path, text: str) -> None:
    """Replace a file's text in one step; its mode and owner stay. Raises RunError."""
    try:
        known = file.stat()
        with replacing(file, mode=stat.S_IMODE(known.st_mode), durable=True) as draft:
            draft.write_text(text, encoding="utf-8")
            if (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(draft, known.st_uid, known.st_gid)
    except OSError as error:
        raise RunError(f"cannot write {file}: {error.strerror}") from None
