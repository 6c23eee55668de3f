"""Moves rows from a lane's database into Parquet files, and removes old files. Runs on a thread of its own."""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.purchases.parquet import SUFFIX, Layout, write_day
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

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


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

    @property
    def wanted(self) -> bool:
        """Whether the shop keeps purchases, or has files from when it did: those must be removed in time."""
        return self._settings.insights.enabled or self._folder.exists()

    def update(self, today: date) -> None:
        """File new rows and remove files older than `insights.keep_days`. A failure is logged once; the next call
        tries again. today: in UTC."""
        try:
            oldest = today - timedelta(days=self._settings.insights.keep_days)
            # Created on the first day: `wanted` needs it after the shop stops keeping purchases.
            make_private_folder(self._folder)
            with closing(Database(self._settings.state_dir)) as database:
                for table in self._tables:
                    self._file(table.store(database), self._folder / table.folder, table.layout, oldest, today)
        except Exception as problem:
            # Any exception: the lanes and their alerts must not depend on filing.
            self._fail(problem)
        else:
            if self._problem:
                log.info("purchases of %s are filed again", self._settings.lane)
            self._problem = ""

    def _file(self, store: DayStore, folder: Path, layout: Layout, oldest: date, today: date) -> None:
        """Write each day's rows to one file. Today's file is rewritten until the day is over; then the rows leave the
        store. After a crash in between, the same file is written again: its name has the key of the day's first row."""
        store.remove_before(oldest)
        self._remove_before(oldest, folder)
        for day in store.days():
            name = layout.version_key, day.day
            if self._written.get(name) != day:
                file = folder / day.day / f"{self._settings.lane}-{day.key}{SUFFIX}"
                write_day(file, store.rows(day), layout)
                self._written[name] = day
            if day.day < today.isoformat():
                store.remove(day)
                del self._written[name]

    def _remove_before(self, oldest: date, folder: Path) -> None:
        for day in sorted(folder.iterdir() if folder.exists() else ()):
            if _DAY.fullmatch(day.name) and day.name < oldest.isoformat():
                shutil.rmtree(day)
                log.info("%s removed: older than %d days", day, self._settings.insights.keep_days)

    def _fail(self, problem: Exception) -> None:
        self.failures += 1
        text = _one_line(problem)
        if text != self._problem:
            log.warning("purchases of %s cannot be filed and stay in its database: %s", self._settings.lane, text)
        self._problem = text


def run_filing(filings: Sequence[Filing], done: threading.Event) -> None:
    """File now, every ten minutes, and a last time when `done` is set."""
    while True:
        last = done.is_set()
        for filing in filings:
            filing.update(datetime.now(timezone.utc).date())
        if last:
            return
        done.wait(EVERY_S)


def _one_line(problem: Exception) -> str:
    if isinstance(problem, ModuleNotFoundError):
        return f"{problem.name} is not installed: pip install 'edge-agent[insights]'"
    if isinstance(problem, OSError) and not isinstance(problem, StoreError):
        return f"{problem.filename}: {problem.strerror}"
    return (str(problem).splitlines() or [type(problem).__name__])[0]
