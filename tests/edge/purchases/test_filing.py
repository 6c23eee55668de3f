"""Filing: rows go from the database into one Parquet file for each day and lane; old files are removed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from edge.lane.ledger import FILED_TABLES
from edge.purchases.filing import Filing
from edge.purchases.parquet import write_day
from edge.purchases.store import PurchaseStore
from edge.records.database import Database
from edge.settings.config import Settings
from tests.commands import Mount
from tests.edge.clocks import Box, right_clocks
from tests.edge.purchases.conftest import line_of, purchase_of

TODAY = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
KEEPS = {"enabled": True, "notice": "we count", "keep_days": 30}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path / "lane", insights=KEEPS)


@pytest.fixture
def store(settings: Settings) -> Iterator[PurchaseStore]:
    """The table of purchases, opened as by the lane's own thread."""
    with closing(Database(settings.state_dir)) as database:
        yield PurchaseStore(database)


def filed(settings: Settings) -> dict[str, int]:
    """How many purchases are in each file, by its day."""
    return {
        file.parent.name: duckdb.sql(f"SELECT count(*) FROM '{file}'").fetchall()[0][0]
        for file in sorted(settings.purchases.rglob("*.parquet"))
    }


def test_todays_file_is_rewritten_until_the_day_is_over(settings: Settings, store: PurchaseStore) -> None:
    filing = Filing(settings, FILED_TABLES)
    store.add(purchase_of())
    filing.update(right_clocks(TODAY))
    assert filed(settings) == {"2026-11-01": 1}
    store.add(purchase_of())
    filing.update(right_clocks(TODAY))
    assert filed(settings) == {"2026-11-01": 2}
    assert len(store.days()) == 1, "rows stay in the database until their day is over"
    filing.update(right_clocks(TODAY + timedelta(days=1)))
    assert (filed(settings), store.days(), filing.failures) == ({"2026-11-01": 2}, [], 0)


def test_a_file_has_all_columns_of_its_purchases(settings: Settings, store: PurchaseStore) -> None:
    store.add(purchase_of(line_of("dairy; «молоко»", 0.735, 94.9, "46'0"), probs=(0, 0.25, 0.5, 0.25, 0, 0)))
    store.add(purchase_of(line_of(None, -1, None), probs=None))
    Filing(settings, FILED_TABLES).update(right_clocks(TODAY))
    [file] = settings.purchases.rglob("*.parquet")
    rows = duckdb.sql(f"SELECT epoch(time), * EXCLUDE time FROM '{file}'").fetchall()
    noon = datetime.fromisoformat("2026-11-01T12:00:00+00:00").timestamp()
    bands = [18, 25, 35, 45, 60]
    lines = [{"category": "dairy; «молоко»", "sku": "46'0", "quantity": 0.735, "price": 94.9}]
    assert rows[0] == (noon, "store-1", "lane-1", "25-34", bands, [0, 0.25, 0.5, 0.25, 0, 0], lines)
    assert rows[1][3:] == ("unknown", bands, None, [
        {"category": None, "sku": "milk", "quantity": -1, "price": None}
    ])  # fmt: skip


def test_a_file_is_not_rewritten_without_new_rows(settings: Settings, store: PurchaseStore) -> None:
    filing = Filing(settings, FILED_TABLES)
    store.add(purchase_of())
    filing.update(right_clocks(TODAY))
    [file] = settings.purchases.rglob("*.parquet")
    before = file.stat().st_ino
    filing.update(right_clocks(TODAY))
    assert file.stat().st_ino == before


def test_a_crash_between_filing_and_removing_duplicates_nothing(
    settings: Settings, store: PurchaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(purchase_of())

    def cut(*_: object) -> None:
        raise OSError(5, "power cut")

    with monkeypatch.context() as patch:
        patch.setattr(PurchaseStore, "remove", cut)
        Filing(settings, FILED_TABLES).update(right_clocks(TODAY + timedelta(days=1)))
    assert len(store.days()) == 1
    store.add(purchase_of())
    Filing(settings, FILED_TABLES).update(right_clocks(TODAY + timedelta(days=1)))
    assert (filed(settings), store.days()) == ({"2026-11-01": 2}, [])


def test_a_sale_that_comes_after_its_day_was_filed_gets_its_own_file(settings: Settings, store: PurchaseStore) -> None:
    """As after the clock was set back."""
    filing = Filing(settings, FILED_TABLES)
    for _ in range(2):
        store.add(purchase_of())
        filing.update(right_clocks(TODAY + timedelta(days=1)))
    files = list(settings.purchases.rglob("*.parquet"))
    assert [duckdb.sql(f"SELECT count(*) FROM '{file}'").fetchall() for file in files] == [[(1,)], [(1,)]]


def test_several_lanes_can_file_into_one_folder(tmp_path: Path) -> None:
    for lane in ("beer", "wine"):
        settings = Settings(lane=lane, state_dir=tmp_path / lane, insights={**KEEPS, "folder": tmp_path / "all"})
        with closing(Database(settings.state_dir)) as database:
            PurchaseStore(database).add(purchase_of(lane=lane))
        Filing(settings, FILED_TABLES).update(right_clocks(TODAY))
    names = [file.name.partition("-")[0] for file in (tmp_path / "all" / "2026-11-01").iterdir()]
    assert sorted(names) == ["beer", "wine"]


def test_old_purchases_are_removed_a_day_after_their_time(settings: Settings, store: PurchaseStore) -> None:
    """A file is rewritten until its day is over."""
    filing, box = Filing(settings, FILED_TABLES), Box(TODAY)
    store.add(purchase_of(time=box.really))
    filing.update(box.reading)
    box.run(timedelta(days=30))
    store.add(purchase_of(time=box.really))
    filing.update(box.reading)
    assert list(filed(settings)) == ["2026-11-01", "2026-12-01"]
    filing.update(box.run(timedelta(days=1)))
    assert list(filed(settings)) == ["2026-12-01"]
    assert sorted(path.name for path in settings.purchases.iterdir()) == ["2026-12-01"]


def test_purchases_that_cannot_be_filed_are_removed_too(
    settings: Settings, store: PurchaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    filing, box = Filing(settings, FILED_TABLES), Box(TODAY)
    store.add(purchase_of())
    for days, left in ((0, 1), (30, 1), (1, 0)):
        filing.update(box.run(timedelta(days=days)))
        assert len(store.days()) == left


def test_files_of_an_older_version_are_removed_by_the_days_in_their_names(settings: Settings) -> None:
    """Counted back from the newest one."""
    for day in ("2026-09-30", "2026-10-01", "2026-10-02", "2026-11-01"):
        write_day(settings.purchases / day / "lane-1-00.parquet", [purchase_of().model_dump_json()])
    filing, box = Filing(settings, FILED_TABLES), Box(TODAY, synchronised=False)
    filing.update(box.reading)
    assert len(filed(settings)) == 4
    box.synchronised = True
    filing.update(box.reading)
    assert list(filed(settings)) == ["2026-10-02", "2026-11-01"]


def test_old_purchases_are_removed_after_the_shop_stops_keeping_them(settings: Settings, store: PurchaseStore) -> None:
    store.add(purchase_of())
    Filing(settings, FILED_TABLES).update(right_clocks(TODAY))
    stopped = Filing(Settings(state_dir=settings.state_dir, insights={"keep_days": 30}), FILED_TABLES)
    assert stopped.wanted
    stopped.update(right_clocks(TODAY))
    assert filed(settings) == {"2026-11-01": 1}
    stopped.update(right_clocks(TODAY + timedelta(days=31)))
    assert (filed(settings), store.days()) == ({}, [])


def test_a_start_three_years_ahead_removes_no_purchases(settings: Settings, store: PurchaseStore) -> None:
    box = Box(TODAY)
    store.add(purchase_of())
    Filing(settings, FILED_TABLES).update(box.reading)
    box.error = timedelta(days=3 * 365)
    Filing(settings, FILED_TABLES).update(box.off(timedelta(hours=1)))
    assert filed(settings) == {"2026-11-01": 1}


def test_purchases_with_a_wrong_date_are_removed_in_their_time(settings: Settings, store: PurchaseStore) -> None:
    box = Box(TODAY)
    for years in (-20, 3):
        store.add(purchase_of(time=TODAY + timedelta(days=years * 365)))
    Filing(settings, FILED_TABLES).update(box.reading)
    assert filed(settings) == {"2006-11-06": 1, "2029-10-31": 1}
    Filing(settings, FILED_TABLES).update(box.run(timedelta(days=30)))
    assert len(filed(settings)) == 2
    Filing(settings, FILED_TABLES).update(box.run(timedelta(days=1)))
    assert filed(settings) == {}


def test_while_the_clock_is_in_doubt_purchases_are_filed_and_none_is_removed(
    settings: Settings, store: PurchaseStore
) -> None:
    box = Box(TODAY, synchronised=False)
    store.add(purchase_of())
    for days in (0, 1, 400):
        Filing(settings, FILED_TABLES).update(box.run(timedelta(days=days)))
    assert filed(settings) == {"2026-11-01": 1}
    box.synchronised = True
    Filing(settings, FILED_TABLES).update(box.reading)
    assert filed(settings) == {}


def test_a_shop_that_keeps_no_purchases_has_no_folder_for_them(tmp_path: Path) -> None:
    assert not Filing(Settings(state_dir=tmp_path), FILED_TABLES).wanted


def test_without_duckdb_each_failure_is_counted_and_logged_once_and_rows_stay(
    settings: Settings, store: PurchaseStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO, "edge")
    filing = Filing(settings, FILED_TABLES)
    store.add(purchase_of())
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "duckdb", None)
        filing.update(right_clocks(TODAY))
        filing.update(right_clocks(TODAY))
    assert filing.failures == 2
    filing.update(right_clocks(TODAY))
    assert caplog.messages == [
        "purchases cannot be filed and stay in the lane's database: duckdb is not installed: "
        "pip install 'edge-agent[insights]'",
        "purchases are filed again",
    ]
    assert filed(settings) == {"2026-11-01": 1}


def test_a_full_disk_is_one_log_line_and_nothing_is_lost(
    settings: Settings, store: PurchaseStore, mount: Mount, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    disk = mount("-t", "tmpfs", "-o", "size=64k", "tmpfs")
    filing = Filing(Settings(state_dir=settings.state_dir, insights={**KEEPS, "folder": disk}), FILED_TABLES)
    with (disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while ballast.write(b"x" * 4096):
            pass
    store.add(purchase_of())
    filing.update(right_clocks(TODAY + timedelta(days=1)))
    [message] = caplog.messages
    assert "cannot be filed and stay in the lane's database" in message
    assert "No space left on device" in message
    (disk / "ballast").unlink()
    filing.update(right_clocks(TODAY + timedelta(days=1)))
    assert (len(list(disk.rglob("*.parquet"))), store.days(), filing.failures) == (1, [], 1)


def test_a_damaged_database_raises_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.state_dir.mkdir()
    (settings.state_dir / "lane.db").write_bytes(b"nonsense" * 1000)
    Filing(settings, FILED_TABLES).update(right_clocks(TODAY))
    assert "file is not a database" in caplog.messages[0]
