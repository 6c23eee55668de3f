"""`edge-agent report archive`: whole days of the log, once, and a head each time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import RunError
from edge.records.audit import Audit
from edge.records.backup import write_backup
from edge.records.database import Database
from edge.records.restore import restore
from edge.reports.archived import LaneArchive, read_day, read_head
from edge.reports.command import report
from tests.commands import Mount
from tests.edge.clocks import always
from tests.edge.reports.archive.conftest import DAY, Lane, OpenLane
from tests.edge.reports.conftest import MakeFolder, sale_of


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_days_that_are_over_are_archived_once_as_they_are_in_the_log(lane: Lane) -> None:
    lane.sell(0, 0, 1, 2)
    lane.export(2)
    assert lane.archived_days == ["11-01: 1-3", "11-02: 4-4"]
    first = contents(lane.archive.folder / "days")
    lane.sell(2)
    lane.export(3)
    assert lane.archived_days == ["11-01: 1-3", "11-02: 4-4", "11-03: 5-6"]
    assert first.items() <= contents(lane.archive.folder / "days").items()
    with closing(Database(lane.state, read_only=True)) as database:
        stored = database.rows("SELECT number, record, before, hash FROM audit ORDER BY number")
    rows = [row for day in lane.archive.days() for row in read_day(day)]
    assert [(row.number, row.text, row.before, row.hash) for row in rows] == stored


def test_each_run_adds_a_head_which_covers_today(lane: Lane, noon: datetime) -> None:
    lane.sell(0)
    lane.export(0)
    lane.sell(0)
    lane.export(1)
    first, second = map(read_head, lane.archive.head_files())
    assert (first.number, second.number) == (2, 3)
    assert second.at == noon + DAY + timedelta(hours=3)
    assert (second.store, second.box, second.lane) == ("hill", "hill-1", "lane-1")
    assert lane.archived_days == ["11-01: 1-3"]


def test_an_archive_that_was_lost_in_part_is_completed(lane: Lane) -> None:
    lane.sell(0, 1, 2)
    lane.export(3)
    whole = contents(lane.archive.folder / "days")
    for day in lane.archive.days()[1:]:
        day.file.unlink()
    (lane.archive.folder / "days" / ".half.partial").write_bytes(b"what a kill leaves behind")
    lane.export(3)
    assert {**contents(lane.archive.folder / "days"), **whole} == contents(lane.archive.folder / "days")
    assert lane.archived_days == ["11-01: 1-2", "11-02: 3-3", "11-03: 4-4"]


def test_a_full_disk_is_one_line_and_the_next_run_catches_up(lane: Lane, mount: Mount, noon: datetime) -> None:
    disk = mount("-t", "tmpfs", "-o", "size=32k", "none")
    lane.archive = LaneArchive.of(disk, "hill", "hill-1", "lane-1")
    (filler := disk / "filler").write_bytes(bytes(32768))
    lane.sell(0, 1)
    with pytest.raises(OSError, match="No space left"):
        lane.export(2)
    filler.unlink()
    lane.export(2)
    assert lane.archived_days == ["11-01: 1-2", "11-02: 3-3"]


def test_the_command_names_a_folder_that_cannot_be_written(
    state_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EDGE_STATE_DIR", str(state_folder(sale_of())))
    with pytest.raises(RunError, match=r"cannot write into .*/file/store-1/.*: Not a directory; the next run catches"):
        report(["archive", "--out", str(tmp_path / "file")])


def test_the_command_prints_a_line_for_each_lane(
    state_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGE_STATE_DIR", str(state_folder(sale_of(), sale_of())))
    report(["archive", "--out", str(tmp_path / "out")])
    report(["archive", "--out", str(tmp_path / "out"), "--language", "ru"])
    assert capsys.readouterr().out.splitlines() == [
        "lane-1: 3 new records of 1 day; the newest one in the log is number 3",
        "lane-1: 0 новых записей за 0 дней; последняя в журнале — номер 3",
    ]


def test_a_log_that_was_rolled_back_is_archived_and_the_run_fails(
    lane: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noon: datetime
) -> None:
    lane.sell_and_export(0, 1)
    older = (lane.state / "lane.db").read_bytes()
    lane.sell_and_export(2, 3)
    (lane.state / "lane.db").write_bytes(older)
    lane.sell(4)
    assert "its newest record was number 5 with hash " in (doubt := lane.export(5))
    assert doubt.endswith("it was rolled back or rewritten, or another box has the same name")
    assert lane.archived_days == ["11-01: 1-2", "11-02: 3-3", "11-03: 4-4", "11-05: 4-4"]
    assert len(lane.archive.head_files()) == 5


def test_a_log_that_was_restored_continues_without_doubt(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1)
    write_backup(tmp_path / "backup", [("lane-1", lane.state)])
    lane.sell_and_export(2, 3)
    restore(tmp_path / "backup", {"lane-1": lane.state})
    assert lane.export(4) == ""
    (restored,) = read_head(lane.archive.head_files()[-1]).restores
    assert (restored.number, restored.replaced) == (4, 5)


def test_records_that_were_removed_due_to_age_stay_in_the_archive_unless_told_otherwise(lane: Lane) -> None:
    lane.sell_and_export(0, 1, 2, 3)
    with closing(Database(lane.state)) as database:
        Audit(database).prune(lane.noon + 33 * DAY - timedelta(hours=36), 30, always)
    lane.export(4)
    assert lane.archived_days[:2] == ["11-01: 1-2", "11-02: 3-3"]
    lane.export(4, remove_old=True)
    assert lane.archived_days[0] == "11-03: 4-4"


def test_a_row_that_no_program_can_read_is_archived_too(lane: Lane) -> None:
    lane.sell(0, 1)
    with closing(sqlite3.connect(lane.state / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        database.execute("UPDATE audit SET record = CAST(x'ff7b' AS TEXT) WHERE number = 2")
    lane.export(2)
    rows = [row for day in lane.archive.days() for row in read_day(day)]
    assert [row.text for row in rows][1] == "\udcff{"


def test_names_of_stores_are_safe_names_of_folders(open_lane: OpenLane) -> None:
    lane = open_lane("../Магазин 5/7", "box-1", "lane-1")
    lane.sell_and_export(0)
    assert lane.archive.folder.relative_to(lane.root) == Path("%2E.%2FМагазин 5%2F7", "box-1", "lane-1")
    assert read_head(lane.archive.head_files()[0]).store == "../Магазин 5/7"


def test_a_clock_that_was_years_ahead_keeps_no_later_day_back(lane: Lane) -> None:
    lane.sell(0, 1000, 1)
    lane.export(1)
    lane.sell(1)
    lane.export(2)
    assert lane.archived_days == ["11-01: 1-2", "07-28: 3-4", "11-02: 5-7"]
    assert read_head(lane.archive.head_files()[-1]).at < datetime.now(timezone.utc)
