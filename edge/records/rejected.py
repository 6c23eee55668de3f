"""What tills have sent in vain lately, in the lane's database, so that the doctor can say it without the agent."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.records.database import DATABASE_FILE, Database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge.till.rejections import RejectionNote

NOTES_KEPT = timedelta(days=7)
MOST_ROWS = 500
"""The oldest of more rows are removed, so that no client can fill the disk."""

# Not part of the database's own schema: older agents ignore it.
_REJECTED_SCHEMA = """
CREATE TABLE IF NOT EXISTS rejected (
  day TEXT NOT NULL, client TEXT NOT NULL, reason TEXT NOT NULL, times INTEGER NOT NULL, explanation TEXT NOT NULL,
  last_at REAL NOT NULL, PRIMARY KEY (day, client, reason)
) STRICT
"""


@dataclass(frozen=True, slots=True)
class RejectedLately:
    """How often something of a client was rejected for a reason, and the last explanation. client, reason: as in
    `Rejections`."""

    client: str
    reason: str
    times: int
    explanation: str


class RejectedStore:
    """Both methods join the transaction that is open, if there is one, and raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_REJECTED_SCHEMA)

    def add(self, notes: Mapping[tuple[str, str], RejectionNote], at: datetime, now_s: float) -> None:
        """Add notes, by client and reason. at: now, by the wall clock. now_s: in believed time. Removes those that are
        older than NOTES_KEPT."""
        rows = [
            (_day(at), client, reason, note.times, note.explanation, now_s) for (client, reason), note in notes.items()
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "times = times + excluded.times, explanation = excluded.explanation, last_at = excluded.last_at",
                rows,
            )
            connection.execute("DELETE FROM rejected WHERE last_at < ?", (now_s - NOTES_KEPT.total_seconds(),))
            connection.execute(
                "DELETE FROM rejected WHERE rowid NOT IN (SELECT rowid FROM rejected ORDER BY last_at DESC LIMIT ?)",
                (MOST_ROWS,),
            )


def rejected_lately(folder: Path, since: datetime) -> list[RejectedLately]:
    """What the lane with this state folder has rejected on the day of `since` and later, the most frequent first; the
    lane may be running. Raises StoreError."""
    if not (folder / DATABASE_FILE).exists():
        return []
    with closing(Database(folder, read_only=True)) as database:
        if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'rejected'"):
            return []
        # With max(), SQLite takes the explanation from the newest row.
        rows = database.rows(
            "SELECT client, reason, sum(times) AS total, explanation, max(last_at) FROM rejected WHERE day >= ? "
            "GROUP BY client, reason ORDER BY total DESC, client, reason",
            _day(since),
        )
    return [RejectedLately(str(row[0]), str(row[1]), int(str(row[2])), str(row[3])) for row in rows]


def _day(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y-%m-%d}"
