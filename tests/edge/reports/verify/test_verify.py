"""`edge-agent report verify`: intact and damaged audit logs, of one lane and of several."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.chain import chained
from edge.records.database import Database
from edge.reports.command import report
from tests.edge.clocks import always
from tests.edge.records.database.test_versions import VERSION_1
from tests.edge.reports.conftest import MakeFolder, RunReport, sale_of, tamper


def test_verify_prints_the_newest_record_and_finds_an_earlier_one_by_its_hash(
    printed: RunReport, state_folder: MakeFolder
) -> None:
    folder = state_folder(sale_of())
    noted = printed("verify", "--state-dir", folder).split()[-1]
    state_folder(sale_of(), sale_of())
    with closing(Database(folder, read_only=True)) as database:
        newest = Audit(database).head
    assert printed("verify", "--state-dir", folder, "--head", noted.upper()) == (
        f"3 records, chain intact, newest is number 4 with hash {newest.hash}\n"
    )


def test_verify_prints_which_records_were_pruned(printed: RunReport, state_folder: MakeFolder, noon: datetime) -> None:
    folder = state_folder(sale_of(), sale_of(), sale_of(opened_at=noon + timedelta(days=2)))
    with closing(Database(folder)) as database:
        Audit(database).prune(noon + timedelta(days=2), 1, always)
    first, second = printed("verify", "--state-dir", folder).splitlines()
    assert first == (
        "records 1 to 3 were removed due to age (audit.keep_days was 1); the oldest remaining one is from 2026-11-03"
    )
    assert second.startswith("1 record, chain intact, newest is number 5 with hash ")


def test_verify_names_dates_that_cannot_be_right(printed: RunReport, state_folder: MakeFolder, noon: datetime) -> None:
    ahead, year = datetime.now(timezone.utc) + timedelta(days=1100), timedelta(days=365)
    dates = (noon, noon - 57 * year, ahead, ahead + timedelta(minutes=5), noon, noon - 40 * timedelta(days=1), noon)
    folder = state_folder(*(sale_of(opened_at=date) for date in dates))
    *odd, intact = printed("verify", "--state-dir", folder).splitlines()
    assert intact.startswith("7 records, chain intact")
    assert [line.partition(",")[0] for line in odd] == [
        "record 4 is dated before any edge-agent ran",
        "records 6 to 7 are dated in the future",
        "record 11 is dated before records above them (record of 2026-11-01)",
    ]


def test_verify_is_not_content_with_a_log_that_was_emptied_long_after_its_records_were_due(
    state_folder: MakeFolder, noon: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    """As an older version did at a start with the clock three years ahead."""
    folder = state_folder(*(sale_of(opened_at=noon - timedelta(days=500)) for _ in range(3)))
    with closing(Database(folder)) as database:
        Audit(database).prune(noon, 30, always)
    with pytest.raises(RunError, match="is not intact: see the lines above"):
        report(["verify", "--state-dir", str(folder)])
    assert capsys.readouterr().out == (
        "no record is left: all were removed on 2026-11-01, 470 days after the newest of them was due; if the lane has "
        "sold since, the clock of its box was ahead\n"
    )


def test_verify_of_an_empty_log_prints_0_records(printed: RunReport, state_folder: MakeFolder) -> None:
    assert printed("verify", "--state-dir", state_folder()) == "0 records\n"


def test_verify_prints_a_line_per_problem_and_fails(
    state_folder: MakeFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = state_folder(sale_of(), sale_of(), sale_of())
    tamper(folder, 3)
    with pytest.raises(RunError, match="is not intact: see the lines above"):
        report(["verify", "--state-dir", str(folder), "--head", "a" * 64])
    assert capsys.readouterr().out.splitlines() == [
        "record 3 was changed, or moved here from another place",
        f"no record has the hash {'a' * 64}: the newest one is number 4",
    ]


def test_all_lanes_of_a_box_are_verified_and_the_broken_one_is_named(
    printed: RunReport, box: tuple[Path, Path, Path]
) -> None:
    config, wine, beer = box
    lines = printed("verify", "--config", config).splitlines()
    assert [line.partition(", ")[0] for line in lines] == [f"{wine}: 1 record", f"{beer}: 2 records"]
    with pytest.raises(UsageError, match="--head belongs to one lane, but there are several: add the --state-dir"):
        report(["verify", "--config", str(config), "--head", "a" * 64])
    tamper(wine, 2)
    with pytest.raises(RunError, match=f"^the audit log in {wine} is not intact"):
        report(["verify", "--config", str(config)])


def test_the_logs_of_two_lanes_that_were_swapped_are_reported(
    box: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config, wine, beer = box
    for folder, to in ((wine, "aside"), (beer, wine.name), (wine.with_name("aside"), beer.name)):
        folder.rename(folder.with_name(to))
    with pytest.raises(RunError, match=f"^the audit log in {wine}, {beer} is not intact"):
        report(["verify", "--config", str(config)])
    assert capsys.readouterr().out.splitlines() == [
        f"{wine}: the log is of lane beer, but it is in the state folder of lane wine",
        f"{beer}: the log is of lane wine, but it is in the state folder of lane beer",
    ]


def test_records_removed_earlier_than_the_settings_allow_are_reported(
    box: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config, _, beer = box
    with closing(Database(beer)) as database:
        Audit(database).prune(datetime.now(timezone.utc) + timedelta(days=1), 1, always)
    with pytest.raises(RunError, match=f"^the audit log in {beer} is not intact"):
        report(["verify", "--config", str(config)])
    assert "audit.keep_days = 1, but the settings say 365: if it has changed, restart" in capsys.readouterr().out


def test_verify_prints_which_records_an_older_version_wrote(
    printed: RunReport, state_folder: MakeFolder, tmp_path: Path
) -> None:
    folder = tmp_path / "lane"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.executescript(VERSION_1)
        text = sale_of().model_dump_json()
        database.execute("INSERT INTO audit VALUES (1, ?, '', ?)", (text, hash_ := chained("", 1, text)))
        database.execute("UPDATE audit_end SET number = 1, hash = ? WHERE which = 'newest'", (hash_,))
    note = "records before number 2 are from an older edge-agent, which wrote no marks"
    assert printed("verify", "--state-dir", folder).splitlines()[0] == note
    state_folder(sale_of())
    lines = printed("verify", "--state-dir", folder).splitlines()
    assert (lines[0], lines[1].partition(",")[0]) == (note, "2 records")
