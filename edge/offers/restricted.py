"""Names of goods that tills have marked as restricted, in the lane's database, so that they are never offered."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from edge.records.database import DATABASE_FILE, Database

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_RESTRICTED_SCHEMA = "CREATE TABLE IF NOT EXISTS restricted_goods (name TEXT PRIMARY KEY) STRICT"
_NAMES = "SELECT name FROM restricted_goods"


class RestrictedGoods:
    """Every method joins the transaction that is open, if there is one, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_RESTRICTED_SCHEMA)

    def names(self) -> frozenset[str]:
        return frozenset(str(name) for (name,) in self._database.rows(_NAMES))

    def add(self, names: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO restricted_goods VALUES (?)", [(name,) for name in names])


def known_restricted(folder: Path) -> frozenset[str]:
    """The names that the lane with this state folder has stored; the lane may be running. Raises StoreError."""
    if not (folder / DATABASE_FILE).exists():
        return frozenset()
    with closing(Database(folder, read_only=True)) as database:
        if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'restricted_goods'"):
            return frozenset()
        return frozenset(str(name) for (name,) in database.rows(_NAMES))
