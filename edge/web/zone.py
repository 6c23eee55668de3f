"""Writing a customer zone into the config file: comments and order stay, and a reader finds the file whole."""

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
    """The line that says so in a config file."""
    return f"zone = {[[round(float(x), 4), round(float(y), 4)] for x, y in zone]}"


def save(file: Path, lane: str, zone: Sequence[Point]) -> None:
    """Write a lane's zone into the TOML file that holds its settings: into its `[[lane]]` table, if there are any.

    Raises RunError when the file cannot be read or written, UsageError when it no longer knows the lane.
    """
    file = file.resolve()
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise RunError(f"cannot read {file}: {problem.strerror}") from None
    except (TOMLKitError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file} is no longer TOML: {problem}") from None
    tables = document.get("lane")
    if isinstance(tables, list):
        table = next((one for one in tables if one.get("name") == lane), None)
        if table is None:
            raise UsageError(f'{file} has no [[lane]] with name = "{lane}" any more')
    else:
        table = document
    table["zone"] = tomlkit.parse(as_toml(zone) + "\n")["zone"]
    _replace(file, tomlkit.dumps(document))


def _replace(file: Path, text: str) -> None:
    """Put another text into a file, with its mode and owner, in one step."""
    try:
        known = file.stat()
        with replacing(file, mode=stat.S_IMODE(known.st_mode), durable=True) as draft:
            draft.write_text(text, encoding="utf-8")
            if (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(draft, known.st_uid, known.st_gid)
    except OSError as problem:
        raise RunError(f"cannot write {file}: {problem.strerror}") from None
