"""`edge-agent report export`: the audit log as Parquet, by day and lane."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow.parquet import ParquetFile

from edge.decision.policy import Decision
from edge.errors import RunError
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.records import SaleRecord
from edge.reports.command import report

MakeSale = Callable[..., SaleRecord]
Keep = Callable[..., Path]


@pytest.fixture
def export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """What is printed when the logs in these state folders are exported to `out`."""

    def run(*folders: Path, words: tuple[str, ...] = ("--since", "2026-10-30", "--until", "2026-11-05")) -> list[str]:
        report(["export", "--state-dir", *map(str, folders), "--out", str(tmp_path / "out"), *words])
        return capsys.readouterr().out.splitlines()

    return run


@pytest.fixture
def out(tmp_path: Path) -> Callable[[], dict[str, list[dict[str, Any]]]]:
    """The rows of each exported file, by day and the part of its name that is the lane's."""

    def read() -> dict[str, list[dict[str, Any]]]:
        found = {}
        for file in sorted((tmp_path / "out").rglob("*.parquet")):
            name = f"{file.parent.name}/{file.stem.rpartition('-')[0]}"
            assert name not in found, "a day of a lane has one file"
            found[name] = ParquetFile(file).read().to_pylist()
        return found

    return read


def test_a_row_says_what_reports_on_cashiers_read_and_no_more(
    export: Any, out: Any, sale: MakeSale, kept: Keep, noon: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGE_INSIGHTS__STORE", "shop-12")
    said = export(kept(sale("anna", check="passed"), sale(None, Decision.NO_CHALLENGE, ended="cancelled")))
    assert said == [f"2 restricted sales exported to 1 file in {tmp_path / 'out'}"]
    [first, second] = out()["2026-11-01/lane-1"]
    assert first == {
        "time": noon, "store": "shop-12", "lane": "lane-1", "cashier_id": "anna", "id_due": True, "check": "passed",
        "ended": "completed", "chain_whole": True,
    }  # fmt: skip
    assert (second["cashier_id"], second["id_due"], second["check"], second["ended"]) == (
        None,
        False,
        None,
        "cancelled",
    )


def test_a_file_is_for_its_owner_alone_and_says_its_version(
    export: Any, sale: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    export(kept(sale()))
    [file] = (tmp_path / "out").rglob("*.*")
    assert file.stat().st_mode & 0o777 == 0o600
    query = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'edge_agent_checks'"
    assert duckdb.execute(query, [str(file)]).fetchall() == [("1",)]


def test_days_are_whole_ones_in_utc_whatever_part_of_them_was_asked_for(
    export: Any, out: Any, sale: MakeSale, kept: Keep, noon: datetime, in_moscow: None
) -> None:
    hours = (-37, -36, -13, -12, 0, 11, 12)
    folder = kept(*(sale(opened_at=noon + timedelta(hours=hour)) for hour in hours))
    export(folder, words=("--since", "2026-11-01", "--until", "2026-11-02"))
    # In Moscow the first of November lasts from 21:00 on the day before until 21:00, UTC.
    assert {day: len(rows) for day, rows in out().items()} == {"2026-10-31/lane-1": 2, "2026-11-01/lane-1": 3}


def test_a_day_that_is_exported_again_replaces_its_file(
    export: Any, out: Any, sale: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    export(kept(sale("anna"), sale("anna")))
    before = sorted((tmp_path / "out").rglob("*"))
    export(kept(sale("boris")))
    assert sorted((tmp_path / "out").rglob("*")) == before
    assert [row["cashier_id"] for row in out()["2026-11-01/lane-1"]] == ["anna", "anna", "boris"]


def test_lanes_of_one_name_in_two_stores_do_not_overwrite_each_other(
    export: Any, sale: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    export(kept(sale(), lane="one"), kept(sale(), lane="two"))
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == 2


def test_a_day_of_which_records_may_have_been_pruned_keeps_the_file_that_it_has(
    export: Any, out: Any, sale: MakeSale, kept: Keep, noon: datetime, tmp_path: Path
) -> None:
    folder = kept(*(sale(opened_at=noon + timedelta(hours=hour)) for hour in (0, 1, 24)))
    export(folder)
    with closing(Database(folder)) as database:
        Audit(database).prune(noon + timedelta(minutes=30))
    assert export(folder) == [
        f"2026-11-01 of {folder} left out: some of its records may have been removed because of their age",
        f"1 restricted sale exported to 1 file in {tmp_path / 'out'}",
    ]
    assert [len(rows) for rows in out().values()] == [2, 1]


def test_a_log_that_is_not_whole_is_exported_and_its_rows_say_so(
    export: Any, out: Any, sale: MakeSale, kept: Keep, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bad, good = kept(sale("anna"), sale("anna"), lane="bad"), kept(sale(lane="lane-2"), lane="good")
    meddle(bad, 2, lambda record: record | {"cashier_id": "boris"})
    report(["export", "--state-dir", str(bad), str(good), "--out", str(tmp_path / "out"), "--since", "2026-10-30"])
    told = capsys.readouterr()
    assert told.err == (
        f"edge-agent: the audit log in {bad} is not whole, and its files say so; "
        f"edge-agent report verify --state-dir {bad} says what is wrong\n"
    )
    assert told.out.splitlines()[-1] == "1 audit log not whole: see the lines above"
    assert {day: {row["chain_whole"] for row in rows} for day, rows in out().items()} == {
        "2026-11-01/lane-1": {False}, "2026-11-01/lane-2": {True},
    }  # fmt: skip


def test_a_record_that_names_a_folder_as_its_lane_is_written_where_the_others_are(
    export: Any, sale: MakeSale, kept: Keep, tmp_path: Path
) -> None:
    folder = kept(sale())
    meddle(folder, 1, lambda record: record | {"lane": "../../../elsewhere"})
    export(folder)
    [file] = tmp_path.rglob("*.parquet")
    assert file.parent == tmp_path / "out" / "2026-11-01"


def test_an_empty_period_is_no_file(export: Any, kept: Keep, tmp_path: Path) -> None:
    assert export(kept()) == [f"0 restricted sales exported to 0 files in {tmp_path / 'out'}"]
    assert not (tmp_path / "out").exists()


def test_where_nothing_can_be_written_is_said_in_one_line(export: Any, sale: MakeSale, kept: Keep) -> None:
    with pytest.raises(RunError, match=r"^cannot write /dev/null/2026-11-01/lane-1-\w{16}\.parquet: Not a directory$"):
        export(kept(sale()), words=("--since", "2026-10-30", "--out", "/dev/null"))


def meddle(folder: Path, number: int, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change a record as somebody would who has a database program."""
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        ((text,),) = database.execute("SELECT record FROM audit WHERE number = ?", (number,))
        changed = json.dumps(change(json.loads(text)))
        database.execute("UPDATE audit SET record = ? WHERE number = ?", (changed, number))
