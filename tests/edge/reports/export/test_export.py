"""`edge-agent report export`: audit logs as Parquet files, by day and lane."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import duckdb
import pytest
from pyarrow.parquet import ParquetFile

from edge.decision.policy import Decision
from edge.errors import RunError
from edge.records.audit import Audit
from edge.records.database import Database
from edge.reports.command import report
from tests.edge.clocks import always
from tests.edge.reports.conftest import MakeFolder, check_of, sale_of

PERIOD = ("--since", "2026-10-30", "--until", "2026-11-05")

Rows = dict[str, list[dict[str, object]]]
"""The rows of each exported file, by day and lane."""


class Export(Protocol):
    """Exports the logs in these state folders to `out` and returns the printed lines."""

    def __call__(self, *folders: Path, words: tuple[str, ...] = PERIOD) -> list[str]: ...


@pytest.fixture
def export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Export:
    def run(*folders: Path, words: tuple[str, ...] = PERIOD) -> list[str]:
        report(["export", "--state-dir", *map(str, folders), "--out", str(tmp_path / "out"), *words])
        return capsys.readouterr().out.splitlines()

    return run


@pytest.fixture
def out(tmp_path: Path) -> Callable[[], Rows]:
    """Reads the exported files."""

    def read() -> Rows:
        found: Rows = {}
        for file in sorted((tmp_path / "out").rglob("*.parquet")):
            name = f"{file.parent.name}/{file.stem.rpartition('-')[0]}"
            assert name not in found, "one file for each day and lane"
            found[name] = ParquetFile(file).read().to_pylist()
        return found

    return read


def test_a_row_has_only_what_the_cashiers_report_reads(
    export: Export,
    out: Callable[[], Rows],
    state_folder: MakeFolder,
    noon: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EDGE_STORE", "shop-12")
    monkeypatch.setenv("EDGE_BOX", "hill-03")
    lines = export(
        state_folder(sale_of("anna", check="passed"), sale_of(None, Decision.NO_CHALLENGE, ended="cancelled"))
    )
    assert lines == [f"2 restricted sales exported to 1 file in {tmp_path / 'out'}"]
    [first, second] = out()["2026-11-01/lane-1"]
    made = {"cashier_id": "anna", "outcome": "passed", "means": None, "authorised_by": None}
    assert first == {
        "time": noon, "store": "shop-12", "box": "hill-03", "lane": "lane-1", "cashier_id": "anna",
        "id_due": True, "check": "passed",
        "after_payment": False, "ended": "completed", "training": False, "checks": [made], "chain_whole": True,
    }  # fmt: skip
    assert (second["cashier_id"], second["id_due"], second["check"], second["ended"]) == (
        None,
        False,
        None,
        "cancelled",
    )


def test_a_file_is_readable_by_its_owner_only_and_has_a_version(
    export: Export, state_folder: MakeFolder, tmp_path: Path
) -> None:
    export(state_folder(sale_of()))
    [file] = (tmp_path / "out").rglob("*.*")
    assert file.stat().st_mode & 0o777 == 0o600
    query = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'edge_agent_checks'"
    assert duckdb.execute(query, [str(file)]).fetchall() == [("3",)]


def test_whole_days_in_utc_are_exported(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, noon: datetime, in_moscow: None
) -> None:
    hours = (-37, -36, -13, -12, 0, 11, 12)
    folder = state_folder(*(sale_of(opened_at=noon + timedelta(hours=hour)) for hour in hours))
    export(folder, words=("--since", "2026-11-01", "--until", "2026-11-02"))
    # In Moscow the first of November lasts from 21:00 on the day before until 21:00, UTC.
    assert {day: len(rows) for day, rows in out().items()} == {"2026-10-31/lane-1": 2, "2026-11-01/lane-1": 3}


def test_exporting_a_day_again_replaces_its_file(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, tmp_path: Path
) -> None:
    export(state_folder(sale_of("anna"), sale_of("anna")))
    before = sorted((tmp_path / "out").rglob("*"))
    export(state_folder(sale_of("boris")))
    assert sorted((tmp_path / "out").rglob("*")) == before
    assert [row["cashier_id"] for row in out()["2026-11-01/lane-1"]] == ["anna", "anna", "boris"]


def test_a_revised_record_replaces_the_first_one_in_the_same_file(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, noon: datetime, tmp_path: Path
) -> None:
    first, second = sale_of("anna"), sale_of("boris")
    export(state_folder(first, second))
    before = sorted((tmp_path / "out").rglob("*"))
    late = check_of("failed", at=noon + timedelta(minutes=4), means="document")
    # The record that names the day's file is the one that is replaced.
    export(state_folder(first.model_copy(update={"checks": (late,), "revision": 1})))
    assert sorted((tmp_path / "out").rglob("*")) == before
    rows = out()["2026-11-01/lane-1"]
    assert [(row["cashier_id"], row["check"], row["after_payment"]) for row in rows] == [
        ("anna", "failed", True), ("boris", None, False),
    ]  # fmt: skip


def test_exercises_are_exported_with_a_mark_and_counted_apart(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, tmp_path: Path
) -> None:
    assert export(state_folder(sale_of(), sale_of(training=True), sale_of(training=True))) == [
        f"1 restricted sale and 2 training sales exported to 1 file in {tmp_path / 'out'}"
    ]
    assert [row["training"] for row in out()["2026-11-01/lane-1"]] == [False, True, True]


def test_lanes_with_the_same_name_do_not_overwrite_each_other(
    export: Export, state_folder: MakeFolder, tmp_path: Path
) -> None:
    export(state_folder(sale_of(), lane="one"), state_folder(sale_of(), lane="two"))
    assert len(list((tmp_path / "out").rglob("*.parquet"))) == 2


def test_a_day_with_pruned_records_keeps_its_earlier_file(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, noon: datetime, tmp_path: Path
) -> None:
    folder = state_folder(*(sale_of(opened_at=noon + timedelta(hours=hour)) for hour in (0, 1, 24)))
    export(folder)
    with closing(Database(folder)) as database:
        Audit(database).prune(noon + timedelta(days=1, minutes=30), 1, always)
    assert export(folder) == [
        f"2026-11-01 of {folder} not exported: some of its records were removed due to age",
        f"1 restricted sale exported to 1 file in {tmp_path / 'out'}",
    ]
    assert [len(rows) for rows in out().values()] == [2, 1]


def test_a_sale_that_ended_after_newer_ones_does_not_export_its_day_again_without_the_removed_ones(
    export: Export, out: Callable[[], Rows], state_folder: MakeFolder, noon: datetime
) -> None:
    """A suspended sale of the first day ends on the second: its record stays when those of its day are removed."""
    next_day = noon + timedelta(days=1)
    folder = state_folder(sale_of(), sale_of(opened_at=next_day), sale_of(opened_at=noon, ended="suspended"))
    export(folder)
    with closing(Database(folder)) as database:
        assert Audit(database).prune(next_day + timedelta(days=1), 1, always) == 1
    assert export(folder)[:2] == [
        f"{day} of {folder} not exported: some of its records were removed due to age"
        for day in ("2026-11-01", "2026-11-02")
    ]
    assert [len(rows) for rows in out().values()] == [2, 1]


def test_a_log_that_is_not_intact_is_exported_with_a_mark_in_its_rows(
    export: Export,
    out: Callable[[], Rows],
    state_folder: MakeFolder,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    bad, good = (
        state_folder(sale_of("anna"), sale_of("anna"), lane="bad"),
        state_folder(sale_of(lane="lane-2"), lane="good"),
    )
    change_record(bad, 3, cashier_id="boris")
    report(["export", "--state-dir", str(bad), str(good), "--out", str(tmp_path / "out"), "--since", "2026-10-30"])
    printed = capsys.readouterr()
    assert printed.err == (
        f"edge-agent: the audit log in {bad} is not intact, so its files are marked; "
        f"edge-agent report verify --state-dir {bad} lists the problems\n"
    )
    assert printed.out.splitlines()[-1] == "1 audit log is not intact: see the lines above"
    assert {day: {row["chain_whole"] for row in rows} for day, rows in out().items()} == {
        "2026-11-01/lane-1": {False}, "2026-11-01/lane-2": {True},
    }  # fmt: skip


def test_a_lane_name_with_a_path_does_not_leave_the_folder(
    export: Export, state_folder: MakeFolder, tmp_path: Path
) -> None:
    folder = state_folder(sale_of())
    change_record(folder, 2, lane="../../../elsewhere")
    export(folder)
    [file] = tmp_path.rglob("*.parquet")
    assert file.parent == tmp_path / "out" / "2026-11-01"


def test_an_empty_period_writes_no_file(export: Export, state_folder: MakeFolder, tmp_path: Path) -> None:
    assert export(state_folder()) == [f"0 restricted sales exported to 0 files in {tmp_path / 'out'}"]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_an_error_of_one_line(export: Export, state_folder: MakeFolder) -> None:
    with pytest.raises(RunError, match=r"^cannot write /dev/null/2026-11-01/lane-1-\w{16}\.parquet: Not a directory$"):
        export(state_folder(sale_of()), words=("--since", "2026-10-30", "--out", "/dev/null"))


def change_record(folder: Path, number: int, **changes: str) -> None:
    """Change fields of a record, as somebody with a database program could."""
    with closing(sqlite3.connect(folder / "lane.db")) as database, database:
        database.execute("DROP TRIGGER audit_is_append_only")
        ((text,),) = database.execute("SELECT record FROM audit WHERE number = ?", (number,))
        changed = json.dumps(json.loads(text) | changes)
        database.execute("UPDATE audit SET record = ? WHERE number = ?", (changed, number))
