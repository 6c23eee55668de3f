"""Files a lane's purchases, and what became of offers: from its journal into Parquet, and away when they are too old.
Not on the lane's thread."""

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

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from edge.settings.config import Settings

log = logging.getLogger(__name__)

EVERY_S = 600.0
"""How far the files may lag behind the sales."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Filed:
    """A table of the lane's database that is filed. store: opens it. folder: below that of purchases."""

    store: Callable[[Database], DayStore]
    layout: Layout
    folder: str = "."


class Filing:
    """One lane's. Call it from one thread."""

    def __init__(self, settings: Settings, tables: Sequence[Filed]) -> None:
        self._settings, self._folder, self._tables = settings, settings.purchases, tables
        self._filed: dict[tuple[str, str], Day] = {}
        self.failures = 0
        """How often filing has failed since the start; the purchases stay in the journal then."""
        self._problem = ""

    @property
    def wanted(self) -> bool:
        """Whether there is anything to do: also for a shop that keeps no purchases any more, until the old ones are
        too old."""
        return self._settings.insights.enabled or self._folder.exists()

    def tend(self, today: date) -> None:
        """File what is new, and remove what is too old. What goes wrong is logged, once, and tried again next time.
        today: in UTC."""
        try:
            oldest = today - timedelta(days=self._settings.insights.keep_days)
            # There from the first day on, so that a shop that stops keeping purchases is still known to have some.
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(Database(self._settings.state_dir)) as database:
                for table in self._tables:
                    self._file(table.store(database), self._folder / table.folder, table.layout, oldest, today)
        except Exception as problem:
            # Whatever it is, neither the lanes nor their alerts depend on it.
            self._fail(problem)
        else:
            if self._problem:
                log.info("purchases of %s are filed again", self._settings.lane)
            self._problem = ""

    def _file(self, store: DayStore, folder: Path, layout: Layout, oldest: date, today: date) -> None:
        """A day's file grows until the day is over; only then do its purchases leave the store. A crash in between
        makes the same file once more: it has the name of its first purchase."""
        store.remove_before(oldest)
        self._remove_before(oldest, folder)
        for day in store.days():
            filed = layout.version_key, day.day
            if self._filed.get(filed) != day:
                file = folder / day.day / f"{self._settings.lane}-{day.key}{SUFFIX}"
                write_day(file, store.rows(day), layout)
                self._filed[filed] = day
            if day.day < today.isoformat():
                store.remove(day)
                del self._filed[filed]

    def _remove_before(self, oldest: date, folder: Path) -> None:
        for day in sorted(folder.iterdir() if folder.exists() else ()):
            if _DAY.fullmatch(day.name) and day.name < oldest.isoformat():
                shutil.rmtree(day)
                log.info("%s removed: older than %d days", day, self._settings.insights.keep_days)

    def _fail(self, problem: Exception) -> None:
        self.failures += 1
        text = _in_one_line(problem)
        if text != self._problem:
            log.warning("purchases of %s are not filed, and wait in its journal: %s", self._settings.lane, text)
        self._problem = text


def keep_filing(filings: Sequence[Filing], done: threading.Event) -> None:
    """Now, every ten minutes, and once more when all is done."""
    while True:
        last = done.is_set()
        for filing in filings:
            filing.tend(datetime.now(timezone.utc).date())
        if last:
            return
        done.wait(EVERY_S)


def _in_one_line(problem: Exception) -> str:
    if isinstance(problem, ModuleNotFoundError):
        return f"{problem.name} is not installed: pip install 'edge-agent[insights]'"
    if isinstance(problem, OSError) and not isinstance(problem, StoreError):
        return f"{problem.filename}: {problem.strerror}"
    return (str(problem).splitlines() or [type(problem).__name__])[0]
