"""The ledger of a lane: one agent and one lane for each state folder, and what the log says about its records."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.lane.ledger import Ledger
from edge.records.database import StoreError
from edge.records.records import SaleRecord

NOON = datetime(2024, 11, 1, 12, 0, tzinfo=timezone.utc)


def sold(day: int, lane: str = "wine") -> SaleRecord:
    opened_at = NOON + timedelta(days=day)
    return SaleRecord(
        sale_id=f"sale-{day}", lane=lane, till="till-1", opened_at=opened_at, model="0123", config="4567",
        restricted_at=opened_at, ended="completed",
    )  # fmt: skip


def test_a_state_folder_belongs_to_the_lane_whose_records_it_holds(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, "beer")):
        """Without a record the folder belongs to no lane yet."""
    with closing(Ledger(tmp_path, "wine")) as ledger:
        ledger.close_sale(sold(0))
    for _ in range(2):
        with pytest.raises(UsageError) as error:
            Ledger(tmp_path, "beer")
        assert str(error.value) == (
            f"{tmp_path} holds the records of lane wine, and this is lane beer: give each lane its own state_dir"
        )
    Ledger(tmp_path, "wine").close()


def test_a_ledger_that_cannot_be_opened_releases_its_lock(tmp_path: Path) -> None:
    (tmp_path / "lane.db").mkdir()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"lane\.db"):
            Ledger(tmp_path, "wine")
    (tmp_path / "lane.db").rmdir()
    Ledger(tmp_path, "wine").close()


def test_the_newest_hash_is_logged_after_each_record_and_each_removal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with closing(Ledger(tmp_path, "wine")) as ledger:
        ledger.close_sale(sold(0))
        ledger.close_sale(sold(40))
        assert ledger.prune(NOON + timedelta(days=41), 30) == 1
        assert ledger.last_closed() == [sold(40)]
    logged = [record.message.partition(",")[0] for record in caplog.records]
    assert logged == ["audit: record 2", "audit: record 4", "audit: mark 5"]
