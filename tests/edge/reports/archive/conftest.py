"""Lanes that sell for days, and the archive that their boxes write."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from edge.reports.archive.archive import archive_log
from edge.reports.archived import LaneArchive
from edge.settings.config import Settings
from tests.edge.reports.conftest import sale_of

DAY = timedelta(days=1)


class Lane:
    """A lane of a store. archive: of this lane, in the folder `root` of the chain."""

    def __init__(self, folder: Path, noon: datetime, store: str = "hill", box: str = "hill-1", lane: str = "lane-1"):
        self.state, self.noon, self.root = folder / f"{store}-{box}-{lane}", noon, folder / "chain"
        self.settings = Settings(state_dir=self.state, store=store, box=box, lane=lane, camera="0")
        self.archive = LaneArchive.of(self.root, store, box, lane)

    def sell(self, *days: int) -> None:
        """Record a sale at noon of each day; days count from 0."""
        database = Database(self.state)
        for day in days:
            sale = sale_of(opened_at=self.noon + day * DAY, lane=self.settings.lane)
            Audit(database).append(sale, 0.0)
        database.close()

    def export(self, day: int, *, remove_old: bool = False) -> str:
        """Archive at three o'clock in the afternoon of a day; returns why the log is in doubt."""
        now = self.noon + day * DAY + timedelta(hours=3)
        return str(archive_log(self.settings, self.archive, now, remove_old=remove_old).doubt or "")

    def export_now(self) -> str:
        """The same, by this machine's clock: what was recorded today stays."""
        now = datetime.now(timezone.utc)
        return str(archive_log(self.settings, self.archive, now, remove_old=False).doubt or "")

    def sell_and_export(self, *days: int) -> None:
        for day in days:
            self.sell(day)
            self.export(day)

    @property
    def archived_days(self) -> list[str]:
        """As 11-01: 1-2 for the records 1 to 2."""
        return [f"{day.day[5:]}: {day.first}-{day.last}" for day in self.archive.days()]


class OpenLane(Protocol):
    """A lane of the chain, by store, box and name."""

    def __call__(self, store: str = "hill", box: str = "hill-1", lane: str = "lane-1") -> Lane: ...


@pytest.fixture
def open_lane(tmp_path: Path, noon: datetime) -> OpenLane:
    def make(store: str = "hill", box: str = "hill-1", lane: str = "lane-1") -> Lane:
        return Lane(tmp_path, noon, store, box, lane)

    return make


@pytest.fixture
def lane(open_lane: OpenLane) -> Lane:
    return open_lane()
