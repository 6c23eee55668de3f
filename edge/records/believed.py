"""The believed time in a lane's database: how far it is, and when everything that is kept was written."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from edge.clock.believed import BelievedTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edge.clock.reading import Reading
    from edge.records.database import Database

BELIEVED_SINCE = 4
"""A database of this version or newer has the believed time."""

_STATE = TypeAdapter(BelievedTime)


def open_time(database: Database, reading: Reading) -> BelievedTime:
    """The time at a reading, from the saved one. The first time of a database is saved. Raises StoreError."""
    with database.transaction():
        if saved := saved_time(database):
            return saved.read(reading)
        ((newest_s,),) = database.rows("SELECT max(at_s) FROM written")
        # Where the saved time was damaged, what is there must not become older.
        start_s = reading.wall_s if newest_s is None else float(str(newest_s))
        begun = BelievedTime(start_s, reading.boot, reading.boot_s).read(reading)
        save_time(database, begun)
    return begun


def saved_time(database: Database) -> BelievedTime | None:
    """The time as it was saved last; None before that, and when it cannot be read. Raises StoreError."""
    if database.version < BELIEVED_SINCE:
        return None
    for (state,) in database.rows("SELECT state FROM believed_time"):
        with suppress(ValidationError):
            return _STATE.validate_json(str(state))
    return None


def save_time(database: Database, time: BelievedTime) -> None:
    """Save it, inside the running transaction if there is one. Raises StoreError."""
    with database.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO believed_time VALUES (1, ?)", (_STATE.dump_json(time).decode(),))


class WrittenTimes:
    """When things of one kind were written, in believed time, by their names. Every method joins the running
    transaction, if there is one, and raises StoreError."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database, self._kind = database, kind

    def all(self) -> dict[str, float]:
        rows = self._database.rows("SELECT name, at_s FROM written WHERE kind = ?", self._kind)
        return {str(name): float(str(at_s)) for name, at_s in rows}

    def put(self, times: Mapping[str, float]) -> None:
        with self._database.transaction() as connection:
            rows = [(self._kind, name, at_s) for name, at_s in times.items()]
            connection.executemany("INSERT OR REPLACE INTO written VALUES (?, ?, ?)", rows)

    def follow(self, names: Iterable[str], now_s: float) -> dict[str, float]:
        """Note those that are new, and forget those that are gone. Returns the times of those that are there."""
        there, known = set(names), self.all()
        self.put(dict.fromkeys(there - known.keys(), now_s))
        self.remove(name for name in known.keys() - there)
        return {name: known.get(name, now_s) for name in there}

    def remove(self, names: Iterable[str]) -> None:
        with self._database.transaction() as connection:
            rows = [(self._kind, name) for name in names]
            connection.executemany("DELETE FROM written WHERE kind = ? AND name = ?", rows)
