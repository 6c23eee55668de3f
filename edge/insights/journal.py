"""Purchases that are not filed yet: a table in the lane's database, so that a sale and its purchase are kept together
or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from edge.database import Database
    from edge.insights.purchases import Purchase

# No part of the database's own schema: an older agent leaves it alone, and a shop that wants no purchases never has it.
# The key is random and the numbers are never used twice, so that a file named after the key is the rows' own for ever.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS purchase (
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))), day TEXT NOT NULL,
  purchase TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Day:
    """The purchases of one day, in UTC, that are in the journal. key: of the first one. last: number of the last."""

    day: str
    key: str
    last: int


class PurchaseJournal:
    """Every method is part of a transaction that is under way, if there is one, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_SCHEMA)

    def add(self, purchase: Purchase) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO purchase (day, purchase) VALUES (?, ?)",
                (f"{purchase.time:%Y-%m-%d}", purchase.model_dump_json()),
            )

    def days(self) -> list[Day]:
        """Oldest first."""
        # SQLite takes the other columns from the row that has the least number.
        rows = self._database.rows(
            "SELECT day, key, last FROM (SELECT day, key, min(number) FROM purchase GROUP BY day) "
            "JOIN (SELECT day, max(number) AS last FROM purchase GROUP BY day) USING (day) ORDER BY day"
        )
        return [Day(str(day), str(key), int(str(last))) for day, key, last in rows]

    def purchases(self, day: Day) -> list[str]:
        """Each as JSON, in the order in which they were kept."""
        query = "SELECT purchase FROM purchase WHERE day = ? AND number <= ? ORDER BY number"
        return [str(text) for (text,) in self._database.rows(query, day.day, day.last)]

    def remove(self, day: Day) -> None:
        """What was kept of a day so far."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM purchase WHERE day = ? AND number <= ?", (day.day, day.last))

    def remove_before(self, oldest: date) -> int:
        """What is too old to keep; returns how many."""
        with self._database.transaction() as connection:
            return connection.execute("DELETE FROM purchase WHERE day < ?", (oldest.isoformat(),)).rowcount
