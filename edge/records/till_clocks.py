"""How far the clocks of tills are off, in the lane's database, so that the doctor can say it without the agent."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from edge.records.database import DATABASE_FILE, Database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_TILLS = 100
"""More are not kept, so that no client can fill the disk."""

# Not part of the database's own schema: older agents ignore it.
_SCHEMA = "CREATE TABLE IF NOT EXISTS till_clock (till TEXT PRIMARY KEY, ahead_s REAL NOT NULL) STRICT"


class TillClocks:
    """Joins the running transaction, if there is one, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_SCHEMA)

    def put(self, ahead_s: Mapping[str, float]) -> None:
        """Note how far the clock of each till is ahead, in seconds."""
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO till_clock VALUES (?, ?)", [*ahead_s.items()])
            connection.execute(
                "DELETE FROM till_clock WHERE rowid NOT IN (SELECT rowid FROM till_clock ORDER BY rowid DESC LIMIT ?)",
                (MOST_TILLS,),
            )


def till_clocks(folder: Path) -> dict[str, float]:
    """How far the clock of each till of the lane with this state folder was ahead when it was last connected, in
    seconds; the lane may be running. Raises StoreError."""
    if not (folder / DATABASE_FILE).exists():
        return {}
    with closing(Database(folder, read_only=True)) as database:
        if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'till_clock'"):
            return {}
        rows = database.rows("SELECT till, ahead_s FROM till_clock ORDER BY abs(ahead_s) DESC, till")
    return {str(till): float(str(ahead_s)) for till, ahead_s in rows}
