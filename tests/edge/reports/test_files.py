"""Files that are damaged, incomplete or of another version are listed, and all others are read."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from edge.errors import RunError
from edge.purchases.parquet import write_day
from edge.reports.baskets.reading import read_sums
from edge.reports.baskets.sums import Sums
from edge.reports.engine import engine
from edge.reports.files import Files, find_files
from edge.reports.period import Period
from edge.settings.sections import InsightsSettings
from tests.edge.purchases.conftest import FilePurchases, purchase_of


@pytest.fixture
def week(noon: datetime) -> Period:
    return Period(noon - timedelta(days=7), noon + timedelta(hours=1))


@pytest.fixture
def folder(filed: FilePurchases, noon: datetime) -> Path:
    """Twenty sales on each of three days."""
    return filed(*(purchase_of(time=noon - timedelta(days=day)) for day in range(3) for _ in range(20)))


def summed(folders: list[Path], week: Period) -> tuple[Sums, Files]:
    with engine("duckdb") as backend:
        return read_sums(backend, folders, week, week.until, InsightsSettings())


def read(folder: Path, week: Period) -> tuple[float, list[str], list[str]]:
    """The number of baskets read, and the days of the files that are damaged or of another version."""
    sums, files = summed([folder], week)
    damaged = [file.parent.name for file in files.damaged]
    return round(sums.evidence.baskets, 6), damaged, [file.parent.name for file, _, _ in files.other_version]


def day(folder: Path, name: str) -> Path:
    [file] = (folder / name).iterdir()
    return file


def test_only_days_of_the_period_are_read(folder: Path, week: Period, noon: datetime) -> None:
    assert read(folder, week) == (60, [], [])
    assert read(folder, Period(noon - timedelta(hours=20), week.until)) == (20, [], [])


def test_a_truncated_file_is_listed_as_damaged(folder: Path, week: Period) -> None:
    file = day(folder, "2026-10-31")
    file.write_bytes(file.read_bytes()[:-100])
    assert read(folder, week) == (40, ["2026-10-31"], [])


@pytest.mark.parametrize("content", [b"", b"not Parquet at all"])
def test_a_file_that_is_not_parquet_is_listed_as_damaged(folder: Path, week: Period, content: bytes) -> None:
    day(folder, "2026-10-31").write_bytes(content)
    assert read(folder, week) == (40, ["2026-10-31"], [])


def test_a_file_with_an_intact_footer_and_damaged_pages_is_listed_as_damaged(folder: Path, week: Period) -> None:
    file = day(folder, "2026-10-31")
    content = bytearray(file.read_bytes())
    content[4:400] = bytes(396)
    file.write_bytes(content)
    assert read(folder, week) == (40, ["2026-10-31"], [])


def test_a_file_that_is_still_being_written_is_ignored(folder: Path, week: Period) -> None:
    (folder / "2026-10-31" / "lane-2-00.parquet.partial").write_bytes(b"PAR1")
    assert read(folder, week) == (60, [], [])


@pytest.mark.parametrize("metadata", ["", ", KV_METADATA {edge_agent_purchases: '0'}"])
def test_a_file_of_an_older_version_is_listed_with_its_rows(folder: Path, week: Period, metadata: str) -> None:
    file = day(folder, "2026-10-31")
    duckdb.sql(f"COPY (SELECT 1 AS price FROM range(7)) TO '{file}' (FORMAT parquet{metadata})")
    assert read(folder, week) == (40, [], ["2026-10-31"])
    [(found, version, count)] = find_files([folder], week).other_version
    assert (found, version, count) == (file, "0" if metadata else "?", 7)


def test_sales_in_the_future_are_counted_as_faults(
    folder: Path, week: Period, filed: FilePurchases, noon: datetime
) -> None:
    filed(purchase_of(time=noon + timedelta(days=500)))
    sums, _ = summed([folder], week)
    assert sums.evidence.baskets == pytest.approx(60)
    assert sums.faults.sales_in_future == 1


def test_the_folders_of_several_shops_are_one_report(filed: FilePurchases, week: Period) -> None:
    folders = [
        filed(purchase_of(store=name), purchase_of(store=name, lane="wine"), folder=name) for name in ("north", "sea")
    ]
    sums, _ = summed(folders, week)
    assert (sums.evidence.baskets, sums.stores, sums.lanes) == (4, ("north", "sea"), ("lane-1", "wine"))


def test_other_files_in_the_folder_are_ignored(folder: Path, week: Period) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "2026-10-31" / "notes.txt").write_text("mine")
    assert read(folder, week) == (60, [], [])


def test_a_missing_folder_is_an_error_with_a_hint(tmp_path: Path, week: Period) -> None:
    with pytest.raises(RunError, match=r"cannot read .*/none: No such file or directory; purchases are not kept"):
        summed([tmp_path / "none"], week)


def test_a_folder_name_may_contain_a_quote(tmp_path: Path) -> None:
    file = tmp_path / "o'clock" / "2026-11-01" / "lane-1.parquet"
    write_day(file, [purchase_of().model_dump_json()])
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["lane-1.parquet"]
