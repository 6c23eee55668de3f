"""The names of goods that tills have marked as restricted: in the lane's database, so that they are never offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.database import Database

_SCHEMA = "CREATE TABLE IF NOT EXISTS restricted_goods (name TEXT PRIMARY KEY) STRICT"


class RestrictedGoods:
    """Every method is part of a transaction that is under way, if there is one, and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            connection.execute(_SCHEMA)

    def names(self) -> frozenset[str]:
        return frozenset(str(name) for (name,) in self._database.rows("SELECT name FROM restricted_goods"))

    def add(self, names: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR IGNORE INTO restricted_goods VALUES (?)", [(name,) for name in names])
