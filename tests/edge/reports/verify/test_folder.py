"""`edge-agent report verify --folder`: logs that do not continue what was collected before are found."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.backup import write_backup
from edge.records.database import Database
from edge.records.restore import restore
from edge.reports.archived import read_head
from edge.reports.command import report
from edge.reports.verify.collected import CollectedLane, check_lane
from tests.edge.clocks import always
from tests.edge.reports.archive.conftest import DAY, Lane, OpenLane, lane, open_lane

__all__ = ["lane", "open_lane"]


def checked(lane: Lane, day: int = 5) -> CollectedLane:
    """The lane's archive, as checked on the evening of a day."""
    return check_lane(lane.archive, lane.noon + day * DAY + timedelta(hours=8), timedelta(days=2))


def problems(lane: Lane, day: int = 5) -> list[str]:
    return [str(problem) for problem in checked(lane, day).problems]


@pytest.fixture
def sold(lane: Lane) -> Lane:
    """A lane that has sold and exported on each of five days."""
    lane.sell_and_export(0, 1, 2, 3, 4, 5)
    return lane


def put_back(lane: Lane, older: bytes) -> None:
    """Somebody copies an older database over the lane's."""
    for file in lane.state.glob("lane.db*"):
        file.unlink()
    (lane.state / "lane.db").write_bytes(older)


def database_of(lane: Lane) -> bytes:
    with closing(sqlite3.connect(lane.state / "lane.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (lane.state / "lane.db").read_bytes()


def test_a_log_that_goes_on_is_in_order(sold: Lane) -> None:
    found = checked(sold)
    assert (found.problems, found.restores, found.records) == ([], (), 6)
    assert found.newest
    assert found.newest.number == 7


def test_an_older_database_is_found_at_its_first_export(lane: Lane) -> None:
    lane.sell_and_export(0, 1, 2)
    older = database_of(lane)
    lane.sell_and_export(3, 4)
    put_back(lane, older)
    lane.export(5)
    (line,) = problems(lane)
    assert line.startswith("on 5 Nov 2026, 15:00 the log ended with record 6 and hash ")
    assert line.endswith("which it has no more: it was rolled back or rewritten, or two boxes have the same name")


def test_an_older_database_stays_found_when_it_has_more_records_again(lane: Lane) -> None:
    lane.sell_and_export(0, 1, 2)
    older = database_of(lane)
    lane.sell_and_export(3, 4)
    put_back(lane, older)
    lane.sell_and_export(5, 6, 7, 8, 9)
    assert len(problems(lane, 9)) == 2


def test_a_new_log_with_valid_hashes_is_found(lane: Lane, open_lane: OpenLane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1, 2, 3)
    shutil.rmtree(lane.state)
    lane.sell(0, 1, 2, 3)
    lane.export(4)
    found = problems(lane, 4)
    assert found[0].startswith("collected, but no longer in the log: records ")
    assert "it was rolled back or rewritten, or two boxes have the same name" in found[-1]


def test_two_boxes_with_one_name_are_found(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1)
    twin = Lane(tmp_path / "twin", lane.noon)
    twin.archive = lane.archive
    twin.sell_and_export(0, 1, 2)
    assert any("two boxes have the same name" in line for line in problems(lane, 2))


def test_a_restore_is_told_from_a_rollback(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1, 2)
    write_backup(tmp_path / "backup", [("lane-1", lane.state)])
    lane.sell_and_export(3, 4)
    restore(tmp_path / "backup", {"lane-1": lane.state})
    lane.sell(5)
    lane.export(6)
    found = checked(lane, 6)
    assert [(each.number, each.replaced) for each in found.restores] == [(5, 6)]
    assert found.problems == []


def test_a_restore_is_told_from_a_rollback_before_its_day_is_over(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1, 2)
    write_backup(tmp_path / "backup", [("lane-1", lane.state)])
    lane.sell_and_export(3, 4, 5)
    restore(tmp_path / "backup", {"lane-1": lane.state})
    lane.export_now()
    now = datetime.now(timezone.utc)
    assert lane.archived_days[-1] == "11-05: 6-6"
    assert check_lane(lane.archive, now, timedelta(days=2)).problems == []


def test_an_old_restore_may_be_deleted_with_its_day(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0)
    write_backup(tmp_path / "backup", [("lane-1", lane.state)])
    restore(tmp_path / "backup", {"lane-1": lane.state})
    lane.sell_and_export(1, 2, 3)
    with closing(Database(lane.state)) as database:
        Audit(database).prune(lane.noon + 90 * DAY, 30, always)
    lane.export(91)
    assert problems(lane, 91) == []
    pruned = read_head(lane.archive.head_files()[-1]).pruned
    for day in lane.archive.days():
        if day.last <= pruned:
            day.file.unlink()
    assert problems(lane, 91) == []
    lane.sell_and_export(92, 93)
    assert problems(lane, 93) == []


def test_a_restore_explains_no_record_after_it(lane: Lane, tmp_path: Path) -> None:
    lane.sell_and_export(0, 1)
    write_backup(tmp_path / "backup", [("lane-1", lane.state)])
    lane.sell_and_export(2, 3)
    restore(tmp_path / "backup", {"lane-1": lane.state})
    older = database_of(lane)
    lane.sell_and_export(4, 5, 6, 7)
    put_back(lane, older)
    lane.export(8)
    assert "rolled back or rewritten" in problems(lane, 8)[-1]


@pytest.mark.parametrize(
    ("removed", "missing"), [(0, "records 1 to 2"), (2, "record 4")], ids=["the first day", "a day in the middle"]
)
def test_a_day_that_was_deleted_is_found(sold: Lane, removed: int, missing: str) -> None:
    day = sold.archive.days()[removed]
    day.file.unlink()
    assert problems(sold) == [f"missing in the folder: {missing}"]


def test_days_that_are_missing_at_the_end_are_found(sold: Lane) -> None:
    for day in sold.archive.days()[-2:]:
        day.file.unlink()
    assert problems(sold)[-1].startswith("missing in the folder, although in the log on ")


def test_old_days_may_be_deleted_once_the_log_has_removed_them(sold: Lane) -> None:
    with closing(Database(sold.state)) as database:
        Audit(database).prune(sold.noon + 33 * DAY - timedelta(hours=36), 30, always)
    sold.export(6)
    for day in sold.archive.days()[:2]:
        day.file.unlink()
    assert problems(sold, 6) == []


def test_a_record_that_was_changed_in_the_folder_is_found(sold: Lane) -> None:
    day = sold.archive.days()[2]
    text = gzip.decompress(day.file.read_bytes()).replace(b"anna", b"boris")
    day.file.write_bytes(gzip.compress(text))
    assert problems(sold) == [f"record 4 was changed in {day.file.name}"]


def test_files_that_cannot_be_read_are_named(sold: Lane) -> None:
    first, second, third = sold.archive.days()[:3]
    first.file.write_bytes(first.file.read_bytes()[:-30])
    second.file.write_bytes(gzip.compress(b"[" * 100_000))
    third.file.write_bytes(first.file.read_bytes())
    head = sold.archive.head_files()[0]
    head.write_text('{"archive_version": 2}')
    found = problems(sold)
    for file in (first.file, second.file, third.file, head):
        assert any(line.startswith(f"{file.name} cannot be read: ") for line in found), file.name


def test_a_box_that_sends_nothing_any_more_is_found(sold: Lane) -> None:
    (line,) = problems(sold, 10)
    assert line.startswith("nothing was collected for 5 days, since ")


def test_a_head_of_another_lane_is_found(sold: Lane, open_lane: OpenLane) -> None:
    other = open_lane(box="hill-2")
    other.sell_and_export(5)
    shutil.copy(other.archive.head_files()[0], sold.archive.folder / "heads")
    assert problems(sold) == [f"{other.archive.head_files()[0].name} is of hill/hill-2/lane-1"]


def test_a_database_beside_the_heads_must_have_all_of_them(lane: Lane) -> None:
    lane.sell_and_export(0, 1, 2)
    older = database_of(lane)
    lane.sell_and_export(3, 4, 5)
    (lane.archive.folder / "lane.db").write_bytes(older)
    (line,) = problems(lane)
    assert line.startswith("lane.db ends with record 4, but on ")
    (lane.archive.folder / "lane.db").write_bytes(database_of(lane))
    assert problems(lane) == []
    (lane.archive.folder / "lane.db").write_bytes(b"rubbish" * 1000)
    assert "lane.db: " in problems(lane)[0]


def test_the_report_says_first_what_is_not_in_order_and_fails(
    open_lane: OpenLane, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = open_lane("sea", "sea-1"), open_lane()
    good.sell_and_export(0, 1)
    bad.sell_and_export(0, 1, 2)
    bad.archive.days()[0].file.unlink()
    words = ["verify", "--folder", str(tmp_path / "chain"), "--silent-days", "100000"]
    with pytest.raises(RunError, match="1 lane is not in order: see the lines above"):
        report(words)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "2 lanes of 2 stores: 1 not in order.", "hill / hill-1 / lane-1: missing in the folder: records 1 to 2."
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[3:]] == ["store", "hill", "sea"]
    with pytest.raises(RunError, match="1 lane is not in order"):
        report([*words, "--language", "ru", "--csv", str(tmp_path / "v.csv"), "--html", str(tmp_path / "v.html")])
    assert capsys.readouterr().out.startswith("2 кассы в 2 магазинах: ")
    csv = (tmp_path / "v.csv").read_text().splitlines()
    assert [line.split(",")[:5] for line in csv[1:]] == [
        ["hill", "hill-1", "lane-1", "problem", "4"], ["sea", "sea-1", "lane-1", "in order", "3"]
    ]  # fmt: skip


def test_a_box_that_is_in_order_is_one_sentence(sold: Lane, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(["verify", "--folder", str(tmp_path / "chain"), "--silent-days", "100000"])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "1 lane of 1 store: every log continues what was collected before.", "Nothing stands out."
    ]  # fmt: skip


def test_a_folder_without_an_archive_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"there is no archive in .*: give the folder that edge-agent report archive wri"
    ):
        report(["verify", "--folder", str(tmp_path)])
    with pytest.raises(RunError, match=r"cannot read .*/none: No such file or directory"):
        report(["verify", "--folder", str(tmp_path / "none")])
    with pytest.raises(UsageError, match="--csv needs --folder"):
        report(["verify", "--csv", "-"])
    with pytest.raises(UsageError, match="--folder checks archives"):
        report(["verify", "--folder", str(tmp_path), "--head", "0" * 64])
