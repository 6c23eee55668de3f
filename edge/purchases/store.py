"""Rows that are not filed yet: a table in the lane's database, so that a sale and its purchase are kept together or not
at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date, datetime

    from edge.records.database import Database

# No part of the database's own schema: an older agent leaves it alone, and a shop that wants no purchases never has it.
# The key is random and the numbers are never used twice, so that a file named after the key is the rows' own for ever.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))), day TEXT NOT NULL,
  {table} TEXT NOT NULL
) STRICT
"""


class Row(Protocol):
    """What is kept: a pydantic model with a time."""

    @property
    def time(self) -> datetime:
        """In UTC; its day is the file's."""

    def model_dump_json(self) -> str:
        """As it is kept."""


@dataclass(frozen=True, slots=True)
class Day:
    """The rows of one day, in UTC, that are in the journal. key: of the first one. last: number of the last."""

    day: str
    key: str
    last: int


class DayStore:
    """Every method is part of a transaction that is under way, if there is one, and raises StoreError."""

    def __init__(self, database: Database, table: str) -> None:
        """table: its name, and that of the column with the rows."""
        self._database, self._table = database, table
        with database.transaction() as connection:
            connection.execute(_SCHEMA.format(table=table))

    def add(self, row: Row) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT INTO {self._table} (day, {self._table}) VALUES (?, ?)",
                (f"{row.time:%Y-%m-%d}", row.model_dump_json()),
            )

    def days(self) -> list[Day]:
        """Oldest first."""
        # SQLite takes the other columns from the row that has the least number.
        rows = self._database.rows(
            f"SELECT day, key, last FROM (SELECT day, key, min(number) FROM {self._table} GROUP BY day) "
            f"JOIN (SELECT day, max(number) AS last FROM {self._table} GROUP BY day) USING (day) ORDER BY day"
        )
        return [Day(str(day), str(key), int(str(last))) for day, key, last in rows]

    def rows(self, day: Day) -> list[str]:
        """Each row as JSON, in the order in which they were kept."""
        query = f"SELECT {self._table} FROM {self._table} WHERE day = ? AND number <= ? ORDER BY number"
        return [str(text) for (text,) in self._database.rows(query, day.day, day.last)]

    def remove(self, day: Day) -> None:
        """What was kept of a day so far."""
        with self._database.transaction() as connection:
            connection.execute(f"DELETE FROM {self._table} WHERE day = ? AND number <= ?", (day.day, day.last))

    def remove_before(self, oldest: date) -> int:
        """What is too old to keep; returns how many."""
        with self._database.transaction() as connection:
            return connection.execute(f"DELETE FROM {self._table} WHERE day < ?", (oldest.isoformat(),)).rowcount


class PurchaseStore(DayStore):
    """What was bought."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "purchase")
