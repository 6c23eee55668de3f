"""The settings of a lane as they were recorded last, in its database: what the next change is compared with."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.records.database import Database

# Not part of the database's own schema: older agents ignore it.
_RECORDED_TABLE = "CREATE TABLE IF NOT EXISTS recorded_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"


class RecordedSettings:
    """Joins the running transaction, if there is one, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_RECORDED_TABLE)

    def values(self) -> dict[str, Any]:
        """By name; empty before the first record. What cannot be read is left out."""
        values = {}
        for name, text in self._database.rows("SELECT name, value FROM recorded_setting"):
            with suppress(ValueError):
                values[str(name)] = json.loads(str(text))
        return values

    def put(self, values: Mapping[str, Any]) -> None:
        """These and no others."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM recorded_setting")
            connection.executemany("INSERT INTO recorded_setting VALUES (?, ?)", rows)
