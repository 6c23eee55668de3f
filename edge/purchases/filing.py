"""Moves rows from a lane's database into Parquet files, and removes old files. Runs on a thread of its own."""

from __future__ import annotations

import logging
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.clock.reading import Reading, read_clocks
from edge.purchases.parquet import SUFFIX, Layout, write_day
from edge.purchases.shelf import Shelf
from edge.purchases.store import Day, DayStore
from edge.records.database import Database, StoreError
from edge.settings.files import make_private_folder

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from edge.settings.config import Settings

log = logging.getLogger(__name__)

EVERY_S = 600.0
"""How often rows are filed."""


@dataclass(frozen=True)
class FiledTable:
    """A table that is filed. store: opens it. layout: of its files. folder: for them, relative to that of purchases."""

    store: Callable[[Database], DayStore]
    layout: Layout
    folder: str = "."


class Filing:
    """Files the tables of one lane. Use it from one thread."""

    def __init__(self, settings: Settings, tables: Sequence[FiledTable]) -> None:
        self._settings, self._folder, self._tables = settings, settings.purchases, tables
        self._written: dict[tuple[str, str], Day] = {}
        self.failures = 0
        """How often filing has failed since the start. The rows stay in the database then."""
        self._problem = ""

    @property
    def problem(self) -> str:
        """Why purchases are not filed, in one sentence; empty while they are."""
        if not self._problem:
            return ""
        return f"purchases of {self._settings.lane} cannot be filed and stay in its database: {self._problem}"

    def reading(self) -> Reading:
        """The clocks now."""
        return read_clocks(trusted=self._settings.clock.trusted)

    @property
    def wanted(self) -> bool:
        """Whether the shop keeps purchases, or has files from when it did: those must be removed in time."""
        return self._settings.insights.enabled or self._folder.exists()

    def update(self, reading: Reading) -> None:
        """File new rows, and remove rows and files older than `insights.keep_days` if the clock can be believed. A
        failure is logged once; the next call tries again. reading: of the clocks now."""
        try:
            # Created on the first day: `wanted` needs it after the shop stops keeping purchases.
            make_private_folder(self._folder)
            with closing(Database(self._settings.state_dir)) as database:
                today = datetime.fromtimestamp(reading.wall_s, timezone.utc).date()
                for table in self._tables:
                    folder, store = self._folder / table.folder, table.store(database)
                    shelf = Shelf(folder, table.layout.version_key, database, reading)
                    self._remove_old(shelf, store)
                    self._file(shelf, folder, store, table.layout, today.isoformat())
        except Exception as problem:
            # Any exception: the lanes and their alerts must not depend on filing.
            self._fail(problem)
        else:
            if self._problem:
                log.info("purchases are filed again", extra={"lane": self._settings.lane})
            self._problem = ""

    def _remove_old(self, shelf: Shelf, store: DayStore) -> None:
        keep_days = self._settings.insights.keep_days
        for day in shelf.old_days(store.days(), keep_days):
            store.remove(day)
        for file in shelf.old_files(keep_days):
            file.unlink()
            with suppress(OSError):  # the folder has other files
                file.parent.rmdir()
            log.info("%s removed: older than %d days", file, keep_days, extra={"lane": self._settings.lane})

    def _file(self, shelf: Shelf, folder: Path, store: DayStore, layout: Layout, today: str) -> None:
        """Write each day's rows to one file. Today's file is rewritten until the day is over; then the rows leave the
        store. After a crash in between, the same file is written again: its name has the key of the day's first row."""
        for day in store.days():
            name = layout.version_key, day.day
            if self._written.get(name) != day:
                file = folder / day.day / f"{self._settings.lane}-{day.key}{SUFFIX}"
                write_day(file, store.rows(day), layout)
                shelf.put(file)
                self._written[name] = day
            if day.day != today:
                store.remove(day)
                del self._written[name]

    def _fail(self, problem: Exception) -> None:
        self.failures += 1
        text = _one_line(problem)
        if text != self._problem:
            log.warning(
                "purchases cannot be filed and stay in the lane's database: %s",
                text,
                extra={"lane": self._settings.lane},
            )
        self._problem = text


def run_filing(filings: Sequence[Filing], done: threading.Event) -> None:
    """File now, every ten minutes, and a last time when `done` is set."""
    while True:
        last = done.is_set()
        for filing in filings:
            filing.update(filing.reading())
        if last:
            return
        done.wait(EVERY_S)


def _one_line(problem: Exception) -> str:
    if isinstance(problem, ModuleNotFoundError):
        return f"{problem.name} is not installed: pip install 'edge-agent[insights]'"
    if isinstance(problem, OSError) and not isinstance(problem, StoreError):
        return f"{problem.filename}: {problem.strerror}"
    return (str(problem).splitlines() or [type(problem).__name__])[0]
