"""The files of purchases: when each was written, in believed time, and which are old enough to be removed."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.clock.dates import written_by_dates
from edge.records.believed import WrittenTimes, open_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.clock.reading import Reading
    from edge.purchases.store import Day
    from edge.records.database import Database

_DAY = re.compile(r"\d{4}-\d\d-\d\d")

_MORE_DAYS = 1
"""A file counts from when it was first seen, and its lane may add to it until its day is over."""


class Shelf:
    """The daily folders of one table at one reading of the clocks, with the files of all lanes that use them."""

    def __init__(self, folder: Path, table: str, database: Database, reading: Reading) -> None:
        """folder: with the daily folders. table: its name."""
        self._folder, self._wall_s, self._time = folder, reading.wall_s, open_time(database, reading)
        self._written, self._stored, self._estimated = (
            WrittenTimes(database, f"{kind} {table}") for kind in ("file", "stored", "estimated")
        )

    def put(self, file: Path) -> None:
        """A file was written now."""
        self._written.put({self._name(file): self._time.now_s})

    def old_files(self, keep_days: int) -> list[Path]:
        """The files that are to be removed."""
        # While the clock is in doubt, only the files are noted that this lane writes: dates are needed for the others.
        if self._time.doubt:
            return []
        days = sorted(self._folder.iterdir()) if self._folder.exists() else []
        found = [file for day in days if _DAY.fullmatch(day.name) for file in sorted(day.iterdir())]
        files = {self._name(file): file for file in found}
        if not self._estimated.all():
            self._estimate(files)
        written = self._written.follow(files, self._time.now_s)
        return [file for name, file in files.items() if self._is_old(written[name], keep_days)]

    def old_days(self, days: Sequence[Day], keep_days: int) -> list[Day]:
        """Those of the stored days that are to be removed, although they could not be filed."""
        names = {f"{day.day} {day.last}": day for day in days}
        written = self._stored.follow(names, self._time.now_s)
        return [day for name, day in names.items() if self._is_old(written[name], keep_days)]

    def _estimate(self, files: dict[str, Path]) -> None:
        """Once: give the files of an older edge-agent their times, by the days in their names."""
        names = sorted(files.keys() - self._written.all().keys())
        dates = [_timestamp(files[name].parent.name) for name in names]
        times = written_by_dates(dates, self._wall_s, self._time.now_s)
        self._written.put(dict(zip(names, times, strict=True)))
        self._estimated.put({"all": self._time.now_s})

    def _is_old(self, written_s: float, keep_days: int) -> bool:
        return self._time.is_old(written_s, keep_days + _MORE_DAYS)

    def _name(self, file: Path) -> str:
        return str(file.relative_to(self._folder))


def _timestamp(day: str) -> float | None:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return None
