"""A copy of a lane's database from before an update changed its tables, so that the older version can be used again."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from edge.records.chain import Head
from edge.settings.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

KEEP_COPY = timedelta(days=7)
"""The copy holds personal data, and all of it is in the updated file, too."""


class _UpdatedMeanwhileError(Exception):
    """Another process has copied and updated the file."""


def copy_before_update(connection: sqlite3.Connection, file: Path, version: int) -> None:
    """Copy the database to lane.db.VERSION beside it, which replaces an older copy. Raises OSError, sqlite3.Error."""
    with (
        suppress(_UpdatedMeanwhileError),
        replacing(file.with_name(f"{file.name}.{version}"), mode=0o600, durable=True) as draft,
    ):
        connection.execute("VACUUM INTO ?", (str(draft.absolute()),))
        with closing(sqlite3.connect(draft)) as copy:
            if copy.execute("PRAGMA user_version").fetchone() != (version,):
                raise _UpdatedMeanwhileError


def newest_row(file: Path) -> Head | None:
    """Of the audit log in a database of any layout. None if it cannot be read."""
    with (
        suppress(sqlite3.Error, TypeError),
        closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as newer,
    ):
        return Head(*newer.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone())
    return None


def remove_old_copies(file: Path, wall_s: float) -> None:
    """Remove the copies that are older than `KEEP_COPY`. Raises OSError."""
    for copy in file.parent.glob(f"{file.name}.[0-9]*"):
        if wall_s - copy.lstat().st_mtime > KEEP_COPY.total_seconds():
            copy.unlink(missing_ok=True)
