"""Rows that are not filed yet, in a table of the lane's database: a sale and its purchase are saved together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from edge.records.database import Database

# Not part of the database's own schema: older agents ignore it, and shops that keep no purchases do not have it.
# The key is random and numbers are never reused, so that a file named after the key can never belong to other rows.
_STORE_SCHEMA = """
CREATE TABLE IF NOT EXISTS {table} (
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))), day TEXT NOT NULL,
  {table} TEXT NOT NULL
) STRICT
"""


class Row(Protocol):
    """A pydantic model with a time."""

    @property
    def time(self) -> datetime:
        """In UTC; its day decides which file the row goes to."""

    def model_dump_json(self) -> str:
        """The row as it is stored."""


@dataclass(frozen=True, slots=True)
class Day:
    """The stored rows of one day, in UTC. key: of the first row. last: number of the last row."""

    day: str
    key: str
    last: int


class DayStore:
    """Every method joins the transaction that is open, if there is one, and raises StoreError."""

    def __init__(self, database: Database, table: str) -> None:
        """table: name of the table and of its column with the rows."""
        self._database, self._table = database, table
        with database.transaction() as connection:
            connection.execute(_STORE_SCHEMA.format(table=table))

    def add(self, row: Row) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                f"INSERT INTO {self._table} (day, {self._table}) VALUES (?, ?)",
                (f"{row.time:%Y-%m-%d}", row.model_dump_json()),
            )

    def days(self) -> list[Day]:
        """The days with stored rows, oldest first."""
        # With min(), SQLite takes the other columns from the row that has the smallest number.
        rows = self._database.rows(
            f"SELECT day, key, last FROM (SELECT day, key, min(number) FROM {self._table} GROUP BY day) "
            f"JOIN (SELECT day, max(number) AS last FROM {self._table} GROUP BY day) USING (day) ORDER BY day"
        )
        return [Day(str(day), str(key), int(str(last))) for day, key, last in rows]

    def rows(self, day: Day) -> list[str]:
        """Rows as JSON, in the order in which they were added."""
        query = f"SELECT {self._table} FROM {self._table} WHERE day = ? AND number <= ? ORDER BY number"
        return [str(text) for (text,) in self._database.rows(query, day.day, day.last)]

    def remove(self, day: Day) -> None:
        """Remove the rows of a day, up to its `last`."""
        with self._database.transaction() as connection:
            connection.execute(f"DELETE FROM {self._table} WHERE day = ? AND number <= ?", (day.day, day.last))


class PurchaseStore(DayStore):
    """Rows of `edge.purchases.purchases.Purchase`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "purchase")
